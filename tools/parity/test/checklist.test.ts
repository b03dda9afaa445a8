/** The acceptance checklist of docs/parity.md, rows 1 to 24: what steps do, groups, options, printing. */
import { isGradEnabled, manualSeed, randn, setDefaultDevice, tensor, zeros, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { golden } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import {
  configurations,
  named,
  parameter,
  problem,
  stateOf,
  trainStep,
  values,
  withGrad,
  type Options,
  type Problem,
} from './checklist-optimizers.ts'
import { camelCased, evaluate } from './python.ts'

const { lrScheduler: L, SGD } = optim

describe.each(Object.entries(backends))('%s', (_, create) => {
  let warnings: string[] = []
  let before: optim.WarningHandler
  beforeAll(async () => setDefaultDevice(await create()))
  beforeEach(() => {
    manualSeed(7)
    warnings = []
    before = optim.onWarning((message) => warnings.push(message))
  })
  afterEach(() => void optim.onWarning(before))

  function expectDirection(
    { weight, bias, loss }: Problem,
    options: Options,
    after: (optimizer: optim.SGD) => () => void = () => () => {},
  ): void {
    const optimizer = new SGD([weight, bias], { lr: 1e-3, ...options })
    const schedule = after(optimizer)
    const start = loss().itemSync()
    for (let step = 0; step < 20; step++) {
      optimizer.step(() => {
        optimizer.zeroGrad()
        const value = loss()
        value.backward()
        return value
      })
      schedule()
    }
    const end = loss().itemSync()
    if (options.maximize === true) expect(end).toBeGreaterThan(start)
    else expect(end).toBeLessThan(start)
  }

  test.each(named)('rows 1, 2: %s goes in the right direction for 20 steps with a closure', (_name, options) =>
    expectDirection(problem(), options),
  )
  test.each(named)('row 3: %s does so with parameters that are views', (_name, options) => {
    const [weight, bias] = [
      new nn.Parameter(randn([10, 5, 2]).select(2, 0)),
      new nn.Parameter(randn([10, 2]).select(1, 0)),
    ]
    expectDirection(problem(weight, bias), options)
  })
  const schedules: Readonly<Record<string, (optimizer: optim.SGD) => (() => void)[]>> = {
    StepLR: (o) => [stepping(new L.StepLR(o, { gamma: 0.9, stepSize: 10 }))],
    'LinearLR and ExponentialLR': (o) => [
      stepping(new L.LinearLR(o, { startFactor: 0.4, endFactor: 1, totalIters: 4 })),
      stepping(new L.ExponentialLR(o, { gamma: 0.9 })),
    ],
    'ExponentialLR and ReduceLROnPlateau': (o) => [stepping(new L.ExponentialLR(o, { gamma: 0.99 })), plateau(o)],
    'ConstantLR and PolynomialLR': (o) => [
      stepping(new L.ConstantLR(o, { factor: 0.4, totalIters: 4 })),
      stepping(new L.PolynomialLR(o, { power: 0.9, totalIters: 30 })),
    ],
  }
  const stepping =
    (scheduler: { step(): void }): (() => void) =>
    () =>
      scheduler.step()
  const plateau = (o: optim.SGD): (() => void) => {
    const scheduler = new L.ReduceLROnPlateau(o)
    return () => scheduler.step(1)
  }
  test.each(Object.entries(schedules))('row 4: the direction holds with %s', (_name, make) => {
    for (const options of configurations) {
      expectDirection(problem(), options, (optimizer) => {
        const steps = make(optimizer)
        return () => steps.forEach((step) => step())
      })
    }
    expect(warnings).toEqual([])
  })

  test('row 5: step(closure) runs the closure with gradients and returns its value; step() returns undefined', () => {
    const optimizer = new SGD([parameter(1)])
    expect(optimizer.step(() => [isGradEnabled(), 42])).toEqual([true, 42])
    expect(optimizer.step()).toBeUndefined()
  })
  test('row 6: parameters without gradients stay, also those that want none', () => {
    const [p, frozen] = [parameter(1, 2), tensor([3])]
    new SGD([p, frozen], { lr: 1, weightDecay: 0.5 }).step()
    expect([values(p), values(frozen)]).toEqual([[1, 2], [3]])
  })
  test('row 7: zero gradients without weight decay change no bit', () => {
    for (const options of configurations.filter(({ weightDecay }) => weightDecay === undefined)) {
      const p = withGrad([1.1, -2.7, 0], [0, 0, 0])
      const wanted = values(p)
      const optimizer = new SGD([p], options)
      for (let step = 0; step < 3; step++) optimizer.step()
      expect(values(p)).toEqual(wanted)
    }
  })
  test('row 8: a step without gradients in the middle of training does nothing', () => {
    const { weight, bias, loss } = problem()
    const optimizer = new SGD([weight, bias], { lr: 0.01, momentum: 0.9 })
    trainStep(optimizer, loss)
    const saved = [values(weight), stateOf(optimizer)]
    optimizer.zeroGrad()
    optimizer.step()
    expect([values(weight), stateOf(optimizer)]).toEqual(saved)
  })
  test('row 9: a zero gradient moves on by the momentum, no gradient does not', () => {
    // step 1: v = 1, p = 0 - 1. Zero gradient: v = 0.5, p = -1.5. None: p stays.
    const p = withGrad([0], [1])
    const optimizer = new SGD([p], { lr: 1, momentum: 0.5 })
    optimizer.step()
    optimizer.zeroGrad({ setToNone: false })
    optimizer.step()
    expect(values(p)).toEqual([-1.5])
    optimizer.zeroGrad()
    optimizer.step()
    expect(values(p)).toEqual([-1.5])
  })
  test('row 10: step leaves gradients as they are', () => {
    for (const options of configurations) {
      const p = withGrad([1, 2], [3, -4])
      const optimizer = new SGD([p], options)
      const { grad: own } = p
      for (let step = 0; step < 3; step++) optimizer.step()
      expect(p.grad).toBe(own)
      expect(values(own!)).toEqual([3, -4])
    }
  })
  test('row 11: the last parameter may have no dimensions', () => {
    // p = 5 - 0.1 * 2 * 5
    const p = tensor(5, { requiresGrad: true })
    trainStep(new SGD([parameter(1), p], { lr: 0.1 }), () => p.mul(p))
    expect(p.shape).toEqual([])
    expect(p.itemSync()).toBeCloseTo(4, 6)
  })
  test('row 12: a group of biases goes without the weight decay of the others', () => {
    // Gradients of 0: only weight decay moves. w = 1 - 0.1 * 0.5 * 1
    const [w, b] = [withGrad([1], [0]), withGrad([1], [0])]
    new SGD([{ params: [w] }, { params: [b], weightDecay: 0 }], { lr: 0.1, weightDecay: 0.5 }).step()
    expect(values(w)[0]).toBeCloseTo(0.95, 6)
    expect(values(b)).toEqual([1])
  })
  test('row 13: the lr of a group overrides the one of the constructor', () => {
    const [w, b] = [withGrad([1], [1]), withGrad([1], [1])]
    new SGD([{ params: [w] }, { params: [b], lr: 1e-28 }], { lr: 0.5 }).step()
    expect([values(w), values(b)]).toEqual([[0.5], [1]])
  })
  test('row 14: missing options of groups are the defaults, which do not change', () => {
    const optimizer = new SGD([{ params: [parameter(1)], momentum: 0.5 }, { params: [parameter(1)] }], {
      lr: 0.25,
      momentum: 0.75,
    })
    expect(optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
      [0.25, 0.5],
      [0.25, 0.75],
    ])
    optimizer.paramGroups[1]!.lr = 7
    expect(optimizer.defaults).toMatchObject({ lr: 0.25, momentum: 0.75 })
  })
  test('row 15: a new lr in a group counts from the next step', () => {
    const p = withGrad([0], [1])
    const optimizer = new SGD([p], { lr: 1 })
    optimizer.step()
    optimizer.paramGroups[0]!.lr *= 0.5
    optimizer.step()
    expect(values(p)).toEqual([-1.5])
  })
  test('row 16: a group added in the middle is trained, with the gradients it had gathered', () => {
    const [p, q] = [withGrad([0], [1]), withGrad([0], [3])]
    const optimizer = new SGD([p], { lr: 1 })
    optimizer.step()
    optimizer.zeroGrad()
    optimizer.addParamGroup({ params: [q], lr: 0.5 })
    optimizer.step()
    expect([values(p), values(q)]).toEqual([[-1], [-1.5]])
  })
  test('rows 17, 19: a tensor is no list, and a parameter belongs to one group', () => {
    const p = parameter(1)
    expect(() => new SGD(p as unknown as Tensor[])).toThrow(
      /params argument given to the optimizer should be an iterable of Tensors or dicts/,
    )
    expect(() => new SGD([{ params: [p] }, { params: [p] }])).toThrow(
      /some parameters appear in more than one parameter group/,
    )
    const optimizer = new SGD([p])
    expect(() => optimizer.addParamGroup({ params: [p] })).toThrow(/some parameters appear/)
    expect(optimizer.paramGroups).toHaveLength(1)
  })
  test('row 18: a parameter twice in a group is a warning', () => {
    const p = parameter(1)
    expect(new SGD([p, p]).paramGroups[0]!.params).toHaveLength(2)
    expect(warnings).toEqual([
      expect.stringContaining('optimizer contains a parameter group with duplicate parameters'),
    ])
  })
  test('rows 20, 21: options out of range are errors, checked in the order lr, momentum, weight decay, nesterov', () => {
    const bad: Options[] = [{ lr: -1 }, { momentum: -1 }, { weightDecay: -1 }, { nesterov: true }]
    const texts = [
      'Invalid learning rate: -1',
      'Invalid momentum value: -1',
      'Invalid weight_decay value: -1',
      'Nesterov momentum requires a momentum and zero dampening',
    ]
    bad.forEach((_options, i) => {
      const all = Object.assign({}, ...bad.slice(i)) as Options
      expect(() => new SGD([parameter(1)], all)).toThrow(texts[i]!)
    })
    expect(() => new SGD([parameter(1)], { nesterov: true, momentum: 0.9, dampening: 0.1 })).toThrow(texts[3]!)
  })
  test('row 22: lr may be a tensor of one element, which a step reads on the device', () => {
    for (const lr of [tensor(0.5), tensor([0.5])]) {
      const [p, q] = [withGrad([1], [3]), withGrad([1], [3])]
      const optimizer = new SGD([p], { lr, momentum: 0.5 })
      const plain = new SGD([q], { lr: 0.5, momentum: 0.5 })
      for (let step = 0; step < 2; step++) [optimizer, plain].forEach((one) => one.step())
      expect(values(p)).toEqual(values(q))
      lr.assign(tensor(0.25).reshape(lr.shape))
      plain.paramGroups[0]!.lr = 0.25
      for (const one of [optimizer, plain]) one.step()
      expect(values(p)).toEqual(values(q))
    }
    expect(() => new SGD([parameter(1)], { lr: tensor([0.1, 0.2]) })).toThrow('Tensor lr must be 1-element')
    expect(() => new L.StepLR(new SGD([parameter(1)], { lr: tensor(0.1) }), { stepSize: 1 })).toThrow(/use a number/)
  })
  test('row 23: named parameters are accepted, not mixed with others, and kept in state dicts', () => {
    const model = new nn.Linear(2, 1)
    const optimizer = new SGD(model.namedParameters())
    expect(optimizer.paramGroups[0]!.paramNames).toEqual(['weight', 'bias'])
    expect(optimizer.stateDict().param_groups[0]).toMatchObject({ param_names: ['weight', 'bias'], params: [0, 1] })
    expect(() => optimizer.addParamGroup({ params: [parameter(1)] })).toThrow(/cannot add param group without names/)
    expect(() => new SGD([['a', parameter(1)], parameter(2)])).toThrow(/Some param names are missing/)
    optimizer.loadStateDict(new SGD(new nn.Linear(2, 1).parameters(), { lr: 3 }).stateDict())
    expect(optimizer.paramGroups[0]!).toMatchObject({ lr: 3, paramNames: ['weight', 'bias'] })
  })

  const printed = golden<{ readonly id: string; readonly code: string; readonly text: string }>(
    'printing',
  ).cases.filter(({ code }) => code.startsWith('torch.optim.'))
  test.each(printed)('row 24: $code is printed as by PyTorch', ({ code, text }) => {
    const zerosOf = ([size]: readonly unknown[]): Tensor => zeros([size as number])
    const make = ([params]: readonly unknown[], kwargs: object): optim.SGD =>
      new SGD(
        (params as unknown[]).map((group) => (group instanceof Map ? camelCased(group) : group)) as Tensor[],
        camelCased(kwargs as Record<string, unknown>),
      )
    const torch: Record<string, unknown> = { optim: { SGD: make }, zeros: zerosOf }
    const optimizer = evaluate(code, {
      names: new Map([['torch', torch]]),
      attribute: (value, name) => (value as Record<string, unknown>)[name],
    })
    expect(String(optimizer)).toBe(text)
  })
  test('row 24: optimizers print in every configuration', () => {
    for (const options of configurations)
      expect(String(new SGD([parameter(1)], options))).toMatch(/^SGD \(\nParameter Group 0\n(    \w+: \S+\n)+\)$/)
    expect(String(new optim.Adam([parameter(1)]))).toContain(
      '    betas: (0.9, 0.999)\n    capturable: False\n    decoupled_weight_decay: False\n    differentiable: False\n    eps: 1e-08\n',
    )
  })
})
