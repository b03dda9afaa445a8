/** Padding of the last dimensions. */
import { OptionError } from '../contract/errors.ts'
import { integer, list, oneOf } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { scalar, tensor } from '../engine/kinds.ts'
import { one } from '../tensor/one.ts'
import { pad as padOp } from '../ops/arrangement.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { assertRoom } from './sizes.ts'

const options = {
  /** What stands in the padding: a number, or the input's own elements. */
  mode: optional(oneOf('constant', 'reflect', 'replicate', 'circular'), 'constant'),
  /** The number, in mode 'constant'. */
  value: optional(scalar, 0),
}
export interface PadOptions extends OptionsOf<typeof options> {}
export const PAD = /* @__PURE__ */ signature('pad', { input: tensor, amounts: list(integer) }, options)

/**
 * `amounts` are [low, high] of the last dimension, then of the one before, and so on; negative ones crop.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 */
export function pad(input: Tensor, amounts: readonly number[], options?: PadOptions): Tensor
export function pad(input: Tensor, amounts: readonly number[]): Tensor {
  const { mode, value } = PAD.read(arguments)
  if (amounts.length % 2 !== 0 || amounts.length > 2 * input.shape.length)
    throw new OptionError('pad', `amounts are pairs, at most one per dimension (got [${amounts.join(',')}])`)
  const { shape } = input
  // The last dimension comes first.
  const margin = (axis: number): number => {
    const at = 2 * (shape.length - 1 - axis)
    return (amounts[at] ?? 0) + (amounts[at + 1] ?? 0)
  }
  assertRoom(
    'pad',
    input,
    shape.map((size, axis) => Math.max(0, size + margin(axis))),
  )
  return mode === 'constant' && value !== 0
    ? one(padOp, { pad: amounts, mode }, input, value)
    : one(padOp, { pad: amounts, mode }, input)
}
