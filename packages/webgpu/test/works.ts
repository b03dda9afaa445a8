/** Training steps of networks of several kinds, as data: what is trained on what, and how. */
import {
  CrossEntropyLoss,
  Conv2d,
  Embedding,
  Flatten,
  GELU,
  LayerNorm,
  Linear,
  LSTM,
  MaxPool2d,
  Module,
  MSELoss,
  BatchNorm2d,
  Dropout,
  Parameter,
  ReLU,
  Sequential,
  Tanh,
} from '@glissade/core/nn'
import { scaledDotProductAttention } from '@glissade/core/functional'
import { Adam, AdamW, RMSprop, SGD } from '@glissade/core/optim'
import { compile, manualSeed, rand, randn, tensor, type Tensor } from '@glissade/core'

class Embedded extends Module<[ids: Tensor]> {
  readonly token: Embedding
  readonly position: Embedding

  constructor(vocabulary: number, width: number, length: number) {
    super()
    this.token = new Embedding(vocabulary, width)
    this.position = new Embedding(length, width)
  }
  forward(ids: Tensor): Tensor {
    return this.token(ids).add(this.position.weight)
  }
}
/** Pre-norm, causal attention, GELU. */
class Block extends Module<[x: Tensor]> {
  readonly heads: number
  readonly norm1: LayerNorm
  readonly qkv: Linear
  readonly out: Linear
  readonly norm2: LayerNorm
  readonly up: Linear
  readonly gelu: GELU
  readonly down: Linear

  constructor(width: number, heads: number) {
    super()
    this.heads = heads
    this.norm1 = new LayerNorm(width)
    this.qkv = new Linear(width, 3 * width)
    this.out = new Linear(width, width)
    this.norm2 = new LayerNorm(width)
    this.up = new Linear(width, 4 * width)
    this.gelu = new GELU()
    this.down = new Linear(4 * width, width)
  }
  forward(x: Tensor): Tensor {
    const [n, length, width] = x.shape as [number, number, number]
    const heads = this.qkv(this.norm1(x)).reshape([n, length, 3, this.heads, width / this.heads])
    const [q, k, v] = heads.permute(2, 0, 3, 1, 4).unbind(0) as [Tensor, Tensor, Tensor]
    const mixed = scaledDotProductAttention(q, k, v, { isCausal: true })
    const y = x.add(this.out(mixed.permute(0, 2, 1, 3).reshape([n, length, width])))
    return y.add(this.down(this.gelu(this.up(this.norm2(y)))))
  }
}
class LastOfLSTM extends Module<[x: Tensor]> {
  readonly lstm: LSTM
  readonly head: Linear

  constructor(inputs: number, hidden: number, classes: number) {
    super()
    this.lstm = new LSTM(inputs, hidden, { batchFirst: true })
    this.head = new Linear(hidden, classes)
  }
  forward(x: Tensor): Tensor {
    const [output] = this.lstm(x)
    return this.head(output.select(1, -1))
  }
}

export interface Work {
  readonly model: () => Module<[x: Tensor]>
  readonly x: () => Tensor
  /** Makes the loss of the model's output. */
  readonly loss: () => (output: Tensor) => Tensor
  readonly optimizer: (parameters: Iterable<Parameter>) => { zeroGrad(): void; step(): unknown }
}

const sgd: Work['optimizer'] = (parameters) => new SGD(parameters, { lr: 0.01, momentum: 0.9 })
const classes =
  (count: number, of: number): Work['loss'] =>
  () => {
    const criterion = new CrossEntropyLoss()
    const target = tensor(Int32Array.from({ length: count }, (_, i) => i % of))
    return (output) => criterion(output.reshape([-1, of]), target)
  }
/** The mean square of the distance from fixed numbers. */
const square =
  (rows: number, columns: number): Work['loss'] =>
  () => {
    const criterion = new MSELoss()
    const target = randn([rows, columns])
    return (output) => criterion(output, target)
  }

/** The first five are those of the benchmark. */
export const WORKS = {
  seed: {
    model: () => new Sequential(new Linear(10, 5), new ReLU(), new Linear(5, 1)),
    x: () => randn([2, 10]),
    loss: square(2, 1),
    optimizer: sgd,
  },
  mlp: {
    model: () => new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10)),
    x: () => randn([64, 784]),
    loss: classes(64, 10),
    optimizer: sgd,
  },
  wide: {
    model: () =>
      new Sequential(new Linear(1024, 1024), new ReLU(), new Linear(1024, 1024), new ReLU(), new Linear(1024, 10)),
    x: () => randn([256, 1024]),
    loss: classes(256, 10),
    optimizer: sgd,
  },
  cnn: {
    model: () =>
      new Sequential(
        new Conv2d(1, 16, 3),
        new ReLU(),
        new MaxPool2d(2),
        new Conv2d(16, 32, 3),
        new ReLU(),
        new MaxPool2d(2),
        new Flatten(),
        new Linear(800, 128),
        new ReLU(),
        new Linear(128, 10),
      ),
    x: () => randn([32, 1, 28, 28]),
    loss: classes(32, 10),
    optimizer: sgd,
  },
  transformer: {
    model: () =>
      new Sequential(
        new Embedded(256, 128, 64),
        new Block(128, 4),
        new Block(128, 4),
        new LayerNorm(128),
        new Linear(128, 256),
      ),
    x: () =>
      tensor(
        Int32Array.from({ length: 512 }, (_, i) => (i * 37) % 256),
        { shape: [8, 64] },
      ),
    loss: classes(512, 256),
    optimizer: sgd,
  },
  lstm: {
    model: () => new LastOfLSTM(6, 8, 3),
    x: () => randn([4, 5, 6]),
    loss: classes(4, 3),
    optimizer: (parameters) => new Adam(parameters, { lr: 0.01 }),
  },
  normalized: {
    model: () =>
      new Sequential(
        new Conv2d(3, 8, 3, { stride: 2, padding: 1 }),
        new BatchNorm2d(8),
        new GELU(),
        new Flatten(),
        new Dropout(0.2),
        new Linear(128, 10),
      ),
    x: () => rand([4, 3, 8, 8]),
    loss: classes(4, 10),
    optimizer: (parameters) => new AdamW(parameters, { lr: 0.01 }),
  },
  smooth: {
    model: () => new Sequential(new Linear(7, 9), new Tanh(), new Linear(9, 3)),
    x: () => randn([5, 7]),
    loss: square(5, 3),
    optimizer: (parameters) => new RMSprop(parameters, { lr: 0.01 }),
  },
} satisfies Record<string, Work>

/** A compiled step of a work, on the default device; each call gives the loss before the update. */
export function stepOf({ model: make, x: operands, loss, optimizer: optimizes }: Work): () => Tensor {
  manualSeed(0)
  const model = make()
  const optimizer = optimizes(model.parameters())
  const x = operands()
  const lossOf = loss()
  return compile(() => {
    optimizer.zeroGrad()
    const value = lossOf(model(x))
    value.backward()
    optimizer.step()
    return value
  })
}
