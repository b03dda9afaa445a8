/** One call of a composite of core, as data. */
import type { Shape } from '@glissade/core/backend'
import { between, longer, operand, type Fill, type OperandSpec } from '../generators/sample.ts'

export interface CompositeCall<A = object> {
  /** Told apart from other calls of the same shapes. */
  readonly what: string
  readonly attrs: A
  readonly operands: readonly OperandSpec[]
  /** Its gradient is not asked for: there is none, or these elements are kinks. */
  readonly valuesOnly?: true
  /** Operands that are lines, and so its results, come so many times over: a value of many elements by the definition of a few. */
  readonly times?: number
}
/** The call as it runs: with whole operands. */
export const whole = <A>({ times, ...one }: CompositeCall<A>): CompositeCall<A> =>
  times === undefined
    ? one
    : {
        ...one,
        operands: longer(one.operands, times),
      }
export type Calls<A> = readonly CompositeCall<A>[]

export const f32 = (shape: Shape, fill: Fill = between(-3, 3)): OperandSpec => operand('float32', shape, fill)
export const call = <A>(attrs: A, operands: readonly OperandSpec[], what = 'ordinary'): CompositeCall<A> => ({
  what,
  attrs,
  operands,
})
export const values = <A>(one: CompositeCall<A>): CompositeCall<A> => ({ ...one, valuesOnly: true })
