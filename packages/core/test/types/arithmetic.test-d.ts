/** What the compiler knows after arithmetic: shapes broadcast, dtypes promote. */
import { describe, expectTypeOf, test } from 'vitest'
import {
  add,
  div,
  exp,
  maximum,
  sub,
  tensor,
  where,
  zeros,
  type Operand,
  type ShapeMismatch,
  type Tensor,
} from '../../src/index.ts'
import type { AnyShape, Broadcasts } from '../../src/tensor/static-shape.ts'

declare const any: Tensor
declare const operand: Operand
declare const k: number
const a = zeros([2, 3])
const column = zeros([2, 1])
const i32 = zeros([2, 3], { dtype: 'int32' })
const u8 = zeros([2, 3], { dtype: 'uint8' })
const f64 = zeros([2, 3], { dtype: 'float64' })
const mask = zeros([2, 3], { dtype: 'bool' })
const scalar = tensor(1)
const scalar64 = tensor(1, { dtype: 'float64' })

describe('broadcasting', () => {
  test('shapes are aligned at the right, and 1 gives way', () => {
    expectTypeOf(a.add(a)).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
    expectTypeOf(a.mul(zeros([3]))).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
    expectTypeOf(column.sub(zeros([4]))).toEqualTypeOf<Tensor<readonly [2, 4], 'float32'>>()
    expectTypeOf(zeros([5, 1, 3]).add(zeros([4, 1]))).toEqualTypeOf<Tensor<readonly [5, 4, 3], 'float32'>>()
    expectTypeOf(a.add(scalar)).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
  })
  test('an unknown size is 1 or the other one', () => {
    expectTypeOf(zeros([k, 3]).add(a).shape).toEqualTypeOf<readonly [2, 3]>()
    expectTypeOf(zeros([k, 1]).add(zeros([k, 3])).shape).toEqualTypeOf<readonly [number, 3]>()
    expectTypeOf(any.add(a)).toEqualTypeOf<Tensor>()
    expectTypeOf(any.add(any)).toEqualTypeOf<Tensor>()
    expectTypeOf(any.add(operand)).toEqualTypeOf<Tensor>()
  })
  test('sizes that are sure to differ are refused, with a message', () => {
    // @ts-expect-error add: sizes 3 and 4 do not broadcast
    a.add(zeros([4]))
    // @ts-expect-error mul: sizes 2 and 5 do not broadcast
    a.mul(zeros([5, 1]))
    // @ts-expect-error sub: sizes 3 and 2 do not broadcast
    sub(a, zeros([2]))
    // @ts-expect-error lt: sizes 3 and 2 do not broadcast
    a.lt(zeros([2]))
    expectTypeOf<Broadcasts<'add', readonly [2, 3], readonly [4]>>().toEqualTypeOf<
      ShapeMismatch<'add: sizes 3 and 4 do not broadcast'>
    >()
    expectTypeOf(a.add(zeros([k])).shape).toEqualTypeOf<readonly [2, 3]>()
  })
})

