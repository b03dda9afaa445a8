/** Exact arithmetic for solving: fractions of whole numbers of any length, always in lowest terms. */

export interface Rational {
  readonly over: bigint
  readonly by: bigint
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b))

export function rational(over: bigint, by = 1n): Rational {
  const common = gcd(over, by) * (by < 0n ? -1n : 1n)
  return { over: over / common, by: by / common }
}
export const ZERO: Rational = { over: 0n, by: 1n }
export const sumOf = (a: Rational, b: Rational): Rational => rational(a.over * b.by + b.over * a.by, a.by * b.by)
export const productOf = (a: Rational, b: Rational): Rational => rational(a.over * b.over, a.by * b.by)

/** Denominators that numbers of programs have: sizes and products of a few. */
const LARGEST = 1e6
/** Of a reciprocal of a difference much is lost; what is found is tried exactly afterwards. */
const TOLERANCE = 1e-9

/** The simplest fraction that a number may stand for, by continued fractions; null where there is none. */
export function nearestRational(x: number): Rational | null {
  if (!Number.isFinite(x) || Math.abs(x) > Number.MAX_SAFE_INTEGER) return null
  let [a, b, c, d] = [1, 0, 0, 1]
  let rest = x
  for (;;) {
    const whole = Math.round(rest)
    ;[a, b] = [whole * a + b, a]
    ;[c, d] = [whole * c + d, c]
    if (Math.abs(c) > LARGEST || !Number.isSafeInteger(a)) return null
    if (Math.abs(a / c - x) <= TOLERANCE * Math.abs(x)) return rational(BigInt(a), BigInt(c))
    rest = 1 / (rest - whole)
  }
}

/**
 * The polynomial through values at different places: per power the weights of the values.
 * weights[power][i] is the coefficient of x^power in the i-th polynomial of Lagrange, which is 1 at places[i] and 0 at the others.
 */
export function interpolation(places: readonly number[]): Rational[][] {
  const weights: Rational[][] = places.map(() => [])
  places.forEach((place, i) => {
    let polynomial: Rational[] = [rational(1n)]
    for (const other of places) {
      if (other === place) continue
      // Times (x - other) / (place - other).
      const scale = rational(1n, BigInt(place - other))
      const shifted = [ZERO, ...polynomial]
      polynomial = shifted.map((above, power) =>
        productOf(scale, sumOf(above, productOf(rational(BigInt(-other)), polynomial[power] ?? ZERO))),
      )
    }
    polynomial.forEach((coefficient, power) => (weights[power]![i] = coefficient))
  })
  return weights
}
