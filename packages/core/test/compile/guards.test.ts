/** What JavaScript can see of the surroundings is guarded at every call: a change takes effect in the next one. */
import { beforeEach, describe, expect, test } from 'vitest'
import {
  compile,
  manualSeed,
  noGrad,
  ones,
  randn,
  scope,
  setDefaultDevice,
  tensor,
  type CompileEvent,
  type Tensor,
} from '../../src/index.ts'
import type { Slice } from '../../src/backend/index.ts'
import * as F from '../../src/functional/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { queuedBackend } from '../queued-backend.ts'
import { compareWorlds, times } from './laws.ts'

beforeEach(async () => setDefaultDevice(await queuedBackend({ readsAtOnce: true })))

class Net extends nn.Module {
  a = new nn.Linear(3, 3)
  b = new nn.Linear(3, 3)
  head: nn.Module = this.a
  drop = new nn.Dropout({ p: 0 })
  on = true
  scale = 2
  mode = 'plain'
  extra: Tensor | null = null
  list: unknown[] = [1, [2, { factor: 3 }]]
  layers: nn.Module[] = [new nn.Linear(3, 3)]
  options: Record<string, unknown> = { shift: 1, inner: { weight: 2 }, head: this.b }
  activation: (x: Tensor) => Tensor = F.relu
  forward(x: Tensor): Tensor {
    if (!this.on) return x
    let y = this.head(this.drop(x)).mul(this.scale)
    if (this.mode === 'negative') y = y.neg()
    if (this.extra !== null) y = y.add(this.extra)
    const [first, [second, { factor }]] = this.list as [number, [number, { factor: number }]]
    y = y.mul(first + second * factor)
    for (const layer of this.layers) y = layer(y)
    const { shift, inner } = this.options as { shift: number; inner: { weight: number } }
    y = y.add(shift * inner.weight)
    if ('late' in this) y = y.mul((this as unknown as { late: number }).late)
    if ('late' in this.options) y = y.mul(this.options['late'] as number)
    return this.activation(y)
  }
}

describe('a change of a module that ran takes effect in the next call', () => {
  const changes: [string, (net: Net) => void][] = [
    ['a flag', (net) => void (net.on = false)],
    ['a number', (net) => void (net.scale = 7)],
    ['a number that becomes -0', (net) => void (net.scale = -0)],
    ['a text', (net) => void (net.mode = 'negative')],
    ['null becomes a tensor', (net) => void (net.extra = ones([3]))],
    ['a child becomes one that the module has already', (net) => void (net.head = net.b)],
    [
      'a child becomes a new one',
      (net) => {
        manualSeed(9)
        net.head = new nn.Linear(3, 3)
      },
    ],
    ['a function', (net) => void (net.activation = F.tanh)],
    ['an element of a list', (net) => void (net.list[0] = 5)],
    ['an element of a list in a list', (net) => void ((net.list[1] as unknown[])[0] = 5)],
    ['a field of an object in a list', (net) => void ((net.list as [0, [0, { factor: number }]])[1][1].factor = 5)],
    ['a field of an object', (net) => void (net.options['shift'] = 5)],
    ['a field of an object in an object', (net) => void ((net.options['inner'] as { weight: number }).weight = 5)],
    ['a new field of an object', (net) => void (net.options['late'] = 5)],
    ['a new field', (net) => void Object.assign(net, { late: 3 })],
    ['another list', (net) => void (net.list = [2, [2, { factor: 3 }]])],
    ['a module in a list', (net) => void (net.layers[0] = new nn.Tanh())],
    ['one more module in a list', (net) => void net.layers.push(new nn.Tanh())],
    ['one module less in a list', (net) => void net.layers.pop()],
    ['an option of a child', (net) => void ((net.drop as { p: number }).p = 1)],
    ['a child of a child', (net) => void Object.assign(net.a, { weight: net.a.weight, bias: null })],
    ['eval()', (net) => void net.eval()],
    ['a forward of its own', (net) => void (net.forward = (x) => x.mul(10))],
    ['a hook', (net) => void net.registerForwardHook((_module, _args, y) => y.mul(10))],
    ['a hook of a child, before it', (net) => void net.a.registerForwardPreHook((_module, [x]) => [x.mul(10)])],
  ]
  const make = () => {
    manualSeed(1)
    const net = new Net()
    return { net, step: (x: Tensor) => net(x) }
  }
  // The change comes at different calls, so that no look now and then finds it by chance.
  test.each(changes)('%s', (_, change) => {
    for (const before of [1, 2, 5, 21]) {
      const call = (): [Tensor] => [tensor([[1, -2, 3]])]
      const changed = ({ net }: { net: Net }): [Tensor] => {
        change(net)
        return call()
      }
      const programs: string[] = []
      const refused = compareWorlds(make, [...times(before, call), changed, ...times(3, call)], {
        onCompile: ({ why }: CompileEvent) => programs.push(why),
      })
      expect(refused).toBeNull()
      expect(programs[0]).toBe('the first call')
    }
  })
  test('the former program comes back with the former values', () => {
    const { net } = make()
    const run = compile((x: Tensor) => net(x))
    const x = ones([1, 3])
    for (const scale of [2, 3, 2, 3, 2]) {
      net.scale = scale
      run(x)
    }
    expect(run.programs).toHaveLength(2)
  })
  test('a hook that is removed is gone, and the program of before is back', () => {
    const { net } = make()
    const run = compile((x: Tensor) => net(x))
    run(ones([1, 3]))
    const hook = net.registerForwardHook((_module, _args, y) => y.mul(10))
    run(ones([1, 3]))
    hook.remove()
    run(ones([1, 3]))
    expect(run.programs).toHaveLength(2)
  })
  test('what changed is said in words', () => {
    const { net } = make()
    const reasons: string[] = []
    const run = compile((x: Tensor) => net(x), { onCompile: ({ why }) => reasons.push(why) })
    const steps: ((one: Net) => void)[] = [
      () => {},
      (one) => (one.scale = 0.5),
      (one) => (one.mode = 'negative'),
      (one) => (one.head = new nn.Tanh()),
      (one) => (one.head = new nn.Tanh()),
      (one) => ((one.options['inner'] as { weight: number }).weight = 5),
      (one) => void one.layers.push(new nn.Tanh()),
      (one) => void Object.assign(one, { late: 3 }),
      (one) => void one.eval(),
    ]
    for (const change of steps) {
      change(net)
      run(ones([1, 3]))
    }
    expect(reasons).toEqual([
      'the first call',
      'field scale of Net changed from 2 to 0.5',
      'field mode of Net changed from "plain" to "negative"',
      'field head of Net changed from a Linear to a Tanh',
      'field head of Net changed to another Tanh',
      'field options.inner.weight of Net changed from 2 to 5',
      'field layers.length of Net changed from 1 to 2',
      'Net has a field late now',
      'the mode of Dropout changed',
    ])
  })
})

