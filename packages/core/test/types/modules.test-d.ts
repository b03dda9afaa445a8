/** What the compiler knows of modules, losses, functions of networks and compiled functions. */
import { describe, expectTypeOf, test } from 'vitest'
import * as F from '../../src/functional/index.ts'
import { compile, randint, randn, zeros, type Compiled, type ShapeMismatch, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'

declare const any: Tensor
declare const n: number
const x = randn([64, 784])
const linear = new nn.Linear(784, 10)

describe('modules', () => {
  test('a linear layer turns the last size into its own', () => {
    expectTypeOf(linear(x)).toEqualTypeOf<Tensor<readonly [64, 10]>>()
    expectTypeOf(linear(randn([n, 5, 784])).shape).toEqualTypeOf<readonly [number, 5, 10]>()
    expectTypeOf(linear(any)).toEqualTypeOf<Tensor>()
    expectTypeOf(new nn.Linear(n, 10)(x).shape).toEqualTypeOf<readonly [64, 10]>()
    expectTypeOf(linear.weight.shape).toEqualTypeOf<readonly [10, 784]>()
  })
  test('another size gives no tensor', () => {
    const wrong = linear(randn([64, 100]))
    expectTypeOf(wrong).toEqualTypeOf<ShapeMismatch<'Linear: inner dimensions 100 and 784 differ'>>()
    // @ts-expect-error it is no tensor
    new nn.ReLU()(wrong)
  })
  test('activations, dropout and normalisation keep the shape', () => {
    expectTypeOf(new nn.ReLU()(x)).toEqualTypeOf(x)
    expectTypeOf(new nn.GELU()(randint(0, 2, [3]))).toEqualTypeOf<Tensor<readonly [3], 'float32'>>()
    expectTypeOf(new nn.Softmax({ dim: 1 })(x)).toEqualTypeOf(x)
    expectTypeOf(new nn.Dropout(0.1)(x)).toEqualTypeOf(x)
    expectTypeOf(new nn.LayerNorm(784)(x)).toEqualTypeOf(x)
    expectTypeOf(new nn.BatchNorm1d(784)(any)).toEqualTypeOf<Tensor>()
    expectTypeOf(new nn.Identity()(any)).toEqualTypeOf<Tensor>()
  })
  test('an embedding adds a dimension', () => {
    const words = new nn.Embedding(1000, 32)
    expectTypeOf(words(randint(0, 1000, [8, 20])).shape).toEqualTypeOf<readonly [8, 20, 32]>()
  })
  test('all of them are modules from tensor to tensor', () => {
    expectTypeOf(linear).toExtend<nn.Linear>()
    expectTypeOf(linear).toExtend<nn.Module>()
    expectTypeOf(new nn.MSELoss({ reduction: 'sum' })).toExtend<nn.MSELoss>()
    expectTypeOf(new nn.MSELoss({ reduction: 'none' })).toExtend<nn.Module<[Tensor, Tensor]>>()
    expectTypeOf(new nn.Sequential(linear, new nn.ReLU(), new nn.Dropout())(x)).toEqualTypeOf<Tensor>()
  })
  test('parameters have the shape of their data', () => {
    expectTypeOf(new nn.Parameter(randn([2, 3]))).toExtend<Tensor<[2, 3], 'float32'>>()
    expectTypeOf(new nn.Parameter(any)).toEqualTypeOf<nn.Parameter>()
  })
})

describe('weights', () => {
  test('are tied by writing one where the other is', () => {
    const encoder = new nn.Embedding(10, 4)
    const decoder = new nn.Linear(4, 10)
    decoder.weight = encoder.weight
    decoder.bias = null
    // @ts-expect-error another shape
    decoder.weight = new nn.Embedding(10, 5).weight
    // @ts-expect-error what is no parameter would not be trained
    decoder.weight = zeros([10, 4])
    const other: nn.Linear = decoder
    other.weight = encoder.weight
    new nn.Conv2d(1, 1, 3).weight = new nn.ConvTranspose2d(1, 1, 3).weight
    new nn.LayerNorm(4).weight = new nn.RMSNorm(4).weight
  })
})

describe('unions of modules', () => {
  test('are called with what all of them take', () => {
    const rnn = new nn.RNN(4, 5) as nn.RNN | nn.GRU | nn.LSTM
    expectTypeOf(rnn(any)[0]).toEqualTypeOf<Tensor>()
    expectTypeOf(rnn(any)[1]).toEqualTypeOf<Tensor | [Tensor, Tensor]>()
    const unary = new nn.ReLU() as
      | nn.ReLU
      | nn.GELU
      | nn.Linear
      | nn.Conv2d
      | nn.BatchNorm2d
      | nn.Sequential
      | nn.Dropout
    expectTypeOf(unary(x)).toEqualTypeOf<Tensor>()
    const loss = new nn.MSELoss() as nn.MSELoss | nn.L1Loss | nn.CrossEntropyLoss | nn.BCEWithLogitsLoss
    expectTypeOf(loss(x, x)).toEqualTypeOf<Tensor>()
  })
})

describe('losses', () => {
  const target = randn([64, 784], { dtype: 'float64' })
  test('mean and sum are 0-d, none has the shape of the operands', () => {
    expectTypeOf(F.mseLoss(x, x)).toEqualTypeOf<Tensor<readonly [], 'float32'>>()
    expectTypeOf(F.l1Loss(x, target, { reduction: 'sum' })).toEqualTypeOf<Tensor<readonly [], 'float64'>>()
    expectTypeOf(F.huberLoss(x, zeros([784]), { reduction: 'none' }).shape).toEqualTypeOf<readonly [64, 784]>()
    expectTypeOf(F.crossEntropy(x, any)).toEqualTypeOf<Tensor<readonly [], 'float32'>>()
  })
  test('as modules', () => {
    expectTypeOf(new nn.MSELoss()(any, any)).toEqualTypeOf<Tensor<readonly []>>()
    expectTypeOf(new nn.MSELoss({ reduction: 'none' })(x, x)).toEqualTypeOf(x)
    expectTypeOf(new nn.CrossEntropyLoss()(x, any)).toEqualTypeOf<Tensor<readonly [], 'float32'>>()
    expectTypeOf(new nn.BCEWithLogitsLoss()(x, x).shape).toEqualTypeOf<readonly []>()
  })
  test('operands that do not broadcast are refused', () => {
    // @ts-expect-error mseLoss: sizes 784 and 10 do not broadcast
    F.mseLoss(x, randn([64, 10]))
    // @ts-expect-error it is reduction
    expectTypeOf(new nn.MSELoss({ reductions: 'sum' }))
  })
})

describe('functions of networks', () => {
  test('linear', () => {
    expectTypeOf(F.linear(x, randn([10, 784])).shape).toEqualTypeOf<readonly [64, 10]>()
    expectTypeOf(F.linear(any, any)).toEqualTypeOf<Tensor>()
    // @ts-expect-error linear: inner dimensions 784 and 100 differ
    F.linear(x, randn([10, 100]))
  })
  test('activations', () => {
    expectTypeOf(F.relu(x)).toEqualTypeOf(x)
    expectTypeOf(F.gelu(x, { approximate: 'tanh' })).toEqualTypeOf(x)
    expectTypeOf(F.softmax(x, { dim: 1, dtype: 'float64' }).dtype).toEqualTypeOf<'float64'>()
    expectTypeOf(F.dropout(x)).toEqualTypeOf(x)
    expectTypeOf(F.oneHot(randint(0, 10, [5]), 10)).toEqualTypeOf<Tensor<readonly [5, 10], 'int32'>>()
  })
})

describe('compiled functions', () => {
  test('have the types of the function', () => {
    const step = compile((input: Tensor<[64, 784]>, rate: number) => linear(input).mul(rate).sum())
    expectTypeOf(step).toExtend<Compiled<[Tensor<[64, 784]>, number], Tensor<[]>>>()
    expectTypeOf(step(x, 0.1).shape).toEqualTypeOf<readonly []>()
    // @ts-expect-error another shape
    step(randn([64, 10]), 0.1)
  })
})
