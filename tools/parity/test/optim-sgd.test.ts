/** sgd_grid.json, param_groups.json and resume.json: SGD in all its options, in groups, and from checkpoints. */
import { setDefaultDevice, type Tensor } from '@glissade/core'
import * as optim from '@glissade/core/optim'
import { beforeAll, describe, expect, test } from 'vitest'
import { golden, type GoldenTensor } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import { MODES, modes, type Mode } from './modes.ts'
import {
  expectParameters,
  expectState,
  inputsOf,
  lossOf,
  parametersOf,
  type Parameters,
  type Setting,
} from './optim-model.ts'
import { camelCase, camelCased, evaluate, type World } from './python.ts'
import { lrsOf, schedulerFrom } from './scheduler-cases.ts'
import { expectClose, load } from './tensors.ts'

const GRID = { rtol: 1e-5, atol: 2e-6 }
const CLOSE = { rtol: 1e-5, atol: 1e-6 }

type Values = Readonly<Record<string, GoldenTensor>>
type Options = Readonly<Record<string, number | boolean | null>>

interface GridCase {
  readonly id: string
  readonly opt: Options
  readonly losses: readonly number[]
  readonly after: Readonly<Record<string, Values>>
  readonly momentum_buffers_final: Readonly<Record<string, GoldenTensor | null>>
}

/** Zeroes the gradients, goes backward and steps; gives the loss before the update. */
async function trainStep(
  optimizer: optim.SGD,
  p: Parameters,
  inputs: { readonly x: Tensor; readonly target: Tensor },
): Promise<number> {
  let train = trainers.get(optimizer)
  if (train === undefined)
    trainers.set(
      optimizer,
      (train = modes[mode]((x: Tensor, target: Tensor) => {
        optimizer.zeroGrad()
        const loss = lossOf(p, { x, target })
        loss.backward()
        optimizer.step()
        return loss
      })),
    )
  return await train(inputs.x, inputs.target).item()
}
/** How steps run now, and the step of every optimizer. */
let mode: Mode = 'eager'
const trainers = new WeakMap<optim.SGD, (x: Tensor, target: Tensor) => Tensor>()