test('explain says why a call would make a program', () => {
  const net = new Net()
  const run = compile((x: Tensor) => net(x))
  const x = ones([1, 3])
  const reasons: (string | null)[] = [run.explain(x).why]
  run(x)
  reasons.push(run.explain(x).why)
  net.scale = 0.5
  reasons.push(run.explain(x).why)
  expect(reasons).toEqual(['the first call', null, 'field scale of Net changed from 2 to 0.5'])
  expect(run.explain(x).toString()).toContain('to be made, field scale of Net changed from 2 to 0.5')
  expect(run.programs).toHaveLength(1)
})

test('modules that are called outside of a module count, too', () => {
  const make = () => {
    manualSeed(2)
    const [encoder, heads] = [new nn.Linear(2, 2), [new nn.Linear(2, 1), new nn.Linear(2, 1)]]
    const drop = new nn.Dropout({ p: 0 })
    return { drop, heads, step: (x: Tensor) => heads.map((head) => head(drop(encoder(x)))) }
  }
  const x = (): [Tensor] => [tensor([[1, 2]])]
  const changed = ({ drop }: { drop: nn.Dropout }): [Tensor] => {
    ;(drop as { p: number }).p = 1
    return x()
  }
  expect(compareWorlds(make, [...times(20, x), changed, x])).toBeNull()
})

test('a parameter of a module that only gives its parameters counts', () => {
  const make = () => {
    manualSeed(3)
    const model = new nn.Linear(2, 2)
    return { model, step: () => model.parameters().map((p) => p.square().sum()) }
  }
  const calls = times(5, (): [] => [])
  const change = ({ model }: { model: nn.Linear }): [] => {
    ;(model as { bias: unknown }).bias = null
    return []
  }
  expect(compareWorlds(make, [...calls, change, ...calls])).toBeNull()
})

test.each([1, 3, 50])('a parameter replaced by another one after %i calls is refused, naming it', (before) => {
  const model = new nn.Sequential(new nn.Linear(2, 2))
  const spare = new nn.Parameter(ones([2, 2]))
  const run = compile((x: Tensor) => model(x), { name: 'run' })
  for (let i = 0; i < before; i++) run(ones([1, 2]))
  ;(model.get(0) as unknown as { weight: nn.Parameter }).weight = spare
  expect(() => run(ones([1, 2]))).toThrow(
    'run: field weight of Linear is another parameter than the one that was recorded',
  )
})

