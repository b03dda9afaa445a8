/** A compiled training step against the eager loop: every optimizer, and everything that changes from run to run. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  compile,
  customFunction,
  manualSeed,
  randint,
  randn,
  scope,
  setDefaultDevice,
  type Tensor,
} from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { beforeAll, describe, expect, test } from 'vitest'
import { backends } from './backends.ts'
import { expectClose } from './tensors.ts'

interface Run {
  readonly model: nn.Module
  readonly step: (x: Tensor, y: Tensor) => Tensor
  /** Between steps: schedules, freezing. */
  readonly after?: (step: number) => void
}
interface Recipe {
  readonly features: number
  readonly make: () => Run
  readonly shape?: (batch: number) => number[]
}

const CLASSES = 3
const mlp = (): nn.Module => new nn.Sequential(new nn.Linear(6, 5), new nn.ReLU(), new nn.Linear(5, CLASSES))

/** x / (1 + |x|), whose derivative is 1 / (1 + |x|)^2. */
const softSign = customFunction('softSign', {
  forward: (context, x: Tensor) => {
    const scale = x.abs().add(1)
    context.saveForBackward(scale)
    return x.div(scale)
  },
  backward: ({ savedTensors: [scale] }, grad) => grad.div(scale!.mul(scale!)),
})

function trained(
  model: nn.Module,
  optimizer: { zeroGrad(): void; step(): unknown },
  before: (loss: Tensor) => void = () => {},
): Run['step'] {
  const criterion = new nn.CrossEntropyLoss()
  return (x, y) => {
    optimizer.zeroGrad()
    const loss = criterion(model(x), y)
    loss.backward()
    before(loss)
    optimizer.step()
    return loss
  }
}
const simple = (make: (params: Tensor[]) => { zeroGrad(): void; step(): unknown }): Recipe => ({
  features: 6,
  make: () => {
    const model = mlp()
    return { model, step: trained(model, make(model.parameters())) }
  },
})

const recipes: Record<string, Recipe> = {
  SGD: simple((params) => new optim.SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-3 })),
  Adam: simple((params) => new optim.Adam(params, { lr: 0.01 })),
  'Adam with amsgrad': simple((params) => new optim.Adam(params, { lr: 0.01, amsgrad: true })),
  AdamW: simple((params) => new optim.AdamW(params, { lr: 0.01 })),
  RMSprop: simple((params) => new optim.RMSprop(params, { lr: 0.01, momentum: 0.5, centered: true })),
  Adagrad: simple((params) => new optim.Adagrad(params, { lr: 0.05 })),
  'groups with options of their own': simple(
    (params) =>
      new optim.SGD(
        [
          { params: params.slice(0, 2), lr: 0.2 },
          { params: params.slice(2), momentum: 0.5 },
        ],
        { lr: 0.05 },
      ),
  ),
  'a schedule': {
    features: 6,
    make: () => {
      const model = mlp()
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
      const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, { tMax: 10 })
      return { model, step: trained(model, optimizer), after: () => scheduler.step() }
    },
  },
  dropout: {
    features: 6,
    make: () => {
      const model = new nn.Sequential(new nn.Linear(6, 8), new nn.Dropout(0.4), new nn.Linear(8, CLASSES))
      return { model, step: trained(model, new optim.SGD(model.parameters(), { lr: 0.1 })) }
    },
  },
  'batch norm': {
    features: 6,
    make: () => {
      const model = new nn.Sequential(
        new nn.Linear(6, 8),
        new nn.BatchNorm1d(8),
        new nn.ReLU(),
        new nn.Linear(8, CLASSES),
      )
      return { model, step: trained(model, new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })) }
    },
  },
  clipping: {
    features: 6,
    make: () => {
      const model = mlp()
      return {
        model,
        step: trained(model, new optim.SGD(model.parameters(), { lr: 1 }), () =>
          nn.utils.clipGradNorm_(model.parameters(), 0.1),
        ),
      }
    },
  },
  'a parameter without gradients': {
    features: 6,
    make: () => {
      const model = mlp()
      const [first] = model.parameters()
      first!.requiresGrad = false
      return { model, step: trained(model, new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })) }
    },
  },
  'freezing in the middle': {
    features: 6,
    make: () => {
      const model = mlp()
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
      return {
        model,
        step: trained(model, optimizer),
        after: (step) => void (model.parameters()[1]!.requiresGrad = step % 4 < 2),
      }
    },
  },
  'accumulation over two batches': {
    features: 6,
    make: () => {
      const model = mlp()
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
      const criterion = new nn.CrossEntropyLoss()
      return {
        model,
        step: (x, y) => {
          optimizer.zeroGrad()
          criterion(model(x), y).backward()
          const loss = criterion(model(x.mul(0.5)), y)
          loss.backward()
          optimizer.step()
          return loss
        },
      }
    },
  },
  'a closure': {
    features: 6,
    make: () => {
      const model = mlp()
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      const criterion = new nn.CrossEntropyLoss()
      return {
        model,
        step: (x, y) =>
          optimizer.step(() => {
            optimizer.zeroGrad()
            const loss = criterion(model(x), y)
            loss.backward()
            return loss
          }),
      }
    },
  },
  'a custom function and hooks': {
    features: 6,
    make: () => {
      const model = mlp()
      const [weight] = model.parameters()
      weight!.registerHook((grad) => grad.mul(0.5))
      model.registerForwardHook((_module, _args, y) => softSign(y))
      return { model, step: trained(model, new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })) }
    },
  },
  'gradients accumulated over calls': {
    features: 6,
    make: () => {
      const model = mlp()
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      const criterion = new nn.CrossEntropyLoss()
      return {
        model,
        step: (x, y) => {
          const loss = criterion(model(x), y)
          loss.backward()
          return loss
        },
        after: (step) => {
          if (step % 3 !== 0) return
          optimizer.step()
          optimizer.zeroGrad()
        },
      }
    },
  },
  convolution: {
    features: 2 * 6 * 6,
    shape: (batch) => [batch, 2, 6, 6],
    make: () => {
      const model = new nn.Sequential(
        new nn.Conv2d(2, 4, 3, { padding: 1 }),
        new nn.BatchNorm2d(4),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(36, CLASSES),
      )
      return { model, step: trained(model, new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 })) }
    },
  },
}