describe('dtypes', () => {
  test('the higher of two operands with dimensions', () => {
    expectTypeOf(a.add(i32).dtype).toEqualTypeOf<'float32'>()
    expectTypeOf(i32.mul(f64).dtype).toEqualTypeOf<'float64'>()
    expectTypeOf(a.sub(f64).dtype).toEqualTypeOf<'float64'>()
    expectTypeOf(u8.add(i32).dtype).toEqualTypeOf<'int32'>()
    expectTypeOf(mask.mul(u8).dtype).toEqualTypeOf<'uint8'>()
    expectTypeOf(maximum(i32, a).dtype).toEqualTypeOf<'float32'>()
  })
  test('0-d operands count only where they are of a higher kind', () => {
    expectTypeOf(a.add(scalar64).dtype).toEqualTypeOf<'float32'>()
    expectTypeOf(i32.add(scalar64).dtype).toEqualTypeOf<'float64'>()
    expectTypeOf(scalar.add(scalar64).dtype).toEqualTypeOf<'float64'>()
    expectTypeOf(u8.add(tensor(1, { dtype: 'int32' })).dtype).toEqualTypeOf<'uint8'>()
  })
  test('integers stay beside integers and become float32 beside fractions', () => {
    expectTypeOf(i32.add(1).dtype).toEqualTypeOf<'int32'>()
    expectTypeOf(i32.add(0.5).dtype).toEqualTypeOf<'float32'>()
    expectTypeOf(i32.add(k).dtype).toEqualTypeOf<'int32' | 'float32'>()
    expectTypeOf(mask.add(1).dtype).toEqualTypeOf<'int32'>()
    expectTypeOf(f64.mul(k).dtype).toEqualTypeOf<'float64'>()
    expectTypeOf(sub(1, i32).dtype).toEqualTypeOf<'int32'>()
    expectTypeOf(i32.add(i32, { alpha: 0.5 }).dtype).toEqualTypeOf<'int32' | 'float32'>()
  })
  test('division is real, unless it is rounded', () => {
    expectTypeOf(i32.div(2).dtype).toEqualTypeOf<'float32'>()
    expectTypeOf(div(1, i32).dtype).toEqualTypeOf<'float32'>()
    expectTypeOf(i32.div(scalar64).dtype).toEqualTypeOf<'float32'>()
    expectTypeOf(i32.div(2, { roundingMode: 'floor' }).dtype).toEqualTypeOf<'int32'>()
  })
  test('comparisons give bool', () => {
    expectTypeOf(a.lt(0)).toEqualTypeOf<Tensor<readonly [2, 3], 'bool'>>()
    expectTypeOf(a.eq(column).dtype).toEqualTypeOf<'bool'>()
    expectTypeOf(i32.logicalNot().dtype).toEqualTypeOf<'bool'>()
    expectTypeOf(a.isnan()).toEqualTypeOf<Tensor<readonly [2, 3], 'bool'>>()
  })
  test('functions keep the shape; those with real results make float32 of integers', () => {
    expectTypeOf(i32.exp()).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
    expectTypeOf(exp(f64)).toEqualTypeOf<Tensor<readonly [2, 3], 'float64'>>()
    expectTypeOf(i32.neg().dtype).toEqualTypeOf<'int32'>()
    expectTypeOf(mask.square().dtype).toEqualTypeOf<'int32'>()
    expectTypeOf(any.relu()).toEqualTypeOf<Tensor>()
  })
  test('where and masks', () => {
    expectTypeOf(where(mask, a, 0)).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
    expectTypeOf(a.where(mask, f64)).toEqualTypeOf<Tensor<readonly [2, 3], 'float64'>>()
    expectTypeOf(column.maskedFill(mask, 0)).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
  })
  test('casts', () => {
    expectTypeOf(a.to('int32')).toEqualTypeOf<Tensor<readonly [2, 3], 'int32'>>()
    expectTypeOf(i32.float()).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
    expectTypeOf(a.bool().dtype).toEqualTypeOf<'bool'>()
    expectTypeOf(a.long().dtype).toEqualTypeOf<'int32'>()
    expectTypeOf(a.typeAs(f64).dtype).toEqualTypeOf<'float64'>()
    expectTypeOf(any.double()).toEqualTypeOf<Tensor<AnyShape, 'float64'>>()
    expectTypeOf(a.to(add(1, 2).dtype)).toEqualTypeOf<Tensor<readonly [2, 3]>>()
  })
  test('in place, a tensor stays what it is', () => {
    expectTypeOf(a.add_(1)).toEqualTypeOf(a)
    expectTypeOf(a.clamp_({ min: 0 })).toEqualTypeOf(a)
    expectTypeOf(a.zero_()).toEqualTypeOf(a)
  })
})
