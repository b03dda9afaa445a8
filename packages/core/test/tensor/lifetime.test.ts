/** Scopes, budgets and reports, on a backend whose memory core releases. */
import { beforeEach, expect, test } from 'vitest'
import {
  full,
  grad,
  keep,
  leakReport,
  memory,
  ones,
  scope,
  setDefaultDevice,
  setMemoryBudget,
  tensor,
  trackAllocations,
  zeros,
  type Tensor,
} from '../../src/index.ts'
import { queuedBackend, type QueuedBackend } from '../queued-backend.ts'

let backend: QueuedBackend
beforeEach(async () => {
  backend = await queuedBackend()
  setDefaultDevice(backend)
})

test('what is made in a scope is released at its end, but for what it returns', async () => {
  const result = scope(() => {
    const x = ones([4])
    const y = x.add(1)
    return { sum: y.sum(), list: [y] }
  })
  expect(backend.storages.size).toBe(2)
  expect(await result.sum.item()).toBe(8)
  expect([...(await result.list[0]!.data())]).toEqual([2, 2, 2, 2])
})

test('a released tensor says so when it is used', () => {
  let leaked: Tensor | undefined
  scope(() => {
    leaked = ones([2])
  })
  expect(() => keep(leaked!)).toThrow('keep: this tensor was released at the end of its scope')
  expect(() => leaked!.add(1)).toThrow(
    'add: this tensor was released at the end of its scope; return it from the scope or keep() it',
  )
})

test('what is assigned to a tensor from outside lives on, and what it replaced is released', async () => {
  const total = zeros([100])
  for (let i = 1; i <= 5; i++) {
    scope(() => {
      total.assign(total.add(i))
    })
    expect(backend.storages.size).toBe(1)
  }
  expect([...(await total.data())]).toEqual(new Array(100).fill(15))
})

test('small tensors of the whole program share a storage, which goes with the last of them', async () => {
  const first = ones([4])
  const small = Array.from({ length: 200 }, (_, i) => full([4], i))
  expect(backend.storages.size).toBe(4)
  expect(memory().tensors).toBe(201 * 16)
  expect(await Promise.all(small.map(async (x) => await x.sum().item()))).toEqual(small.map((_, i) => 4 * i))
  const before = memory().tensors
  scope(() => {
    for (const x of small) x.assign(x.mul(2))
  })
  // 200 new values that left the scope; of the 7 shared storages the one with `first` and 4 with sums.
  expect(backend.storages.size).toBe(205)
  expect(memory().tensors).toBe(before)
  expect([...(await first.data()), ...(await small[199]!.data())]).toEqual([1, 1, 1, 1, 398, 398, 398, 398])
})

test('a detached tensor keeps the value that both share, and a view of a replaced value is read anew', async () => {
  const x = tensor([1, 2])
  const detached = x.detach()
  const view = x.reshape([2, 1])
  scope(() => {
    x.assign(x.mul(10))
  })
  expect([...(await detached.data())]).toEqual([10, 20])
  expect([...(await view.data())]).toEqual([10, 20])
})

test('gradients of tensors from outside live on', async () => {
  const w = tensor([2, 3], { requiresGrad: true })
  scope(() => w.mul(w).sum().backward())
  expect([...(await w.grad!.data())]).toEqual([4, 6])
  const before = backend.storages.size
  for (let i = 0; i < 3; i++) {
    scope(() => {
      w.grad = null
      w.mul(w).sum().backward()
    })
    expect(backend.storages.size).toBe(before)
  }
})

test('keep lets a tensor outlive all scopes', async () => {
  const kept = scope(() => scope(() => [keep(ones([1]))].length) + 0)
  expect(kept).toBe(1)
  expect(backend.storages.size).toBe(1)
})

test('a scope that throws releases everything and passes the error on', () => {
  expect(() =>
    scope(() => {
      ones([2])
      throw new Error('mine')
    }),
  ).toThrow('mine')
  expect(backend.storages.size).toBe(0)
})

const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

