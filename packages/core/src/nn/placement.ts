/** Where and as what the parameters of a module are made. */
import type { Backend, DType, Shape } from '../backend/contract.ts'
import { ones, zeros } from '../tensor/creation.ts'
import type { Float } from '../tensor/static-dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Parameter } from './parameter.ts'

/** Of a module's parameters. */
export interface Placement {
  /** float32 or float64; default float32. */
  readonly dtype?: DType
  /** Default: the default device. */
  readonly device?: Backend
}

/** A parameter of zeros, to be initialised. */
export const zeroParameter = <const S extends Shape>(shape: S, placement: Placement): Parameter<S, Float> =>
  new Parameter(zeros(shape, placement) as Tensor<S, Float>)
/** A parameter of ones. */
export const oneParameter = <const S extends Shape>(shape: S, placement: Placement): Parameter<S, Float> =>
  new Parameter(ones(shape, placement) as Tensor<S, Float>)
