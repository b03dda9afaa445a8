/** Operands of a compiled function: what they are is its signature, and what is written to them is theirs. */
import { beforeEach, describe, expect, test } from 'vitest'
import {
  compile,
  manualSeed,
  noGrad,
  ones,
  setDefaultDevice,
  tensor,
  zeros,
  type CompileEvent,
  type Tensor,
} from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { queuedBackend } from '../queued-backend.ts'
import { compareWorlds, times } from './laws.ts'

beforeEach(async () => setDefaultDevice(await queuedBackend({ readsAtOnce: true })))

const leaf = (...data: number[]): Tensor => tensor(data, { requiresGrad: true })

describe('what the function writes in place to an operand is written', () => {
  const steps: [string, (x: Tensor) => unknown][] = [
    ['add_', (x) => void x.add_(1)],
    ['assign', (x) => void x.assign(x.mul(3))],
    ['copy_ of a number', (x) => void x.copy_(7)],
    ['setAt', (x) => void x.setAt([0], 9)],
    ['a view of it', (x) => void x.narrow(0, 1, 1).mul_(5)],
    ['a view of a view of it', (x) => void x.reshape([3, 1]).narrow(0, 1, 2).at(0).fill_(4)],
    ['twice, with a read between', (x) => [x.add_(1).sum(), x.mul_(2)]],
    ['and it is returned', (x) => x.add_(1)],
    ['random numbers', (x) => void x.uniform_(0, 1)],
  ]
  const operands: [string, () => Tensor][] = [
    ['a tensor', () => tensor([1, 2, 3])],
    [
      'a view',
      () =>
        tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]).at(1),
    ],
  ]
  describe.each(operands)('%s', (_, make) => {
    test.each(steps)('%s', (__, step) => {
      const world = () => {
        const kept: Tensor[] = []
        return { kept, step, state: () => kept }
      }
      const call = ({ kept }: { kept: Tensor[] }): [Tensor] => {
        if (kept.length === 0) manualSeed(1)
        kept.push(make())
        return [kept.at(-1)!]
      }
      // Random numbers: the two worlds draw one after the other.
      if (step.toString().includes('uniform_')) {
        const x = make()
        compile(step)(x)
        expect([...x.dataSync()].every((value) => value >= 0 && value < 1)).toBe(true)
      } else expect(compareWorlds(world, times(5, call))).toBeNull()
    })
  })
  test('a view of the operand that was made before sees it', () => {
    const x = zeros([2])
    const view = x.narrow(0, 0, 1)
    const write = compile((y: Tensor) => void y.add_(1))
    for (let k = 1; k < 4; k++) {
      write(x)
      expect([x, view].map((y) => [...y.dataSync()])).toEqual([[k, k], [k]])
    }
  })
  test('an operand that is returned is the operand itself', () => {
    const run = compile((x: Tensor) => [x.add_(1), x.mul(2)])
    for (let k = 0; k < 3; k++) {
      const x = zeros([1])
      expect(run(x)[0]).toBe(x)
    }
  })
})

