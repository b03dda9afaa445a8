/** Compiled steps against the eager loop, on a queued backend whose memory core releases. */
import { beforeEach, describe, expect, test } from 'vitest'
import {
  compile,
  firstDifference,
  firstNotFinite,
  manualSeed,
  memory,
  randn,
  runNodeByNode,
  scope,
  setDefaultDevice,
  tensor,
  type Tensor,
} from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import type { SGDOptions } from '../../src/optim/index.ts'
import { queuedBackend, type QueuedBackend } from '../queued-backend.ts'

let backend: QueuedBackend
beforeEach(async () => {
  backend = await queuedBackend()
  setDefaultDevice(backend)
})

interface Setup {
  readonly model: nn.Sequential
  readonly optimizer: optim.SGD
  readonly step: (x: Tensor, y: Tensor) => Tensor
}
function setup(options: Partial<SGDOptions>): Setup {
  manualSeed(7)
  const model = new nn.Sequential(new nn.Linear(4, 3), new nn.ReLU(), new nn.Linear(3, 1))
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, ...options })
  const criterion = new nn.MSELoss()
  const step = (x: Tensor, y: Tensor): Tensor => {
    optimizer.zeroGrad()
    const loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    return loss
  }
  return { model, optimizer, step }
}

const batches = (): [Tensor, Tensor][] =>
  Array.from({ length: 6 }, (_, i) => [randn([i === 5 ? 2 : 5, 4]), randn([i === 5 ? 2 : 5, 1])])

async function losses({ optimizer }: Setup, step: (x: Tensor, y: Tensor) => Tensor, decay: number): Promise<number[]> {
  const found: number[] = []
  for (const [x, y] of batches()) {
    found.push(await step(x, y).item())
    optimizer.paramGroups[0]!.lr *= decay
  }
  return found
}

describe('a compiled step gives the numbers of the eager loop', () => {
  const cases: [string, Partial<SGDOptions>, number][] = [
    ['plain', {}, 1],
    ['momentum', { momentum: 0.9 }, 1],
    ['a schedule', { momentum: 0.9 }, 0.5],
    ['weight decay, nesterov', { momentum: 0.9, weightDecay: 0.01, nesterov: true }, 0.9],
    ['dampening, maximize', { momentum: 0.5, dampening: 0.3, maximize: true, lr: 0.001 }, 1],
  ]
  test.each(cases)('%s', async (_, options, decay) => {
    const eager = setup(options)
    const wanted = await losses(eager, eager.step, decay)
    const compiled = setup(options)
    const step = compile(compiled.step)
    expect(await losses(compiled, step, decay)).toEqual(wanted)
    for (const [name, value] of eager.model.stateDict())
      expect(await compiled.model.stateDict().get(name)!.data()).toEqual(await value.data())
    // One program per batch size, and one for the first step, which is not dampened.
    expect(step.programs.length).toBe(options.dampening === undefined ? 2 : 3)
  })
})

test('memory stays flat over compiled steps without any scope', async () => {
  const { step } = setup({ momentum: 0.9 })
  const compiled = compile(step)
  const [x, y] = batches()[0]!
  const live: number[] = []
  for (let i = 0; i < 20; i++) {
    scope(() => void compiled(x, y))
    live.push(memory().tensors)
  }
  expect(live.at(-1)).toBe(live[3])
})

test('a number operand is live, and arithmetic on it is refused', async () => {
  const scaled = compile((x: Tensor, k: number) => x.mul(k))
  const x = tensor([1, 2])
  for (const k of [1, 0.5, -3]) expect([...(await scaled(x, k).data())]).toEqual([k, 2 * k])
  expect(scaled.programs.length).toBe(1)
  expect(() => compile((y: Tensor, k: number) => y.mul(k * 2))(x, 1)).toThrow('a number operand is live')
})

