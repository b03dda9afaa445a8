/** What a row of the operation tables is: the TypeScript beside a fixture's Python expression. */
import type { Tensor } from '@glissade/core'

type InputName =
  | 'x'
  | 'y'
  | 'z'
  | 'w'
  | 'b'
  | 't'
  | 'i'
  | 'j'
  | 'm'
  | 's'
  | 'q'
  | 'k'
  | 'v'
  | 'lo'
  | 'hi'
  | 'pw'
  | 'mask'
  | 'running_mean'
  | 'running_var'
/** The fixture's input tensors by name; those that it has gradients for require gradients. */
export type Inputs = Readonly<Record<InputName, Tensor>>
/** One result, or all in order. */
export type Results = Tensor | readonly Tensor[]
/**
 * From inputs and attributes (`A` in the Python expression) to results. A row states the attributes that it reads:
 * `'x * A["s"]': ({ x }, A: { s: number }) => x.mul(A.s)`.
 */
export type Row = { row(inputs: Inputs, A: object): Results | Promise<Results> }['row']
/** Rows by Python expression, exactly as in the fixture. */
export type Rows = Readonly<Record<string, Row>>