describe('equal operands, and operands that are tensors from outside', () => {
  const pair = (same: boolean): [Tensor, Tensor] => {
    const x = tensor([1, 2])
    return [x, same ? x : tensor([1, 2])]
  }
  test.each([
    ['first', [true, false, true]],
    ['later', [false, true, false, true]],
  ])('a tensor that is given twice (%s) is one', (_, calls) => {
    const make = () => ({
      step: (x: Tensor, y: Tensor) => {
        x.add_(1)
        return y.mul(2)
      },
    })
    expect(
      compareWorlds(
        make,
        calls.map((same) => () => pair(same)),
      ),
    ).toBeNull()
  })
  test('so is a tensor and what was detached from it', () => {
    const make = () => ({
      step: (x: Tensor, y: Tensor) => {
        x.add_(1)
        return y.mul(2)
      },
    })
    const detached = (): [Tensor, Tensor] => {
      const x = tensor([1, 2])
      return [x, x.detach()]
    }
    expect(compareWorlds(make, [() => pair(false), detached, () => pair(true), detached])).toBeNull()
  })
  // The operand is at first the tensor that the function reads from outside, then another; and the other way round.
  test.each([
    ['at first', [0, 0, 0, 1, 0, 1, 1]],
    ['at last', [1, 1, 1, 0, 1, 0, 0]],
  ])('an operand that is read from outside, too, %s', (_, calls) => {
    const make = () => {
      const all = [tensor([1, 2]), tensor([3, 4])] as const
      const step = (x: Tensor): Tensor => {
        x.add_(1)
        return all[0].mul(x)
      }
      return { all, step, state: () => all }
    }
    expect(
      compareWorlds(
        make,
        calls.map((k) => ({ all }: ReturnType<typeof make>): [Tensor] => [all[k]!]),
      ),
    ).toBeNull()
  })
  test('an operand that is a parameter which the step trains', () => {
    const make = () => {
      const all = [leaf(1, 2), leaf(3, 4)]
      const optimizer = new optim.SGD([all[0]!], { lr: 0.1, momentum: 0.9 })
      const step = (x: Tensor): Tensor => {
        optimizer.zeroGrad()
        const loss = x.mul(all[0]!).sum()
        loss.backward()
        optimizer.step()
        return loss
      }
      return { all, step, state: () => all.map((x) => [x, x.grad]) }
    }
    const calls = [0, 0, 0, 1, 1, 0, 1].map((k) => ({ all }: ReturnType<typeof make>): [Tensor] => [all[k]!])
    expect(compareWorlds(make, calls)).toBeNull()
  })
  const views: [string, (x: Tensor, w: Tensor, v: Tensor) => unknown][] = [
    ['nothing is written', (x, w, v) => x.add(w).add(v)],
    ['the tensor from outside is written', (x, w, v) => [w.add_(1), x.add(v)]],
    ['the other operand is written', (x, _, v) => [v.add_(1), x.mul(2)]],
    ['the view is written', (x, w, v) => [x.add_(1), w.mul(2), v.mul(2)]],
  ]
  test.each(views)('an operand that is a view of another, or of a tensor from outside: %s', (_, fn) => {
    for (const order of [
      [0, 0, 1, 2, 0],
      [1, 0],
      [2, 0],
    ]) {
      const make = () => {
        const w = tensor([1, 2])
        return { w, step: (x: Tensor, v: Tensor) => fn(x, w, v), state: () => w }
      }
      const calls = order.map((kind) => ({ w }: ReturnType<typeof make>): [Tensor, Tensor] => {
        const v = tensor([5, 6])
        const bases = [tensor([7, 8]), w, v] as const
        return [bases[kind]!.reshape([1, 2]).at(0), v]
      })
      const refused = compareWorlds(make, calls)
      if (refused !== null) expect(refused.message).toContain('is a view of')
    }
  })
})

