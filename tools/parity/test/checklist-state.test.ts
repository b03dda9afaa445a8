/** The acceptance checklist of docs/parity.md, rows 25 to 45: state dicts, hooks, copies, differentiable and compiled steps. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile, grad, manualSeed, ones, setDefaultDevice, tensor, type Tensor } from '@glissade/core'
import * as optim from '@glissade/core/optim'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backends } from './backends.ts'
import {
  fromJson,
  named,
  parameter,
  problem,
  stateOf,
  toJson,
  trainStep,
  values,
  withGrad,
} from './checklist-optimizers.ts'
import { expectClose } from './tensors.ts'

const { SGD } = optim
/** The tolerance of sgd_grid.json. */
const GRID = { rtol: 1e-5, atol: 2e-6 }

/** Rows that the language makes meaningless, or that nobody asks for. */
const left: Readonly<Record<string, string>> = {
  'row 45: complex parameters': 'there are no complex tensors',
}

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
  test.for(Object.entries(left))('%s', ([, reason], { skip }) => skip(reason))

  test.each(named)(
    'rows 25, 26: %s has equal state for equal parameters, and a copy goes on like the original',
    (_name, options) => {
      const { weight, bias, loss } = problem()
      const optimizer = new SGD([weight, bias], options)
      for (let step = 0; step < 5; step++) trainStep(optimizer, loss)
      const copy = optimizer.clone()
      expect(stateOf(copy)).toEqual(stateOf(optimizer))
      for (let step = 0; step < 10; step++) {
        trainStep(optimizer, loss)
        const [w, b] = copy.paramGroups[0]!.params as [Tensor, Tensor]
        w.grad = weight.grad!.detach()
        b.grad = bias.grad!.detach()
        copy.step()
        expect([values(w), values(b)]).toEqual([values(weight), values(bias)])
      }
      expect(stateOf(copy)).toEqual(stateOf(optimizer))
    },
  )
  test('row 27: a parameter that is listed twice has the index of its first place', () => {
    const [p, q] = [parameter(1), parameter(2)]
    expect(new SGD([p, q, p]).stateDict().param_groups[0]!).toMatchObject({ params: [0, 1, 0] })
    expect(new SGD([{ params: [p, p] }, { params: [q] }]).stateDict().param_groups).toMatchObject([
      { params: [0, 0] },
      { params: [2] },
    ])
  })
  test('rows 28, 29: neither loading nor training changes a state dict', () => {
    const { weight, bias, loss } = problem()
    const optimizer = new SGD([weight, bias], { lr: 0.01, momentum: 0.9 })
    trainStep(optimizer, loss)
    const saved = optimizer.stateDict()
    const text = toJson(saved)
    const other = new SGD([weight, bias])
    other.loadStateDict(saved)
    expect(toJson(saved)).toBe(text)
    for (const one of [optimizer, other]) trainStep(one, loss)
    expect(toJson(saved)).toBe(text)
  })
  test.each([...named, ['Adam', { lr: 0.1 }]] as const)(
    'row 30: the state of %s loads equal from a file',
    (name, options) => {
      const { weight, bias, loss } = problem()
      const make = (): optim.AnyOptimizer =>
        name === 'Adam' ? new optim.Adam([weight, bias], options) : new SGD([weight, bias], options)
      const optimizer = make()
      for (let step = 0; step < 3; step++) trainStep(optimizer, loss)
      const folder = mkdtempSync(join(tmpdir(), 'glissade-'))
      try {
        writeFileSync(join(folder, 'state.json'), toJson(optimizer.stateDict()))
        const loaded = make()
        loaded.loadStateDict(fromJson(readFileSync(join(folder, 'state.json'), 'utf8')))
        expect(stateOf(loaded)).toEqual(stateOf(optimizer))
      } finally {
        rmSync(folder, { recursive: true })
      }
    },
  )
  test('row 31: state dicts of older versions load and step', () => {
    const p = withGrad([1], [1])
    const optimizer = new SGD([p], { lr: 0.5, momentum: 0.5, maximize: true })
    optimizer.step()
    const { state, param_groups: groups } = optimizer.stateDict()
    const {
      maximize: _m,
      foreach: _f,
      differentiable: _d,
      fused: _u,
      nesterov: _n,
      ...old
    } = groups[0] as Record<string, unknown>
    optimizer.loadStateDict({ state, param_groups: [old] })
    expect(optimizer.paramGroups[0]!).toMatchObject({
      maximize: false,
      foreach: null,
      differentiable: false,
      fused: null,
      nesterov: false,
    })
    // 1.5 after one step up; v = 0.5 * -1 + 1 = 0.5, p = 1.5 - 0.5 * 0.5
    optimizer.step()
    expect(values(p)).toEqual([1.25])
  })
  test('row 32: loading casts state to the dtype of the parameter', () => {
    const optimizer = new SGD([parameter(1)], { momentum: 0.9 })
    optimizer.loadStateDict({
      state: { 0: { momentum_buffer: { shape: [1], data: Float64Array.of(0.1) } } },
      param_groups: optimizer.stateDict().param_groups,
    })
    const buffer = [...optimizer.state.values()][0]!.get('momentum_buffer')!
    expect(buffer.dtype).toBe('float32')
    expect(values(buffer)).toEqual([Math.fround(0.1)])
  })
  test('row 33: loading keeps the parameters and takes all options', () => {
    const p = parameter(1)
    const optimizer = new SGD([p], { lr: 1 })
    const [group] = optimizer.paramGroups
    optimizer.loadStateDict(new SGD([parameter(5)], { lr: 0.25, momentum: 0.5, weightDecay: 0.125 }).stateDict())
    expect(optimizer.paramGroups[0]).toBe(group)
    expect(group!).toMatchObject({ lr: 0.25, momentum: 0.5, weightDecay: 0.125 })
    expect(group!.params[0]).toBe(p)
  })
  test('row 34: another number of groups, or of parameters in one, is an error that changes nothing', () => {
    const optimizer = new SGD([parameter(1)], { lr: 1 })
    const three = [parameter(1), parameter(2), parameter(3)]
    expect(() => optimizer.loadStateDict(new SGD(three.map((p) => ({ params: [p] }))).stateDict())).toThrow(
      'loaded state dict has a different number of parameter groups',
    )
    expect(() => optimizer.loadStateDict(new SGD(three).stateDict())).toThrow(
      "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
    )
    expect(optimizer.paramGroups[0]!.lr).toBe(1)
  })
  test('row 35: state that belongs to no parameter is kept', () => {
    const optimizer = new SGD([parameter(1)])
    optimizer.loadStateDict({
      state: { extra: { note: 'kept', size: [1, 2] } },
      param_groups: optimizer.stateDict().param_groups,
    })
    expect((optimizer.stateDict().state as Map<unknown, unknown>).get('extra')).toEqual({ note: 'kept', size: [1, 2] })
  })
  test('row 36: with momentum a step makes state, with integers over all groups as keys', () => {
    const params = [withGrad([1], [1]), parameter(1), withGrad([1], [1])]
    const optimizer = new SGD(
      params.map((p) => ({ params: [p] })),
      { momentum: 0.9 },
    )
    optimizer.step()
    expect([...(optimizer.stateDict().state as Map<unknown, unknown>).keys()]).toEqual([0, 2])
  })

  test('rows 37, 38: hooks run around steps: global, own, step, own, global, until they are removed', () => {
    const optimizer = new SGD([parameter(1)])
    const calls: string[] = []
    const note =
      (name: string) =>
      (one: unknown, args: readonly unknown[]): void => {
        expect(one).toBe(optimizer)
        calls.push(`${name}(${args.length})`)
      }
    const handles = [
      optim.registerOptimizerStepPreHook(note('global before')),
      optim.registerOptimizerStepPostHook(note('global after')),
      optimizer.registerStepPreHook(note('before')),
      optimizer.registerStepPostHook(note('after')),
    ]
    optimizer.step(() => calls.push('closure'))
    expect(calls).toEqual(['global before(1)', 'before(1)', 'closure', 'after(1)', 'global after(1)'])
    for (const handle of handles) handle.remove()
    optimizer.step()
    expect(calls).toHaveLength(5)
  })
  test('row 37: a pre-hook may replace the arguments, and nothing else', () => {
    const optimizer = new SGD([parameter(1)])
    optimizer.registerStepPreHook(() => [() => 'replaced'])
    expect(optimizer.step()).toBe('replaced')
    optimizer.registerStepPreHook(() => 5 as unknown as [])
    expect(() => optimizer.step()).toThrow(/a pre-hook must return nothing or an array of new arguments/)
  })
  test('row 39: hooks see the state dict, and the last may replace it', () => {
    const optimizer = new SGD([parameter(1)])
    const calls: string[] = []
    optimizer.registerStateDictPreHook(() => void calls.push('before'))
    optimizer.registerStateDictPostHook((_one, state) => ({ ...state, note: 1 }))
    optimizer.registerStateDictPostHook((_one, state) => void calls.push(Object.keys(state).join()), { prepend: true })
    expect(optimizer.stateDict()).toHaveProperty('note', 1)
    expect(calls).toEqual(['before', 'state,param_groups'])
  })
  test('row 40: hooks may replace what is loaded, in order, and run after loading', () => {
    const optimizer = new SGD([parameter(1)], { lr: 1 })
    const scaled =
      (factor: number) =>
      (_one: unknown, { state, param_groups: [group] }: optim.OptimizerStateDict): optim.OptimizerStateDict => ({
        state,
        param_groups: [{ ...(group as Record<string, unknown>), lr: ((group as { lr: number }).lr + 1) * factor }],
      })
    optimizer.registerLoadStateDictPreHook(scaled(2))
    optimizer.registerLoadStateDictPreHook(scaled(10), { prepend: true })
    const seen: number[] = []
    optimizer.registerLoadStateDictPostHook((one) => seen.push(one.paramGroups[0]!.lr))
    optimizer.loadStateDict(optimizer.stateDict())
    // ((1 + 1) * 10 + 1) * 2
    expect(seen).toEqual([42])
  })
  test('row 41: a deep copy has all public attributes and nothing in common', () => {
    const p = withGrad([1], [1])
    const optimizer = Object.assign(new SGD([p], { lr: 0.5, momentum: 0.9 }), { note: 'mine' })
    optimizer.step()
    const copy = optimizer.clone()
    expect(copy).toBeInstanceOf(SGD)
    expect(Object.keys(copy).toSorted()).toEqual(Object.keys(optimizer).toSorted())
    expect(copy.note).toBe('mine')
    copy.step()
    copy.paramGroups[0]!.lr = 7
    expect([values(p), optimizer.paramGroups[0]!.lr]).toEqual([[0.5], 0.5])
  })
  test('row 42: zeroGrad makes null, or with setToNone: false zeros without history', () => {
    const p = withGrad([1, 2], [3, 4])
    const optimizer = new SGD([p])
    optimizer.zeroGrad({ setToNone: false })
    expect(values(p.grad!)).toEqual([0, 0])
    expect(p.grad!.requiresGrad).toBe(false)
    optimizer.zeroGrad()
    expect(p.grad).toBeNull()
  })
  test('row 43: gradients flow through a differentiable step', () => {
    // q = p - lr (g + decay p): dq/dp = 1 - lr decay, dq/dg = -lr, dq/dlr = -(g + decay p)
    const [p, g, lr] = [parameter(2), parameter(3), tensor(0.5, { requiresGrad: true })]
    const q = p.clone()
    q.grad = g.clone()
    new SGD([q], { lr, momentum: 0.9, weightDecay: 0.25, differentiable: true }).step()
    const found = grad(q.sum(), [p, g, lr])
    expect(found.map(values)).toEqual([[0.875], [-0.5], [-3.5]])
  })
  test.each(named)(
    'row 44: a compiled step of %s agrees with the plain one for 7 steps, state included',
    (_name, options) => {
      const { weight, bias } = problem()
      const plain = new SGD([weight, bias], options)
      const copy = plain.clone()
      const [w, b] = copy.paramGroups[0]!.params as [Tensor, Tensor]
      const x = ones([5])
      const own = (): Tensor => weight.matmul(x).add(bias).pow(2).sum()
      const step = compile(() => trainStep(copy, () => w.matmul(x).add(b).pow(2).sum()))
      for (let k = 0; k < 7; k++) {
        expectClose([step().itemSync()], [trainStep(plain, own).itemSync()], GRID, 'loss')
        expectClose(values(w), values(weight), GRID, 'weight')
      }
      const [state, wanted] = [copy, plain].map((one) =>
        [...one.state.values()].flatMap((tensors) => values(tensors.get('momentum_buffer')!)),
      )
      expectClose(state!, wanted!, GRID, 'momentum')
    },
  )
})
