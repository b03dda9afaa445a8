/** Which formula gives the numbers that were recorded at several sizes. */
import { formulaAt, type Formula, type Polynomial, type Sizes, type Term } from './formula.ts'
import { interpolation, nearestRational, productOf, sumOf, ZERO, type Rational } from './rational.ts'

/** Where programs are recorded: at every combination of the first values of each size, where formulas are solved, and at others. */
export class Grid {
  readonly points: readonly Sizes[]
  readonly #names: readonly string[]
  /** Per size, what makes powers of the values along its axis. */
  readonly #weights: readonly (readonly (readonly Rational[])[])[]
  readonly #solved: number

  /** @param tried per size at least three values; the last is for the trial */
  constructor(tried: Readonly<Record<string, readonly number[]>>) {
    this.#names = Object.keys(tried)
    const solving = this.#names.map((name) => tried[name]!.slice(0, -1))
    this.#weights = solving.map(interpolation)
    let points: Sizes[] = [{}]
    this.#names.forEach((name, axis) => {
      points = points.flatMap((point) => solving[axis]!.map((size) => ({ ...point, [name]: size })))
    })
    this.#solved = points.length
    this.points = [...points, Object.fromEntries(this.#names.map((name) => [name, tried[name]!.at(-1)!]))]
  }

  /** The polynomial through these values, over a common denominator; null where they are not numbers of programs. */
  polynomial(values: readonly number[]): { readonly terms: Polynomial; readonly over: number } | null {
    let coefficients: Rational[] = []
    for (const value of values.slice(0, this.#solved)) {
      const exact = nearestRational(value)
      if (exact === null) return null
      coefficients.push(exact)
    }
    // Axis after axis, the last one first: each is taken from the end and comes back in front, as powers.
    for (const weights of this.#weights.toReversed()) {
      const count = weights.length
      const rest = coefficients.length / count
      const next: Rational[] = []
      for (const row of weights)
        for (let at = 0; at < rest; at++)
          next.push(
            row.reduce((total, weight, i) => sumOf(total, productOf(weight, coefficients[at * count + i]!)), ZERO),
          )
      coefficients = next
    }
    const over = coefficients.reduce((common, { by }) => lcm(common, by), 1n)
    const whole = coefficients.map(({ over: top, by }) => Number((top * over) / by))
    if (![...whole, Number(over)].every(Number.isSafeInteger)) return null
    const terms = whole.flatMap((number, at): Term[] => (number === 0 ? [] : [{ times: number, of: this.#powers(at) }]))
    // The highest power first.
    return { terms: terms.toSorted((a, b) => b.of.length - a.of.length), over: Number(over) }
  }
  /** The sizes whose product the coefficient at this place belongs to. */
  #powers(at: number): string[] {
    const of: string[][] = []
    let rest = at
    for (let axis = this.#names.length - 1; axis >= 0; axis--) {
      const count = this.#weights[axis]!.length
      of.unshift(Array.from({ length: rest % count }, () => this.#names[axis]!))
      rest = Math.floor(rest / count)
    }
    return of.flat()
  }
}

function lcm(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return (a / x) * b
}

const constant = (times: number): Polynomial => [{ times, of: [] }]
function sum(polynomial: Polynomial, number: number): Polynomial {
  const own = polynomial.find(({ of }) => of.length === 0)?.times ?? 0
  const rest = polynomial.filter(({ of }) => of.length > 0)
  return own + number === 0 ? rest : [...rest, { times: own + number, of: [] }]
}

/** With p = terms / over: what of a value is p where the value is so made of p, and the formula that makes the value. */
interface Shape {
  readonly polynomialOf: (value: number) => number
  readonly formula: (terms: Polynomial, over: number) => Formula
}
/** The simplest first. */
const shapes: readonly Shape[] = [
  // p
  {
    polynomialOf: (value) => value,
    formula: (terms, over) => ({ form: 'quotient', numerator: terms, denominator: constant(over) }),
  },
  // 1 / p
  {
    polynomialOf: (value) => 1 / value,
    formula: (terms, over) => ({ form: 'quotient', numerator: constant(over), denominator: terms }),
  },
  // 1 + 1 / p, as n / (n - 1) and (n - 1) / n
  {
    polynomialOf: (value) => 1 / (value - 1),
    formula: (terms, over) => {
      const sign = terms[0]!.times < 0 ? -1 : 1
      const denominator = terms.map(({ times, of }) => ({ times: sign * times, of }))
      return { form: 'quotient', numerator: sum(denominator, sign * over), denominator }
    },
  },
  // sqrt(p)
  {
    polynomialOf: (value) => value * value,
    formula: (terms, over) => ({ form: 'root', numerator: terms, denominator: constant(over) }),
  },
  // 1 / sqrt(p)
  {
    polynomialOf: (value) => 1 / (value * value),
    formula: (terms, over) => ({ form: 'inverse root', numerator: terms, denominator: constant(over) }),
  },
]

/**
 * The formula that gives these numbers, one for each point of the grid, to the last bit; null where none of the family does. It
 * is solved at the combinations, so the last point is a trial.
 */
export function solve(grid: Grid, values: readonly number[]): Formula | null {
  for (const { polynomialOf, formula } of shapes) {
    const found = grid.polynomial(values.map(polynomialOf))
    if (found === null || found.terms.length === 0) continue
    const tried = formula(found.terms, found.over)
    if (values.every((value, i) => Object.is(formulaAt(tried, grid.points[i]!), value))) return tried
  }
  return null
}
