/**
 * Sums of many terms. Each addition of single precision rounds, and where all terms are alike always the same way: a million of
 * them would be off by a hundredth. So TERMS at a time are added in single precision, at full speed, and their sums in double.
 */
import { add, i32x4, mul, op, shuffle, type Address } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import type { Vector } from './math.ts'

/** Up to so many terms a sum has the bits that adding them one by one gives; an error of 2^-24 each, it ends at 3e-5. */
export const TERMS = 512

/** Sums of the lanes of vectors, in double: of all four, or of the first. */
export class WideSum {
  readonly #f: FunctionWriter
  /** Two lanes each. */
  readonly #halves: readonly Local<'v128'>[]

  constructor(f: FunctionWriter, lanes: 1 | 4) {
    this.#f = f
    this.#halves = Array.from({ length: lanes === 4 ? 2 : 1 }, () => f.local('v128'))
  }
  clear(): void {
    for (const half of this.#halves) this.#f.set(half, i32x4(0))
  }
  add(terms: Vector): void {
    const f = this.#f
    const x = f.let(terms)
    this.#halves.forEach((half, i) =>
      f.set(half, op('f64x2.add', half, op('f64x2.promote_low_f32x4', i === 0 ? x : shuffle(x, x, 2, 3, 2, 3)))),
    )
    f.free(x)
  }
  /** Rounded to single precision. */
  value(): Vector {
    const [low, high] = this.#halves.map((half) => op('f32x4.demote_f64x2_zero', half))
    return high === undefined ? low! : shuffle(low!, high, 0, 1, 4, 5)
  }
  free(): void {
    this.#f.free(...this.#halves)
  }
}

/** Where a run begins and ends, with `unit` for each step. */
export const endsOf = (steps: number, from: number | Address, unit: number): [number | Address, number | Address] =>
  typeof from === 'number' ? [unit * from, unit * (from + steps)] : [mul(from, unit), mul(add(from, steps), unit)]

/** `count` steps, run by run: `write(steps, from)` adds what they give to each of `sums`, which is 0 before the first. */
export function inRuns(
  f: FunctionWriter,
  count: number,
  sums: readonly Local<'v128'>[],
  write: (steps: number, from: number | Address) => void,
): void {
  const run = (steps: number, from: number | Address): void => {
    // From 0 and not from the first term: a sum of -0 is 0.
    for (const sum of sums) f.set(sum, i32x4(0))
    write(steps, from)
  }
  if (count <= TERMS) return run(count, 0)
  const totals = sums.map(() => new WideSum(f, 4))
  for (const total of totals) total.clear()
  const taken: typeof run = (steps, from) => {
    run(steps, from)
    totals.forEach((total, u) => total.add(sums[u]!))
  }
  const whole = count - (count % TERMS)
  f.for(0, whole, TERMS, (from) => taken(TERMS, from))
  if (whole < count) taken(count - whole, whole)
  totals.forEach((total, u) => {
    f.set(sums[u]!, total.value())
    total.free()
  })
}
