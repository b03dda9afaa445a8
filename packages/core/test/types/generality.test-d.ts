/** Code that says little compiles, and code that says much is held to it. */
import { describe, expectTypeOf, test } from 'vitest'
import { cat, compose, ones, randn, tensor, zeros, type DType, type Shape, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'

declare const any: Tensor

describe('a bare Tensor', () => {
  test('is any tensor', () => {
    expectTypeOf<Tensor<[2, 3], 'float32'>>().toExtend<Tensor>()
    expectTypeOf<Tensor<[2, 3], 'float32'>>().toExtend<Tensor<Shape, 'float32'>>()
    expectTypeOf<Tensor<[2, 3], 'float32'>>().toExtend<Tensor<[2, 3]>>()
    expectTypeOf<Tensor<[2, 3]>>().toExtend<Tensor<[number, number]>>()
    expectTypeOf<Tensor>().toExtend<Tensor<[2, 3]>>()
    expectTypeOf<Tensor<[2, 3]>>().not.toExtend<Tensor<[number, 3, 1]>>()
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
    let h = zeros([2, 3])
    h = f(h)
    expectTypeOf(h).toEqualTypeOf<Tensor<readonly [2, 3], 'float32'>>()
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

describe('variables', () => {
  const [n, p] = [any.size(0), 0.5]
  const block: nn.Module = new nn.Sequential(new nn.ReLU())
  const norm = new nn.BatchNorm1d(5)
  const linear = new nn.Linear(5, 5)
  const hidden = new nn.Linear(n, n)
  const field: nn.Linear = linear
  test('of a bare tensor take every tensor', () => {
    let y = norm(any)
    y = block(y)
    y = y.gt(p)
    y = y.argmax({ dim: 1 })
    let sum = any.sum()
    sum = linear(any).mean()
    expectTypeOf(y).toEqualTypeOf<Tensor>()
    expectTypeOf(sum).toEqualTypeOf<Tensor<readonly []>>()
  })
  test('of a tensor that is known take what may be it', () => {
    let h = zeros([2, 5])
    h = linear(h).tanh()
    h = hidden(h).tanh()
    h = field(h).tanh()
    h = block(h)
    h = any.add(hidden(h)).sigmoid()
    h = hidden(zeros([2, 5])).add(hidden(h))
    h = h.matmul(linear.weight)
    h = randn(any.shape)
    let loss = tensor(0)
    loss = loss.add(new nn.MSELoss()(linear(any), any))
    loss = loss.mul(p)
    expectTypeOf(h).toEqualTypeOf<Tensor<readonly [2, 5], 'float32'>>()
    expectTypeOf(loss).toEqualTypeOf<Tensor<readonly [], 'float32'>>()
  })
  test('refuse what is sure to be another', () => {
    let h = zeros([2, 5])
    // @ts-expect-error sizes 3 and 2
    h = zeros([3, 5])
    // @ts-expect-error int32 and float32
    h = zeros([2, 5], { dtype: 'int32' })
    // @ts-expect-error of another rank
    h = linear(zeros([5]))
    expectTypeOf(h.shape).toEqualTypeOf<readonly [2, 5]>()
  })
  test('what is read of a bare tensor has its type', () => {
    expectTypeOf(any.shape).toEqualTypeOf<Shape>()
    expectTypeOf(any.dtype).toEqualTypeOf<DType>()
    expectTypeOf(linear(any).size()).toEqualTypeOf<Shape>()
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
    expectTypeOf(any.toArraySync()).toBeAny()
    const rows: number[][] = any.toArraySync()
    const masks: boolean[] = any.gt(0).toArraySync()
    const outputs: number[][] = new nn.Linear(3, 5)(zeros([2, 3])).toArraySync()
    expectTypeOf([rows, outputs]).toEqualTypeOf<number[][][]>()
    expectTypeOf(masks).toEqualTypeOf<boolean[]>()
  })
  test('sizes', () => {
    expectTypeOf(zeros([2, 3]).size()).toEqualTypeOf<readonly [2, 3]>()
    expectTypeOf(zeros([2, 3]).shape[1]).toEqualTypeOf<3>()
    expectTypeOf(any.size(0)).toBeNumber()
  })
})
