/** What a run gave: data that stays readable across versions of the kit, and the badges it earns. */
import type { Backend, Capabilities } from '@glissade/core/backend'
import type { Ran } from './case.ts'
import { anyOf, matcher } from './pattern.ts'
import { primitives } from './primitives.ts'
import { describe as describeSelection, type Selection } from './selection.ts'

export type Status = 'pass' | 'fail' | 'excused' | 'known' | 'stale'

export interface Result {
  readonly id: string
  readonly level: 'must' | 'should'
  readonly status: Status
  readonly worstUlp: number
  readonly allowedUlp: number
  readonly ms: number
  readonly detail: string
  /** Of a failure: what the case ran last. */
  readonly ran?: Ran
}

/**
 * `runs`: every value, order and memory case, and some of each primitive. `trains`: gradients and training too. `exact SGD`: its
 * updates. `fused`: those of every composite that the backend says it runs. A badge needs cases of its own that passed.
 */
export type Badge = 'runs' | 'trains' | 'exact SGD' | 'fused'

/**
 * `in part`: only some cases ran. `conforms but for known failures`: nothing else fails, and every operation that ran works in
 * more than half of its cases.
 */
export type Verdict = 'conforms' | 'conforms but for known failures' | 'does not conform' | 'in part'
/** Cases that share a reason. */
export interface Reason {
  readonly reason: string
  readonly count: number
}

export interface Report {
  /** Of this format; a reader of another one refuses. */
  readonly version: 1
  /** The version of the cases: ids are never reused, so reports of one number are comparable case by case. */
  readonly kit: string
  readonly backend: string
  readonly capabilities: object
  /** Every `must` case that the backend need not be excused from ran and passed, and nothing is stale. */
  readonly conforming: boolean
  readonly verdict: Verdict
  readonly badges: readonly Badge[]
  readonly counts: Readonly<Record<Status, number>>
  /** Why cases were excused, and what is known to fail, the most frequent reason first. */
  readonly excuses: readonly Reason[]
  readonly known: readonly Reason[]
  /** Which cases ran, in words, where only some did. */
  readonly part?: string
  readonly results: readonly Result[]
}

export const KIT = '1'

const describe = ({ dtypes, runs, limits, accuracy, memory }: Capabilities): object => ({
  dtypes: [...dtypes],
  runs: [...runs],
  limits: { ...limits },
  accuracy,
  memory,
})

const TRAINING = anyOf([
  '*/training/*',
  '*/gradient*',
  '*/second gradient*',
  'compiled/loop/*, gradient*',
  'compiled/loop/*, second gradient*',
  'core/gradients/*',
  'compiled/program/*/gradient of *',
])
const SGD = anyOf(['eager/sgd/*', 'compiled/sgd/*', 'compiled/loop/*/sgd, *'])
/** Cases of which `runs` and `trains` want one each that passed, besides one of every primitive. */
const RUNS = ['*/order/*', '*/memory/*', '*/aliasing/*', '*/donation/*', 'suite/*', 'compiled/*']
const TRAINS = ['*/training/*', 'eager/*/gradient*', 'compiled/*/gradient*', '*/second gradient*']

/** The badge that asks for a case, besides *fused* for those of composites that a backend runs itself. */
export const badgeOf = (id: string): Badge => (SGD(id) ? 'exact SGD' : TRAINING(id) ? 'trains' : 'runs')

const isPass = ({ status }: Result): boolean => status === 'pass'
const isMust = ({ level }: Result): boolean => level === 'must'
/** A known failure is still one. */
const isClean = (results: readonly Result[]): boolean =>
  results.some((result) => isPass(result) && isMust(result)) &&
  results.every((result) => isPass(result) || result.status === 'excused' || !isMust(result))
const hasEach = (results: readonly Result[], patterns: readonly string[]): boolean =>
  patterns.map(matcher).every((matches) => results.some((result) => isPass(result) && matches(result.id)))

function badgesOf(results: readonly Result[], composites: readonly string[]): Badge[] {
  const rest = results.filter(({ id }) => !TRAINING(id) && !SGD(id))
  const training = results.filter(({ id }) => TRAINING(id))
  const badges: Badge[] = []
  const runs = isClean(rest) && hasEach(rest, [...RUNS, ...primitives.map((op) => `eager/${op}/*`)])
  if (runs) badges.push('runs')
  if (runs && isClean(training) && hasEach(training, TRAINS)) badges.push('trains')
  if (isClean(results.filter(({ id }) => SGD(id)))) badges.push('exact SGD')
  const own = composites.map((name) => results.filter(({ id }) => anyOf(`*/${name}/*`)(id)))
  // What is no composite has cases as a primitive, which say nothing of composites.
  if (own.length > 0 && own.every(isClean) && !composites.some((name) => primitives.includes(name)))
    badges.push('fused')
  return badges
}

