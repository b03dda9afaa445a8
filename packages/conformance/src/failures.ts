/** What failed, by operation: which kernels are wrong, for which values and from which size on; and what only follows from them. */
import { COMPOSITES } from '@glissade/core/backend'
import { functions } from './functions.ts'
import { primitives } from './primitives.ts'
import { badgeOf, type Badge, type Report, type Result } from './report.ts'

const number = (n: number): string => n.toLocaleString('en-US')

/** How many of so many. */
export interface Share {
  readonly name: string
  readonly failed: number
  readonly ran: number
}
export interface Failure {
  readonly operation: string
  readonly failed: number
  readonly ran: number
  /** Of the smallest operands, alone where it fails alone. */
  readonly smallest: Result
  /** What its size says, in words. */
  readonly begins: string
  /** Those for which it was tried. */
  readonly dtypes: readonly Share[]
  /** Words of the calls, most telling first: what all that fail have in common, and those that pass less often. */
  readonly kinds: readonly Share[]
  readonly badges: readonly Badge[]
  /** Operations that are wrong themselves, of which one stands in each of its cases that fail. */
  readonly because: readonly string[]
}
export interface Failures {
  /** What is wrong itself, the plainest first. */
  readonly own: readonly Failure[]
  /** What fails where others are wrong. */
  readonly following: readonly Failure[]
}

interface Id {
  readonly mode: string
  readonly operation: string
  readonly dtype: string
  readonly shapes: string
  readonly what: string
}
const OPERATIONS: ReadonlySet<string> = new Set([...primitives, ...Object.keys(COMPOSITES), ...Object.keys(functions)])
/** A fused call of an operation is one of that operation. */
export function partsOf(id: string): Id {
  const [mode = '', op = id, dtype = '', shapes = '', ...rest] = id.split('/')
  const what = rest.join('/')
  const [name] = what.split(', ', 1)
  return op === 'loop' && name !== undefined && OPERATIONS.has(name)
    ? { mode: 'fused', operation: name, dtype, shapes, what: what.slice(name.length + 2) }
    : { mode, operation: op, dtype, shapes, what }
}
const shapesIn = (shapes: string): number[][] =>
  [...shapes.matchAll(/\[([\d,]*)\]/g)].map(([, list]) => (list === '' ? [] : list!.split(',').map(Number)))
type Measure = (shapes: string) => number
/** Sizes of a call, by its shapes: a kernel begins to fail at one of them. */
const MEASURES: Readonly<Record<string, Measure>> = {
  'elements of operands': (shapes) =>
    shapesIn(shapes).reduce((sum, shape) => sum + shape.reduce((n, size) => n * size, 1), 0),
  'steps along an axis': (shapes) => Math.max(1, ...shapesIn(shapes).flat()),
  axes: (shapes) => Math.max(0, ...shapesIn(shapes).map(({ length }) => length)),
}
const sizeOf = MEASURES['elements of operands']!

const isWrong = ({ status }: Result): boolean => status === 'fail' || status === 'known'
const isRight = ({ status }: Result): boolean => status === 'pass'
/** By one node alone. */
const isAlone = (result: Result, operation: string): boolean =>
  result.id.startsWith(`eager/${operation}/`) && (result.ran?.ops ?? [operation]).every((op) => op === operation)

const count = (results: readonly Result[], namesOf: (id: Id) => readonly string[]): Share[] => {
  const shares = new Map<string, { failed: number; ran: number }>()
  for (const result of results)
    for (const name of new Set(namesOf(partsOf(result.id)))) {
      const share = shares.get(name) ?? { failed: 0, ran: 0 }
      share.ran++
      if (isWrong(result)) share.failed++
      shares.set(name, share)
    }
  return [...shares].map(([name, share]) => ({ name, ...share }))
}
/** Words shown of an operation. */
const KINDS = 4
/** What tells calls that fail from those that pass: among all that say so, most fail, and not all do anyway. */
function kindsOf(results: readonly Result[], share: number): Share[] {
  const told = count(results, ({ what, mode }) =>
    [...what.split(', ').map((word) => word.trim()), mode === 'fused' ? 'fused' : ''].filter(Boolean),
  )
  return told
    .filter(({ failed, ran }) => failed > 1 && failed / ran > Math.min(0.99, share * 1.5))
    .toSorted((a, b) => b.failed / b.ran - a.failed / a.ran || b.failed - a.failed)
    .slice(0, KINDS)
}

/** So many of those from a size on fail, and none below, that the size must be why. */
const TELLING = 0.3
const FEW = 3
/** From which size on it fails; or that it is not the size. */
function beginning(results: readonly Result[], smallest: Result): string {
  const { dtype, shapes } = partsOf(smallest.id)
  const own = results.filter(({ id }) => partsOf(id).dtype === dtype)
  if (own.every(isWrong)) return `everywhere: all ${number(own.length)} ${dtype} cases fail`
  const found = Object.entries(MEASURES).map(([name, measure]) => {
    const of = ({ id }: Result): number => measure(partsOf(id).shapes)
    const least = Math.min(...own.filter(isWrong).map(of))
    const [above, below] = [own.filter((one) => of(one) >= least), own.filter((one) => of(one) < least)]
    return { name, least, below: below.length, above: above.length, share: above.filter(isWrong).length / above.length }
  })
  const best = found.reduce((most, one) => (one.share > most.share ? one : most))
  if (best.share >= TELLING && best.below >= FEW)
    return `at ${number(best.least)} ${best.name}: ${number(Math.round(best.share * best.above))} of ${number(best.above)} ${dtype} cases from there on fail, none of ${number(best.below)} below`
  return `with ${dtype} ${shapes}; the size does not tell`
}

