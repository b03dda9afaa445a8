/** What the compiler knows of new tensors. */
import { describe, expectTypeOf, test } from 'vitest'
import {
  arange,
  bernoulli,
  empty,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  rand,
  randint,
  randn,
  randnLike,
  randperm,
  tensor,
  zeros,
  zerosLike,
  type DType,
  type Shape,
  type Tensor,
} from '../../src/index.ts'
import type { AnyShape } from '../../src/tensor/static-shape.ts'

declare const n: number
declare const sizes: Shape
declare const dtype: DType
declare const any: Tensor

describe('functions that make tensors', () => {
  test('sizes are literal where they are written, number where they are computed', () => {
    expectTypeOf(zeros([2, 3])).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
    expectTypeOf(ones([n, 3])).toEqualTypeOf<Tensor<readonly [number, 3], 'float32'>>()
    expectTypeOf(randn(sizes)).toEqualTypeOf<Tensor<AnyShape, 'float32'>>()
    expectTypeOf(rand([])).toEqualTypeOf<Tensor<readonly [], 'float32'>>()
    expectTypeOf(full([2], 7)).toEqualTypeOf<Tensor<readonly [2], 'float32'>>()
    expectTypeOf(empty(zeros([4, 5]).shape)).toEqualTypeOf<Tensor<readonly [4, 5], 'float32'>>()
  })
  test('sizes may stand one after the other, before the options', () => {
    expectTypeOf(zeros(2, 3)).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
    expectTypeOf(ones(n, 3).shape).toEqualTypeOf<readonly [number, 3]>()
    expectTypeOf(zeros(2, 3, { dtype: 'int32' })).toEqualTypeOf<Tensor<readonly [2, 3], 'int32'>>()
    expectTypeOf(randn(4, { requiresGrad: true })).toEqualTypeOf<Tensor<readonly [4], 'float32'>>()
    // @ts-expect-error options are by name
    zeros([2], 'int32')
  })
  test('the dtype is that of the options', () => {
    expectTypeOf(zeros([2], { dtype: 'int32' })).toEqualTypeOf<Tensor<readonly [2], 'int32'>>()
    expectTypeOf(ones([2], { dtype })).toEqualTypeOf<Tensor<readonly [2]>>()
    expectTypeOf(ones([2], { requiresGrad: true }).dtype).toEqualTypeOf<'float32'>()
    expectTypeOf(randint(0, 10, [4])).toEqualTypeOf<Tensor<readonly [4], 'int32'>>()
    expectTypeOf(randint(0, 10, [4], { dtype: 'uint8' }).dtype).toEqualTypeOf<'uint8'>()
    // @ts-expect-error there is no such option
    zeros([2], { dtyp: 'int32' })
    // @ts-expect-error there is no such dtype
    zeros([2], { dtype: 'bfloat16' })
  })
  test('lengths follow from numbers', () => {
    expectTypeOf(eye(3)).toEqualTypeOf<Tensor<readonly [3, 3], 'float32'>>()
    expectTypeOf(eye(3, 2)).toEqualTypeOf<Tensor<readonly [3, 2], 'float32'>>()
    expectTypeOf(linspace(0, 1, 5)).toEqualTypeOf<Tensor<readonly [5], 'float32'>>()
    expectTypeOf(randperm(6)).toEqualTypeOf<Tensor<readonly [6], 'int32'>>()
    expectTypeOf(arange(5)).toEqualTypeOf<Tensor<readonly [5], 'int32'>>()
    expectTypeOf(arange(0, 5)).toEqualTypeOf<Tensor<readonly [5], 'int32'>>()
    expectTypeOf(arange(1, 5)).toEqualTypeOf<Tensor<readonly [number], 'int32'>>()
    expectTypeOf(arange(0, 1, 0.1)).toEqualTypeOf<Tensor<readonly [number], 'float32'>>()
    expectTypeOf(arange(n)).toEqualTypeOf<Tensor<readonly [number], 'int32' | 'float32'>>()
    expectTypeOf(arange(0, 5, 1, { dtype: 'float64' })).toEqualTypeOf<Tensor<readonly [5], 'float64'>>()
  })
  test('those like another tensor have its shape, and its dtype unless told otherwise', () => {
    const x = zeros([2, 3], { dtype: 'float64' })
    expectTypeOf(zerosLike(x)).toEqualTypeOf<Tensor<readonly [2, 3], 'float64'>>()
    expectTypeOf(onesLike(x, { dtype: 'bool' })).toEqualTypeOf<Tensor<readonly [2, 3], 'bool'>>()
    expectTypeOf(randnLike(any)).toEqualTypeOf<Tensor>()
    expectTypeOf(fullLike(x, 1)).toEqualTypeOf(x)
    expectTypeOf(bernoulli(x)).toEqualTypeOf(x)
  })
  test('data has a shape and a dtype', () => {
    expectTypeOf(tensor([[1, 2, 3], [4, 5, 6]])).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>() // oxfmt-ignore
    expectTypeOf(tensor(3)).toEqualTypeOf<Tensor<readonly [], 'float32'>>()
    expectTypeOf(tensor([true, false])).toEqualTypeOf<Tensor<readonly [2], 'bool'>>()
    expectTypeOf(tensor([1, 2], { dtype: 'int32' })).toEqualTypeOf<Tensor<readonly [2], 'int32'>>()
    expectTypeOf(tensor([1, 2].map((x) => [x]))).toEqualTypeOf<Tensor<readonly [number, number], 'float32'>>()
    expectTypeOf(tensor(new Int32Array(4))).toEqualTypeOf<Tensor<readonly [number], 'int32'>>()
    expectTypeOf(tensor(new Float64Array(4), { shape: [2, 2] })).toEqualTypeOf<Tensor<readonly [2, 2], 'float64'>>()
    expectTypeOf(tensor([])).toEqualTypeOf<Tensor<readonly [0], 'float32'>>()
  })
})
