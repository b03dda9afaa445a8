/** The acceptance checklist of docs/parity.md, rows 66 to 75: state of schedulers, warnings, lifetimes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { setDefaultDevice } from '@glissade/core'
import * as optim from '@glissade/core/optim'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backends } from './backends.ts'
import { BASE, expectFactors, named, ratesOf, sgd } from './checklist-rates.ts'
import { lrsOf, makeScheduler, type AnyScheduler } from './scheduler-cases.ts'

const { lrScheduler: L } = optim

/** Rows that the language makes meaningless. */
const left: Readonly<Record<string, string>> = {
  'row 72: a wrong signature of getLr':
    'a function may be called with fewer arguments than it names; the type checker rejects such a subclass',
}

describe.each(Object.entries(backends))('%s', (_, create) => {
  let warnings: string[] = []
  let before: optim.WarningHandler
  beforeAll(async () => setDefaultDevice(await create()))
  beforeEach(() => {
    warnings = []
    before = optim.onWarning((message) => warnings.push(message))
  })
  afterEach(() => void optim.onWarning(before))
  test.for(Object.entries(left))('%s', ([, reason], { skip }) => skip(reason))

  /** Every scheduler, twice: as it is and configured otherwise. */
  const configured: Readonly<
    Record<
      string,
      readonly [(o: optim.SGD) => optim.lrScheduler.Scheduler, (o: optim.SGD) => optim.lrScheduler.Scheduler]
    >
  > = {
    ...Object.fromEntries(
      named.map(([name, cls, kwargs]) => [
        name,
        [
          (o: optim.SGD) => makeScheduler(cls, o, kwargs),
          (o: optim.SGD) =>
            makeScheduler(
              cls,
              o,
              Object.fromEntries(
                Object.entries(kwargs).map(([key, value]) => [
                  key,
                  Array.isArray(value) ? [1] : ['T_max', 'step_size', 'total_iters'].includes(key) ? 99 : 0.3,
                ]),
              ),
            ),
        ],
      ]),
    ),
    CosineAnnealingWarmRestarts: [
      (o) => new L.CosineAnnealingWarmRestarts(o, { t0: 3, tMult: 2 }),
      (o) => new L.CosineAnnealingWarmRestarts(o, { t0: 7, etaMin: 0.01 }),
    ],
    CyclicLR: [
      (o) => new L.CyclicLR(o, { baseLr: 0.1, maxLr: 0.5, stepSizeUp: 3 }),
      (o) => new L.CyclicLR(o, { baseLr: 1, maxLr: 2, stepSizeUp: 8, mode: 'exp_range' }),
    ],
    OneCycleLR: [
      (o) => new L.OneCycleLR(o, { maxLr: 0.5, totalSteps: 20 }),
      (o) => new L.OneCycleLR(o, { maxLr: 0.3, totalSteps: 40, annealStrategy: 'linear', threePhase: true }),
    ],
    LambdaLR: [
      (o) => new L.LambdaLR(o, { lrLambda: (t) => 0.9 ** t }),
      (o) => new L.LambdaLR(o, { lrLambda: (t) => 0.9 ** t, lastEpoch: -1 }),
    ],
    MultiplicativeLR: [
      (o) => new L.MultiplicativeLR(o, { lrLambda: () => 0.9 }),
      (o) => new L.MultiplicativeLR(o, { lrLambda: () => 0.9 }),
    ],
    SWALR: [
      (o) => new L.SWALR(o, { swaLr: 0.01, annealEpochs: 8 }),
      (o) => new L.SWALR(o, { swaLr: 0.7, annealStrategy: 'linear' }),
    ],
    ReduceLROnPlateau: [
      (o) => new L.ReduceLROnPlateau(o, { patience: 2, factor: 0.5 }),
      (o) => new L.ReduceLROnPlateau(o, { mode: 'max', cooldown: 3, minLr: 0.01 }),
    ],
    SequentialLR: [
      (o) =>
        new L.SequentialLR(o, {
          schedulers: [new L.ExponentialLR(o, { gamma: 0.9 }), new L.StepLR(o, { stepSize: 2 })],
          milestones: [5],
        }),
      (o) =>
        new L.SequentialLR(o, {
          schedulers: [new L.ExponentialLR(o, { gamma: 0.7 }), new L.StepLR(o, { stepSize: 9 })],
          milestones: [2],
        }),
    ],
    ChainedScheduler: [
      (o) => new L.ChainedScheduler([new L.ConstantLR(o), new L.ExponentialLR(o, { gamma: 0.9 })]),
      (o) => new L.ChainedScheduler([new L.ConstantLR(o, { totalIters: 2 }), new L.ExponentialLR(o, { gamma: 0.5 })]),
    ],
  }
  const stepOf = (scheduler: optim.lrScheduler.Scheduler): void =>
    (scheduler as AnyScheduler).step(...(scheduler instanceof L.ReduceLROnPlateau ? [1] : []))
  test.each(Object.entries(configured))(
    'rows 66, 67: the state of %s goes through a file into one configured otherwise, which continues',
    (_name, [make, makeOther]) => {
      const [optimizer, other] = [sgd(BASE, 0.9), sgd([7, 8], 0.9)]
      const [scheduler, resumed] = [make(optimizer), makeOther(other)]
      ratesOf(optimizer, 4, () => stepOf(scheduler))
      const folder = mkdtempSync(join(tmpdir(), 'glissade-'))
      try {
        writeFileSync(join(folder, 'scheduler.json'), JSON.stringify(scheduler.stateDict()))
        resumed.loadStateDict(
          JSON.parse(readFileSync(join(folder, 'scheduler.json'), 'utf8')) as Record<string, unknown>,
        )
      } finally {
        rmSync(folder, { recursive: true })
      }
      other.loadStateDict(optimizer.stateDict())
      expect(ratesOf(other, 10, () => stepOf(resumed))).toEqual(ratesOf(optimizer, 10, () => stepOf(scheduler)))
      expect(resumed.stateDict()).toEqual(scheduler.stateDict())
    },
  )
  /** As .pt files give dicts. */
  const mapsOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(mapsOf)
    if (value instanceof Map)
      return new Map([...(value as Map<unknown, unknown>)].map(([key, item]) => [key, mapsOf(item)]))
    return typeof value === 'object' && value !== null
      ? new Map(Object.entries(value).map(([key, item]) => [key, mapsOf(item)]))
      : value
  }
  test.each(Object.entries(configured))(
    'rows 66, 67: the state of %s loads from Maps, as .pt files give it',
    (_name, [make, makeOther]) => {
      const optimizer = sgd(BASE, 0.9)
      const scheduler = make(optimizer)
      ratesOf(optimizer, 4, () => stepOf(scheduler))
      const resumed = makeOther(sgd([7, 8], 0.9))
      resumed.loadStateDict(mapsOf(scheduler.stateDict()) as Map<unknown, unknown>)
      expect(resumed.stateDict()).toEqual(scheduler.stateDict())
    },
  )
  test.each(named)(
    'row 68: a new %s with lastEpoch 0 on a loaded optimizer keeps its learning rates',
    (_name, cls, kwargs) => {
      const optimizer = sgd()
      const scheduler = makeScheduler(cls, optimizer, kwargs)
      ratesOf(optimizer, 1, () => scheduler.step())
      const other = sgd([7, 8])
      other.loadStateDict(optimizer.stateDict())
      makeScheduler(cls, other, { ...kwargs, last_epoch: 0 })
      expect(lrsOf(other)).toEqual(lrsOf(optimizer))
    },
  )
  test('row 69: the learning rates at the start do not change with the current ones', () => {
    const optimizer = sgd()
    const scheduler = new L.ExponentialLR(optimizer, { gamma: 0.5 })
    ratesOf(optimizer, 3, () => scheduler.step())
    expect([scheduler.baseLrs, optimizer.paramGroups.map(({ initialLr }) => initialLr)]).toEqual([BASE, BASE])
  })
  test('row 70: a scheduler that steps before its optimizer warns, once; the right order does not, nor when resuming', () => {
    const optimizer = sgd()
    const scheduler = new L.StepLR(optimizer, { stepSize: 3 })
    scheduler.step()
    scheduler.step()
    expect(warnings).toEqual([
      expect.stringContaining('Detected call of `lr_scheduler.step()` before `optimizer.step()`'),
    ])
    const right = sgd()
    const ordered = new L.StepLR(right, { stepSize: 3 })
    ratesOf(right, 3, () => ordered.step())
    const resumed = new L.StepLR(right, { stepSize: 3, lastEpoch: 3 })
    right.step()
    resumed.step()
    expect(warnings).toHaveLength(1)
  })
  test('row 71: a scheduler warns when the step of its optimizer was replaced', () => {
    const optimizer = sgd()
    const scheduler = new L.StepLR(optimizer, { stepSize: 3 })
    optimizer.step = () => undefined
    optimizer.step()
    scheduler.step()
    expect(warnings).toEqual([
      expect.stringContaining(
        'Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization',
      ),
    ])
  })
  test('row 73: nothing keeps an optimizer and its scheduler alive', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const refs = ((): WeakRef<object>[] => {
      const optimizer = sgd()
      const scheduler = new L.StepLR(optimizer, { stepSize: 3 })
      ratesOf(optimizer, 2, () => scheduler.step())
      return [new WeakRef(optimizer), new WeakRef(scheduler)]
    })()
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 0))
      collect()
    }
    expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined])
  })
  test('row 74: a cyclic scheduler after a cosine one stays within its bounds', () => {
    const optimizer = sgd([1e-3], 0.9)
    const cosine = new L.CosineAnnealingLR(optimizer, { tMax: 100, etaMin: 1e-5 })
    expect(cosine.getLastLr()).toEqual([1e-3])
    const cyclic = new L.CyclicLR(optimizer, { baseLr: 1e-5, maxLr: 1e-3, stepSizeUp: 50 })
    for (const [lr] of ratesOf(optimizer, 200, () => cyclic.step())) expect(lr).toBeLessThanOrEqual(1e-3)
  })
  test('row 75: SWALR reaches its learning rate and stays', () => {
    const optimizer = sgd()
    const scheduler = new L.SWALR(optimizer, { swaLr: [0.01, 0.02], annealEpochs: 4, annealStrategy: 'linear' })
    const part = (t: number): number => Math.min(t, 4) / 4
    expectFactors(
      optimizer,
      8,
      () => scheduler.step(),
      (t, group) => 1 + part(t) * ([0.01, 0.02][group]! / BASE[group]! - 1),
    )
  })

  test('every row from 1 to 75 has a test, or a reason why not', () => {
    const sources = readdirSync(import.meta.dirname)
      .filter((file) => /^checklist.*\.test\.ts$/.test(file))
      .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
      .join()
    const rows = new Set(
      [...sources.matchAll(/rows? ((?:\d+(?:, )?)+)/g)].flatMap(([, numbers]) => numbers!.split(', ').map(Number)),
    )
    expect(Array.from({ length: 75 }, (_row, i) => i + 1).filter((row) => !rows.has(row))).toEqual([])
  })
})
