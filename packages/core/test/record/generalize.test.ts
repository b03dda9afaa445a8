/** Recordings of real models at a few sizes give the program of any other size, node by node and number by number. */
import { describe, expect, test } from 'vitest'
import type { Program } from '../../src/contract/contract.ts'
import * as F from '../../src/functional/index.ts'
import { arange, compose, setDefaultDevice, type Tensor } from '../../src/index.ts'
import {
  Builder,
  composites,
  GeneralProgram,
  generalize,
  traceComposite,
  typeOf,
  type GeneralProgramJSON,
  type Sizes,
} from '../../src/ir.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { record } from '../../src/record/index.ts'
import { queuedBackend } from '../queued-backend.ts'

setDefaultDevice(await queuedBackend())
const f = (...shape: readonly number[]) => ({ dtype: 'float32', shape }) as const
const int = (...shape: readonly number[]) => ({ dtype: 'int32', shape }) as const

/**
 * As plain data, bodies where they are used, and nodes that are equal at these sizes one: batch - 1 and 1 are one constant at batch 2
 * where a recording wrote both, and two in a program for all sizes.
 */
function plain(program: Program): unknown {
  const merged = (part: Program): Program => {
    const builder = new Builder()
    const values = [
      ...part.inputs.map((type) => builder.input(type)),
      ...part.scalars.map((dtype) => builder.scalar(dtype)),
    ]
    for (const { op, attrs, args, types, body, origin } of part.nodes) {
      builder.origin = origin
      const known = args.map((arg) => values[arg]!)
      values.push(...builder.node(op, attrs, known, types, body === undefined ? undefined : merged(body)))
    }
    return builder.finish(part.outputs.map((value) => values[value]!))
  }
  const data = ({ inputs, nodes, ...rest }: Program): unknown => ({
    ...rest,
    inputs: inputs.map(String),
    nodes: nodes.map(({ types, body, attrs, ...node }) => ({
      ...node,
      attrs: JSON.parse(JSON.stringify(attrs)) as unknown,
      types: types.map(String),
      ...(body === undefined ? {} : { body: data(body) }),
    })),
  })
  return data(merged(program))
}

interface Subject {
  readonly fn: (...args: readonly Tensor[]) => unknown
  readonly operands: (
    sizes: Sizes,
  ) => readonly { readonly dtype: 'float32' | 'int32'; readonly shape: readonly number[] }[]
}
const stepOf =
  (model: (...args: readonly Tensor[]) => Tensor, optimizer: { zeroGrad(): void; step(): unknown }) =>
  (...args: readonly Tensor[]): unknown => {
    optimizer.zeroGrad()
    const logits = model(...args.slice(0, -1))
    const loss = F.crossEntropy(logits, args.at(-1)!)
    loss.backward()
    optimizer.step()
    return { loss, logits }
  }

const mlp = new nn.Sequential(new nn.Linear(12, 16), new nn.ReLU(), new nn.Dropout(0.2), new nn.Linear(16, 10))
const cnn = new nn.Sequential(
  new nn.Conv2d(1, 4, 3, { padding: 1 }),
  new nn.BatchNorm2d(4),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Linear(4 * 16, 10),
)
class Tagger extends nn.Module {
  lstm = new nn.LSTM(5, 6, { batchFirst: true })
  head = new nn.Linear(6, 10)
  forward(x: Tensor): Tensor {
    const [sequence] = this.lstm(x)
    return this.head(sequence.select(1, -1))
  }
}
const lstm = new Tagger()
class Encoder extends nn.Module {
  embedding = new nn.Embedding(20, 8)
  places = new nn.Embedding(600, 8)
  layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true, dropout: 0.1 })
  head = new nn.Linear(8, 10)
  forward(x: Tensor): Tensor {
    const length = x.shape[1]!
    const mask = arange(length).unsqueeze(1).lt(arange(length).unsqueeze(0))
    const at = this.embedding(x).add(this.places(arange(length)))
    return this.head(this.layer(at, { srcMask: mask }).mean({ dim: 1 }))
  }
}
const encoder = new Encoder()
const sgd = (model: nn.Module) => new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 0.01 })
const adam = (model: nn.Module) => new optim.AdamW(model.parameters())
type Fn = (...args: readonly Tensor[]) => Tensor

const subjects: Readonly<Record<string, Subject>> = {
  MLP: { fn: mlp as Fn, operands: ({ batch }) => [f(batch!, 12)] },
  'a step of an MLP': { fn: stepOf(mlp as Fn, sgd(mlp)), operands: ({ batch }) => [f(batch!, 12), int(batch!)] },
  'CNN with batch norm': { fn: cnn as Fn, operands: ({ batch }) => [f(batch!, 1, 8, 8)] },
  'a step of a CNN with batch norm': {
    fn: stepOf(cnn as Fn, adam(cnn)),
    operands: ({ batch }) => [f(batch!, 1, 8, 8), int(batch!)],
  },
  LSTM: { fn: lstm, operands: ({ batch }) => [f(batch!, 4, 5)] },
  'a step of an LSTM': {
    fn: stepOf(lstm, sgd(lstm)),
    operands: ({ batch }) => [f(batch!, 4, 5), int(batch!)],
  },
  encoder: { fn: encoder, operands: ({ batch }) => [int(batch!, 7)] },
  'a step of an encoder': {
    fn: stepOf(encoder, adam(encoder)),
    operands: ({ batch }) => [int(batch!, 7), int(batch!)],
  },
}
const recordedAt =
  ({ fn, operands }: Subject, operations: boolean) =>
  (sizes: Sizes) =>
    record(fn, operands(sizes), { operations })

