/** Which formula gives the numbers that were recorded at several sizes. */
import { formulaAt, type Formula, type Polynomial, type Sizes, type Term } from './formula.ts'
import { interpolation, nearestRational, productOf, sumOf, ZERO, type Rational } from './rational.ts'

/** Where programs are recorded: at every combination of all values of each size but the last, and at the last ones. */
export class Grid {
  readonly points: readonly Sizes[]
  /** The highest power of one size that there are values for. */
  readonly degree: number
  readonly #names: readonly string[]
  readonly #values: readonly (readonly number[])[]

  /** @param tried per size at least three values */
  constructor(tried: Readonly<Record<string, readonly number[]>>) {
    this.#names = Object.keys(tried)
    this.#values = this.#names.map((name) => tried[name]!)
    this.degree = Math.min(...this.#values.map(({ length }) => length)) - 2
    let points: Sizes[] = [{}]
    this.#names.forEach((name, axis) => {
      points = points.flatMap((point) => this.#values[axis]!.slice(0, -1).map((size) => ({ ...point, [name]: size })))
    })
    this.points = [...points, Object.fromEntries(this.#names.map((name, axis) => [name, this.#values[axis]!.at(-1)!]))]
  }

  /** The polynomial of a degree through the first values, over a common denominator; null where they are not numbers of programs. */
  polynomial(numbers: readonly number[], degree: number): { readonly terms: Polynomial; readonly over: number } | null {
    const axes = this.#values.map((values) => values.slice(0, degree + 1))
    let coefficients: Rational[] = []
    for (const [i, point] of this.points.entries()) {
      if (!axes.every((values, axis) => values.includes(point[this.#names[axis]!]!))) continue
      const exact = nearestRational(numbers[i]!)
      if (exact === null) return null
      coefficients.push(exact)
    }
    // Axis after axis, the last one first: each is taken from the end and comes back in front, as powers.
    for (const values of axes.toReversed()) {
      const rest = coefficients.length / values.length
      const next: Rational[] = []
      for (const row of interpolation(values))
        for (let at = 0; at < rest; at++)
          next.push(
            row.reduce(
              (total, weight, i) => sumOf(total, productOf(weight, coefficients[at * values.length + i]!)),
              ZERO,
            ),
          )
      coefficients = next
    }
    const over = coefficients.reduce((common, { by }) => lcm(common, by), 1n)
    const whole = coefficients.map(({ over: top, by }) => Number((top * over) / by))
    if (![...whole, Number(over)].every(Number.isSafeInteger)) return null
    const terms = whole.flatMap((number, at): Term[] =>
      number === 0 ? [] : [{ times: number, of: this.#powers(at, degree + 1) }],
    )
    // The highest power first.
    return { terms: terms.toSorted((a, b) => b.of.length - a.of.length), over: Number(over) }
  }
  /** The sizes whose product the coefficient at this place belongs to. */
  #powers(at: number, count: number): string[] {
    const of: string[][] = []
    let rest = at
    for (let axis = this.#names.length - 1; axis >= 0; axis--) {
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
 * is solved at the first points and tried at the others, the lowest degree first. Integers are sizes and counts: they are polynomials
 * and nothing else, for through a few integers there is a quotient of some kind too often.
 */
export function solve(grid: Grid, values: readonly number[]): Formula | null {
  const family = values.every(Number.isInteger) ? shapes.slice(0, 1) : shapes
  for (let degree = 1; degree <= grid.degree; degree++)
    for (const { polynomialOf, formula } of family) {
      const found = grid.polynomial(values.map(polynomialOf), degree)
      if (found === null || found.terms.length === 0) continue
      const tried = formula(found.terms, found.over)
      if (values.every((value, i) => Object.is(formulaAt(tried, grid.points[i]!), value))) return tried
    }
  return null
}
