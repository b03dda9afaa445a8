/** Distances between numbers as a dtype counts them. */
import type { DType } from '@glissade/core/backend'

/** Units in the last place between two numbers; NaN is itself, and -0 is not 0. */
export function ulps(got: number, want: number, dtype: DType): number {
  if (Object.is(got, want)) return 0
  if (!Number.isFinite(got) || !Number.isFinite(want) || got === want) return Infinity
  // A float32 has 24 bits and its least exponent is -126, a float64 53 and -1022.
  const [bits, least] = dtype === 'float32' ? [24, -126] : [53, -1022]
  const exponent = Math.max(least, Math.floor(Math.log2(Math.abs(want) || Number.MIN_VALUE)))
  return Math.abs(got - want) / 2 ** (exponent - bits + 1)
}
