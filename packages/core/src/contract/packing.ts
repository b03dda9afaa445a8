/** Floats that no array of JavaScript has: their numbers as patterns of 16 bits, sign, exponent and fraction. */

const DOUBLE = new Float64Array(1)
/** The low and the high half of it: every machine that JavaScript runs on is little-endian. */
const WORDS = new Uint32Array(DOUBLE.buffer)
/** Digits of a double after the point, and those of them in its high half. */
const FRACTION = 52
const HIGH_FRACTION = 20
const BIAS = 1023

export interface Packing {
  /** The pattern of the nearest number. */
  readonly pack: (x: number) => number
  /** The number of every pattern; made when it is first asked for. */
  readonly numbers: () => Float32Array
}

/**
 * The nearest number of `digits` binary digits, to even at ties; `least` is the exponent of the smallest normal number. Rounds
 * once: by way of float32 a number just beside a tie would be taken for the tie.
 */
export function rounding(digits: number, least: number): (x: number) => number {
  // Half a step above the greatest number, which is where infinity begins.
  const limit = 2 ** (1 - least) * (2 - 2 ** -digits)
  return (x) => {
    if (!(Math.abs(x) < limit)) return x * Infinity
    DOUBLE[0] = x
    const exponent = Math.max(((WORDS[1]! >>> HIGH_FRACTION) & 0x7ff) - BIAS, least)
    // A double this large has no room for smaller steps than those of the result, and rounds them away itself.
    const large = 1.5 * 2 ** (exponent + FRACTION + 1 - digits)
    const rounded = x + large - large
    // The magnitude that vanishes leaves its sign.
    return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded
  }
}

export function packing(digits: number, least: number): Packing {
  const round = rounding(digits, least)
  const step = 2 ** (digits - 1)
  const infinite = 0x8000 - step
  const number = (pattern: number): number => {
    const exponent = Math.floor(pattern / step)
    const fraction = (pattern % step) / step
    if (pattern >= infinite) return fraction === 0 ? Infinity : NaN
    return exponent === 0 ? fraction * 2 ** least : (1 + fraction) * 2 ** (exponent - 1 + least)
  }
  let table: Float32Array | null = null
  return {
    pack(x) {
      const nearest = round(x)
      if (nearest !== nearest) return infinite + step / 2
      DOUBLE[0] = nearest
      const sign = (WORDS[1]! >>> 16) & 0x8000
      const size = Math.abs(nearest)
      if (size === Infinity) return sign | infinite
      if (size < 2 ** least) return sign | (size * 2 ** (digits - 1 - least))
      // Exponent and fraction lie side by side, as in the double; only the bias is another.
      const bits = (WORDS[1]! & 0x7fffffff) >>> (HIGH_FRACTION + 1 - digits)
      return sign | (bits - (BIAS - 1 + least) * step)
    },
    numbers: () =>
      (table ??= Float32Array.from({ length: 0x10000 }, (_, i) => (i < 0x8000 ? number(i) : -number(i - 0x8000)))),
  }
}
