/** Padding of the last dimensions. */
import { OptionError } from '../backend/errors.ts'
import { byName } from '../tensor/by-name.ts'
import { one } from '../tensor/one.ts'
import { pad as padOp, type PadMode } from '../tensor/ops/arrangement.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface PadOptions {
  /** Default 'constant'. */
  readonly mode?: PadMode
  /** What stands in the padding of mode 'constant'; default 0. */
  readonly value?: number
}

const MODES: readonly PadMode[] = ['constant', 'reflect', 'replicate', 'circular']

/**
 * `amounts` are [low, high] of the last dimension, then of the one before, and so on; negative ones crop.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 */
export function pad(input: Tensor, amounts: readonly number[], options: PadOptions = {}): Tensor {
  const { mode = 'constant', value = 0 } = byName('pad', options)
  if (amounts.length % 2 !== 0 || amounts.length > 2 * input.shape.length || !amounts.every(Number.isInteger))
    throw new OptionError(
      'pad',
      `amounts are pairs of integers, at most one pair per dimension (got [${amounts.join(',')}])`,
    )
  if (!MODES.includes(mode)) throw new OptionError('pad', `mode is one of ${MODES.join(', ')} (got ${mode as string})`)
  return mode === 'constant' && value !== 0
    ? one(padOp, { pad: amounts, mode }, input, value)
    : one(padOp, { pad: amounts, mode }, input)
}
