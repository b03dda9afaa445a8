/** Initial values that are not drawn. */
import { numel } from '../../contract/dtype.ts'
import { OptionError, ShapeError } from '../../contract/errors.ts'
import { number, positive } from '../../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../../signature/signature.ts'
import { noGrad } from '../../engine/grad-node.ts'
import * as kinds from '../../engine/kinds.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { matrix, refill } from './refill.ts'

const diracOptions = {
  /** Output channels are split into this many groups, which keep the same input channels. */
  groups: optional(positive, 1),
}
export interface DiracOptions extends OptionsOf<typeof diracOptions> {}

export const CONSTANT_ = /* @__PURE__ */ signature('constant_', { tensor: kinds.tensor, value: number })
export const ONES_ = /* @__PURE__ */ signature('ones_', { tensor: kinds.tensor })
export const ZEROS_ = /* @__PURE__ */ signature('zeros_', { tensor: kinds.tensor })
export const EYE_ = /* @__PURE__ */ signature('eye_', { tensor: kinds.tensor })
export const DIRAC_ = /* @__PURE__ */ signature('dirac_', { tensor: kinds.tensor }, diracOptions)

/** One number everywhere. Source: https://pytorch.org/docs/stable/nn.init.html */
export function constant_(tensor: Tensor, value: number): Tensor {
  CONSTANT_.read(arguments)
  return noGrad(() => tensor.fill_(value))
}
/** Fills the tensor with 1. Source: https://pytorch.org/docs/stable/nn.init.html */
export function ones_(tensor: Tensor): Tensor {
  ONES_.read(arguments)
  return noGrad(() => tensor.fill_(1))
}
/** Fills the tensor with 0. Source: https://pytorch.org/docs/stable/nn.init.html */
export function zeros_(tensor: Tensor): Tensor {
  ZEROS_.read(arguments)
  return noGrad(() => tensor.fill_(0))
}

/** The identity matrix, or its beginning. Source: https://pytorch.org/docs/stable/nn.init.html */
export function eye_(tensor: Tensor): Tensor {
  EYE_.read(arguments)
  const [rows, columns] = matrix('eye_', tensor.shape)
  return refill(tensor, (out) => {
    out.fill(0)
    for (let i = 0; i < Math.min(rows, columns); i++) out[i * columns + i] = 1
  })
}

/**
 * A convolution that keeps its channels as they are, in every group: 1 in the middle of the window.
 * Source: https://pytorch.org/docs/stable/nn.init.html
 */
export function dirac_(tensor: Tensor, options?: DiracOptions): Tensor
export function dirac_(tensor: Tensor): Tensor {
  const { groups } = DIRAC_.read(arguments)
  const { shape } = tensor
  if (shape.length < 3 || shape.length > 5)
    throw new ShapeError('dirac_', [shape], 'only tensors with 3, 4 or 5 dimensions are supported')
  const [out, perGroup, ...window] = shape as [number, number, ...number[]]
  if (out % groups !== 0)
    throw new OptionError('dirac_', `groups must divide the ${out} output channels (got ${groups})`)
  const field = numel(window)
  const middle = window.reduce((at, length) => at * length + Math.floor(length / 2), 0)
  return refill(tensor, (elements) => {
    elements.fill(0)
    for (let group = 0; group < groups; group++)
      for (let d = 0; d < Math.min(out / groups, perGroup); d++)
        elements[(((group * out) / groups + d) * perGroup + d) * field + middle] = 1
  })
}