describe.each(Object.entries(backends).flatMap(([name, create]) => MODES.map((each) => [name, each, create] as const)))(
  '%s, %s',
  (_, each, create) => {
    beforeAll(async () => {
      mode = each
      setDefaultDevice(await create())
    })

    const grid = golden<GridCase>('sgd_grid')
    test.each(grid.cases)('$id', async ({ opt, losses, after, momentum_buffers_final: buffers }) => {
      const setting = grid.shared as Setting
      const p = parametersOf(setting.initial)
      const inputs = inputsOf(setting)
      const optimizer = new optim.SGD(Object.values(p), camelCased(opt))
      const found: number[] = []
      for (let step = 1; step <= losses.length; step++) {
        found.push(await trainStep(optimizer, p, inputs))
        await expectParameters(p, after[step] ?? {}, GRID, `after ${step}`)
      }
      expectClose(found, losses, GRID, 'losses')
      await expectState(optimizer, p, 'momentum_buffer', buffers, GRID)
    })

    interface GroupCase {
      readonly id: string
      readonly code: string
      readonly losses: readonly number[]
      readonly lrs: readonly (readonly number[])[]
      readonly final: Values
      readonly momentum_buffers_final: Readonly<Record<string, GoldenTensor | null>>
    }

    /** A dict of PyTorch's as a group: names in camelCase. */
    const groupOf = (group: unknown): unknown =>
      group instanceof Map ? camelCased(group as Map<unknown, unknown>) : group

    /** The statements of a case before the first step, and by the step (from 1) that they precede. */
    function statementsOf(code: string): { readonly step: number; readonly source: string }[] {
      return code
        .replace(/#.*/, '')
        .split(';')
        .flatMap((part) => {
          const timed = /^\s*before steps? ([\d, and]+)(?:\(1-based\))?\s*:(.*)$/.exec(part)
          if (timed === null) return [{ step: 0, source: part.trim() }]
          return timed[1]!.match(/\d+/g)!.map((step) => ({ step: Number(step), source: timed[2]!.trim() }))
        })
    }

    const groups = golden<GroupCase>('param_groups')
    test.each(groups.cases)('$id: $code', async ({ code, losses, lrs, final, momentum_buffers_final: buffers }) => {
      const setting = groups.shared as Setting
      const p = parametersOf(setting.initial)
      const inputs = inputsOf(setting)
      let optimizer: optim.SGD | null = null
      const layer = (index: number): object => ({
        weight: p[`${index}.weight`],
        bias: p[`${index}.bias`],
        parameters: () => [p[`${index}.weight`], p[`${index}.bias`]],
      })
      const world: World = {
        names: new Map<string, unknown>([
          ['m', { 0: layer(0), 2: layer(2), parameters: () => Object.values(p) }],
          [
            'SGD',
            ([params]: unknown[], kwargs: object) =>
              new optim.SGD(
                (params as unknown[]).map(groupOf) as Tensor[],
                camelCased(kwargs as Record<string, unknown>),
              ),
          ],
          [
            'add_param_group',
            ([group]: unknown[]) => optimizer!.addParamGroup(groupOf(group) as optim.GroupInput<optim.SGDOptions>),
          ],
        ]),
        attribute: (value, name) =>
          name === 'requires_grad_'
            ? ([wanted]: boolean[]) => (value as Tensor).requiresGrad_(wanted)
            : (value as Record<string, unknown>)[name],
      }
      const run = (source: string): void => {
        const scaled = /^param_groups\[(\d+)\]\['(\w+)'\] \*= (.*)$/.exec(source)
        if (scaled !== null) {
          const group = optimizer!.paramGroups[Number(scaled[1])] as Record<string, unknown>
          const key = camelCase(scaled[2]!)
          group[key] = (group[key] as number) * Number(scaled[3])
          return
        }
        const value = evaluate(source, world)
        if (value instanceof optim.SGD) optimizer = value
      }
      const statements = statementsOf(code)
      for (const { step, source } of statements) if (step === 0) run(source)
      const found: number[] = []
      const rates: number[][] = []
      for (let step = 1; step <= losses.length; step++) {
        for (const statement of statements) if (statement.step === step) run(statement.source)
        found.push(await trainStep(optimizer!, p, inputs))
        rates.push(lrsOf(optimizer!))
      }
      expectClose(found, losses, CLOSE, 'losses')
      expect(rates).toEqual(lrs)
      await expectParameters(p, final, CLOSE, 'at the end')
      await expectState(optimizer!, p, 'momentum_buffer', buffers, CLOSE)
    })
  },
)

interface StateDict {
  readonly state: Readonly<Record<string, Readonly<Record<string, GoldenTensor | null>>>>
  readonly param_groups: readonly (Readonly<Record<string, unknown>> & { readonly params: readonly number[] })[]
}
interface ResumeCase {
  readonly id: string
  readonly opt?: Options
  readonly losses_first: readonly number[]
  readonly model_state: Values
  readonly optimizer_state: StateDict
  readonly scheduler_state: Readonly<Record<string, unknown>>
  readonly losses_resumed: readonly number[]
  readonly lrs_final: readonly number[]
  readonly final: Values
  readonly without_optimizer_state: { readonly losses: readonly number[]; readonly final: Values }
}

/** A fixture's state dict with tensors in place of their fixtures. */
const tensorsIn = ({ state, param_groups: groups }: StateDict): optim.OptimizerStateDict => ({
  state: Object.fromEntries(
    Object.entries(state).map(([index, entry]) => [
      index,
      Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, value && load(value)])),
    ]),
  ),
  param_groups: groups,
})

