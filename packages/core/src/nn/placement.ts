/** Where and as what the parameters of a module are made. */
import type { Shape } from '../contract/contract.ts'
import { device, floatDtype } from '../signature/kind.ts'
import { optional, type OptionsOf } from '../signature/signature.ts'
import { called } from '../engine/called.ts'
import { ones, zeros } from '../tensor/creation.ts'
import { Parameter } from './parameter.ts'

/** The last rows of every table of a module that has parameters. */
export const placementRows = {
  /** Where the parameters are made. Default: the default device. */
  device: optional(device),
  /** Of the parameters. Default 'float32'. */
  dtype: optional(floatDtype),
}
/** Of a module's parameters. */
export interface Placement extends OptionsOf<typeof placementRows> {}

/** A parameter of `owner` with zeros, to be initialised. */
export const zeroParameter = <const S extends Shape>(owner: object, shape: S, placement: Placement): Parameter<S> =>
  new Parameter(called(owner.constructor.name, () => zeros(shape, placement)))
/** A parameter of `owner` with ones. */
export const oneParameter = <const S extends Shape>(owner: object, shape: S, placement: Placement): Parameter<S> =>
  new Parameter(called(owner.constructor.name, () => ones(shape, placement)))
