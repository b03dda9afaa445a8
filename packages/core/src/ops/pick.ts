/** One element of each line along an axis, by its index: the score of a class. */
import type { CompositeAttributes } from '../contract/composites.ts'
import { numel } from '../contract/dtype.ts'
import { Composite } from '../engine/op.ts'
import { traceComposite, type CompositeGradient } from '../ir/composite.ts'
import { placeOf } from './refusal.ts'

const pickGradient: CompositeGradient<CompositeAttributes['pick']> = ([g], [x, index], _, { axis, says }) => [
  traceComposite(pickGradOp, g!.builder, [g!, index!], { axis, size: x!.shape[axis]!, says })[0]!,
  null,
]
export const pickOp = /* @__PURE__ */ new Composite(
  'pick',
  ([x, index], { axis, says }, builder) => {
    const { shape } = x!
    const [size, inner, total] = [shape[axis]!, numel(shape.slice(axis + 1)), x!.type.size]
    const outer = numel(shape.slice(0, axis))
    // Element c of line (i, j) lies at (i size + c) inner + j.
    const lines = inner === 1 ? [outer] : [outer, inner]
    const c = index!.reshape(lines)
    const block = builder.iota('int32', lines, 0).mul(size * inner)
    const at = inner === 1 ? block.add(c) : block.add(c.mul(inner)).add(builder.iota('int32', lines, 1))
    return [
      x!
        .reshape([total])
        .gather(placeOf(c, size, at, total), 0, { ...says, beyond: says.beyond + total - size })
        .reshape(index!.shape),
    ]
  },
  pickGradient,
)
export const pickGradOp = /* @__PURE__ */ new Composite(
  'pickGrad',
  ([g, index], { axis, size, says }, builder) => {
    const shape = g!.shape.toSpliced(axis, 0, size)
    const places = builder.iota('int32', [size], 0)
    // What it looks up is the index itself; only the lookup refuses.
    const own = places.gather(index!, 0, says).restore([axis], shape)
    // A sum that starts at 0 has no -0.
    const flows = g!.add(0).restore([axis], shape)
    return [builder.iota('int32', shape, axis).eq(own).where(flows, 0)]
  },
  ([g], [, index], _, { axis, says }) => [traceComposite(pickOp, g!.builder, [g!, index!], { axis, says })[0]!, null],
)