test('a function that sets the mode itself sets it at every run', () => {
  const make = () => {
    manualSeed(4)
    const model = new nn.Sequential(new nn.Dropout({ p: 1 }))
    return {
      model,
      step: (x: Tensor) => {
        model.train()
        return model(x)
      },
      state: () => model.training,
    }
  }
  const x = (): [Tensor] => [ones([2])]
  const evaluated = ({ model }: { model: nn.Module }): [Tensor] => {
    model.eval()
    return x()
  }
  const programs: string[] = []
  const onCompile = ({ why }: CompileEvent): number => programs.push(why)
  expect(compareWorlds(make, [x, x, evaluated, x, evaluated, evaluated, x], { onCompile })).toBeNull()
  expect(programs).toEqual(['the first call'])
})

describe('tensors from outside', () => {
  const make = () => {
    const p = tensor([1, 2], { requiresGrad: true })
    const frozen = tensor([3, 4])
    return {
      p,
      frozen,
      step: () => {
        p.grad = null
        const loss = p.mul(frozen).sum()
        loss.backward()
        return loss
      },
      state: () => [p.grad, p, frozen.requiresGrad ? frozen.grad : null],
    }
  }
  type Made = ReturnType<typeof make>
  const plain = (): [] => []
  const changes: [string, (world: Made) => void][] = [
    ['a hook that is added', ({ p }) => void p.registerHook((g) => g.mul(10))],
    ['what requires gradients', ({ frozen }) => void (frozen.requiresGrad = true)],
    ['a new value', ({ frozen }) => void frozen.assign(tensor([5, 6]))],
  ]
  test.each(changes)('%s is seen at once', (_, change) => {
    const changed = (world: Made): [] => {
      change(world)
      return []
    }
    expect(compareWorlds(make, [...times(20, plain), changed, ...times(2, plain)])).toBeNull()
  })
  test('a hook that the function adds to one adds up, as it does in eager code', () => {
    const added = () => {
      const world = make()
      const step = (): Tensor => {
        world.p.registerHook((g) => g.mul(2))
        return world.step()
      }
      return { ...world, step }
    }
    expect(compareWorlds(added, times(4, plain))).toBeNull()
  })
  test('another dtype and another device are seen at once', async () => {
    const model = new nn.Linear(2, 2)
    const run = compile(() => model.weight.sum())
    for (let i = 0; i < 5; i++) run()
    model.to('float64')
    expect(run().dtype).toBe('float64')
    const other = await queuedBackend({ readsAtOnce: true })
    model.to(other)
    expect(run().device).toBe(other)
  })
  test('whether a view requires gradients may be asked', () => {
    const view = tensor([
      [1, 9],
      [3, 9],
    ]).at('...', 0)
    const run = compile(() => (view.requiresGrad ? view.mul(2) : view.mul(tensor([2, 3]))))
    for (let i = 0; i < 5; i++) expect([...run().dataSync()]).toEqual([2, 9])
    const detached = tensor([1, 2]).narrow(0, 0, 1).detach()
    const square = compile(() => (detached.requiresGrad ? detached.mul(2) : detached.mul(3)))
    square()
    detached.requiresGrad = true
    expect([...square().dataSync()]).toEqual([2])
  })
  test('what the function makes of requiresGrad stays', () => {
    const set = () => {
      const p = tensor([1, 2])
      const step = (): Tensor => {
        p.requiresGrad = !p.requiresGrad
        return p.mul(2)
      }
      return { p, step, state: () => p.requiresGrad }
    }
    expect(compareWorlds(set, times(5, plain))).toBeNull()
  })
  test('one that gets a history in the function requires gradients, and no gradient gets lost behind it', () => {
    const w = tensor([2, 3], { requiresGrad: true })
    const total = tensor([0, 0])
    const run = compile(() => {
      total.assign(total.add(w))
      return total.sum()
    })
    for (const k of [1, 2, 3]) expect(run().itemSync()).toBe(5 * k)
    expect(total.requiresGrad).toBe(true)
    expect(() => total.sum().backward()).toThrow('got its value in a compiled function, which keeps no history')
    const onward = compile(() => {
      total.assign(total.add(w))
      total.sum().backward()
    })
    expect(onward).toThrow('gradients would flow on into what made a tensor before this call')
  })
})

