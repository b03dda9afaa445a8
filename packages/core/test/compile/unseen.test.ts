/** What nobody can see from outside is found by recording again, and named; numbers among the operands are live. */
import { beforeEach, describe, expect, test } from 'vitest'
import {
  arange,
  compile,
  defaultGenerator,
  eye,
  Generator,
  isGlissadeError,
  manualSeed,
  memory,
  noGrad,
  ones,
  rand,
  randn,
  setDefaultDevice,
  tensor,
  type Tensor,
} from '../../src/index.ts'
import * as F from '../../src/functional/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { queuedBackend, type QueuedBackend } from '../queued-backend.ts'
import { compareWorlds, times } from './laws.ts'

let backend: QueuedBackend
beforeEach(async () => {
  backend = await queuedBackend({ readsAtOnce: true })
  setDefaultDevice(backend)
})
const differ = 'two recordings of the function differ'

describe('something outside that changed is found within twice the calls so far', () => {
  class Hidden extends nn.Module {
    #factor = 1
    set(factor: number): void {
      this.#factor = factor
    }
    forward(x: Tensor): Tensor {
      return x.mul(this.#factor)
    }
  }
  const worlds: [string, () => { step: (x: Tensor) => unknown; change: () => void }, RegExp][] = [
    [
      'a number',
      () => {
        let lr = 1
        return { step: (x) => x.mul(lr), change: () => void (lr = 2) }
      },
      /first: {2}%\d+: float32\[\] = constant.*1[^]*second: %\d+: float32\[\] = constant.*2/,
    ],
    [
      'a choice',
      () => {
        let warm = true
        return { step: (x) => (warm ? x.neg() : x.exp()), change: () => void (warm = false) }
      },
      /first: {2}.* = neg[^]*second: .* = exp/,
    ],
    [
      'a private field',
      () => {
        const module = new Hidden()
        return { step: (x) => module(x), change: () => module.set(2) }
      },
      /constant/,
    ],
    [
      'a field of an instance',
      () => {
        const trainer = new (class {
          beta = 1
        })()
        return { step: (x) => x.mul(trainer.beta), change: () => void (trainer.beta = 2) }
      },
      /constant/,
    ],
    [
      'a tensor in a variable',
      () => {
        let w = tensor([1])
        return { step: (x) => x.mul(w), change: () => void (w = tensor([2])) }
      },
      /a tensor from outside[^]*another tensor from outside/,
    ],
    [
      'a target in a variable',
      () => {
        let w = tensor([1])
        const other = tensor([2])
        return { step: (x) => void w.assign(x), change: () => void (w = other) }
      },
      /a tensor from outside[^]*another tensor from outside/,
    ],
    [
      'the bounds of random numbers',
      () => {
        let high = 1
        return { step: (x) => x.clone().uniform_(0, high), change: () => void (high = 2) }
      },
      /draw 0/,
    ],
    [
      'another generator',
      () => {
        let generator = new Generator(1)
        return { step: () => rand([2], { generator }), change: () => void (generator = new Generator(1)) }
      },
      /draw 0/,
    ],
    [
      'a number in the result',
      () => {
        let epoch = 1
        return { step: (x) => ({ x: x.neg(), epoch }), change: () => void epoch++ }
      },
      /first: {2}result.epoch: 1[^]*second: result.epoch: 2/,
    ],
    [
      'the arrangement of the result',
      () => {
        let both = false
        return { step: (x) => (both ? [x.neg(), x.neg()] : [x.neg()]), change: () => void (both = true) }
      },
      /result/,
    ],
    [
      'what becomes of a gradient',
      () => {
        const p = tensor([1], { requiresGrad: true })
        let keeps = true
        const step = (x: Tensor): void => {
          p.grad = null
          p.mul(x).sum().backward()
          if (!keeps) p.grad = null
        }
        return { step, change: () => void (keeps = false) }
      },
      /constant/,
    ],
    [
      'what requires gradients',
      () => {
        const p = tensor([1])
        let wanted = false
        const step = (x: Tensor): Tensor => {
          p.requiresGrad = wanted
          return x.mul(p)
        }
        return { step, change: () => void (wanted = true) }
      },
      /becomes leaf/,
    ],
  ]
  test.each(worlds)('%s', (_, make, message) => {
    for (const before of [1, 2, 3, 5, 8, 20]) {
      const { step, change } = make()
      const run = compile(step, { name: 'run' })
      for (let i = 0; i < before; i++) run(ones([1]))
      change()
      let refused: unknown = null
      for (let i = 0; i < before && refused === null; i++)
        try {
          run(ones([1]))
        } catch (error) {
          refused = error
        }
      expect(String(refused), `after ${before} calls`).toContain(`run: ${differ}`)
      expect(String(refused)).toMatch(message)
      // It stays refused.
      expect(() => run(ones([1]))).toThrow(differ)
    }
  })
  test('the clock and Math.random are found in the second call', () => {
    let now = 0
    for (const unseen of [() => ++now, Math.random]) {
      const run = compile((x: Tensor) => x.mul(unseen()))
      run(ones([1]))
      expect(() => run(ones([1]))).toThrow(differ)
    }
  })
  test('a function that seeds, or draws on the host, is refused at once', () => {
    const draws = [() => manualSeed(1), () => defaultGenerator.uint32(), () => defaultGenerator.seed()]
    for (const draw of draws) {
      const run = compile((x: Tensor) => {
        draw()
        return x.add(rand([1]))
      })
      expect(() => run(ones([1]))).toThrow('seeds a generator, or draws from it on the host')
    }
  })
  test('it is recorded again only now and then', () => {
    let count = 0
    const run = compile((x: Tensor) => {
      count++
      return x.neg()
    })
    const at: number[] = []
    for (let i = 1; i <= 100; i++) {
      const before = count
      run(ones([1]))
      if (count > before) at.push(i)
    }
    expect(at).toEqual([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96])
  })
})

test('recording again leaves no trace: generators, counters, statistics, optimizer state, gradients, memory', () => {
  const make = () => {
    manualSeed(1)
    const model = new nn.Sequential(
      new nn.Linear(3, 4),
      new nn.BatchNorm1d(4),
      new nn.Dropout({ p: 0.5 }),
      new nn.Linear(4, 1),
    )
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 })
    const scheduler = new optim.lrScheduler.StepLR(optimizer, { stepSize: 2, gamma: 0.5 })
    const generator = new Generator(5)
    const step = (x: Tensor): Tensor => {
      optimizer.zeroGrad()
      const loss = model(x.add(rand(x.shape, { generator }))).sum()
      loss.backward()
      noGrad(() => model.parameters()[0]!.grad!.mul_(0.5))
      optimizer.step()
      scheduler.step()
      return loss
    }
    const state = (): unknown => [
      [...model.stateDict().values()],
      [...optimizer.steps.values()],
      [...optimizer.state.values()].flatMap((each) => [...each.values()]),
      scheduler.getLastLr(),
      model.parameters().map(({ grad }) => grad),
      [...generator.getState()],
    ]
    return { step, state }
  }
  // The two worlds draw from one default generator: each its own half.
  const run = (compiled: boolean): unknown[] => {
    const world = make()
    const step = compiled ? compile(world.step, { gradients: true }) : world.step
    const seen: unknown[] = []
    for (let i = 0; i < 10; i++) {
      const x = tensor([
        [1, 2, 3],
        [i, 1, 0],
      ])
      seen.push(step(x).itemSync(), numbers(world.state()))
    }
    return [...seen, defaultGenerator.uint32()]
  }
  const numbers = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (_, part: unknown) => (isTensor(part) ? [...part.dataSync()] : part)))
  const isTensor = (part: unknown): part is Tensor =>
    typeof part === 'object' && part !== null && 'glissadeTensor' in part
  const [eager, compiled] = [run(false), run(true)]
  expect(compiled).toEqual(eager)
  const step = compile(make().step)
  const x = randn([2, 3])
  const live: number[] = []
  for (let i = 0; i < 9; i++) {
    step(x)
    live.push(memory().tensors)
  }
  // Eight loss tensors at most lie between: nothing else is left by a recording.
  expect(live[8]! - live[1]!).toBeLessThanOrEqual(7 * 4)
})