function failureOf(
  operation: string,
  results: readonly Result[],
  because: readonly string[],
  runs: ReadonlySet<string>,
): Failure {
  const wrong = results.filter(isWrong)
  const order = (result: Result): number =>
    sizeOf(partsOf(result.id).shapes) + (isAlone(result, operation) ? 0 : 2 ** 40)
  const smallest = wrong.reduce((least, result) => (order(result) < order(least) ? result : least))
  const dtypes = count(results, (id) => [id.dtype]).filter(({ name }) => name !== '-')
  const affected = new Set(dtypes.filter((share) => share.failed > 0).map(({ name }) => name))
  const tried = results.filter(({ id }) => affected.size === 0 || affected.has(partsOf(id).dtype))
  const badges = new Set(wrong.map(({ id }) => badgeOf(id)))
  // Who does not run does not train.
  if (badges.has('runs')) badges.add('trains')
  if (runs.has(operation)) badges.add('fused')
  return {
    operation,
    failed: wrong.length,
    ran: results.length,
    smallest,
    begins: beginning(results, smallest),
    dtypes,
    kinds: kindsOf(tried, wrong.length / tried.length),
    badges: [...badges],
    because,
  }
}

/** Groups what failed. A case that runs an operation which is wrong alone says nothing of its own. */
export function failuresOf({ results, capabilities }: Report): Failures {
  const groups = new Map<string, Result[]>()
  for (const result of results) {
    if (!isWrong(result) && !isRight(result)) continue
    const { operation } = partsOf(result.id)
    groups.set(operation, [...(groups.get(operation) ?? []), result])
  }
  const failing = [...groups].filter(([, list]) => list.some(isWrong))
  const alone = new Set(
    failing.flatMap(([name, list]) => (list.some((one) => isWrong(one) && isAlone(one, name)) ? [name] : [])),
  )
  const runs = new Set((capabilities as { readonly runs?: readonly string[] }).runs)
  const all = failing.map(([name, list]) => {
    const causes = list.filter(isWrong).map(({ ran }) => (ran?.ops ?? []).filter((op) => alone.has(op) && op !== name))
    const follows = !alone.has(name) && alone.size > 0 && causes.every((ops) => ops.length > 0)
    return failureOf(name, list, follows ? [...new Set(causes.flat())] : [], runs)
  })
  const plain = ({ operation, failed, ran }: Failure): number => failed / ran + (alone.has(operation) ? 2 : 0)
  const sorted = all.toSorted((a, b) => plain(b) - plain(a) || b.failed - a.failed)
  return {
    own: sorted.filter(({ because }) => because.length === 0),
    following: sorted.filter(({ because }) => because.length > 0),
  }
}

/** What a failure of a comparison says, in its parts; null where it says something else. */
export interface Point {
  /** `maximum(NaN, 0)` */
  readonly call: string
  readonly index: string
  readonly got: string
  readonly want: string
  readonly rest: readonly string[]
}
export function pointOf({ detail }: Result): Point | null {
  const [first, ...rest] = detail.split(' | ')
  const found = /^((?:output \d+, )?index \d+ of \d+): (.*) = (\S+), want (\S+)$/s.exec(first!)
  if (found === null) return null
  const [, index, call, got, want] = found as unknown as [string, string, string, string, string]
  return { index, call, got, want, rest }
}

export const shareOf = ({ name, failed, ran }: Share): string =>
  failed === 0
    ? `${name} passes`
    : failed === ran
      ? `${name} always (${number(ran)})`
      : `${name} ${number(failed)} of ${number(ran)}`

/** Groups shown of each kind. */
const SHOWN = 6
/** The same in a few lines, for a terminal. */
export function summaryOf(report: Report): string {
  const { own, following } = failuresOf(report)
  const lines = own.slice(0, SHOWN).flatMap((failure) => {
    const { operation, failed, ran, smallest, begins, dtypes, kinds, badges } = failure
    return [
      `${operation}: ${number(failed)} of ${number(ran)} cases fail, ${begins}`,
      `    ${smallest.id}`,
      ...(smallest.ran === undefined || smallest.ran.inputs === '' ? [] : [`    given ${smallest.ran.inputs}`]),
      ...smallest.detail.split(' | ').map((part) => `    ${part}`),
      `    by dtype: ${dtypes.map(shareOf).join('; ')}${kinds.length > 0 ? ` | most telling: ${kinds.map(shareOf).join('; ')}` : ''}`,
      `    costs: ${badges.join(', ')}`,
    ]
  })
  const more = own.slice(SHOWN)
  if (more.length > 0) lines.push(`and ${more.length} more: ${more.map(({ operation }) => operation).join(', ')}`)
  if (following.length > 0)
    lines.push(
      `Where these are run, so fail ${following.length} more: ${following
        .slice(0, 3 * SHOWN)
        .map(({ operation, failed }) => `${operation} (${failed})`)
        .join(', ')}${following.length > 3 * SHOWN ? ', ...' : ''}`,
    )
  return lines.join('\n')
}