describe.each(Object.entries(subjects))('%s', (_, subject) => {
  test.each([true, false])('over the batch, with operations kept: %s', (operations) => {
    const at = recordedAt(subject, operations)
    const general = generalize(at, { batch: [3, 5, 11] })
    expect(general.unsolved).toEqual([])
    for (const batch of [2, 64]) expect(plain(general.at({ batch }))).toEqual(plain(at({ batch }).program))
    expect(general.names.inputs).toEqual(at({ batch: 9 }).inputs.map(({ name }) => name))
  })
})

describe.each([
  ['LSTM', { fn: lstm, operands: ({ batch, length }: Sizes) => [f(batch!, length!, 5)] }],
  [
    'a step of an LSTM',
    {
      fn: stepOf(lstm, sgd(lstm)),
      operands: ({ batch, length }: Sizes) => [f(batch!, length!, 5), int(batch!)],
    },
  ],
  ['encoder', { fn: encoder as unknown as Fn, operands: ({ batch, length }: Sizes) => [int(batch!, length!)] }],
  [
    'a step of an encoder',
    {
      fn: stepOf(encoder as unknown as Fn, adam(encoder)),
      operands: ({ batch, length }: Sizes) => [int(batch!, length!), int(batch!)],
    },
  ],
] as const)('%s', (_, subject) => {
  test.each([true, false])('over batch and length, with operations kept: %s', (operations) => {
    const at = recordedAt(subject, operations)
    const general = generalize(at, { batch: [3, 5, 11], length: [7, 13, 29] })
    expect(general.unsolved).toEqual([])
    for (const sizes of [
      { batch: 2, length: 9 },
      { batch: 17, length: 100 },
    ])
      expect(plain(general.at(sizes))).toEqual(plain(at(sizes).program))
    const again = new GeneralProgram(JSON.parse(JSON.stringify(general)) as GeneralProgramJSON)
    expect(plain(again.at({ batch: 4, length: 5 }))).toEqual(plain(at({ batch: 4, length: 5 }).program))
  })
})

describe('a composite whose body goes along a size', () => {
  const summed = (x: Tensor): Tensor => {
    let sum = x.select(0, 0)
    for (let t = 1; t < x.shape[0]!; t++) sum = sum.add(x.select(0, t))
    return sum
  }
  const LENGTHS = { length: [3, 5, 7] }
  test('has no general body, and is refused with its module where that is needed', () => {
    const scan = compose('test/scan', ([x]) => summed(x!), { composite: true })
    class Scan extends nn.Module {
      forward(x: Tensor): Tensor {
        return scan([x])
      }
    }
    const model = new nn.Sequential(new Scan())
    const general = generalize(({ length }) => record(model, [f(length!, 2)]), LENGTHS)
    expect(general.nodes.map(({ op, types }) => [op, types[0]!.shape])).toEqual([['test/scan', [2]]])
    expect(general.unsolved).toHaveLength(1)
    expect(() => general.at({ length: 4 })).toThrow(
      /^at: not general over length: node 0, test\/scan, in 0: the structure depends on a size: /,
    )
  })
  test("is core's own at any size, where it is core's", () => {
    // JSON has no infinity.
    const at = ({ length }: Sizes): Program => {
      const builder = new Builder()
      const x = builder.input(typeOf('float32', [length!, 2]))
      const of = (p: number) => traceComposite(composites.norm, builder, [x], { axes: [0], p })[0]!
      return builder.finish([of(3), of(Infinity)])
    }
    const general = generalize(at, LENGTHS)
    const unsolved = general.toJSON()
    const json = {
      ...unsolved,
      bodies: [],
      nodes: unsolved.nodes.map((node) => ({ ...node, body: { unsolved: 'step by step' } })),
    }
    expect(plain(new GeneralProgram(json).at({ length: 9 }))).toEqual(plain(at({ length: 9 })))
  })
})

describe('what cannot be general is named by its module', () => {
  class Looped extends nn.Module {
    cell = new nn.Linear(3, 3)
    forward(x: Tensor): Tensor {
      let h = x.select(0, 0)
      for (let t = 0; t < x.shape[0]!; t++) h = this.cell(x.select(0, t)).add(h)
      return h
    }
  }
  test('a loop over a size', () => {
    const model = new nn.Sequential(new Looped())
    expect(() =>
      generalize(({ length }) => record(model, [f(length!, 2, 3)], { operations: true }), { length: [3, 5, 7] }),
    ).toThrow(
      /generalize: the structure depends on a size: node \d+, \S+, in 0(\.cell)? is not there at length 3 and .* at length 5/,
    )
  })
  test('a window that leaves a rest', () => {
    const model = new nn.Sequential(new nn.Identity(), new nn.MaxPool2d(2))
    const general = generalize(({ height }) => record(model, [f(2, 1, height!, 8)], { operations: true }), {
      height: [8, 11, 14],
    })
    expect(general.unsolved[0]).toMatch(/^node 0, \S+, in 1: 4 at height 8; 5 at height 11; 7 at height 14$/)
    expect(() => general.at({ height: 9 })).toThrow(/^at: not general over height: node 0, \S+, in 1: .*4 at height 8/)
  })
})