const operationOf = ({ id }: Result): string => id.split('/')[1] ?? id
/** Operations that fail in half of their cases or more. */
function broken(results: readonly Result[]): string[] {
  const operations = new Map<string, { ran: number; failed: number }>()
  for (const result of results) {
    if (!isMust(result) || result.status === 'excused' || result.status === 'stale') continue
    const operation = operations.get(operationOf(result)) ?? { ran: 0, failed: 0 }
    operation.ran++
    if (!isPass(result)) operation.failed++
    operations.set(operationOf(result), operation)
  }
  return [...operations].filter(([, { ran, failed }]) => 2 * failed >= ran).map(([name]) => name)
}

function verdictOf(results: readonly Result[], part: string | null): Verdict {
  if (results.some((result) => result.status === 'stale' || (result.status === 'fail' && isMust(result))))
    return 'does not conform'
  if (part !== null) return 'in part'
  if (!results.some((result) => result.status === 'known' && isMust(result)))
    return results.some((result) => isPass(result) && isMust(result)) ? 'conforms' : 'does not conform'
  return broken(results).length > 0 ? 'does not conform' : 'conforms but for known failures'
}

function reasonsOf(results: readonly Result[], status: Status): Reason[] {
  const counts = new Map<string, number>()
  for (const result of results) {
    if (result.status !== status) continue
    const reason = result.detail.split(' | ', 1)[0]!
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return [...counts].map(([reason, count]) => ({ reason, count })).toSorted((a, b) => b.count - a.count)
}

/** Puts results together. Without a backend nothing conforms: it could not be created. */
export function summarize(backend: Backend | null, results: readonly Result[], selection: Selection = {}): Report {
  const counts: Record<Status, number> = { pass: 0, fail: 0, excused: 0, known: 0, stale: 0 }
  for (const { status } of results) counts[status]++
  const part = describeSelection(selection)
  const verdict = backend === null ? 'does not conform' : verdictOf(results, part)
  // A part that leaves nothing out but numbers of the same kind says of a backend that it runs.
  const earns = selection.fast === true && selection.only === undefined && selection.except === undefined
  const badges = backend === null ? [] : badgesOf(results, [...backend.capabilities.runs])
  return {
    version: 1,
    kit: KIT,
    backend: backend?.name ?? 'none',
    capabilities: backend === null ? {} : describe(backend.capabilities),
    conforming: verdict === 'conforms',
    verdict,
    badges: part === null ? badges : earns ? badges.filter((badge) => badge === 'runs') : [],
    counts,
    excuses: reasonsOf(results, 'excused'),
    known: reasonsOf(results, 'known'),
    ...(part === null ? {} : { part }),
    results,
  }
}

/** Reasons that a headline lists; a report has all. */
const LISTED = 3
const list = (reasons: readonly Reason[]): string => {
  const rest = reasons.slice(LISTED).reduce((sum, { count }) => sum + count, 0)
  return [
    ...reasons.slice(0, LISTED).map(({ reason, count }) => `${count} as ${reason}`),
    ...(rest > 0 ? [`${rest} for other reasons`] : []),
  ].join('; ')
}
const number = (n: number): string => n.toLocaleString('en-US')

/** One paragraph: the verdict, what ran, what was excused and why, what is known, and the badges. */
export function headline(report: Report): string {
  const { backend, verdict, counts, excuses, known, badges, part, results } = report
  const ran = counts.pass + counts.fail + counts.known
  const total = ran + counts.excused
  const failing = counts.fail + counts.known + counts.stale
  const wrong = results.filter((result) => result.status === 'fail' || result.status === 'known')
  const bad = broken(wrong.length === 0 ? [] : results)
  return [
    `${backend} ${verdict === 'in part' ? `ran in part (${part!})` : verdict + (part === undefined ? '' : ` (${part})`)}: `,
    `${number(ran)} of ${number(total)} cases ran, ${number(counts.pass)} passed`,
    counts.fail > 0 ? `, ${number(counts.fail)} failed` : '',
    counts.known > 0 ? `, ${number(counts.known)} failed as known (${list(known)})` : '',
    counts.stale > 0 ? `, ${number(counts.stale)} entries of the known list are stale` : '',
    counts.excused > 0 ? `, ${number(counts.excused)} were excused (${list(excuses)})` : '',
    failing > 0 && bad.length > 0
      ? ` | fail in most of their cases: ${bad.slice(0, 8).join(', ')}${bad.length > 8 ? ', ...' : ''}`
      : '',
    badges.length > 0 ? ` | ${badges.join(', ')}` : ' | no badges',
  ].join('')
}

/** The report as JSON, which has no infinities: a NaN in a wrong place is infinitely far off, written as the greatest number. */
export const toJSON = (report: Report): string =>
  JSON.stringify(report, (_, value: unknown) => (value === Infinity ? Number.MAX_VALUE : value), 2)

/** Reads a report of this version; throws otherwise. */
export function fromJSON(text: string): Report {
  const report = JSON.parse(text) as Partial<Report>
  if (report.version !== 1) throw new Error(`conformance: a report of version ${String(report.version)}, want 1`)
  return report as Report
}
