/** Sizes per dimension of space, from what users pass: one number for all, or a list. */
import { DTYPES, numel } from '../contract/dtype.ts'
import { either, list, type Kind } from '../signature/kind.ts'
import type { Device } from '../engine/device.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** One number for every dimension of space, or one each. */
export type Sizes = number | readonly number[]
/** How many dimensions of space. */
export type Rank = 1 | 2 | 3

/** One of a kind for all of `rank` dimensions, or a list of one each. */
export const perDimension = (of: Kind<number>, rank: Rank): Kind<Sizes> => either(of, list(of, rank))

/** One each. */
export const each = (value: Sizes, rank: Rank): readonly number[] =>
  typeof value === 'number' ? Array.from({ length: rank }, () => value) : value

/**
 * Throws MemoryError where the device has no room for a result of this shape, before tables of its size are made on the host.
 * While `compose` traces there is no device to ask.
 */
export function assertRoom(operation: string, input: Tensor, shape: readonly number[]): void {
  const device = input.value.device as Device | null
  device?.assertRoom(numel(shape) * DTYPES[input.dtype].bytes, operation)
}