describe('numbers among the operands', () => {
  const eachValue = [1, 2, 5, 0, -1, 5, 2.5, NaN, 3]
  const kept: [string, (x: Tensor, n: number) => unknown, programs?: number][] = [
    ['products', (x, n) => x.mul(n)],
    ['several operations', (x, n) => x.mul(n).add(n).sub(x.div(n))],
    ['in place', (x, n) => x.add_(n)],
    ['fill_, cast from what it is', (x, n) => x.clone().fill_(n), 3],
    ['as a result', (x, n) => [x.sum(), n]],
    ['deep in results', (_, n) => ({ all: [n, { n }] })],
    ['alone', (_, n) => n],
  ]
  test.each(kept)('are live: %s', (_, step, count = 1) => {
    const programs: string[] = []
    const refused = compareWorlds(
      () => ({ step }),
      eachValue.map((n) => (): [Tensor, number] => [tensor([1, 2]), n]),
      { onCompile: ({ why }) => programs.push(why) },
    )
    expect(refused).toBeNull()
    expect(programs).toHaveLength(count)
  })
  test('beside integers they are integers or not, each with a program', () => {
    const run = compile((x: Tensor, n: number) => x.mul(n))
    const x = tensor([1, 2], { dtype: 'int32' })
    for (const n of [2, 3, 0.5, 4, 1.5]) {
      const [wanted, got] = [x.mul(n), run(x, n)]
      expect([got.dtype, ...got.dataSync()]).toEqual([wanted.dtype, ...wanted.dataSync()])
    }
    expect(run.programs).toHaveLength(2)
  })
  const choices: [string, (x: Tensor, n: number) => unknown][] = [
    ['n === 5', (x, n) => (n === 5 ? x.neg() : x.exp())],
    ['n !== 5', (x, n) => (n !== 5 ? x.neg() : x.exp())],
    ['Object.is', (x, n) => (Object.is(n, 5) ? x.neg() : x.exp())],
    ['[5].includes(n)', (x, n) => ([5].includes(n) ? x.neg() : x.exp())],
    [
      'switch',
      (x, n) => {
        switch (n) {
          case 5:
            return x.neg()
          default:
            return x.exp()
        }
      },
    ],
    ['if (n)', (x, n) => (n ? x.neg() : x.exp())],
    ['n || 3', (x, n) => x.mul(n || 3)],
    ['typeof n', (x, n) => (typeof n === 'number' ? x.neg() : x.exp())],
    ['Number.isInteger', (x, n) => (Number.isInteger(n) ? x.neg() : x.exp())],
    ['n > 3', (x, n) => (n > 3 ? x.neg() : x.exp())],
    ['n * 2', (x, n) => x.mul(n * 2)],
    ['Math.max', (x, n) => x.mul(Math.max(n, 1))],
    ['narrow', (x, n) => x.narrow(0, n, 1)],
    ['a template', (x, n) => (`${n}` === '5' ? x.neg() : x.exp())],
    ['JSON', (x, n) => (JSON.stringify([n]) === '[5]' ? x.neg() : x.exp())],
    ['n * 2 in the result', (x, n) => [x.neg(), n * 2]],
    ['a key', (x, n) => x.mul([1, 2, 3][n] ?? 7)],
    ['a Map', (x, n) => x.mul(new Map([[5, 2]]).get(n) ?? 7)],
    ['a size', (x, n) => x.sum().expand([n])],
    ['an option', (x, n) => F.dropout(x, { p: n, training: false })],
    ['the result only', (x, n) => [x.neg(), n === 5]],
  ]
  // Whichever value comes first, and however late the other.
  test.each(choices)('never choose silently: %s', (_, step) => {
    const orders = [
      [1, 5],
      [5, 1],
      [0, 5],
      [1, 0],
      [...times(9, 1), 5],
      [...times(40, 1), 5],
      [1, 2, 3, 4, 5, 6, 7, 0],
    ]
    for (const order of orders) {
      const call = (n: number) => (): [Tensor, number] => [tensor([1, 2, 3, 4, 5, 6, 7, 8, 9]), n]
      compareWorlds(() => ({ step: eagerOrNothing(step) }), order.map(call))
    }
  })
  /** Eager code throws for some: then so does the compiled function, or the world is not compared. */
  const eagerOrNothing = (step: (x: Tensor, n: number) => unknown) => (x: Tensor, n: number) => {
    try {
      return step(x, n)
    } catch (error) {
      if (isGlissadeError(error) && !error.message.includes('number operand')) return 'refused'
      throw error
    }
  }
  test('the error says what a number operand may do', () => {
    const x = ones([4])
    for (const step of [
      (y: Tensor, n: number) => y.mul(n * 2),
      (y: Tensor, n: number) => (n > 3 ? y : y.neg()),
      (y: Tensor, n: number) => y.narrow(0, n, 1),
    ])
      expect(() => compile(step)(x, 1)).toThrow('a number operand is live')
    expect(() => compile((y: Tensor, n: number) => (n === 1 ? y.neg() : y.exp()), { name: 'step' })(x, 1)).toThrow(
      /step: two recordings of the function differ.*number operand[^]*first: {2}.*exp[^]*second: .*neg/,
    )
  })
})

