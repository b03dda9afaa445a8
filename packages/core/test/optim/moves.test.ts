/** A model that is moved or cast takes along what was made for it: the state of optimizers, rates that are tensors, averages. */
import { cpu } from '../../../cpu/src/index.ts'
import { wasm } from '../../../wasm/src/index.ts'
import { describe, expect, test } from 'vitest'
import { compile, manualSeed, noGrad, scope, setDefaultDevice, tensor, type Tensor } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'

const places = { cpu: cpu(), wasm: await wasm() }
setDefaultDevice(places.cpu)

type Move = 'cpu' | 'wasm' | 'float32' | 'float64'
const make: Readonly<Record<string, (params: nn.Parameter[]) => optim.AnyOptimizer>> = {
  'SGD with momentum': (params) => new optim.SGD(params, { lr: 0.1, momentum: 0.9 }),
  'SGD with dampening, before its first step': (params) =>
    new optim.SGD(params, { lr: 0.1, momentum: 0.9, dampening: 0.1 }),
  Adam: (params) => new optim.Adam(params, { lr: 0.01, amsgrad: true }),
  AdamW: (params) => new optim.AdamW(params, { lr: 0.01 }),
  RMSprop: (params) => new optim.RMSprop(params, { lr: 0.01, momentum: 0.5, centered: true }),
  Adagrad: (params) => new optim.Adagrad(params, { lr: 0.1 }),
  'a rate that is a tensor': (params) => new optim.SGD(params, { lr: tensor(0.1) as never, momentum: 0.9 }),
}
const rows = [
  [[0.5, -1, 2], [1]],
  [[1.5, 0.25, -2], [-1]],
] as const

/** Trains two layers with a move after every second step; gives the weights. */
async function train(
  makeOptimizer: (params: nn.Parameter[]) => optim.AnyOptimizer,
  moves: readonly Move[],
  how: 'eager' | 'compiled' | 'in scopes',
): Promise<number[]> {
  setDefaultDevice(places.cpu)
  manualSeed(0)
  const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 1))
  const optimizer = makeOptimizer(model.parameters())
  const raw = (x: Tensor, y: Tensor): Tensor => {
    optimizer.zeroGrad()
    const loss = nn.functional.mseLoss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss
  }
  const step = how === 'compiled' ? compile(raw) : raw
  const run = (): void => {
    const [first] = model.parameters()
    const { dtype, device } = first!
    const [x, y] = [0, 1].map((part) =>
      tensor(
        rows.map((row) => [...row[part]!]),
        { dtype, device },
      ),
    )
    if (how === 'in scopes') scope(() => void step(x!, y!))
    else step(x!, y!)
  }
  for (const move of moves) {
    run()
    run()
    const target = move in places ? places[move as 'cpu' | 'wasm'] : (move as 'float32' | 'float64')
    if (how === 'in scopes') scope(() => void model.to(target))
    else model.to(target)
  }
  run()
  run()
  const values = await Promise.all(model.parameters().map(async (parameter) => [...(await parameter.data())]))
  return values.flat()
}

const journeys: readonly (readonly Move[])[] = [
  ['wasm'],
  ['wasm', 'cpu', 'wasm', 'cpu'],
  ['float64', 'float32', 'wasm'],
  ['wasm', 'cpu', 'float64'],
]

describe.each(Object.keys(make))('%s', (name) => {
  test.each(['eager', 'compiled', 'in scopes'] as const)('goes on after every move of the model, %s', async (how) => {
    for (const moves of journeys) {
      // The same number of steps at home: casts to the dtype that is there already do nothing.
      const want = await train(
        make[name]!,
        moves.map((): Move => 'float32'),
        how,
      )
      const got = await train(make[name]!, moves, how)
      const worst = Math.max(...got.map((value, i) => Math.abs(value - want[i]!)))
      expect({ moves, isClose: worst < 2e-5 }).toEqual({ moves, isClose: true })
    }
  })
})

test('a compiled step finds its former programs when the model comes back', async () => {
  const model = new nn.Linear(3, 1)
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
  const step = compile((x: Tensor) => {
    optimizer.zeroGrad()
    const loss = model(x).pow(2).mean()
    loss.backward()
    optimizer.step()
    return loss
  })
  for (const device of [places.cpu, places.wasm, places.cpu, places.wasm, places.cpu]) {
    model.to(device)
    for (let i = 0; i < 3; i++) step(tensor([[1, 2, 3]], { device }))
  }
  expect(step.programs).toHaveLength(2)
})

test('state is where its parameter is as soon as it is asked for, and in the state dict', () => {
  const model = new nn.Linear(1, 1, { bias: false })
  const lr = tensor(0.1)
  const optimizer = new optim.SGD(model.parameters(), { lr: lr as never, momentum: 0.9 })
  model(tensor([[1]]))
    .sum()
    .backward()
  optimizer.step()
  const buffer = optimizer.state.get(model.weight)!.get('momentum_buffer')!
  model.to(places.wasm)
  expect(optimizer.state.get(model.weight)!.get('momentum_buffer')).toBe(buffer)
  expect([buffer.device, lr.device, buffer.dataSync()]).toEqual([places.wasm, places.wasm, Float32Array.of(1)])
  model.to(places.cpu).to('float64')
  const state = optimizer.stateDict().state as Map<number, { momentum_buffer: Tensor }>
  expect([state.get(0)!.momentum_buffer.device, state.get(0)!.momentum_buffer.dtype]).toEqual([places.cpu, 'float64'])
})

