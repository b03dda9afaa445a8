/** What the compiler knows after reductions, products and views. */
import { describe, expectTypeOf, test } from 'vitest'
import { cat, matmul, slice, stack, zeros, type Shape, type Tensor } from '../../src/index.ts'

declare const any: Tensor
declare const n: number
declare const several: number[]
const a = zeros([2, 3, 4])
const m = zeros([2, 3])
const i32 = zeros([2, 3], { dtype: 'int32' })

describe('reductions', () => {
  test('over everything the result is 0-d, whatever the shape was', () => {
    expectTypeOf(a.sum()).toEqualTypeOf<Tensor<readonly [], 'float32'>>()
    expectTypeOf(any.sum().shape).toEqualTypeOf<readonly []>()
    expectTypeOf(a.mean({ keepdim: true }).shape).toEqualTypeOf<readonly [1, 1, 1]>()
    expectTypeOf(a.max()).toEqualTypeOf<Tensor<readonly [], 'float32'>>()
  })
  test('dimensions go, or stay as 1', () => {
    expectTypeOf(a.sum({ dim: 1 }).shape).toEqualTypeOf<readonly [2, 4]>()
    expectTypeOf(a.sum({ dim: -1, keepdim: true }).shape).toEqualTypeOf<readonly [2, 3, 1]>()
    expectTypeOf(a.mean({ dim: [0, -1] }).shape).toEqualTypeOf<readonly [3]>()
    expectTypeOf(a.var({ dim: [0, 1], keepdim: true }).shape).toEqualTypeOf<readonly [1, 1, 4]>()
    expectTypeOf(a.norm({ dim: n }).shape).toEqualTypeOf<Shape>()
    expectTypeOf(a.sum({ dim: several }).shape).toEqualTypeOf<Shape>()
    expectTypeOf(any.sum({ dim: 0 }).shape).toEqualTypeOf<Shape>()
    expectTypeOf(zeros([n, 5]).amax({ dim: 0 }).shape).toEqualTypeOf<readonly [5]>()
  })
  test('dtypes', () => {
    expectTypeOf(i32.sum().dtype).toEqualTypeOf<'int32'>()
    expectTypeOf(i32.bool().sum().dtype).toEqualTypeOf<'int32'>()
    expectTypeOf(i32.mean().dtype).toEqualTypeOf<'float32'>()
    expectTypeOf(m.argmax({ dim: 1 })).toEqualTypeOf<Tensor<readonly [2], 'int32'>>()
    expectTypeOf(m.argmin()).toEqualTypeOf<Tensor<readonly [], 'int32'>>()
    expectTypeOf(m.all({ dim: 0 })).toEqualTypeOf<Tensor<readonly [3], 'bool'>>()
    expectTypeOf(i32.softmax(1)).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
  })
  test('extremes and sorting, with indices', () => {
    const { values, indices } = m.max({ dim: 1, keepdim: true })
    expectTypeOf(values).toEqualTypeOf<Tensor<readonly [2, 1], 'float32'>>()
    expectTypeOf(indices).toEqualTypeOf<Tensor<readonly [2, 1], 'int32'>>()
    expectTypeOf(m.topk(2).values.shape).toEqualTypeOf<readonly [2, 2]>()
    expectTypeOf(m.sort().indices).toEqualTypeOf<Tensor<readonly [2, 3], 'int32'>>()
    expectTypeOf(m.max(i32)).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
    expectTypeOf(m.median({ dim: 0 }).values.shape).toEqualTypeOf<readonly [3]>()
  })
  test('misspelt options are found', () => {
    // @ts-expect-error it is keepdim
    m.sum({ dim: 1, keepDim: true })
  })
})

describe('products', () => {
  test('matrices, vectors and batches', () => {
    expectTypeOf(zeros([64, 784]).matmul(zeros([784, 10]))).toEqualTypeOf<Tensor<readonly [64, 10], 'float32'>>()
    expectTypeOf(zeros([3]).matmul(zeros([3])).shape).toEqualTypeOf<readonly []>()
    expectTypeOf(m.matmul(zeros([3])).shape).toEqualTypeOf<readonly [2]>()
    expectTypeOf(zeros([2]).matmul(m).shape).toEqualTypeOf<readonly [3]>()
    expectTypeOf(a.matmul(zeros([4, 5])).shape).toEqualTypeOf<readonly [2, 3, 5]>()
    expectTypeOf(zeros([7, 1, 3, 4]).matmul(zeros([2, 4, 5])).shape).toEqualTypeOf<readonly [7, 2, 3, 5]>()
    expectTypeOf(zeros([n, 3]).matmul(zeros([3, 5])).shape).toEqualTypeOf<readonly [number, 5]>()
    expectTypeOf(any.matmul(m)).toEqualTypeOf<Tensor>()
    expectTypeOf(zeros([3]).outer(zeros([4])).shape).toEqualTypeOf<readonly [3, 4]>()
    expectTypeOf(a.bmm(zeros([2, 4, 1])).shape).toEqualTypeOf<readonly [2, 3, 1]>()
  })
  test('inner dimensions that are sure to differ are refused, with a message', () => {
    // @ts-expect-error matmul: inner dimensions 784 and 128 differ
    zeros([64, 784]).matmul(zeros([128, 784]))
    // @ts-expect-error matmul: inner dimensions 3 and 2 differ
    matmul(m, m)
    // @ts-expect-error mv: inner dimensions 3 and 4 differ
    m.mv(zeros([4]))
    expectTypeOf(m.matmul(zeros([n, 5])).shape).toEqualTypeOf<readonly [2, 5]>()
  })
})

