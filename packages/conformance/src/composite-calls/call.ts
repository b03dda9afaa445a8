/** One call of a composite of core, as data. */
import type { Shape } from '@glissade/core/backend'
import { between, operand, type Fill, type OperandSpec } from '../generators/sample.ts'

export interface CompositeCall<A = object> {
  /** Told apart from other calls of the same shapes. */
  readonly what: string
  readonly attrs: A
  readonly operands: readonly OperandSpec[]
  /** Its gradient is not asked for: there is none, or these elements are kinks. */
  readonly valuesOnly?: true
}
export type Calls<A> = readonly CompositeCall<A>[]

export const f32 = (shape: Shape, fill: Fill = between(-3, 3)): OperandSpec => operand('float32', shape, fill)
export const call = <A>(attrs: A, operands: readonly OperandSpec[], what = 'ordinary'): CompositeCall<A> => ({
  what,
  attrs,
  operands,
})
export const values = <A>(one: CompositeCall<A>): CompositeCall<A> => ({ ...one, valuesOnly: true })