describe('gradients of operands', () => {
  test('a leaf gets its gradient, which adds up', () => {
    const make = () => {
      const all = [leaf(1, 2), leaf(3, 4)]
      const step = (x: Tensor): Tensor => {
        const loss = x.square().sum()
        loss.backward()
        return loss
      }
      return { all, step, state: () => all.map(({ grad }) => grad) }
    }
    const calls = [0, 0, 1, 1, 0].map((k) => ({ all }: ReturnType<typeof make>): [Tensor] => [all[k]!])
    expect(compareWorlds(make, calls)).toBeNull()
  })
  test('gradients flow through views that are made inside', () => {
    const make = () => {
      const w = leaf(1, 2)
      const outside = w.reshape([2, 1])
      const step = (x: Tensor): Tensor => {
        w.grad = null
        const loss = w.mul(x).reshape([1, 2]).square().add(outside.detach().permute(1, 0)).sum()
        loss.backward()
        return loss
      }
      return { step, state: () => w.grad }
    }
    expect(
      compareWorlds(
        make,
        times(4, (): [Tensor] => [tensor([3, 4])]),
      ),
    ).toBeNull()
  })
  test('whether it requires gradients is its signature', () => {
    const make = () => ({ step: (x: Tensor) => (x.requiresGrad ? x.mul(2) : x.mul(3)).detach() })
    expect(compareWorlds(make, [() => [leaf(1)], () => [tensor([1])], () => [leaf(1)]])).toBeNull()
  })
  test('where gradients would flow on into what made it, it is refused', () => {
    const w = leaf(2, 3)
    const run = compile((x: Tensor) => {
      const loss = x.sum()
      loss.backward()
      return loss
    })
    expect(() => run(w.mul(2))).toThrow('gradients would flow on into what made a tensor before this call')
    // Without backward nothing flows.
    expect(compile((x: Tensor) => x.mul(2))(w.mul(2)).shape).toEqual([2])
  })
  test('requiresGrad_ in the function stays, and a hook of a leaf runs or is refused', () => {
    const set = () => ({
      step: (x: Tensor) => {
        const y = x.requiresGrad_().square().sum()
        y.backward()
        return x.grad
      },
    })
    expect(
      compareWorlds(
        set,
        times(3, (): [Tensor] => [tensor([1, 2])]),
      ),
    ).toBeNull()
    const hooked = (factor: number) => (): [Tensor] => {
      const x = leaf(1, 2)
      x.registerHook((g) => g.mul(factor))
      return [x]
    }
    compareWorlds(set, [() => [leaf(1, 2)], hooked(2), hooked(3)])
    compareWorlds(set, [hooked(2), hooked(3), () => [leaf(1, 2)]])
  })
  test('a leaf that is written where gradients are recorded is refused, as in eager code', () => {
    expect(() => compile((x: Tensor) => x.add_(1))(leaf(1))).toThrow('cannot be changed in place')
    const x = leaf(1)
    compile((y: Tensor) => noGrad(() => y.add_(1)))(x)
    expect([x.itemSync(), x.requiresGrad]).toEqual([2, true])
  })
  test('a gradient that is kept for a result is its own', () => {
    const make = () => ({
      step: (x: Tensor) => {
        const y = x.mul(2)
        y.requiresGrad_()
        const z = y.square()
        z.retainGrad()
        z.sum().backward()
        return [y, z, y.grad, z.grad]
      },
    })
    expect(
      compareWorlds(
        make,
        times(3, (): [Tensor] => [tensor([1, 2])]),
      ),
    ).toBeNull()
    const run = compile((x: Tensor) => make().step(x)[0])
    for (let k = 0; k < 3; k++) expect([...run(tensor([1, 2]))!.grad!.dataSync()]).toEqual([4, 8])
  })
})

describe('devices', () => {
  test('an operand on another device is never read as bytes of this one', async () => {
    const other = await queuedBackend({ readsAtOnce: true })
    const here = tensor([1, 2])
    const there = tensor([3, 4], { device: other })
    const double = compile((x: Tensor) => x.mul(2))
    for (const x of [here, there, here, there, there]) {
      expect(double(x).device).toBe(x.device)
      expect([...double(x).dataSync()]).toEqual([...x.mul(2).dataSync()])
    }
    const sum = compile((x: Tensor, y: Tensor) => x.add(y))
    expect(() => sum(here, there)).toThrow('an operand is on')
    sum(here, here)
    expect(() => sum(here, there)).toThrow('an operand is on')
    expect(() => compile((x: Tensor) => x.add(zeros([2], { device: other })))(here)).toThrow('on')
    expect(() => compile((x: Tensor) => x.add(tensor([1, 2], { device: other })))(here)).toThrow('on')
  })
  test('a function without operands runs where its tensors are', async () => {
    const other = await queuedBackend({ readsAtOnce: true })
    const w = tensor([3, 4], { device: other })
    expect([...compile(() => w.mul(2))().dataSync()]).toEqual([6, 8])
  })
})