test('the hooks of an optimizer, its groups and their parameters are guarded', () => {
  const make = () => {
    const [p, q] = [1, 2].map((x) => tensor([x, x], { requiresGrad: true }))
    const optimizer = new optim.SGD([p!], { lr: 0.1 })
    const step = (): void => {
      for (const each of [p!, q!]) each.grad = null
      p!.mul(q!).sum().backward()
      optimizer.step()
    }
    return { p: p!, q: q!, optimizer, step, state: () => [p, q] }
  }
  type Made = ReturnType<typeof make>
  const plain = (): [] => []
  const changes: ((world: Made) => void)[] = [
    ({ optimizer, q }) => void (optimizer.paramGroups[0]!.params[0] = q),
    ({ optimizer, q }) => optimizer.addParamGroup({ params: [q] }),
    ({ optimizer, p }) => void optimizer.registerStepPreHook(() => void noGrad(() => p.grad!.mul_(2))),
    ({ optimizer }) => void (optimizer.paramGroups[0]!.momentum = 0.9),
  ]
  for (const change of changes) {
    const changed = (world: Made): [] => {
      change(world)
      return []
    }
    expect(compareWorlds(make, [...times(9, plain), changed, ...times(3, plain)])).toBeNull()
  }
})

test('other values of guards make another program, and former ones find theirs again', () => {
  let beta = 2
  const run = compile((x: Tensor) => x.mul(beta), { guards: () => [beta] })
  for (const now of [2, 2, 3, 3, 2, NaN, NaN, 3]) {
    beta = now
    expect(run(ones([1])).itemSync()).toBe(now)
  }
  expect(run.programs).toHaveLength(3)
  expect(() => compile((x: Tensor) => x, { guards: () => 3 as never })(ones([1]))).toThrow('guards must give a list')
})

test('gradients that are set to zeros instead of null accumulate as in eager code', () => {
  const make = () => {
    manualSeed(5)
    const model = new nn.Linear(2, 1)
    const step = (x: Tensor): Tensor => {
      model.zeroGrad({ setToNone: false })
      const loss = model(x).sum()
      loss.backward()
      return loss
    }
    return { model, step, state: () => model.parameters().map(({ grad }) => grad) }
  }
  expect(
    compareWorlds(
      make,
      times(5, (): [Tensor] => [tensor([[1, 2]])]),
    ),
  ).toBeNull()
})

test('compiled steps inside of scopes go on updating state in its place', () => {
  const model = new nn.Linear(2, 1)
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
  const step = compile((x: Tensor) => {
    optimizer.zeroGrad()
    model(x).sum().backward()
    optimizer.step()
  })
  const x = randn([3, 2])
  const places = (): unknown[] =>
    [...model.parameters(), ...[...optimizer.state.values()].flatMap((state) => [...state.values()])].map((each) => {
      const { value } = each as unknown as { readonly value: Slice }
      return [value.storage, value.byteOffset]
    })
  scope(() => step(x))
  const before = places()
  for (let i = 0; i < 10; i++) scope(() => step(x))
  expect(places()).toEqual(before)
})

describe('what the function itself does to fields', () => {
  class Counting extends nn.Module {
    calls = 0
    forward(x: Tensor): Tensor {
      this.calls = (this.calls + 1) % 3
      return x.mul(this.calls)
    }
  }
  test('a field that it changes is changed at every call', () => {
    const make = () => {
      const module = new Counting()
      return { step: (x: Tensor) => module(x), state: () => module.calls }
    }
    expect(
      compareWorlds(
        make,
        times(8, (): [Tensor] => [tensor([1, 2])]),
      ),
    ).toBeNull()
  })
  test('fields that it changes and puts back cost one more program', () => {
    const layer = new nn.Linear(2, 2)
    const average = new nn.Parameter(ones([2, 2]))
    const fields = layer as unknown as { weight: nn.Parameter }
    const run = compile((x: Tensor) => {
      const { weight } = fields
      fields.weight = average
      const y = layer(x)
      fields.weight = weight
      return y
    })
    for (let i = 0; i < 6; i++) run(ones([1, 2]))
    expect(run.programs).toHaveLength(2)
  })
  test('functionalCall costs none', () => {
    const layer = new nn.Linear(2, 2)
    const run = compile((x: Tensor, weight: Tensor) => nn.functionalCall(layer, { weight }, [x]))
    for (let i = 0; i < 6; i++) run(ones([1, 2]), ones([2, 2]))
    expect(run.programs).toHaveLength(1)
  })
  test('a tensor that it keeps has no value, and using it is refused', () => {
    let kept: Tensor | null = null
    const run = compile((x: Tensor) => {
      kept ??= x.mul(2)
      return x.mul(kept)
    })
    run(ones([1]))
    expect(() => run(ones([1]))).toThrow('a tensor that an earlier recording made is used here')
  })
})
