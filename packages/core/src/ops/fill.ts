/** Operations without operands: filled tensors and ranges. Bundles leave out those that they do not use. */
import type { DType, Shape } from '../contract/contract.ts'
import { Op } from '../engine/op.ts'
import { castNumber } from './integers.ts'

export interface Fill {
  readonly dtype: DType
  readonly shape: Shape
}

export const zeros: Op<Fill> = /* @__PURE__ */ new Op('zeros', (_, { dtype, shape }, builder) => [
  builder.fill(dtype, shape, 0),
])
export const ones: Op<Fill> = /* @__PURE__ */ new Op('ones', (_, { dtype, shape }, builder) => [
  builder.fill(dtype, shape, 1),
])
/** The value is a run-time number. */
export const full: Op<Fill> = /* @__PURE__ */ new Op('full', ([value], { dtype, shape }) => [
  castNumber('full', value!, dtype).expand(shape),
])
/** start + i step, both run-time numbers. */
export const arange: Op<Fill> = /* @__PURE__ */ new Op('arange', ([start, step], { dtype, shape }, builder) => {
  const index = builder.iota(start!.dtype, shape, 0)
  return [index.mul(step!).add(start!).cast(dtype)]
})
export const eye: Op<Fill> = /* @__PURE__ */ new Op('eye', (_, { dtype, shape }, builder) => [
  builder
    .iota('int32', shape, 0)
    .eq(builder.iota('int32', shape, 1))
    .cast(dtype),
])
/** One number everywhere, on the device of an operand that is not read. */
export const filledBeside: Op<Fill & { readonly value: number }> = /* @__PURE__ */ new Op(
  'full',
  (_, { dtype, shape, value }, builder) => [builder.fill(dtype, shape, value)],
)
/** The identity matrix, on the device of an operand that is not read. */
export const unitsBeside: Op<{ readonly dtype: DType; readonly size: number }> = /* @__PURE__ */ new Op(
  'eye',
  (_, { dtype, size }, builder) => [
    builder
      .iota('int32', [size, size], 0)
      .eq(builder.iota('int32', [size, size], 1))
      .cast(dtype),
  ],
)
