/** A tensor that a module trains. */
import type { DType, Shape } from '../contract/contract.ts'
import { boolean } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import type { AnyShape } from '../tensor/static-shape.ts'
import type { AnyDType } from '../tensor/static-dtype.ts'
import { Tensor } from '../tensor/tensor.ts'

const options = {
  /** Whether it is trained. */
  requiresGrad: optional(boolean, true),
}
export interface ParameterOptions extends OptionsOf<typeof options> {}

export const NEW_PARAMETER = /* @__PURE__ */ signature('Parameter', { data: tensor }, options)

/**
 * A tensor that a module trains: as a field of a module it is among its `parameters()`.
 * It shares its first value, `data`, and has no history.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
 */
export class Parameter<S extends Shape = AnyShape, D extends DType = AnyDType> extends Tensor<S, D> {
  /** The brand: present on parameters of every copy of this library. */
  readonly glissadeParameter = true
  constructor(data: Tensor<S, D>, options?: ParameterOptions)
  constructor(data: Tensor<S, D>) {
    const { requiresGrad } = NEW_PARAMETER.read(arguments)
    super(data.value)
    data.lend(this)
    if (requiresGrad) this.requiresGrad = true
  }
  override async format(): Promise<string> {
    return `Parameter containing:\n${await super.format()}`
  }
  override toString(): string {
    return `Parameter containing:\n${super.toString()}`
  }
}

/** Whether something is a parameter of any copy of this library. */
export const isParameter = (value: unknown): value is Parameter =>
  typeof value === 'object' && value !== null && (value as Partial<Parameter>).glissadeParameter === true
