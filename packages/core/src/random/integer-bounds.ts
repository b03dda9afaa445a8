/** The bounds of random integers, checked and fitted to the element type; from ATen/native/DistributionTemplates.h. */

import { OptionError } from '../contract/errors.ts'
import type { NumberArray } from './generator.ts'

export interface IntegerBounds {
  readonly from: bigint
  readonly range: bigint
}

interface ElementRange {
  /** As PyTorch's messages call the type. */
  readonly name: string
  readonly min: bigint
  readonly max: bigint
}

function elementRange(out: NumberArray | BigInt64Array): ElementRange {
  if (out instanceof Int32Array) return { name: 'int', min: -(2n ** 31n), max: 2n ** 31n - 1n }
  if (out instanceof Uint8Array) return { name: 'unsigned char', min: 0n, max: 255n }
  // Floating-point elements hold every int64, rounded.
  return { name: 'int64', min: -(2n ** 63n), max: 2n ** 63n - 1n }
}

/**
 * The first integer and the number of integers in [low, high) that `out` can hold. Bounds of floating-point elements
 * move inwards to numbers that stay inside after the cast.
 * @throws OptionError if a bound is no integer, low >= high, or the element type does not reach a bound.
 */
export function integerBounds(
  out: NumberArray | BigInt64Array,
  low: number | bigint,
  high: number | bigint,
): IntegerBounds {
  for (const bound of [low, high]) {
    if (typeof bound === 'number' && !Number.isInteger(bound)) {
      throw new OptionError('randint', `bounds must be integers, but got ${bound}`)
    }
  }
  let from = BigInt(low)
  let to = BigInt(high)
  if (from >= to) {
    throw new OptionError('randint', `random_ expects 'from' to be less than 'to', but got from=${from} >= to=${to}`)
  }
  if (out instanceof Float32Array || out instanceof Float64Array) {
    const digits = out instanceof Float32Array ? 24 : 53
    from = raisedFrom(from, digits)
    to = loweredTo(to, digits)
    if (from >= to) {
      throw new OptionError(
        'randint',
        "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, " +
          `but got from=${from} >= to=${to}`,
      )
    }
  }
  const { name, min, max } = elementRange(out)
  if (from < min || from > max) throw new OptionError('randint', `from is out of bounds for ${name} (got ${from})`)
  if (to - 1n > max) throw new OptionError('randint', `to - 1 is out of bounds for ${name} (got to ${to})`)
  return { from, range: to - from }
}

const castTo = (digits: number, value: bigint): bigint =>
  BigInt(digits === 24 ? Math.fround(Number(value)) : Number(value))

/** The distance between numbers of so many binary digits near `value`: 2^(floor(log2 |value|) + 1 - digits). */
function spacing(value: bigint, digits: number): bigint {
  const magnitude = value < 0n ? -value : value
  return 2n ** BigInt(magnitude.toString(2).length - digits)
}

/** PyTorch's `update_from`: the nearest bound to the right that stays inside after the cast. */
function raisedFrom(from: bigint, digits: number): bigint {
  const cast = castTo(digits, from + 1n)
  return cast < from ? cast + spacing(from + 1n, digits) : from
}

/** PyTorch's `update_to`: the nearest bound to the left that stays inside after the cast. */
function loweredTo(to: bigint, digits: number): bigint {
  const cast = castTo(digits, to - 1n)
  return cast >= to ? cast - spacing(to - 1n, digits) : to
}
