/** The acceptance checklist of docs/parity.md, rows 59 to 65: cycles, functions and restarts. */
import { setDefaultDevice, zeros } from '@glissade/core'
import * as optim from '@glissade/core/optim'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backends } from './backends.ts'
import { BASE, expectFactors, ratesOf, SAME, sgd } from './checklist-rates.ts'
import { lrsOf } from './scheduler-cases.ts'
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

  const series = (count: number, value: (k: number) => number): number[] =>
    Array.from({ length: count }, (_value, k) => value(k))

  describe('rows 59, 60: CyclicLR', () => {
    /** From 0 at the start of a cycle to 1 after `up` steps and back after `down` more. */
    const height = (t: number, up: number, down: number): number => {
      const at = t % (up + down)
      return at <= up ? at / up : (up + down - at) / down
    }
    const heights: Readonly<Record<string, (t: number, cycle: number) => number>> = {
      triangular: () => 1,
      triangular2: (_t, cycle) => 0.5 ** cycle,
      exp_range: (t) => 0.9 ** t,
    }
    test.each(Object.entries(heights))('%s goes up and down, momentum against it', (mode, scale) => {
      for (const [up, down] of [
        [4, 4],
        [3, 5],
      ] as const) {
        const optimizer = sgd([1, 1], 0.9)
        const scheduler = new L.CyclicLR(optimizer, {
          baseLr: [1, 2],
          maxLr: [5, 4],
          stepSizeUp: up,
          stepSizeDown: down,
          mode: mode as optim.lrScheduler.CyclicMode,
          gamma: 0.9,
          baseMomentum: 0.5,
          maxMomentum: 0.9,
        })
        const momenta = [optimizer.paramGroups[0]!.momentum]
        const rates = ratesOf(optimizer, 20, () => {
          scheduler.step()
          momenta.push(optimizer.paramGroups[0]!.momentum)
        })
        rates.forEach((rate, t) => {
          const h = height(t, up, down) * scale(t, Math.floor(t / (up + down)))
          expectClose([...rate, momenta[t]!], [1 + 4 * h, 2 + 2 * h, 0.9 - 0.4 * h], SAME, `step ${t}`)
        })
      }
    })
    test('leaves the momentum alone where it is told so, and needs one where not', () => {
      const optimizer = sgd([1], 0.7)
      const scheduler = new L.CyclicLR(optimizer, { baseLr: 1, maxLr: 5, stepSizeUp: 4, cycleMomentum: false })
      ratesOf(optimizer, 5, () => scheduler.step())
      expect(optimizer.paramGroups[0]!.momentum).toBe(0.7)
      const adagrad = new optim.Adagrad([zeros([1])])
      expect(() => new L.CyclicLR(adagrad, { baseLr: 1, maxLr: 5 })).toThrow(
        'optimizer must support momentum with `cycle_momentum` option enabled',
      )
      expect(() => new L.CyclicLR(adagrad, { baseLr: 1, maxLr: 5, cycleMomentum: false })).not.toThrow()
      expect(() => new L.CyclicLR(sgd(), { baseLr: 1, maxLr: 5, mode: 'wave' as 'triangular' })).toThrow(
        'mode is invalid and scale_fn is None',
      )
      expect(() => new L.CyclicLR(sgd(), { baseLr: [1], maxLr: 5 })).toThrow(
        'base_lr must have the same length as optimizer.param_groups. base_lr has 1 values, param_groups has 2.',
      )
    })
    test('cycles the first beta of Adam', () => {
      const adam = new optim.Adam([zeros([1])])
      const scheduler = new L.CyclicLR(adam, {
        baseLr: 1,
        maxLr: 5,
        stepSizeUp: 4,
        baseMomentum: 0.5,
        maxMomentum: 0.9,
      })
      ratesOf(adam, 2, () => scheduler.step())
      expect(adam.paramGroups[0]!.betas).toEqual([0.7, 0.999])
    })
  })
  test('row 61: a scale function of the user is not in the state dict, and stays', () => {
    const make = (): optim.lrScheduler.CyclicLR =>
      new L.CyclicLR(sgd(), { baseLr: 1, maxLr: 5, stepSizeUp: 4, cycleMomentum: false, scaleFn: () => 0.5 })
    const [one, other] = [make(), make()]
    one.optimizer.step()
    one.step()
    expect(one.stateDict()).toHaveProperty('_scale_fn_custom', null)
    other.loadStateDict(one.stateDict())
    for (const scheduler of [one, other]) {
      scheduler.optimizer.step()
      scheduler.step()
    }
    expect(other.getLastLr()).toEqual(one.getLastLr())
    expect(other.getLastLr()).toEqual([2, 2])
  })

  describe('row 62: OneCycleLR', () => {
    const cos = (from: number, to: number, part: number): number =>
      to + ((from - to) / 2) * (1 + Math.cos(Math.PI * part))
    const linear = (from: number, to: number, part: number): number => from + (to - from) * part
    test.each([
      ['cos', cos],
      ['linear', linear],
    ] as const)(
      '%s rises from maxLr / 25 to maxLr and falls to 1e-4 of the start, momentum against it',
      (annealStrategy, between) => {
        for (const threePhase of [false, true]) {
          const optimizer = sgd([1, 1], 0.9)
          const scheduler = new L.OneCycleLR(optimizer, {
            maxLr: [25, 50],
            totalSteps: 11,
            pctStart: 0.4,
            annealStrategy,
            threePhase,
            baseMomentum: 0.8,
            maxMomentum: 0.9,
          })
          const momenta = [optimizer.paramGroups[0]!.momentum]
          const rates = ratesOf(optimizer, 10, () => {
            scheduler.step()
            momenta.push(optimizer.paramGroups[0]!.momentum)
          })
          // 0.4 * 11 - 1 = 3.4 is the top; with three phases 2 * 0.4 * 11 - 2 = 6.8 is the start again.
          const ends = threePhase ? [0, 3.4, 6.8, 10] : [0, 3.4, 10]
          const [lrs, moments] = threePhase
            ? [
                [1, 25, 1, 1e-4],
                [0.9, 0.8, 0.9, 0.9],
              ]
            : [
                [1, 25, 1e-4],
                [0.9, 0.8, 0.9],
              ]
          rates.forEach((rate, t) => {
            const phase = ends.findIndex((end) => t <= end && end > 0) - 1
            const part = (t - ends[phase]!) / (ends[phase + 1]! - ends[phase]!)
            const [lr, momentum] = [lrs, moments].map((list) => between(list[phase]!, list[phase + 1]!, part))
            expectClose([...rate, momenta[t]!], [lr!, 2 * lr!, momentum!], { rtol: 1e-10, atol: 1e-12 }, `step ${t}`)
          })
          optimizer.step()
          scheduler.step()
          expect(() => scheduler.step()).toThrow('Tried to step 12 times. The specified number of total steps is 11')
        }
      },
    )
    test('rejects what it cannot schedule', () => {
      const make = (options: object) => () => new L.OneCycleLR(sgd(), { maxLr: 1, ...options })
      expect(make({})).toThrow('You must define either total_steps OR (epochs AND steps_per_epoch)')
      expect(make({ epochs: 3 })).toThrow('You must define either')
      expect(make({ totalSteps: 3, annealStrategy: 'x' })).toThrow(
        "anneal_strategy must be one of 'cos' or 'linear', instead got x",
      )
      expect(make({ totalSteps: 3, pctStart: 1.1 })).toThrow('Expected float between 0 and 1 pct_start, but got 1.1')
      expect(() => new L.OneCycleLR(new optim.Adagrad([zeros([1])]), { maxLr: 1, totalSteps: 3 })).toThrow(
        'optimizer must support momentum',
      )
    })
    test('loads state dicts of older versions, which do not name the strategy', () => {
      const make = (): optim.lrScheduler.OneCycleLR =>
        new L.OneCycleLR(sgd(BASE, 0.9), { maxLr: 1, totalSteps: 9, annealStrategy: 'linear' })
      const [one, other] = [make(), make()]
      ratesOf(one.optimizer, 3, () => one.step())
      const { _anneal_func_type: _strategy, ...old } = one.stateDict()
      other.loadStateDict(old)
      for (const scheduler of [one, other]) {
        scheduler.optimizer.step()
        scheduler.step()
      }
      expect(other.getLastLr()).toEqual(one.getLastLr())
    })
  })

  test('row 63: LambdaLR has a function per group; what they carry is state, they themselves are not', () => {
    const optimizer = sgd()
    const decay = Object.assign((t: number): number => decay.rate ** t, { rate: 0.9 })
    const scheduler = new L.LambdaLR(optimizer, { lrLambda: [(t) => 1 / (t + 1), decay] })
    expectFactors(
      optimizer,
      5,
      () => scheduler.step(),
      (t, group) => (group === 0 ? 1 / (t + 1) : 0.9 ** t),
    )
    expect(scheduler.stateDict()['lr_lambdas']).toEqual([null, { rate: 0.9 }])
    const other = Object.assign(() => 1, { rate: 0.1 })
    const loaded = new L.LambdaLR(sgd(), { lrLambda: [() => 1, other] })
    loaded.loadStateDict(scheduler.stateDict())
    expect(other.rate).toBe(0.9)
    expect(loaded.lastEpoch).toBe(5)
  })
  test('row 64: MultiplicativeLR multiplies by a function per group, which a number is not', () => {
    const optimizer = sgd()
    const scheduler = new L.MultiplicativeLR(optimizer, { lrLambda: [() => 0.5, (t) => t] })
    expectFactors(
      optimizer,
      5,
      () => scheduler.step(),
      (t, group) => (group === 0 ? 0.5 ** t : [1, 1, 2, 6, 24, 120][t]!),
    )
    expect(() => new L.MultiplicativeLR(sgd(), { lrLambda: 0.5 as unknown as () => number })).toThrow(
      'lr_lambda should be a function, but got number',
    )
  })
  describe('row 65: CosineAnnealingWarmRestarts', () => {
    /** Epochs since the last restart and the period at epoch t. */
    function periodOf(t: number, t0: number, tMult: number): { current: number; period: number } {
      let [current, period] = [t, t0]
      while (current >= period) {
        current -= period
        period *= tMult
      }
      return { current, period }
    }
    const cosine = (t: number, t0: number, tMult: number): number => {
      const { current, period } = periodOf(t, t0, tMult)
      return (1 + Math.cos((Math.PI * current) / period)) / 2
    }
    test.each([1, 2, 4])('restarts after periods that grow by %i', (tMult) => {
      const optimizer = sgd()
      const scheduler = new L.CosineAnnealingWarmRestarts(optimizer, { t0: 10, tMult })
      expectFactors(
        optimizer,
        100,
        () => scheduler.step(),
        (t) => cosine(t, 10, tMult),
      )
      expect(scheduler.settings.T_cur).toBe(periodOf(100, 10, tMult).current)
    })
    test.each([1, 2, 4])('takes fractions of epochs and any order of them (growth %i)', (tMult) => {
      const optimizer = sgd()
      const scheduler = new L.CosineAnnealingWarmRestarts(optimizer, { t0: 4, tMult })
      for (const epoch of [...series(120, (k) => k * 0.1), 20.5, 3, 7.25, 60, 0]) {
        optimizer.step()
        scheduler.step(epoch)
        expectClose(
          lrsOf(optimizer),
          BASE.map((lr) => lr * cosine(epoch, 4, tMult)),
          { rtol: 1e-9, atol: 1e-12 },
          `epoch ${epoch}`,
        )
      }
    })
    test('rejects periods that are no positive whole numbers, and negative epochs', () => {
      expect(() => new L.CosineAnnealingWarmRestarts(sgd(), { t0: 0 })).toThrow(
        'Expected positive integer T_0, but got 0',
      )
      expect(() => new L.CosineAnnealingWarmRestarts(sgd(), { t0: 1, tMult: 0.5 })).toThrow(
        'Expected integer T_mult >= 1, but got 0.5',
      )
      expect(() => new L.CosineAnnealingWarmRestarts(sgd(), { t0: 1 }).step(-1)).toThrow(
        'Expected non-negative epoch, but got -1',
      )
    })
  })
})
