/** Code that says little compiles, and code that says much is held to it. */
import { describe, expectTypeOf, test } from 'vitest'
import { cat, compose, ones, randn, zeros, type DType, type Shape, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'

declare const any: Tensor

describe('a bare Tensor', () => {
  test('is any tensor', () => {
    expectTypeOf<Tensor<[2, 3], 'float32'>>().toExtend<Tensor>()
    expectTypeOf<Tensor<[2, 3], 'float32'>>().toExtend<Tensor<Shape, 'float32'>>()
    expectTypeOf<Tensor<[2, 3], 'float32'>>().toExtend<Tensor<[2, 3]>>()
    expectTypeOf<Tensor<[2, 3]>>().toExtend<Tensor<[number, number]>>()
    expectTypeOf<Tensor>().not.toExtend<Tensor<[2, 3]>>()
    expectTypeOf<Tensor<[2, 3]>>().not.toExtend<Tensor<[3, 2]>>()
    expectTypeOf<Tensor<Shape, 'int32'>>().not.toExtend<Tensor<Shape, 'float32'>>()
  })
  test('may be written with readonly tuples or without', () => {
    expectTypeOf<Tensor<readonly [2, 3]>>().toExtend<Tensor<[2, 3]>>()
    expectTypeOf<Tensor<[2, 3]>>().toExtend<Tensor<readonly [2, 3]>>()
  })
  test('goes through functions that know nothing of shapes', () => {
    const f = (x: Tensor): Tensor =>
      x
        .mul(2)
        .add(x.sum({ dim: -1, keepdim: true }))
        .matmul(x.transpose())
        .softmax(-1)
    const residual = (x: Tensor, block: nn.Module): Tensor => x.add(block(x))
    expectTypeOf(f(zeros([2, 3]))).toEqualTypeOf<Tensor>()
    expectTypeOf(residual(zeros([2, 3]), new nn.Linear(3, 3))).toEqualTypeOf<Tensor>()
    let h: Tensor = zeros([2, 3])
    h = f(h)
    expectTypeOf(h).toEqualTypeOf<Tensor>()
  })
  test('stands in lists of many shapes', () => {
    const list: Tensor[] = [zeros([2]), zeros([3, 4])]
    list.push(ones([5], { dtype: 'int32' }))
    const mixed = [zeros([2]), zeros([3, 4])]
    expectTypeOf(mixed.map((x) => x.sum())).toEqualTypeOf<Tensor<readonly [], 'float32'>[]>()
    expectTypeOf(cat(mixed.map((x) => x.flatten())).shape).toEqualTypeOf<readonly [number]>()
  })
  test('does not take a wrong promise', () => {
    // @ts-expect-error zeros are float32 unless options say otherwise
    const int: Tensor<[2], 'int32'> = zeros([2])
    expectTypeOf(int).toEqualTypeOf<Tensor<[2], 'int32'>>()
  })
})

describe('generic functions', () => {
  test('compile, and their results are tensors', () => {
    const same = <S extends Shape, D extends DType>(x: Tensor<S, D>): Tensor<S, D> => x.relu().clone()
    const scaled = <T extends Tensor>(x: T): Tensor => x.mul(2).add(x).sum({ dim: 0 })
    const product = <S extends Shape, T extends Shape>(a: Tensor<S>, b: Tensor<T>): Tensor => a.matmul(b).add(any)
    const made = <const S extends Shape>(shape: S): Tensor<S> => zeros(shape)
    expectTypeOf(same(zeros([2, 3]))).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
    expectTypeOf(scaled(any)).toEqualTypeOf<Tensor>()
    expectTypeOf(product(any, zeros([3]))).toEqualTypeOf<Tensor>()
    expectTypeOf(made([2, 3])).toEqualTypeOf<Tensor<readonly [2, 3]>>()
  })
  test('layers of a size that is a parameter', () => {
    class Block<N extends number> extends nn.Module {
      readonly linear: nn.Linear<N, N>
      constructor(size: N) {
        super()
        this.linear = new nn.Linear(size, size)
      }
      forward(x: Tensor): Tensor {
        return x.add(this.linear(x))
      }
    }
    expectTypeOf(new Block(8)(randn([4, 8]))).toEqualTypeOf<Tensor>()
  })
  test('operations of the user keep the types of their definition', () => {
    const gain = compose('gain', ([x]) => x!.mul(2).sum())
    expectTypeOf(gain([zeros([2])]).shape).toEqualTypeOf<readonly []>()
  })
})

describe('values', () => {
  test('arrays are those of the dtype', () => {
    expectTypeOf(zeros([2]).dataSync()).toEqualTypeOf<Float32Array>()
    expectTypeOf(zeros([2], { dtype: 'int32' }).data()).resolves.toEqualTypeOf<Int32Array>()
    expectTypeOf(zeros([2]).bool().dataSync()).toEqualTypeOf<Uint8Array>()
    expectTypeOf(any.dataSync()).toEqualTypeOf<Float32Array | Float64Array | Int32Array | Uint8Array>()
    expectTypeOf(any.item()).resolves.toBeNumber()
  })
  test('nested arrays have a level per dimension', () => {
    expectTypeOf(zeros([2, 3]).toArraySync()).toEqualTypeOf<number[][]>()
    expectTypeOf(zeros([2]).bool().toArraySync()).toEqualTypeOf<boolean[]>()
    expectTypeOf(zeros([]).toArray()).resolves.toEqualTypeOf<number>()
  })
  test('sizes', () => {
    expectTypeOf(zeros([2, 3]).size()).toEqualTypeOf<readonly [2, 3]>()
    expectTypeOf(zeros([2, 3]).shape[1]).toEqualTypeOf<3>()
    expectTypeOf(any.size(0)).toBeNumber()
  })
})
