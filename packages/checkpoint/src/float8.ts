/**
 * The three kinds of float8 as bits, in both directions. Widening is exact for all 256 patterns, and narrowing gives back the
 * pattern that was widened. Source: the Open Compute Project's "OCP 8-bit Floating Point Specification (OFP8)" 1.0 and
 * "OCP Microscaling Formats (MX)" 1.0; what becomes of numbers that are too large is as in PyTorch's casts.
 */
import type { Refuse } from './error.ts'

/** A sign, an exponent and a fraction, in eight bits. */
interface Format {
  /** Bits of the fraction. */
  readonly fraction: number
  readonly bias: number
  /** The first pattern that is no number: what is too large becomes it. */
  readonly beyond: number
  /** The NaN of a fraction. */
  readonly nan: (fraction: number) => number
}

/** `fn`: finite, and one NaN for each sign. */
const E4M3FN: Format = { fraction: 3, bias: 7, beyond: 0x7f, nan: () => 0x7f }
const E5M2: Format = { fraction: 2, bias: 15, beyond: 0x7c, nan: (fraction) => 0x7c | fraction || 0x7e }

const INFINITY_BITS = 0x7f800000

/** The float32 of a pattern without its sign. */
function magnitudeOf(pattern: number, { fraction: width, bias, beyond }: Format): Float32Array {
  const fraction = pattern & (2 ** width - 1)
  if (pattern >= beyond) return new Float32Array(Uint32Array.of(INFINITY_BITS | (fraction << (23 - width))).buffer)
  const exponent = pattern >> width
  // Below the first exponent there is no leading one.
  return Float32Array.of(
    (exponent === 0 ? fraction : fraction + 2 ** width) * 2 ** (Math.max(exponent, 1) - bias - width),
  )
}

/** The float32 bits of every pattern. */
const tableOf = (format: Format): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, pattern) => {
    const [bits] = new Uint32Array(magnitudeOf(pattern & 0x7f, format).buffer)
    return bits! | ((pattern & 0x80) << 24)
  })

/** The pattern nearest to a float32, ties to even. */
function narrow(bits: number, value: number, { fraction: width, bias, beyond, nan }: Format): number {
  const sign = (bits >>> 24) & 0x80
  const magnitude = bits & 0x7fffffff
  if (magnitude > INFINITY_BITS) return sign | nan((magnitude >>> (23 - width)) & (2 ** width - 1))
  const smallest = 1 - bias
  const exponent = Math.max((magnitude >>> 23) - 127, smallest)
  // In units of the last place; powers of two, so nothing is rounded here.
  const units = Math.abs(value) * 2 ** (width - exponent)
  const below = Math.floor(units)
  const rest = units - below
  const nearest = below + (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? 1 : 0)
  // A carry out of the fraction is one more in the exponent.
  return sign | Math.min((exponent - smallest) * 2 ** width + nearest, beyond)
}

function codec(format: Format): {
  readonly decode: (patterns: Uint8Array) => Float32Array
  readonly encode: (values: Float32Array) => Uint8Array
} {
  let table: Uint32Array | null = null
  return {
    decode: (patterns) => {
      const known = (table ??= tableOf(format))
      const bits = new Uint32Array(patterns.length)
      for (let i = 0; i < patterns.length; i++) bits[i] = known[patterns[i]!]!
      return new Float32Array(bits.buffer)
    },
    encode: (values) => {
      const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
      const patterns = new Uint8Array(values.length)
      for (let i = 0; i < values.length; i++) patterns[i] = narrow(bits[i]!, values[i]!, format)
      return patterns
    },
  }
}

export const e4m3fn: ReturnType<typeof codec> = /* @__PURE__ */ codec(E4M3FN)
export const e5m2: ReturnType<typeof codec> = /* @__PURE__ */ codec(E5M2)

/** A power of two without a sign, from 2^-127 to 2^127, or NaN: the scales of blocks of numbers. */
export const e8m0fnu = {
  decode: (patterns: Uint8Array): Float32Array => {
    const bits = Uint32Array.from(patterns, (exponent) => {
      if (exponent === 0xff) return 0x7fc00000
      return exponent === 0 ? 0x400000 : exponent << 23
    })
    return new Float32Array(bits.buffer)
  },
  encode: (values: Float32Array, refuse: Refuse): Uint8Array =>
    Uint8Array.from(values, (value, index) => {
      if (Number.isNaN(value)) return 0xff
      const exponent = Math.log2(value)
      return Number.isInteger(exponent) && exponent >= -127 && 2 ** exponent === value
        ? exponent + 127
        : refuse(
            `the value ${value} at index ${index} is no power of two from 2^-127 to 2^127, which float8_e8m0fnu holds`,
          )
    }),
}
