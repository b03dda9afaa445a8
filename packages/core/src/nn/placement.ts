/** Where and as what the parameters of a module are made. */
import { ones, zeros, type CreationOptions } from '../tensor/creation.ts'
import { Parameter } from './parameter.ts'

/** dtype (float32) and device (the default one) of a module's parameters. */
export type Placement = Pick<CreationOptions, 'dtype' | 'device'>

/** A parameter of zeros, to be initialised. */
export const zeroParameter = (shape: readonly number[], placement: Placement): Parameter =>
  new Parameter(zeros(shape, placement))
/** A parameter of ones. */
export const oneParameter = (shape: readonly number[], placement: Placement): Parameter =>
  new Parameter(ones(shape, placement))