test('a gradient that was accumulated goes along', () => {
  const model = new nn.Linear(1, 1, { bias: false })
  model(tensor([[3]]))
    .sum()
    .backward()
  model.to(places.wasm)
  expect([model.weight.grad!.device, model.weight.grad!.dataSync()]).toEqual([places.wasm, Float32Array.of(3)])
})

test('of a model that cannot go as a whole nothing goes', () => {
  const model = new nn.Sequential(new nn.Linear(1, 1), new nn.Linear(1, 1, { dtype: 'float64' }))
  expect(() => model.to(places.wasm)).toThrow('float64')
  expect(model.parameters().map(({ device }) => device)).toEqual(Array(4).fill(places.cpu))
})

const homes = [
  ['cpu', 'float32'],
  ['cpu', 'float64'],
  ['wasm', 'float32'],
] as const

describe.each(homes)('state dicts of a model and its optimizer on %s in %s', (device, dtype) => {
  test.each(homes)('load on %s in %s', async (other, otherDtype) => {
    const trained = (): { model: nn.Sequential; optimizer: optim.Adam; step: () => void } => {
      const model = new nn.Sequential(new nn.BatchNorm1d(2), new nn.Linear(2, 3))
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
      const step = (): void => {
        const { dtype: type, device: place } = model.parameters()[0]!
        const x = tensor(
          [
            [1, 2],
            [3, -1],
            [0.5, 2],
          ],
          { dtype: type, device: place },
        )
        optimizer.zeroGrad()
        model(x).pow(3).mean().backward()
        optimizer.step()
      }
      return { model, optimizer, step }
    }
    manualSeed(1)
    const from = trained()
    from.model.to(places[device]).to(dtype)
    from.step()
    const to = trained()
    to.model.to(places[other]).to(otherDtype)
    to.step()
    to.step()
    to.model.loadStateDict(from.model.stateDict())
    to.optimizer.loadStateDict(from.optimizer.stateDict())
    from.step()
    to.step()
    for (const [key, value] of from.model.stateDict()) {
      const mine = to.model.stateDict().get(key)!
      expect([mine.device, mine.dtype]).toEqual([places[other], key === '0.num_batches_tracked' ? 'int32' : otherDtype])
      const [got, want] = [await mine.data(), await value.data()]
      got.forEach((element, i) => expect(element).toBeCloseTo(want[i]!, 5))
    }
  })
})

test('averages take in a model on another device, and run on it', async () => {
  const model = new nn.Linear(1, 1, { bias: false })
  noGrad(() => model.weight.fill_(2))
  const averages = new optim.AveragedModel(model)
  averages.updateParameters()
  model.to(places.wasm)
  noGrad(() => model.weight.fill_(4))
  averages.updateParameters()
  expect(averages.parameters()[0]!.dataSync()).toEqual(Float32Array.of(3))
  const y = averages(tensor([[1]], { device: places.wasm }))
  expect([await y.item(), await model.weight.item(), y.device]).toEqual([3, 4, places.wasm])
})

describe('a state dict in host memory', () => {
  const host = (data: Float32Array | Float64Array | Int32Array, ...shape: number[]): nn.HostElements => ({
    data,
    shape,
  })

  test.each([places.cpu, places.wasm])('goes into a model, cast to what that has', async (device) => {
    const norm = new nn.BatchNorm1d(2, { device })
    norm.loadStateDict({
      weight: host(Float64Array.of(1.1, 2), 2),
      bias: host(Int32Array.of(3, 4), 2),
      running_mean: host(Float32Array.of(5, 6), 2),
      running_var: host(Float32Array.of(7, 8), 2),
      num_batches_tracked: host(Int32Array.of(9)),
    })
    expect(await norm.weight!.data()).toEqual(Float32Array.of(1.1, 2))
    expect(await norm.bias!.data()).toEqual(Float32Array.of(3, 4))
    expect(await norm.running_var!.data()).toEqual(Float32Array.of(7, 8))
    expect(await norm.stateDict().get('num_batches_tracked')!.item()).toBe(9)
  })

  test('with too few elements changes nothing', async () => {
    const model = new nn.Linear(2, 1)
    noGrad(() => model.weight.fill_(7))
    const state = { weight: host(Float32Array.of(1), 1, 2), bias: host(Float32Array.of(1), 1) }
    expect(() => model.loadStateDict(state)).toThrow('loadStateDict: the shape needs 2 elements')
    expect(await model.weight.data()).toEqual(Float32Array.of(7, 7))
  })
})
