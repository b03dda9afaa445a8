/** What readers of both formats take. */
import { number, oneOf, optional, type OptionsOf } from '@glissade/core/signature'
import { Allowance, EXTRA_BYTES } from './allowance.ts'
import { describe, refuseAt, type CheckpointKind } from './error.ts'

export const readRows = {
  /**
   * How many bytes reading may allocate for tensors, inflated records and values beyond four times the length of the
   * file (int8 becomes int32). Default 256 MiB. Files need that for expanded tensors, for a million values outside of
   * tensors, and where they were compressed after PyTorch wrote them.
   */
  maxExtraBytes: optional(number, EXTRA_BYTES),
  /**
   * What becomes of what is no value here: objects of Python's classes, functions, tensors whose elements memory does not
   * have. 'refuse' (default): an error names the first one, and where it is. 'keep': an `Unreadable` is in its place.
   */
  unreadable: optional(/* @__PURE__ */ oneOf('refuse', 'keep'), 'refuse'),
}
export interface ReadOptions extends OptionsOf<typeof readRows> {}

/** What a file of this length may take. */
export function allowanceFor(
  kind: CheckpointKind,
  operation: string,
  length: number,
  maxExtraBytes: number,
): Allowance {
  if (!(maxExtraBytes >= 0))
    refuseAt(kind, operation)(`maxExtraBytes must be at least 0, not ${describe(maxExtraBytes)}`)
  return new Allowance(length, maxExtraBytes, '; if you trust it, raise maxExtraBytes')
}