/** `fused` is new in 2.x; without momentum 1.13 has buffers of null where 2.x has none. */
async function expectStateDict(got: optim.OptimizerStateDict, wanted: StateDict): Promise<void> {
  expect(got.param_groups).toEqual(wanted.param_groups.map((group) => ({ fused: null, ...group })))
  const state = got.state as Map<number, Record<string, Tensor>>
  const full = Object.entries(wanted.state).filter(([, entry]) => Object.values(entry).some((value) => value !== null))
  expect([...state.keys()]).toEqual(full.map(([index]) => Number(index)))
  for (const [index, entry] of full) {
    expect(Object.keys(state.get(Number(index))!)).toEqual(Object.keys(entry))
    for (const [name, value] of Object.entries(entry))
      expectClose(await state.get(Number(index))![name]!.data(), value!.data as number[], CLOSE, `${name} of ${index}`)
  }
}

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))
  const { cases, shared } = golden<ResumeCase>('resume')
  const setting = shared as Setting
  const find = (id: string): ResumeCase => cases.find((fixture) => fixture.id === id)!

  /** Runs as many steps as there are losses, each followed by `after`. */
  async function expectRun(
    optimizer: optim.SGD,
    p: Parameters,
    losses: readonly number[],
    what: string,
    after: () => void = () => {},
  ): Promise<void> {
    const inputs = inputsOf(setting)
    const found: number[] = []
    while (found.length < losses.length) {
      found.push(await trainStep(optimizer, p, inputs))
      after()
    }
    expectClose(found, losses, CLOSE, what)
  }

  test("resume: a checkpoint after 6 steps is PyTorch's, and training goes on from it as if uninterrupted", async () => {
    const {
      opt,
      losses_first: first,
      model_state: model,
      optimizer_state: state,
      losses_resumed: resumed,
      final,
    } = find('resume')
    const options = camelCased(opt!)
    const p = parametersOf(setting.initial)
    const optimizer = new optim.SGD(Object.values(p), options)
    await expectRun(optimizer, p, first, 'losses before')
    await expectParameters(p, model, CLOSE, 'in the checkpoint')
    await expectStateDict(optimizer.stateDict(), state)
    const q = parametersOf(model)
    const other = new optim.SGD(Object.values(q), { lr: 999 })
    other.loadStateDict(tensorsIn(state))
    await expectRun(other, q, resumed, 'losses after')
    await expectParameters(q, final, CLOSE, 'at the end')
  })

  test('resume: with the model alone the momentum is lost', async () => {
    const { opt, model_state: model, without_optimizer_state: alone } = find('resume')
    const p = parametersOf(model)
    await expectRun(new optim.SGD(Object.values(p), camelCased(opt!)), p, alone.losses, 'losses')
    await expectParameters(p, alone.final, CLOSE, 'at the end')
  })

  test('resume_groups_scheduler: groups and their scheduler resume in differently configured ones', async () => {
    const {
      losses_first: first,
      optimizer_state: state,
      scheduler_state: schedule,
      losses_resumed: resumed,
      lrs_final: lrs,
      final,
    } = find('resume_groups_scheduler')
    const make = (p: Parameters, lr: number, source: string): [optim.SGD, ReturnType<typeof schedulerFrom>] => {
      const groups = [
        { params: [p['0.weight']!, p['0.bias']!], lr: lr / 2 },
        { params: [p['2.weight']!, p['2.bias']!] },
      ]
      const optimizer = new optim.SGD(groups, { lr, momentum: lr === 0.05 ? 0.9 : 0 })
      return [optimizer, schedulerFrom(source, optimizer)]
    }
    const p = parametersOf(setting.initial)
    const [optimizer, scheduler] = make(p, 0.05, 'StepLR(4, 0.5)')
    await expectRun(optimizer, p, first, 'losses before', () => scheduler.step())
    await expectStateDict(optimizer.stateDict(), state)
    const { verbose: _verbose, ...wanted } = schedule
    expect(scheduler.stateDict()).toMatchObject(wanted)
    const [other, resumedScheduler] = make(p, 7, 'StepLR(99, 0.9)')
    other.loadStateDict(tensorsIn(state))
    resumedScheduler.loadStateDict(schedule)
    await expectRun(other, p, resumed, 'losses after', () => resumedScheduler.step())
    expectClose(lrsOf(other), lrs, { rtol: 1e-12, atol: 0 }, 'learning rates at the end')
    await expectParameters(p, final, CLOSE, 'at the end')
  })

  test('fresh_state_dict and state_dict_after_step_without_momentum: no state, all options', async () => {
    const fresh = new optim.SGD(Object.values(parametersOf(setting.initial)), { lr: 0.05, dampening: 0.01 })
    await expectStateDict(fresh.stateDict(), find('fresh_state_dict').optimizer_state)
    const p = parametersOf(setting.initial)
    const stepped = new optim.SGD(Object.values(p), { lr: 0.05 })
    await trainStep(stepped, p, inputsOf(setting))
    await expectStateDict(stepped.stateDict(), find('state_dict_after_step_without_momentum').optimizer_state)
    stepped.loadStateDict(tensorsIn(find('state_dict_after_step_without_momentum').optimizer_state))
    expect(stepped.state.size).toBe(0)
  })
})