test('a number frozen into the program is found and named', () => {
  let k = 0
  const step = compile((x: Tensor) => x.mul(++k), { name: 'step' })
  const x = tensor([1, 2])
  step(x)
  expect(() => step(x)).toThrow(/step: two recordings of the function differ.*\n.*constant.*1[^]*constant.*2/)
})

test('random numbers are drawn anew at every run, in the order of the eager program', async () => {
  const noisy = (x: Tensor): Tensor => x.add(randn([3])).mul(randn([3]))
  const x = tensor([1, 2, 3])
  manualSeed(3)
  const wanted = [noisy(x), noisy(x), noisy(x)]
  const compiled = compile(noisy, { check: false })
  manualSeed(3)
  for (const y of wanted) expect(await compiled(x).data()).toEqual(await y.data())
})

test('reading a value while recording, and using a recorded value outside, is refused', async () => {
  const x = tensor([1, 2])
  expect(() => compile((y: Tensor) => y.sum().itemSync())(x)).toThrow(
    'cannot be read while its function is being recorded',
  )
  let leaked: Tensor | undefined
  compile((y: Tensor) => {
    leaked = y.mul(2)
    return leaked
  })(x)
  expect(() => leaked!.add(1)).toThrow('was used outside of it')
})

test('what the function assigns is written back, and a view of it sees it', async () => {
  const total = tensor([1, 2])
  const view = total.reshape([2, 1])
  const step = compile((x: Tensor) => {
    total.assign(total.add(x))
    return total.sum()
  })
  expect(await step(tensor([10, 10])).item()).toBe(23)
  expect(await step(tensor([1, 1])).item()).toBe(25)
  expect([...(await total.data())]).toEqual([12, 13])
  expect([...(await view.data())]).toEqual([12, 13])
})

test('gradients that nothing used up are kept; those of an optimizer only where asked for', async () => {
  const accumulate = setup({})
  const backward = compile((x: Tensor) => {
    const loss = accumulate.model(x).sum()
    loss.backward()
    return loss
  })
  const x = randn([5, 4])
  backward(x)
  const first = [...(await accumulate.model.parameters()[0]!.grad!.data())]
  backward(x)
  expect([...(await accumulate.model.parameters()[0]!.grad!.data())]).toEqual(first.map((g) => g * 2))
  for (const gradients of [false, true]) {
    const { model, step } = setup({})
    compile(step, { gradients })(x, randn([5, 1]))
    if (gradients) expect(model.parameters()[0]!.grad).not.toBeNull()
    else expect(() => model.parameters()[0]!.grad).toThrow('keep it with compile(fn, { gradients: true })')
  }
})

test('a module that gets another part makes another program, and goes back to the first with it', async () => {
  const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU())
  const run = compile((x: Tensor) => model(x))
  const x = tensor([[-1, 2]])
  const expectEager = async (): Promise<void> =>
    expect([...(await run(x).data())]).toEqual([...(await model(x).data())])
  for (let i = 0; i < 3; i++) await expectEager()
  model.append(new nn.Sigmoid())
  for (let i = 0; i < 3; i++) await expectEager()
  const hook = model.get(0).registerForwardHook((_module, _args, y) => y.mul(2))
  await expectEager()
  expect(run.programs).toHaveLength(3)
  hook.remove()
  await expectEager()
  ;(model.get(0) as nn.Linear).weight.requiresGrad = false
  await expectEager()
  ;(model.get(0) as nn.Linear).weight.requiresGrad = true
  await expectEager()
  expect(run.programs).toHaveLength(4)
})

