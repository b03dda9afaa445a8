/** What a run gave: data that stays readable across versions of the kit, and the badges it earns. */
import type { Backend, Capabilities } from '@glissade/core/backend'
import { matcher } from './pattern.ts'

export type Status = 'pass' | 'fail' | 'excused' | 'known' | 'stale'

export interface Result {
  readonly id: string
  readonly level: 'must' | 'should'
  readonly status: Status
  readonly worstUlp: number
  readonly allowedUlp: number
  readonly ms: number
  readonly detail: string
}

/** `runs`: every value, order and memory case. `trains`: gradients and training too. */
export type Badge = 'runs' | 'trains' | 'exact SGD' | 'fused'

export interface Report {
  /** Of this format; a reader of another one refuses. */
  readonly version: 1
  /** The version of the cases: ids are never reused, so reports of one number are comparable case by case. */
  readonly kit: string
  readonly backend: string
  readonly capabilities: object
  /** No `must` case failed and nothing is stale; false where only some cases ran. */
  readonly conforming: boolean
  readonly badges: readonly Badge[]
  readonly counts: Readonly<Record<Status, number>>
  /** The filter, where only some cases ran. */
  readonly only?: string
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

const TRAINING = [
  '*/training/*',
  '*/gradient*',
  '*/second gradient*',
  'compiled/loop/*, gradient*',
  'compiled/loop/*, second gradient*',
  'core/gradients/*',
  'compiled/program/*/gradient of *',
].map(matcher)
const SGD = ['eager/sgd/*', 'compiled/sgd/*', 'compiled/loop/*/sgd, *'].map(matcher)
const isOf = (matchers: readonly ((id: string) => boolean)[], { id }: Result): boolean =>
  matchers.some((matches) => matches(id))
/** A known failure is still one. */
const isClean = (results: readonly Result[]): boolean =>
  results.some(({ status }) => status === 'pass') &&
  results.every(({ status, level }) => status === 'pass' || status === 'excused' || level === 'should')

function badgesOf(results: readonly Result[], runs: readonly string[]): Badge[] {
  const training = results.filter((result) => isOf(TRAINING, result))
  const exact = results.filter((result) => isOf(SGD, result))
  const rest = results.filter((result) => !isOf(TRAINING, result) && !isOf(SGD, result))
  const own = results.filter(({ id }) => runs.includes(id.split('/')[1]!))
  const badges: Badge[] = []
  if (isClean(rest)) badges.push('runs')
  if (isClean(rest) && isClean(training)) badges.push('trains')
  if (isClean(exact)) badges.push('exact SGD')
  if (isClean(own)) badges.push('fused')
  return badges
}

/** Puts results together. Without a backend nothing conforms: it could not be created. */
export function summarize(backend: Backend | null, results: readonly Result[], only?: string): Report {
  const counts: Record<Status, number> = { pass: 0, fail: 0, excused: 0, known: 0, stale: 0 }
  for (const { status } of results) counts[status]++
  const broken = results.some(({ status, level }) => status === 'stale' || (status === 'fail' && level === 'must'))
  return {
    version: 1,
    kit: KIT,
    backend: backend?.name ?? 'none',
    capabilities: backend === null ? {} : describe(backend.capabilities),
    conforming: backend !== null && !broken && only === undefined,
    badges: only === undefined && backend !== null ? badgesOf(results, [...backend.capabilities.runs]) : [],
    counts,
    ...(only === undefined ? {} : { only }),
    results,
  }
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
