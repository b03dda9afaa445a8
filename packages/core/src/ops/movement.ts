/** Operations that move elements without changing them; most are views, with the rule that writes through them. */
import type { Shape } from '../contract/contract.ts'
import { StateError } from '../contract/errors.ts'
import { apply } from '../engine/door.ts'
import type { Handle } from '../engine/handle.ts'
import { NONE, Op, type Attrs } from '../engine/op.ts'

/** A view: how it reads its base, and how the base follows from what is written to the view. */
export interface ViewOp<A extends Attrs> {
  readonly read: Op<A>
  /** (base, update) to the new base. */
  readonly write: Op<A>
}

/** Applies a view operation; the result stays tied to `base`. */
export function viewOf<A extends Attrs>({ read, write }: ViewOp<A>, attrs: A, base: Handle): Handle {
  const result = apply(read, attrs, [base])[0]!
  result.markView({
    base,
    version: base.version,
    read: (from) => apply(read, attrs, [from])[0]!,
    write: (to, update) => apply(write, attrs, [to, update])[0]!,
  })
  return result
}

export const reshape: ViewOp<{ shape: Shape }> = {
  read: new Op('reshape', ([x], { shape }) => [x!.reshape(shape)]),
  write: new Op('reshape.write', ([x, update]) => [update!.reshape(x!.shape)]),
}
export const permute: ViewOp<{ order: readonly number[] }> = {
  read: new Op('permute', ([x], { order }) => [x!.permute(order)]),
  write: new Op('permute.write', ([, update], { order }) => [
    update!.permute(order.map((_, axis) => order.indexOf(axis))),
  ]),
}
export const expand: ViewOp<{ shape: Shape }> = {
  read: new Op('expand', ([x], { shape }) => [x!.expand(shape)]),
  write: new Op('expand.write', () => {
    throw new StateError(
      'assign',
      'an expanded tensor has one element in several places and cannot be written; clone() it first',
    )
  }),
}
export interface Range {
  readonly start: readonly number[]
  readonly stop: readonly number[]
  readonly step: readonly number[]
}
export const slice: ViewOp<Range> = {
  read: new Op('slice', ([x], { start, stop, step }) => [x!.slice(start, stop, step)]),
  write: new Op('slice.write', ([x, update], { start, step }, builder) => {
    if (update!.type.size === 0) return [x!]
    const high = x!.shape.map((size, axis) => size - start[axis]! - (update!.shape[axis]! - 1) * step[axis]! - 1)
    const interior = step.map((by) => by - 1)
    const inside = builder.fill('bool', update!.shape, 1).pad(start, high, interior)
    return [inside.where(update!.pad(start, high, interior), x!)]
  }),
}

export const flip: Op<{ axes: readonly number[] }> = new Op('flip', ([x], { axes }) => [x!.flip(axes)])
/** The same value under a handle of its own. */
export const identity: Op = new Op('identity', ([x]) => [x!])
export const same = (x: Handle): Handle => apply(identity, NONE, [x])[0]!