describe('what the eager door checks, recording checks', () => {
  const refusing: [string, (x: Tensor) => Tensor][] = [
    ['to', (x) => x.to('float64').mul(2)],
    ['double and back', (x) => x.double().sum().float()],
    ['ones', (x) => x.add(ones([2], { dtype: 'float64' }).float())],
    ['arange', (x) => x.add(arange(2, undefined, 1, { dtype: 'float64' }).float())],
    ['eye', (x) => x.matmul(eye(2, 2, { dtype: 'float64' }).float())],
    ['softmax', (x) => F.softmax(x, { dim: 0, dtype: 'float64' }).float()],
    ['tensor', (x) => x.add(tensor([1, 2], { dtype: 'float64' }).float())],
    ['rand', (x) => x.add(rand([2], { dtype: 'float64' }).float())],
    ['Linear', (x) => new nn.Linear(2, 2, { dtype: 'float64' })(x.double()).float()],
  ]
  test.each(refusing)('dtypes that the backend has not: %s', async (_, step) => {
    const poor = await queuedBackend({ readsAtOnce: true })
    const capabilities = { ...poor.capabilities, dtypes: new Set(['float32', 'int32', 'bool', 'uint8'] as const) }
    setDefaultDevice(Object.assign(Object.create(poor) as typeof poor, { capabilities }))
    const x = tensor([1, 2])
    const messageOf = (fn: () => unknown): string => {
      try {
        fn()
        return 'none'
      } catch (error) {
        expect(error).toMatchObject({ name: 'DTypeError' })
        return String(error)
      }
    }
    expect(messageOf(() => compile(step)(x))).toBe(messageOf(() => step(x)))
    expect(messageOf(() => step(x))).not.toBe('none')
  })
  test('the type of a gradient that is set', () => {
    const p = tensor([1, 2], { requiresGrad: true })
    expect(() => compile(() => void (p.grad = ones([3])))()).toThrow('a gradient has the shape of its tensor')
  })
  test('tensors that are gone', () => {
    const x = tensor([1, 2])
    const run = compile((y: Tensor) => y.mul(2))
    run(x)
    expect(() => compile(() => x.mul(2))()).not.toThrow()
  })
})

test('a function that calls itself without end is told so', () => {
  const again: (x: Tensor) => Tensor = compile((x: Tensor): Tensor => again(x), { name: 'again' })
  expect(() => again(ones([1]))).toThrow('again: it calls itself, and was within itself 256 times')
  // With an end it is a function like any other.
  const doubled = compile((x: Tensor, more: boolean): Tensor => (more ? doubled(x.mul(2), false) : x.mul(2)))
  expect(doubled(ones([1]), true).itemSync()).toBe(4)
})
