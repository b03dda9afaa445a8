/** One element at a time, in a scalar register. */
import type { DType } from '@glissade/core/backend'
import { at, f32, i32, op, type Address, type Code } from '../emitter/code.ts'
import { kindOf, storedAs } from './stored.ts'

/** f32, or i32 for all else. */
export type Element = Code<'f32'> | Code<'i32'>

export const loadElement = (dtype: DType, address: Address, offset = 0): Element =>
  at(storedAs(dtype).load, offset, address)
export const storeElement = (dtype: DType, address: Address, value: Element): Code<'void'> =>
  at(storedAs(dtype).store, 0, address, value as never)
export const addElements = (a: Element, b: Element): Element =>
  a.type === 'f32' ? op('f32.add', a, b as Code<'f32'>) : op('i32.add', a, b as Code<'i32'>)
export const zero = (dtype: DType): Element => (kindOf(dtype) === 'f32' ? f32(0) : i32(0))

/** Whether a comes before b where the greatest comes first: NaN is greatest. */
export function isGreater(a: Element, b: Element): Code<'i32'> {
  if (a.type === 'i32') return op('i32.gt_s', a, b as Code<'i32'>)
  const y = b as Code<'f32'>
  return op('i32.or', op('f32.gt', a, y), op('i32.and', op('f32.ne', a, a), op('f32.eq', y, y)))
}
