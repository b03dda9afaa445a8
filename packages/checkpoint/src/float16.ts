/**
 * float16 and bfloat16 as bits, in both directions. Widening is exact for all 65,536 patterns, NaN payloads included;
 * narrowing rounds to the nearest even and gives back the pattern that was widened. Works on bits throughout, because
 * a NaN that passes through a JavaScript number may change.
 */

/** float32's exponent bias is 127, float16's 15. */
const REBIAS = 127 - 15

/** The float32 bits of a float16 pattern. */
function widenHalf(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13)
  if (exponent > 0) return sign | ((exponent + REBIAS) << 23) | (fraction << 13)
  if (fraction === 0) return sign
  // A subnormal is fraction * 2^-24: shift the leading one to bit 10, and lower the exponent by as much.
  const shift = Math.clz32(fraction) - 21
  return sign | ((REBIAS + 1 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)
}

/** The float16 pattern nearest to a float32; ties go to even, and what is too large becomes infinite. */
function narrowHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7c00 | ((magnitude >>> 13) & 0x3ff || 0x200)
  if (magnitude >= 0x47800000) return sign | 0x7c00 // 2^16 and above
  if (magnitude >= 0x38800000) {
    const rebiased = magnitude - (REBIAS << 23) // 2^-14 and above: a normal float16, or infinity by carry
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13)
  }
  if (magnitude <= 0x33000000) return sign // 2^-25, half of the smallest subnormal, ties to zero
  const fraction = (magnitude & 0x7fffff) | 0x800000
  const shift = 126 - (magnitude >>> 23) // fraction * 2^(e-150), counted in units of 2^-24
  const quotient = fraction >>> shift
  const rest = fraction & ((1 << shift) - 1)
  const half = 1 << (shift - 1)
  return sign | (quotient + (rest > half || (rest === half && (quotient & 1) === 1) ? 1 : 0))
}

/** The upper half of a float32, rounded to the nearest even. */
function narrowBrain(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | (bits & 0x7f0000 ? 0 : 0x40)
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

const widen =
  (rule: (pattern: number) => number) =>
  (patterns: Uint16Array): Float32Array => {
    const bits = new Uint32Array(patterns.length)
    for (let i = 0; i < patterns.length; i++) bits[i] = rule(patterns[i]!)
    return new Float32Array(bits.buffer)
  }

const narrow =
  (rule: (bits: number) => number) =>
  (values: Float32Array): Uint16Array => {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
    const patterns = new Uint16Array(values.length)
    for (let i = 0; i < bits.length; i++) patterns[i] = rule(bits[i]!)
    return patterns
  }

/** float16 patterns as float32 values, exactly. */
export const float16ToFloat32: (patterns: Uint16Array) => Float32Array = widen(widenHalf)

/** float32 values rounded to float16 patterns. */
export const float32ToFloat16: (values: Float32Array) => Uint16Array = narrow(narrowHalf)

/** bfloat16 patterns as float32 values, exactly. */
export const bfloat16ToFloat32: (patterns: Uint16Array) => Float32Array = widen((pattern) => pattern << 16)

/** float32 values rounded to bfloat16 patterns. */
export const float32ToBfloat16: (values: Float32Array) => Uint16Array = narrow(narrowBrain)