test('an asynchronous scope keeps what it made until it ends, and what it returns beyond', async () => {
  let inner: Tensor | undefined
  const result = await scope(async () => {
    const x = ones([2])
    inner = x
    await wait()
    expect(await x.sum().item()).toBe(2)
    return x.add(1)
  })
  expect([...(await result.data())]).toEqual([2, 2])
  expect(() => inner!.add(1)).toThrow('released at the end of its scope')
})

test('an asynchronous scope that fails releases what it made', async () => {
  const failing = scope(async () => {
    ones([2])
    await wait()
    throw new Error('mine')
  })
  expect(backend.storages.size).toBe(1)
  await expect(failing).rejects.toThrow('mine')
  expect(backend.storages.size).toBe(0)
})

test('while an asynchronous scope waits, tensors of other code are their own', async () => {
  const parts: Tensor[] = []
  const other = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) {
      parts.push(full([2], i))
      await wait()
    }
  }
  const scoped = scope(async () => {
    const x = ones([2])
    await wait()
    await wait()
    return await x.sum().item()
  })
  const others = other()
  const [inScope, made] = scope(() => [ones([2]), tensor([5])])
  expect(await scoped).toBe(2)
  await others
  expect(await Promise.all(parts.map((part) => part.sum().item()))).toEqual([0, 2, 4, 6])
  expect([await inScope.sum().item(), await made.item()]).toEqual([2, 5])
})

test('asynchronous scopes may overlap, and end in any order', async () => {
  const part = async (value: number, turns: number): Promise<Tensor> => {
    const x = full([2], value)
    for (let i = 0; i < turns; i++) await wait()
    return x.mul(scope(() => x.add(1)))
  }
  const values = [3, 1, 4, 2].map((turns, i) => scope(() => part(i, turns)))
  const sums = await Promise.all(values.map(async (value) => (await value).sum().item()))
  expect(sums).toEqual([0, 4, 12, 24])
})

test('what outlives the scope around it goes to the next one that is open', async () => {
  let within: Promise<Tensor> | undefined
  scope(() => {
    ones([2])
    within = scope(async () => {
      const x = ones([3])
      await wait()
      return x
    })
  })
  const kept = await within!
  expect(await kept.sum().item()).toBe(3)
})

test('what is assigned while other scopes are open lives as long as the tensor that takes it', async () => {
  let target: Tensor | undefined
  const waiting = scope(async () => {
    target = ones([2])
    await wait()
    return await target.sum().item()
  })
  scope(() => target!.assign(target!.add(4)))
  expect(await waiting).toBe(10)
  expect(() => target!.add(1)).toThrow('released at the end of its scope')
})

test('a tensor of a scope that waits can be kept', async () => {
  const kept = await scope(async () => {
    const x = ones([2])
    await wait()
    keep(x)
    return [x].length
  }).then(() => backend.storages.size)
  expect(kept).toBe(1)
})

test('an allocation over the budget names the budget and what to do, and tracked allocations name their lines', () => {
  setMemoryBudget(1024)
  expect(() => zeros([512])).toThrow(
    /zeros: 2 KB more than the 1 KB budget of queued allows; 0 KB are live. Run the step inside scope.*compile/,
  )
  trackAllocations()
  const x = zeros([64])
  expect(leakReport()).toMatch(/ 256 bytes in 1 tensor made at .*lifetime\.test\.ts/)
  expect(memory().tensors).toBe(256)
  expect(x.shape).toEqual([64])
  trackAllocations(false)
  setMemoryBudget(Infinity)
})

test('a read sees every assignment before it and none after', async () => {
  const x = tensor([1])
  const first = x.data()
  x.assign(x.add(1))
  const second = x.data()
  x.assign(x.add(1))
  expect([[...(await first)], [...(await second)], [...(await x.data())]]).toEqual([[1], [2], [3]])
})

test('a gradient of a gradient inside a scope leaves nothing behind', () => {
  const x = tensor([1, 2, 3], { requiresGrad: true })
  const before = backend.storages.size
  scope(() => {
    const [g] = grad(x.pow(3).sum(), x, { createGraph: true })
    grad(g!.sum(), x)
  })
  expect(backend.storages.size).toBe(before)
})
