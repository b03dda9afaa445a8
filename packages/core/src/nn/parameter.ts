/** A tensor that a module trains. */
import type { DType, Shape } from '../backend/contract.ts'
import { byName } from '../tensor/by-name.ts'
import { Tensor } from '../tensor/tensor.ts'

export interface ParameterOptions {
  /** Whether it is trained; default true. */
  readonly requiresGrad?: boolean
}

export class Parameter<S extends Shape = Shape, D extends DType = DType> extends Tensor<S, D> {
  /** The brand: present on parameters of every copy of this library. */
  readonly glissadeParameter = true
  /**
   * @param data its first value; the parameter shares it and has no history
   * @param requiresGrad whether it is trained; default true
   */
  constructor(data: Tensor<S, D>, options: ParameterOptions = {}) {
    const { requiresGrad = true } = byName('Parameter', options)
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

export const isParameter = (value: unknown): value is Parameter =>
  typeof value === 'object' && value !== null && (value as Partial<Parameter>).glissadeParameter === true
