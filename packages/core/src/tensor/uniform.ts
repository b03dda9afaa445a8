/** Random numbers for tensors of dtypes that the generator, which knows arrays, does not write by itself. */
import type { DType } from '../contract/contract.ts'
import { DTYPES, type Elements } from '../contract/dtype.ts'
import { DTypeError } from '../contract/errors.ts'
import type { Generator } from '../random/generator.ts'

const { fround } = Math

/**
 * Uniform numbers in [from, to). Those of a packed dtype have as many random digits as it has: the lowest of what float32 takes.
 * Source: uniform_real in aten/src/ATen/core/TransformationHelper.h
 */
export function uniform(dtype: DType, generator: Generator, out: Elements, from = 0, to = 1): void {
  const { digits, packing, round } = DTYPES[dtype]
  const own = out as Float32Array
  if (packing === undefined) return void generator.uniform(own, from, to)
  generator.uniform(own)
  const shift = 2 ** (DTYPES.float32.digits - digits)
  for (let i = 0; i < own.length; i++) {
    const x = round(fround(fround(((own[i]! * shift) % 1) * fround(to - from)) + from))
    own[i] = x < to ? x : from
  }
}

/** Refuses integers that a packed dtype does not count up to; the generator does so for the arrays that it knows. */
export function assertCounts(operation: string, dtype: DType, least: number, greatest: number): void {
  const { digits, packing } = DTYPES[dtype]
  if (packing !== undefined && Math.max(-least, greatest) > 2 ** digits)
    throw new DTypeError(
      operation,
      [dtype],
      `it has all integers only up to ${2 ** digits} (got ${least} to ${greatest})`,
    )
}
/** Any integer from 0 on that the dtype has without a gap. */
export const anyInteger = (dtype: DType, generator: Generator, out: Elements): void =>
  void (DTYPES[dtype].packing === undefined
    ? generator.random(out)
    : generator.randint(out, 0, 2 ** DTYPES[dtype].digits + 1))