describe('views and moves', () => {
  test('reshape, with an open size', () => {
    expectTypeOf(a.reshape([6, 4])).toEqualTypeOf<Tensor<readonly [6, 4], 'float32'>>()
    expectTypeOf(a.reshape([2, -1]).shape).toEqualTypeOf<readonly [2, number]>()
    expectTypeOf(a.view(several).shape).toEqualTypeOf<Shape>()
    expectTypeOf(a.reshapeAs(m).shape).toEqualTypeOf<readonly [2, 3]>()
  })
  test('sizes stand in a list or one after the other', () => {
    expectTypeOf(a.reshape(6, 4)).toEqualTypeOf<Tensor<readonly [6, 4], 'float32'>>()
    expectTypeOf(a.view(2, -1).shape).toEqualTypeOf<readonly [2, number]>()
    expectTypeOf(m.expand(5, 2, 3).shape).toEqualTypeOf<readonly [5, 2, 3]>()
    expectTypeOf(a.permute([2, 0, 1]).shape).toEqualTypeOf<readonly [4, 2, 3]>()
    expectTypeOf(a.flip([0, 1])).toEqualTypeOf(a)
    // @ts-expect-error a size is a number
    a.view('2')
  })
  test('flatten, unsqueeze and squeeze', () => {
    expectTypeOf(a.flatten().shape).toEqualTypeOf<readonly [number]>()
    expectTypeOf(a.flatten({ startDim: 1 }).shape).toEqualTypeOf<readonly [2, number]>()
    expectTypeOf(m.flatten({ startDim: 1 }).shape).toEqualTypeOf<readonly [2, 3]>()
    expectTypeOf(m.unsqueeze(0).shape).toEqualTypeOf<readonly [1, 2, 3]>()
    expectTypeOf(m.unsqueeze(-1).shape).toEqualTypeOf<readonly [2, 3, 1]>()
    expectTypeOf(zeros([1, 2, 1]).squeeze().shape).toEqualTypeOf<readonly [2]>()
    expectTypeOf(zeros([1, 2, 1]).squeeze(0).shape).toEqualTypeOf<readonly [2, 1]>()
    expectTypeOf(zeros([n, 2]).squeeze(0).shape).toEqualTypeOf<Shape>()
    expectTypeOf(m.squeeze(0).shape).toEqualTypeOf<readonly [2, 3]>()
  })
  test('permutations', () => {
    expectTypeOf(a.transpose().shape).toEqualTypeOf<readonly [2, 4, 3]>()
    expectTypeOf(a.transpose(0, -1).shape).toEqualTypeOf<readonly [4, 3, 2]>()
    expectTypeOf(m.t().shape).toEqualTypeOf<readonly [3, 2]>()
    expectTypeOf(a.permute(2, 0, 1).shape).toEqualTypeOf<readonly [4, 2, 3]>()
    expectTypeOf(a.permute(...several).shape).toEqualTypeOf<Shape>()
  })
  test('parts', () => {
    expectTypeOf(a.select(0, 1).shape).toEqualTypeOf<readonly [3, 4]>()
    expectTypeOf(a.narrow(-1, 0, 2).shape).toEqualTypeOf<readonly [2, 3, 2]>()
    expectTypeOf(a.unbind()).toEqualTypeOf<Tensor<readonly [3, 4], 'float32'>[]>()
    expectTypeOf(a.split(2, { dim: 1 })).toEqualTypeOf<Tensor<readonly [2, number, 4], 'float32'>[]>()
    expectTypeOf(a.indexSelect(1, zeros([7], { dtype: 'int32' })).shape).toEqualTypeOf<readonly [2, 7, 4]>()
  })
  test('indices', () => {
    expectTypeOf(a.at(0).shape).toEqualTypeOf<readonly [3, 4]>()
    expectTypeOf(a.at(':', n).shape).toEqualTypeOf<readonly [2, 4]>()
    expectTypeOf(a.at(slice(1), null, 0).shape).toEqualTypeOf<readonly [number, 1, 4]>()
    expectTypeOf(a.at({ start: 1 }, ':').shape).toEqualTypeOf<readonly [number, 3, 4]>()
    expectTypeOf(a.at('...', 0).shape).toEqualTypeOf<Shape>()
    expectTypeOf(a.at([0, 1]).shape).toEqualTypeOf<Shape>()
    expectTypeOf(a.at(i32).shape).toEqualTypeOf<Shape>()
  })
  test('joins', () => {
    expectTypeOf(cat([m, zeros([5, 3])])).toEqualTypeOf<Tensor<readonly [number, 3], 'float32'>>()
    expectTypeOf(cat([m, i32], { dim: 1 })).toEqualTypeOf<Tensor<readonly [2, number], 'float32'>>()
    expectTypeOf(stack([m, m, m])).toEqualTypeOf<Tensor<readonly [3, 2, 3], 'float32'>>()
    expectTypeOf(stack([m, m], { dim: -1 }).shape).toEqualTypeOf<readonly [2, 3, 2]>()
    expectTypeOf(stack(a.unbind()).shape).toEqualTypeOf<readonly [number, 3, 4]>()
    expectTypeOf(cat([any, any])).toEqualTypeOf<Tensor>()
  })
})