test('explain says what a step would run, and changes nothing', async () => {
  const { model, optimizer, step } = setup({ momentum: 0.9 })
  const before = await model.parameters()[0]!.data()
  const compiled = compile(step)
  const [x, y] = batches()[0]!
  const explanation = compiled.explain(x, y)
  expect(explanation.composites).toEqual([{ name: 'sgd', count: 4, by: 'body' }])
  // Products: forward 5x4 by 4x3 and 5x3 by 3x1; backward two of the first... one for each weight, one for the hidden layer.
  const products = explanation.kernels.filter(({ op }) => op === 'dot').map(({ flops, origin }) => [origin, flops])
  expect(products).toEqual([
    ['0', 120],
    ['2', 30],
    ['2', 30],
    ['2', 30],
    ['0', 120],
  ])
  expect(String(explanation)).toContain('setup' in explanation ? '' : ' on queued: ')
  expect([...(await model.parameters()[0]!.data())]).toEqual([...before])
  expect(optimizer.state.size).toBe(0)
  expect(compiled.programs.length).toBe(0)
})

test('a recording that fails leaves everything as it was', async () => {
  const { model, optimizer, step } = setup({ momentum: 0.9 })
  const before = await model.parameters()[0]!.data()
  const failing = compile((x: Tensor, y: Tensor) => {
    step(x, y)
    throw new Error('mine')
  })
  const [x, y] = batches()[0]!
  expect(() => failing(x, y)).toThrow('mine')
  expect(optimizer.state.size).toBe(0)
  expect(model.parameters()[0]!.grad).toBeNull()
  expect([...(await model.parameters()[0]!.data())]).toEqual([...before])
  expect(await compile(step)(x, y).item()).toBeGreaterThan(0)
})

describe.each<[string, (parameters: Tensor[]) => optim.Optimizer<never>]>([
  ['SGD', (parameters) => new optim.SGD(parameters, { momentum: 0.9 }) as never],
  ['SGD with dampening', (parameters) => new optim.SGD(parameters, { momentum: 0.9, dampening: 0.5 }) as never],
  ['Adam', (parameters) => new optim.Adam(parameters) as never],
])('state that %s makes while its first step is recorded', (_, make) => {
  const made = (): { optimizer: optim.Optimizer<never>; step: () => void } => {
    const model = new nn.Linear(4, 3)
    const optimizer = make(model.parameters())
    const x = randn([5, 4])
    return {
      optimizer,
      step: () => {
        optimizer.zeroGrad()
        model(x).sum().backward()
        optimizer.step()
      },
    }
  }
  test('is gone again after explain, and after a recording that fails', () => {
    const { optimizer, step } = made()
    const { live } = memory()
    compile(step).explain()
    expect([optimizer.state.size, memory().live]).toEqual([0, live])
    const failing = compile(() => {
      step()
      throw new Error('mine')
    })
    expect(failing).toThrow('mine')
    expect([optimizer.state.size, memory().live]).toEqual([0, live])
    compile(step)()
    expect(optimizer.state.size).toBe(2)
  })
  test('lives as long as its parameter', async () => {
    const before = backend.storages.size
    await scope(async () => {
      const { optimizer, step } = made()
      scope(compile(step))
      const [weight] = optimizer.state.values()
      for (const state of weight!.values()) expect(await state.data()).toHaveLength(12)
      await backend.settle()
    })
    await backend.settle()
    expect(backend.storages.size).toBe(before)
  })
})

test('a program can be run node by node, to find the first value that is not finite or that differs', async () => {
  const risky = compile((x: Tensor) => x.sub(1).log().mul(2))
  const x = tensor([3, 2])
  risky(x)
  const [program] = risky.programs
  const before = backend.storages.size
  const seen: string[] = []
  await runNodeByNode(program!, backend, [Float32Array.of(3, 2)], [], (node) => void seen.push(node.op))
  expect(seen.filter((op) => op !== 'constant' && op !== 'expand')).toEqual(['sub', 'log', 'mul'])
  const found = await firstNotFinite(program!, backend, [Float32Array.of(3, 1)])
  expect([found!.node.op, found!.element, found!.values]).toEqual(['log', 1, [-Infinity]])
  expect(await firstDifference(program!, [backend, await queuedBackend()], [Float32Array.of(3, 2)])).toBeNull()
  expect(backend.storages.size).toBe(before)
})
