/** Options of optimizers: what their tables have in common, and checks of ranges. Groups are not checked, as in PyTorch. */
import { OptionError, StateError } from '../contract/errors.ts'
import { any, boolean, kind, list, number, type Kind } from '../signature/kind.ts'
import { optional, type Rows, type ValuesOf } from '../signature/signature.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { isTensor } from './record.ts'

/** A learning rate: a tensor of one element stays one. */
export const rate: Kind<number | Tensor> = /* @__PURE__ */ kind(
  'a number or a 1-element tensor',
  (value) => typeof value === 'number' || isTensor(value),
)
export const betas: Kind<readonly [number, number]> = /* @__PURE__ */ list(number, 2) as Kind<readonly [number, number]>
/** What an optimizer optimizes; groups are looked at one by one. */
export const optimized: Kind<unknown> = /* @__PURE__ */ any()
/** What every optimizer takes, as the last of its options. */
export const common = {
  /** Ascend instead of descend. Default false. */
  maximize: optional(boolean, false),
  /** Accepted: a group is one program anyway. Default null. */
  foreach: optional(boolean, null),
  /** Record the update for backward, so that gradients flow through the step. Default false. */
  differentiable: optional(boolean, false),
}

/** The options of a group, by the table of the optimizer. A learning rate that is a tensor stays one, although its type says number. */
export type GroupOptions<R extends Rows> = {
  -readonly [K in keyof R]: K extends 'lr' ? number : ValuesOf<R>[K]
}
/** The options of a constructor: as the optimizer's, but a learning rate may be a 1-element tensor. */
export type Options<O extends { lr: number }> = {
  readonly [K in keyof O]?: (K extends 'lr' ? number | Tensor : O[K]) | undefined
}

/** Errors: OptionError for a learning rate that is a tensor of another size. */
export function assertRate(operation: string, lr: unknown): void {
  if (isTensor(lr) && lr.numel() !== 1)
    throw new OptionError(operation, `Tensor lr must be 1-element (got [${lr.shape.join(',')}])`)
}

/** The sentence that PyTorch rejects a value with. */
export function reject(operation: string, what: string, value: unknown): never {
  throw new OptionError(operation, `Invalid ${what}: ${String(value)}`)
}

/** A tensor's value is not read, so it is not checked. */
export function assertNotNegative(operation: string, what: string, value: number): void {
  if (typeof value === 'number' && !(value >= 0)) reject(operation, what, value)
}

/** `fused` and `foreach` are accepted: every group is updated by one program. Their contradictions are PyTorch's. */
export function assertFused(
  operation: string,
  { fused, foreach, differentiable }: { fused: boolean | null; foreach: boolean | null; differentiable: boolean },
): void {
  if (fused !== true) return
  if (differentiable) throw new StateError(operation, '`fused` does not support `differentiable`')
  if (foreach === true) throw new StateError(operation, '`fused` and `foreach` cannot be `True` together.')
}
