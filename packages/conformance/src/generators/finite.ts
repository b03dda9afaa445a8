/**
 * Finite float32 numbers of every size for which WGSL promises something, and whose results are finite: from them no backend is
 * excused. Those of every size whatever (`everySize`) are for IEEE backends, and for what is told by bits.
 */
import type { None, Primitive } from '@glissade/core/backend'
import { between, operand, type Fill, type Generator, type Sample } from './sample.ts'

const COUNT = 1021
/** Either sign, every exponent from `low` to `high` in turn, any mantissa. */
const sized =
  (low: number, high: number): Fill =>
  (random, i) =>
    (random.chance(0.5) ? 1 : -1) * (1 + random.number()) * 2 ** (low + ((i * 7) % (high - low)))
const positive =
  (low: number, high: number): Fill =>
  (random, i) =>
    Math.abs(sized(low, high)(random, i))
const negative =
  (low: number, high: number): Fill =>
  (random, i) =>
    -positive(low, high)(random, i)

const rows =
  (...calls: readonly (readonly [what: string, ...operands: Fill[]])[]): (() => Sample<None>[]) =>
  () =>
    calls.map(([what, ...operands]) => ({
      what: `finite, ${what}`,
      attrs: {},
      operands: operands.map((fill) => operand('float32', [COUNT], fill)),
    }))

const ALL = sized(-126, 127)
const BELOW_1 = sized(-120, -1)
const all = rows(['every size', ALL])
const pairs = rows(['every size', ALL, ALL], ['alike', ALL, (random, i) => ALL(random, i) * (1 + (i % 3) / 8)])
/** Two whose product and quotient are normal. */
const halves = sized(-62, 62)
const sums = rows(['every size', sized(-126, 126), sized(-126, 126)])
const trigonometric = rows(['up to pi', between(-Math.PI, Math.PI)], ['small', BELOW_1])

/** Exponents of x by turns; y so that y log2(x) is up to 120 in size. */
const exponentOf = (i: number): number => ((i * 7) % 241) - 120
const base: Fill = (random, i) => (1 + random.number()) * 2 ** exponentOf(i)
const exponent: Fill = (random, i) => between(-120, 120)(random, i) / (1 + Math.abs(exponentOf(i)))

export const finite: { readonly [P in Primitive]?: Generator<P> } = {
  neg: all,
  abs: all,
  sign: all,
  floor: all,
  ceil: all,
  round: all,
  exp: rows(['to the ends', between(-87, 88)], ['small', BELOW_1], ['far below', negative(7, 126)]),
  expm1: rows(['to the ends', between(-87, 88)], ['small', BELOW_1], ['far below', negative(7, 126)]),
  log: rows(['every size', positive(-126, 127)], ['near 1', between(0.4, 2.5)]),
  log1p: rows(['small', BELOW_1], ['every size', positive(-126, 127)], ['near -1', between(-0.9999, -0.5)]),
  sin: trigonometric,
  cos: trigonometric,
  atan: all,
  tanh: all,
  sqrt: rows(['every size', positive(-126, 127)]),
  erf: all,
  add: sums,
  sub: sums,
  mul: rows(['every size', halves, halves]),
  div: rows(
    ['every size', halves, halves],
    ['large by large', sized(90, 127), sized(90, 125)],
    ['small by small', sized(-120, -90), sized(-126, -90)],
  ),
  pow: rows(['every size', base, exponent], ['near 1, great powers', between(0.99, 1.01), sized(-9, 12)]),
  maximum: pairs,
  minimum: pairs,
  eq: pairs,
  lt: pairs,
  le: pairs,
}
