/** A step that fails leaves parameters, state, counts, learning rates and schedules as they were, whatever it had done by then. */
import { beforeEach, describe, expect, test } from 'vitest'
import { manualSeed, memory, randn, setDefaultDevice, setMemoryBudget, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { queuedBackend } from '../queued-backend.ts'

type Construct = new (params: unknown, options: object) => optim.AnyOptimizer
const optimizers = Object.entries(optim as unknown as Readonly<Record<string, unknown>>).filter(
  (entry): entry is [string, Construct] =>
    typeof entry[1] === 'function' && entry[1].prototype instanceof optim.Optimizer,
)
const setups = [
  ...optimizers.map(([name, Class]) => [name, Class, {}] as const),
  ['SGD with momentum', optim.SGD as Construct, { momentum: 0.9 }] as const,
]

beforeEach(async () => setDefaultDevice(await queuedBackend({ readsAtOnce: true })))

const bits = (x: Tensor): string => x.dataSync().join()

/** A training whose two groups are updated one after the other: the first is over when the second fails. */
class Training {
  readonly params: readonly Tensor[]
  readonly optimizer: optim.AnyOptimizer
  #seed = 0
  constructor(Class: Construct, options: object) {
    manualSeed(0)
    this.params = [3, 3, 100].map((size) => new nn.Parameter(randn([size])))
    const groups = [{ params: this.params.slice(0, 2) }, { params: this.params.slice(2) }]
    this.optimizer = new Class(groups, { lr: 0.1, ...options })
  }
  giveGradients(): void {
    manualSeed(++this.#seed)
    for (const param of this.params) param.grad = randn(param.shape)
  }
  step(): void {
    this.giveGradients()
    this.optimizer.step()
  }
  get state(): unknown {
    const { optimizer, params } = this
    return {
      params: params.map(bits),
      grads: params.map(({ grad }) => (grad === null ? null : bits(grad))),
      steps: params.map((param) => optimizer.steps.get(param)),
      state: params.map((param) => [...(optimizer.state.get(param) ?? [])].map(([name, x]) => [name, bits(x)])),
      // Declarations leave out what is internal.
      stepped: (optimizer as unknown as { readonly stepped: boolean }).stepped,
    }
  }
}

test('there are optimizers', () => expect(optimizers.length).toBeGreaterThan(4))

describe.each(setups)('%s', (_, Class, options) => {
  test('is as it was when its first or a later step fails, and goes on', () => {
    const [failing, whole] = [new Training(Class, options), new Training(Class, options)]
    const group = failing.optimizer.paramGroups[1] as { lr: unknown }
    for (let step = 0; step < 3; step++) {
      failing.giveGradients()
      const before = failing.state
      for (const wrong of [undefined, '0.1']) {
        const { lr } = group
        group.lr = wrong
        expect(() => failing.optimizer.step()).toThrow('lr of a group is not a number (got')
        group.lr = lr
        expect(failing.state).toEqual(before)
      }
      failing.optimizer.step()
      whole.step()
      expect(failing.state).toEqual(whole.state)
    }
  })

  test('is as it was when memory is full in the midst of a step', () => {
    const training = new Training(Class, options)
    for (let step = 0; step < 2; step++) {
      training.giveGradients()
      const before = training.state
      let failures = 0
      for (let room = 0; room < 4000; room += 100) {
        setMemoryBudget(memory().tensors + room)
        try {
          training.optimizer.step()
          break
        } catch {
          failures++
          expect(training.state).toEqual(before)
        } finally {
          setMemoryBudget(Infinity)
        }
      }
      expect(failures).toBeGreaterThan(0)
    }
  })
})

const { lrScheduler: all } = optim
type AnyScheduler = optim.lrScheduler.Scheduler & { step(metric?: number): void; readonly lastEpoch?: number }
const schedules: { readonly [name: string]: (optimizer: optim.AnyOptimizer) => unknown } = {
  ConstantLR: (o) => new all.ConstantLR(o),
  CosineAnnealingLR: (o) => new all.CosineAnnealingLR(o, { tMax: 5 }),
  CosineAnnealingWarmRestarts: (o) => new all.CosineAnnealingWarmRestarts(o, { t0: 2, tMult: 2 }),
  CyclicLR: (o) => new all.CyclicLR(o, { baseLr: 0.1, maxLr: 1, stepSizeUp: 2 }),
  ExponentialLR: (o) => new all.ExponentialLR(o, { gamma: 0.9 }),
  LambdaLR: (o) => new all.LambdaLR(o, { lrLambda: (epoch) => 1 / (epoch + 1) }),
  LinearLR: (o) => new all.LinearLR(o),
  MultiplicativeLR: (o) => new all.MultiplicativeLR(o, { lrLambda: () => 0.9 }),
  MultiStepLR: (o) => new all.MultiStepLR(o, { milestones: [1, 2] }),
  OneCycleLR: (o) => new all.OneCycleLR(o, { maxLr: 1, totalSteps: 20 }),
  PolynomialLR: (o) => new all.PolynomialLR(o),
  ReduceLROnPlateau: (o) => new all.ReduceLROnPlateau(o, { patience: 0, minLr: [0, 0] }),
  StepLR: (o) => new all.StepLR(o, { stepSize: 1 }),
  SWALR: (o) => new all.SWALR(o, { swaLr: 0.01 }),
  SequentialLR: (o) =>
    new all.SequentialLR(o, {
      schedulers: [new all.ConstantLR(o), new all.StepLR(o, { stepSize: 1 })],
      milestones: [2],
    }),
  ChainedScheduler: (o) =>
    new all.ChainedScheduler([new all.StepLR(o, { stepSize: 1 }), new all.LambdaLR(o, { lrLambda: () => 1 })]),
}

test('every scheduler is here', () => {
  const exported = Object.entries(all).filter(
    ([name, Class]) => typeof Class === 'function' && !/^(LR)?Scheduler$|^perGroup$/.test(name),
  )
  expect(Object.keys(schedules).toSorted()).toEqual(exported.map(([name]) => name).toSorted())
})

test.each(Object.entries(schedules))('%s is as it was when a step fails, and goes on', (_, make) => {
  const twins = [0, 1].map(() => {
    const { optimizer } = new Training(optim.SGD as Construct, { momentum: 0.9 })
    const scheduler = make(optimizer) as AnyScheduler
    optimizer.step()
    const state = (): unknown => [
      scheduler.stateDict(),
      optimizer.paramGroups.map(({ params: _params, ...rest }) => rest),
    ]
    return {
      optimizer,
      scheduler,
      state,
      step: (): void => (scheduler instanceof all.ReduceLROnPlateau ? scheduler.step(1) : scheduler.step()),
    }
  })
  const [failing, whole] = twins as [(typeof twins)[number], (typeof twins)[number]]
  // The learning rate of the second group cannot be set, when the first has been.
  const group = failing.optimizer.paramGroups[1] as { lr: number }
  let [rate, fails] = [group.lr, false]
  const set = (value: number): void => {
    if (fails) {
      fails = false
      throw new Error('mine')
    }
    rate = value
  }
  Object.defineProperty(group, 'lr', { get: () => rate, set, enumerable: true })
  let failures = 0
  for (let epoch = 0; epoch < 5; epoch++) {
    const before = failing.state()
    fails = true
    try {
      failing.step()
    } catch {
      failures++
      expect(failing.state()).toEqual(before)
      failing.step()
    }
    fails = false
    whole.step()
    expect(failing.state()).toEqual(whole.state())
  }
  expect(failures).toBeGreaterThan(0)
})

test('a function that throws after the first of several parts has stepped leaves all as they were', () => {
  const { optimizer } = new Training(optim.SGD as Construct, {})
  let fails = false
  const lrLambda = (): number => {
    if (fails) throw new Error('mine')
    return 1
  }
  const parts = [new all.StepLR(optimizer, { stepSize: 1 }), new all.LambdaLR(optimizer, { lrLambda })]
  const chained = new all.ChainedScheduler(parts)
  optimizer.step()
  chained.step()
  const before = [
    chained.stateDict(),
    ...parts.map((part) => part.stateDict()),
    optimizer.paramGroups.map(({ lr }) => lr as number),
  ]
  fails = true
  expect(() => chained.step()).toThrow('mine')
  expect([
    chained.stateDict(),
    ...parts.map((part) => part.stateDict()),
    optimizer.paramGroups.map(({ lr }) => lr as number),
  ]).toEqual(before)
})
