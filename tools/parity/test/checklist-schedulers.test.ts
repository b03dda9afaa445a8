/** The acceptance checklist of docs/parity.md, rows 46 to 58: learning rates, closed forms, plateaus, combinations. */
import { setDefaultDevice, zeros } from '@glissade/core'
import * as optim from '@glissade/core/optim'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backends } from './backends.ts'
import { BASE, expectFactors, named, ratesOf, SAME, sgd } from './checklist-rates.ts'
import { lrsOf, makeScheduler, type AnyScheduler } from './scheduler-cases.ts'
import { expectClose } from './tensors.ts'

const { lrScheduler: L } = optim

describe.each(Object.entries(backends))('%s', (_, create) => {
  let warnings: string[] = []
  let before: optim.WarningHandler
  beforeAll(async () => setDefaultDevice(await create()))
  beforeEach(() => {
    warnings = []
    before = optim.onWarning((message) => warnings.push(message))
  })
  afterEach(() => void optim.onWarning(before))

  test.each(named)('row 46: %s gives each group its own learning rates', (_name, cls, kwargs, factor) => {
    const optimizer = sgd()
    const scheduler = makeScheduler(cls, optimizer, kwargs)
    expectFactors(optimizer, 10, () => scheduler.step(), factor)
    expect(warnings).toEqual([])
  })
  test.each(named)('row 47: the closed form of %s equals the chained one', (_name, cls, kwargs, factor) => {
    const optimizer = sgd()
    const scheduler = makeScheduler(cls, optimizer, kwargs)
    expectFactors(optimizer, 10, (k) => scheduler.step(k + 1), factor)
    expect(warnings).toHaveLength(10)
  })
  test.each(
    named.filter(([, cls]) =>
      ['StepLR', 'MultiStepLR', 'LinearLR', 'ExponentialLR', 'CosineAnnealingLR'].includes(cls),
    ),
  )('row 48: %s stays where step(2) repeats', (_name, cls, kwargs, factor) => {
    const optimizer = sgd()
    const scheduler = makeScheduler(cls, optimizer, kwargs)
    const rates = ratesOf(optimizer, 5, () => scheduler.step(2)).slice(1)
    for (const rate of rates)
      expectClose(
        rate,
        BASE.map((lr) => lr * factor(2)),
        SAME,
        'learning rates',
      )
  })
  test('row 49: getLastLr gives the current learning rates, before and after steps, of every kind', () => {
    for (const make of [
      (o: optim.SGD) => new L.StepLR(o, { stepSize: 1 }),
      (o: optim.SGD) => new L.MultiStepLR(o, { milestones: [1] }),
      (o: optim.SGD) => new L.ConstantLR(o),
      (o: optim.SGD) => new L.LinearLR(o),
      (o: optim.SGD) =>
        new L.SequentialLR(o, {
          schedulers: [new L.ExponentialLR(o, { gamma: 0.9 }), new L.StepLR(o, { stepSize: 1 })],
          milestones: [2],
        }),
      (o: optim.SGD) => new L.ReduceLROnPlateau(o, { patience: 0 }),
      (o: optim.SGD) => new L.ChainedScheduler([new L.ConstantLR(o), new L.ExponentialLR(o, { gamma: 0.9 })]),
    ]) {
      const optimizer = sgd()
      const scheduler = make(optimizer) as AnyScheduler
      expect(scheduler.getLastLr()).toEqual(lrsOf(optimizer))
      for (let k = 0; k < 4; k++) {
        optimizer.step()
        scheduler.step(...(scheduler instanceof L.ReduceLROnPlateau ? [1] : []))
        expect(scheduler.getLastLr()).toEqual(lrsOf(optimizer))
      }
    }
  })
  test('row 50: LinearLR rejects start factors of 0 and 1.1', () => {
    for (const startFactor of [0, 1.1])
      expect(() => new L.LinearLR(sgd(), { startFactor })).toThrow(
        'Starting multiplicative factor expected to be greater than 0 and less or equal to 1.',
      )
  })
  test('row 51: a new CosineAnnealingLR with lastEpoch 0 continues an old one', () => {
    const optimizer = sgd()
    const first = new L.CosineAnnealingLR(optimizer, { tMax: 5, etaMin: 0.1 })
    optimizer.step()
    first.step()
    expect(new L.CosineAnnealingLR(optimizer, { tMax: 5, etaMin: 0.1, lastEpoch: 0 }).getLastLr()).toEqual(
      first.getLastLr(),
    )
  })
  test('row 52: resuming without initial learning rates is an error', () => {
    for (const [, cls, kwargs] of named)
      expect(() => makeScheduler(cls, sgd(), { ...kwargs, last_epoch: 0 })).toThrow(
        "param 'initial_lr' is not specified in param_groups[0] when resuming an optimizer",
      )
  })

  /** A value so many times. */
  const times = (count: number, value: number): number[] => Array<number>(count).fill(value)
  const series = (count: number, value: (k: number) => number): number[] =>
    Array.from({ length: count }, (_value, k) => value(k))
  const falls = [...times(6, 0.5), ...times(11, 0.05), ...times(4, 0.005)]
  const scenarios: readonly [
    name: string,
    options: optim.lrScheduler.PlateauOptions,
    metrics: number[],
    lrs: number[][],
  ][] = [
    [
      '1: slow improvement beyond an absolute threshold',
      { thresholdMode: 'abs', threshold: 0.01, patience: 5, cooldown: 5 },
      series(20, (k) => 10 - k * 0.0167),
      [times(20, 0.5)],
    ],
    [
      '2: improvement below it',
      { thresholdMode: 'abs', threshold: 0.1, patience: 5 },
      series(22, (k) => 10 - k * 0.0165),
      [[...times(6, 0.5), ...times(7, 0.05), ...times(7, 0.005), ...times(2, 0.0005)]],
    ],
    [
      '3: a jump up, with cooldown',
      { mode: 'max', thresholdMode: 'abs', patience: 5, cooldown: 5 },
      [...times(2, -0.8), ...times(20, -0.234)],
      [[...times(8, 0.5), ...times(11, 0.05), ...times(3, 0.005)]],
    ],
    [
      '4: growth borne with patience',
      { mode: 'max', thresholdMode: 'rel', threshold: 0.1, patience: 3 },
      series(20, (k) => 1.5 * 1.025 ** k),
      [times(20, 0.5)],
    ],
    [
      '5: growth too slow',
      { mode: 'max', thresholdMode: 'rel', threshold: 0.1, patience: 5, cooldown: 5 },
      series(21, (k) => 1.5 * 1.005 ** k),
      [falls],
    ],
    [
      '6: fast decay',
      { thresholdMode: 'rel', threshold: 0.1, patience: 5, cooldown: 5 },
      series(20, (k) => 1.5 * 0.85 ** k),
      [times(20, 0.5)],
    ],
    [
      '7: an improvement in the cooldown',
      { thresholdMode: 'rel', threshold: 0.1, patience: 5, cooldown: 5 },
      [...times(7, 1), 0.6, ...times(12, 0.5)],
      [falls.slice(0, 20)],
    ],
    [
      '8: least learning rates per group',
      { mode: 'max', thresholdMode: 'rel', threshold: 0.1, patience: 5, cooldown: 5, minLr: [0.4, 0.3] },
      series(20, (k) => 1.5 * 1.005 ** k),
      [
        [...times(6, 0.5), ...times(14, 0.4)],
        [...times(6, 0.5), ...times(14, 0.3)],
      ],
    ],
  ]
  test.each(scenarios)('row 53: plateau %s', (_name, options, metrics, lrs) => {
    const optimizer = sgd(lrs.map(() => 0.5))
    const scheduler = new L.ReduceLROnPlateau(optimizer, options)
    const rates = ratesOf(optimizer, metrics.length, (k) => scheduler.step(metrics[k]!)).slice(1)
    lrs.forEach((wanted, group) =>
      expectClose(
        rates.map((rate) => rate[group]!),
        wanted,
        SAME,
        `learning rates of group ${group}`,
      ),
    )
  })
  test('row 54: plateau goes on after addParamGroup; a list of least learning rates must be extended', () => {
    const reduce = (scheduler: optim.lrScheduler.ReduceLROnPlateau): void => {
      for (let k = 0; k < 3; k++) scheduler.step(1)
    }
    const group = { params: [zeros([1])], lr: 0.5 }
    const optimizer = sgd([0.5])
    const scheduler = new L.ReduceLROnPlateau(optimizer, { patience: 0, minLr: 0.2, factor: 0.5 })
    optimizer.addParamGroup(group)
    reduce(scheduler)
    expect(lrsOf(optimizer)).toEqual([0.2, 0.2])
    const other = sgd([0.5])
    const listed = new L.ReduceLROnPlateau(other, { patience: 0, minLr: [0.2], factor: 0.5 })
    other.addParamGroup({ ...group, params: [zeros([1])] })
    expect(() => reduce(listed)).toThrow(/The number of param groups in the `optimizer` \(2\) differs .*\(1\)/)
    listed.minLrs = [0.2, 0.3]
    reduce(listed)
    expect(lrsOf(other)).toEqual([0.2, 0.3])
  })

  describe('row 55: SequentialLR', () => {
    test('goes from one scheduler to the next, each from its own start', () => {
      // Exp(0.9) for 3 epochs, then Step(2, 0.1), then Constant(0.1) for 2 of 4 epochs.
      const factors = [1, 0.9, 0.81, 1, 1, 0.1, 0.1, 0.1, 0.1, 1, 1]
      const optimizer = sgd()
      const scheduler = new L.SequentialLR(optimizer, {
        schedulers: [
          new L.ExponentialLR(optimizer, { gamma: 0.9 }),
          new L.StepLR(optimizer, { stepSize: 2 }),
          new L.ConstantLR(optimizer, { factor: 0.1, totalIters: 2 }),
        ],
        milestones: [3, 7],
      })
      expectFactors(
        optimizer,
        10,
        () => scheduler.step(),
        (t) => factors[t]!,
      )
      expect(warnings).toEqual([])
    })
    test('leaves the initial learning rates alone', () => {
      const optimizer = sgd()
      const scheduler = new L.SequentialLR(optimizer, {
        schedulers: [new L.ConstantLR(optimizer, { factor: 1 }), new L.ConstantLR(optimizer, { factor: 0.1 })],
        milestones: [10],
      })
      expect([lrsOf(optimizer), scheduler.getLastLr()]).toEqual([BASE, BASE])
      expect(optimizer.paramGroups.map(({ initialLr }) => initialLr)).toEqual(BASE)
    })
    test('takes chained schedulers as parts', () => {
      // Constant(0.1) for 5 epochs times Linear(0.1) over 5, then Constant(0.5).
      const optimizer = sgd()
      const constant = new L.ConstantLR(optimizer, { factor: 0.1, totalIters: 5 })
      const linear = new L.LinearLR(optimizer, { startFactor: 0.1, totalIters: 5 })
      const scheduler = new L.SequentialLR(optimizer, {
        schedulers: [
          new L.ChainedScheduler([linear, constant]),
          new L.ConstantLR(optimizer, { factor: 0.5, totalIters: 5 }),
        ],
        milestones: [5],
      })
      expectFactors(
        optimizer,
        9,
        () => scheduler.step(),
        (t) => (t < 5 ? 0.1 * (0.1 + (0.9 * t) / 5) : 0.5),
      )
    })
    test('what getLastLr gave does not change with the next step', () => {
      const optimizer = sgd()
      const scheduler = new L.SequentialLR(optimizer, {
        schedulers: [new L.ExponentialLR(optimizer, { gamma: 0.9 })],
        milestones: [],
      })
      const given = scheduler.getLastLr()
      optimizer.step()
      scheduler.step()
      expect(given).toEqual(BASE)
    })
  })

  const multiplicative = named.filter(([, cls]) => cls !== 'CosineAnnealingLR')
  test('row 56: ChainedScheduler multiplies the factors of 1, 2 or 3 parts', () => {
    for (const parts of [[0], [4, 1], [6, 3, 0], [7, 3]].map((list) => list.map((i) => multiplicative[i]!))) {
      const optimizer = sgd()
      const scheduler = new L.ChainedScheduler(parts.map(([, cls, kwargs]) => makeScheduler(cls, optimizer, kwargs)))
      expectFactors(
        optimizer,
        10,
        () => scheduler.step(),
        (t) => parts.reduce((product, [, , , factor]) => product * factor(t), 1),
      )
    }
  })
  test('row 57: two schedulers of one optimizer multiply their factors, in every pair', () => {
    for (const [i, [, cls, kwargs, factor]] of named.entries()) {
      for (const [, otherCls, otherKwargs, otherFactor] of named.slice(i + 1)) {
        const optimizer = sgd()
        const schedulers = [makeScheduler(cls, optimizer, kwargs), makeScheduler(otherCls, optimizer, otherKwargs)]
        expectFactors(
          optimizer,
          10,
          () => schedulers.forEach((scheduler) => scheduler.step()),
          (t) => factor(t) * otherFactor(t),
        )
      }
    }
  })
  test('row 58: plateau beside another scheduler multiplies its own factor', () => {
    for (const [, cls, kwargs, factor] of named) {
      const optimizer = sgd()
      const other = makeScheduler(cls, optimizer, kwargs)
      const plateau = new L.ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 3, eps: 0 })
      // Equal metrics: the first is best, 4 bad ones follow, and so on: decays at steps 5 and 9.
      expectFactors(
        optimizer,
        10,
        () => [plateau.step(1), other.step()],
        (t) => factor(t) * 0.5 ** (t < 5 ? 0 : t < 9 ? 1 : 2),
      )
    }
  })
})