describe('what is no tensor', () => {
  class Config {
    k = 2
  }
  const cyclic: unknown[] = [1]
  cyclic.push({ cyclic })
  const refused: [string, unknown, string][] = [
    ['an instance', { deep: [new Config()] }, 'operand 1.deep[0] is an instance of Config'],
    ['a Map', new Map(), 'operand 1 is an instance of Map'],
    ['a Set', [new Set()], 'operand 1[0] is an instance of Set'],
    ['a Date', new Date(), 'operand 1 is an instance of Date'],
    ['a typed array', Float32Array.of(1), 'operand 1 is an instance of Float32Array'],
    ['a promise', Promise.resolve(1), 'operand 1 is a promise'],
    ['itself', cyclic, 'operand 1[1].cyclic is a list or object within itself'],
    ['symbols as keys', { [Symbol('k')]: 1 }, 'operand 1 is an object with symbols as keys'],
    ['a list with fields', Object.assign([1], { k: 1 }), 'operand 1 is a list with fields of its own'],
  ]
  test.each(refused)('%s is refused by name', (_, value, message) => {
    expect(() => compile((x: Tensor, _value: unknown) => x)(ones([1]), value)).toThrow(message)
  })
  const other: [string, unknown, unknown][] = [
    ['booleans', true, false],
    ['text', 'a', 'b'],
    ['null and undefined', null, undefined],
    ['bigints', 1n, 2n],
    ['symbols', Symbol('a'), Symbol('a')],
    ['functions', () => 1, () => 2],
    ['lists', [1, ['a']], [1, ['b']]],
    ['objects', { a: { b: 'x' } }, { a: { b: 'y' } }],
    ['objects with other keys', { a: 'x' }, { b: 'x' }],
    ['objects without a prototype', Object.assign(Object.create(null), { a: 'x' }), { a: 'x' }],
    ['lists with holes', new Array(2), ['a', 'a']],
  ]
  test.each(other)('%s are a signature: each has a program', (_, a, b) => {
    const seen: unknown[] = []
    const run = compile((x: Tensor, value: unknown) => {
      seen.push(value)
      return x
    })
    for (const value of [a, b, a, b]) run(ones([1]), value)
    expect(run.programs).toHaveLength(2)
    expect(seen.slice(0, 1)).toEqual([a])
  })
  test('a module may be one', () => {
    const make = () => {
      manualSeed(7)
      const modules = [new nn.Linear(2, 2), new nn.Linear(2, 2)] as const
      return { modules, step: (x: Tensor, module: nn.Module) => module(x) }
    }
    const calls = [0, 1, 0, 1].map(
      (k) =>
        ({ modules }: ReturnType<typeof make>) =>
          [ones([1, 2]), modules[k]!] as const,
    )
    const programs: string[] = []
    const { step, modules } = make()
    const run = compile(step, { onCompile: ({ why }: CompileEvent) => programs.push(why) })
    for (const call of calls) {
      const [x, module] = call({ modules, step })
      expect([...run(x, module).dataSync()]).toEqual([...module(x).dataSync()])
    }
    expect(programs).toHaveLength(2)
  })
  test('a list or an object among them must not be changed', () => {
    const x = ones([1])
    expect(() => compile((batch: { x: Tensor; y?: Tensor }) => void (batch.y = batch.x))({ x })).toThrow(
      'the function changes a list or an object among its operands',
    )
    expect(() => compile((list: Tensor[]) => void list.push(list[0]!))([x])).toThrow('changes a list')
  })
})

describe('results', () => {
  test('what is neither a tensor nor a plain value is refused', () => {
    expect(() => compile(() => new Map([['x', ones([1])]]))()).toThrow('the result is an instance of Map')
    expect(() => compile(() => ({ when: new Date() }))()).toThrow('the result.when is an instance of Date')
  })
  test('a tensor from outside is given back as it is', () => {
    const w = tensor([1, 2])
    const run = compile(() => {
      w.add_(1)
      return { w, twice: w.mul(2) }
    })
    for (let k = 0; k < 4; k++) expect(run().w).toBe(w)
    expect([...run().twice.dataSync()]).toEqual([12, 14])
  })
})

describe('functions that cannot be recorded', () => {
  test('asynchronous ones and generators are refused at once', () => {
    expect(() => compile(async () => {})).toThrow('is asynchronous')
    expect(() => compile(function* many() {})).toThrow('many is a generator')
    expect(() => compile(async function* many() {})).toThrow('many is asynchronous')
    expect(() => compile(3 as never)).toThrow('compile: fn must be a function (got 3)')
  })
  test('so is one that returns a promise', () => {
    const promised = compile((x: Tensor) => Promise.resolve(x))
    expect(() => promised(ones([1]))).toThrow('the function returns a promise')
    const failing = compile((x: Tensor) => x.sum().item())
    expect(() => failing(ones([1]))).toThrow('the function returns a promise')
  })
})