const STEPS = 8
const LAST_BATCH = 3

async function train(
  recipe: Recipe,
  compiled: boolean,
): Promise<{ losses: number[]; state: Map<string, ArrayLike<number>> }> {
  manualSeed(5)
  const { model, step, after = () => {} } = recipe.make()
  const run = compiled ? compile(step) : step
  const losses: number[] = []
  for (let i = 1; i <= STEPS; i++) {
    const batch = i === STEPS ? LAST_BATCH : 5
    const x = randn(recipe.shape?.(batch) ?? [batch, recipe.features])
    losses.push(await run(x, randint(0, CLASSES, [batch])).item())
    after(i)
  }
  const state = new Map<string, ArrayLike<number>>()
  for (const [name, value] of model.stateDict()) state.set(name, await value.data())
  return { losses, state }
}

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))

  test.each(Object.entries(recipes))(
    'compiled training with %s gives the numbers of the eager loop',
    async (name, recipe) => {
      const eager = await train(recipe, false)
      const compiled = await train(recipe, true)
      expectClose(compiled.losses, eager.losses, { rtol: 1e-5, atol: 1e-6 }, `${name}: losses`)
      for (const [key, values] of eager.state)
        expectClose(compiled.state.get(key)!, [...(values as number[])], { rtol: 1e-4, atol: 1e-5 }, `${name}: ${key}`)
    },
  )

  test('a step cut into compiled pieces, gradients passing between them, gives the numbers of the eager loop', async () => {
    const inPieces = async (compiled: boolean): Promise<number[]> => {
      manualSeed(3)
      const model = mlp()
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.3, momentum: 0.9 })
      const criterion = new nn.CrossEntropyLoss()
      const cut = <A extends readonly unknown[], R>(piece: (...args: A) => R): ((...args: A) => R) =>
        compiled ? compile(piece) : piece
      const forward = cut((x: Tensor, y: Tensor) => {
        optimizer.zeroGrad({ setToNone: false })
        const loss = criterion(model(x), y)
        loss.backward()
        return loss
      })
      const clip = cut(() => nn.utils.clipGradNorm_(model.parameters(), 0.2))
      const update = cut(() => {
        optimizer.step()
      })
      const seen: number[] = []
      for (let i = 0; i < STEPS; i++) {
        seen.push(await forward(randn([5, 6]), randint(0, CLASSES, [5])).item())
        seen.push(await clip().item())
        update()
      }
      return seen
    }
    expectClose(await inPieces(true), await inPieces(false), { rtol: 1e-5, atol: 1e-6 }, 'losses and norms')
  })

  test('10,000 compiled steps leave the heap within 1 MB of where 1,000 left it', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const heap = (): number => {
      collect()
      collect()
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      return heapUsed + arrayBuffers
    }
    manualSeed(0)
    const model = mlp()
    const step = compile(trained(model, new optim.SGD(model.parameters(), { lr: 1e-3, momentum: 0.9 })))
    const [x, y] = [randn([5, 6]), randint(0, CLASSES, [5])]
    // Results outside of a scope belong to the program; a scope releases them on backends that release memory.
    const run = (): void => scope(() => void step(x, y))
    for (let i = 0; i < 1000; i++) run()
    const early = heap()
    for (let i = 0; i < 9000; i++) run()
    expect(heap() - early).toBeLessThan(1e6)
  })
})
