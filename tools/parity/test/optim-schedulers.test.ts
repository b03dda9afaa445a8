/** lr_schedulers.json: learning rates and momenta of every scheduler over 60 steps, and their state dicts. */
import { compile, setDefaultDevice, zeros, type Tensor } from '@glissade/core'
import * as optim from '@glissade/core/optim'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { golden } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import { lrsOf, makeScheduler, schedulerFrom, type AnyScheduler } from './scheduler-cases.ts'
import { expectClose } from './tensors.ts'

interface Case {
  readonly id: string
  readonly cls: string
  readonly kwargs: Readonly<Record<string, unknown>>
  readonly group_lrs: readonly number[]
  readonly momentum?: number
  readonly lrs?: readonly (readonly number[])[]
  readonly momentums?: readonly (readonly number[])[]
  readonly step_args?: readonly number[]
  readonly metrics?: readonly number[]
  readonly state_dict?: Readonly<Record<string, unknown>>
  readonly resumed_into?: Readonly<Record<string, unknown>>
  readonly lrs_at_25?: readonly number[]
  readonly lrs_after_resume?: readonly (readonly number[])[]
}

/** V8's cos and pow may differ from libm's in the last place. */
const SAME = { rtol: 1e-12, atol: 0 }

const { cases } = golden<Case>('lr_schedulers')
const optimizerOf = ({ group_lrs: lrs, momentum = 0 }: Case): optim.SGD =>
  new optim.SGD(
    lrs.map((lr) => ({ params: [zeros([1], { requiresGrad: true })], lr })),
    { lr: 0.1, momentum },
  )

const schedulersOf = ({ cls, kwargs }: Case, optimizer: optim.SGD): AnyScheduler[] =>
  cls === 'compound'
    ? (kwargs['schedulers'] as string[]).map((source) => schedulerFrom(source, optimizer))
    : [makeScheduler(cls, optimizer, kwargs)]

/** The arguments of the k-th step of one scheduler. */
const argumentsOf = ({ metrics, step_args: epochs }: Case, scheduler: AnyScheduler, k: number): number[] =>
  scheduler instanceof optim.lrScheduler.ReduceLROnPlateau ? [metrics![k]!] : epochs === undefined ? [] : [epochs[k]!]

/** Infinities are text in fixtures, and in 1.13 the state has a switch for printing. */
function expectState(state: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(wanted)) {
    if (key === 'verbose') continue
    expect(state, 'state dict').toHaveProperty(key)
    const got = state[key]
    const number = value === 'inf' ? Infinity : value === '-inf' ? -Infinity : value
    if (typeof number === 'number') expectClose([got as number], [number], SAME, key)
    else if (Array.isArray(number) && typeof number[0] === 'number')
      expectClose(got as number[], number as number[], SAME, key)
    else expect(got, `state ${key}`).toEqual(number)
  }
}

describe.each(Object.entries(backends))('%s', (_, create) => {
  let before: optim.WarningHandler
  beforeAll(async () => {
    before = optim.onWarning(() => {})
    setDefaultDevice(await create())
  })
  afterAll(() => void optim.onWarning(before))

  test.each(cases.filter(({ lrs }) => lrs !== undefined))("$id has PyTorch's learning rates and state", (fixture) => {
    const optimizer = optimizerOf(fixture)
    const schedulers = schedulersOf(fixture, optimizer)
    const lrs = [lrsOf(optimizer)]
    const momentums = [optimizer.paramGroups.map(({ momentum }) => momentum)]
    for (let k = 0; k + 1 < fixture.lrs!.length; k++) {
      optimizer.step()
      for (const scheduler of schedulers) scheduler.step(...argumentsOf(fixture, scheduler, k))
      lrs.push(lrsOf(optimizer))
      momentums.push(optimizer.paramGroups.map(({ momentum }) => momentum))
    }
    expectClose(lrs.flat(), fixture.lrs!.flat(), SAME, 'learning rates')
    if (fixture.momentums !== undefined) expectClose(momentums.flat(), fixture.momentums.flat(), SAME, 'momenta')
    if (fixture.state_dict !== undefined) expectState(schedulers[0]!.stateDict(), fixture.state_dict)
  })

  test.each(cases.filter(({ lrs }) => lrs !== undefined))(
    '$id drives a compiled step, which stays one program',
    async (fixture) => {
      const { lrs, momentum = 0 } = fixture
      const optimizer = optimizerOf(fixture)
      const schedulers = schedulersOf(fixture, optimizer)
      const params = optimizer.paramGroups.map((group) => group.params[0] as Tensor)
      // d loss / dp = 1 for every parameter, so that p and its buffer follow from the fixture's numbers alone.
      const step = compile(() => {
        optimizer.zeroGrad()
        const loss = params.map((p) => p.sum()).reduce((sum, p) => sum.add(p))
        loss.backward()
        optimizer.step()
        return loss
      })
      const wanted = lrs![0]!.map(() => ({ p: 0, buffer: 0 }))
      for (let k = 0; k + 1 < lrs!.length; k++) {
        step()
        for (const [group, state] of wanted.entries()) {
          state.buffer = (fixture.momentums?.[k]![group] ?? momentum) * state.buffer + 1
          state.p -= lrs![k]![group]! * state.buffer
        }
        for (const scheduler of schedulers) scheduler.step(...argumentsOf(fixture, scheduler, k))
      }
      for (const [group, { p }] of wanted.entries())
        expectClose([await params[group]!.item()], [p], { rtol: 1e-5, atol: 1e-6 }, `parameter of group ${group}`)
      // The first makes the momentum buffers.
      expect(step.programs.length).toBeLessThanOrEqual(2)
    },
  )

  test.each(cases.filter(({ resumed_into: into }) => into !== undefined))(
    '$id continues from its state dict in a scheduler of other options',
    (fixture) => {
      const optimizer = optimizerOf(fixture)
      const scheduler = makeScheduler(fixture.cls, optimizer, fixture.kwargs)
      for (let k = 0; k < 25; k++) {
        optimizer.step()
        scheduler.step()
      }
      expectClose(lrsOf(optimizer), fixture.lrs_at_25!, SAME, 'learning rates at 25')
      const other = optimizerOf({ ...fixture, group_lrs: fixture.group_lrs.map(() => 7) })
      const required = Object.fromEntries(
        Object.entries(fixture.kwargs).filter(([key]) => ['T_max', 'gamma', 'step_size'].includes(key)),
      )
      const resumed = makeScheduler(fixture.cls, other, { ...required, ...fixture.resumed_into })
      other.loadStateDict(optimizer.stateDict())
      resumed.loadStateDict(scheduler.stateDict())
      const lrs = fixture.lrs_after_resume!.map(() => {
        other.step()
        resumed.step()
        return lrsOf(other)
      })
      expectClose(lrs.flat(), fixture.lrs_after_resume!.flat(), SAME, 'learning rates after')
    },
  )
})
