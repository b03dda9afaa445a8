/** Operations of the user's own. */
import { beforeAll, describe, expect, test } from 'vitest'
import { cpu } from '../../../cpu/src/index.ts'
import { createBackend as starter } from '../../../create-backend/template/src/index.ts'
import { wasm } from '../../../wasm/src/index.ts'
import { COMPOSITES } from '../../src/contract/composites.ts'
import type { Backend } from '../../src/contract/contract.ts'
import { LOOP } from '../../src/contract/loop.ts'
import { compose, grad, randn, setDefaultDevice, tensor, type Tensor } from '../../src/index.ts'
import { definitions } from '../../src/ir/evaluate.ts'
import { queuedBackend, type QueuedBackend } from '../queued-backend.ts'

let backend: QueuedBackend
beforeAll(async () => {
  backend = await queuedBackend()
  setDefaultDevice(backend)
})

test('a composed operation gives what its definition gives, and its gradients', async () => {
  // x^2 tanh(k x): derivative 2 x tanh(k x) + k x^2 (1 - tanh^2(k x))
  const wave = compose('wave', ([x, k]) => x!.square().mul(x!.mul(k!).tanh()))
  const x = tensor([0.5, -1], { requiresGrad: true })
  const y = wave([x, 2])
  expect(await y.data()).toEqual(await x.square().mul(x.mul(2).tanh()).data())
  const [g] = grad(y.sum(), x)
  const want = [0.5, -1].map((v) => 2 * v * Math.tanh(2 * v) + 2 * v * v * (1 - Math.tanh(2 * v) ** 2))
  ;[...(await g!.data())].forEach((v, i) => expect(v).toBeCloseTo(want[i]!, 5))
})

test('attributes select the program, and several results come as a list', async () => {
  const parts = compose<{ k: number }, readonly Tensor[]>('parts', ([x], { k }) => [
    x!.narrow(0, 0, k),
    x!.narrow(0, k, 3 - k),
  ])
  const x = tensor([1, 2, 3])
  expect(await Promise.all(parts([x], { k: 1 }).map(async (part) => [...(await part.data())]))).toEqual([[1], [2, 3]])
  expect(await Promise.all(parts([x], { k: 2 }).map(async (part) => [...(await part.data())]))).toEqual([[1, 2], [3]])
})

test('a named composite is run by its body where the backend does not list it', async () => {
  const twice = compose('test/twice', ([x]) => x!.add(x!), { composite: true })
  expect([...(await twice([tensor([1, 2])]).data())]).toEqual([2, 4])
})

const NAMES = [...Object.keys(definitions), ...Object.keys(COMPOSITES), LOOP]

test('a composite has no bare name, whether this library has it or not: kernels are chosen by it', () => {
  expect(NAMES.length).toBeGreaterThan(100)
  for (const name of [...NAMES, 'mine', '', '/', 'a/', '/a', 'a b/c'])
    expect(() => compose(name, ([x]) => x!.mul(2), { composite: true })).toThrow(
      `compose: a composite is named 'package/name': bare names are this library's, and backends have kernels for them (got '${name}')`,
    )
})

describe('under every name that is reserved', () => {
  /** A backend that would run whatever has a name, and is shown what it gets. */
  const greedy = async (): Promise<{ device: Backend; asked: string[] }> => {
    const asked: string[] = []
    const runs = Object.assign(new Set<string>(), { has: (name: string) => (asked.push(name), name.includes('/')) })
    const right = cpu()
    return { device: { ...right, capabilities: { ...right.capabilities, runs } }, asked }
  }
  test.each(['cpu', 'wasm', 'starter'])('twice is twice, and its gradient 2, on %s', async (kind) => {
    const device = kind === 'cpu' ? cpu() : kind === 'wasm' ? await wasm() : starter()
    for (const name of NAMES) {
      // A name that only shows in messages is free; a composite of others keeps its package.
      for (const [own, options] of [
        [name, {}],
        [`test-${kind}/${name}`, { composite: true }],
      ] as const) {
        const x = tensor([1, 2, 3], { requiresGrad: true, device })
        const y = compose<{ axis: number }>(own, ([operand]) => operand!.mul(2), options)([x], { axis: 0 })
        y.sum().backward()
        expect([own, ...(await y.data()), ...(await x.grad!.data())]).toEqual([own, 2, 4, 6, 2, 2, 2])
      }
    }
  })
  test('a backend is asked for nothing but the name', async () => {
    const { device, asked } = await greedy()
    const x = tensor([1, 2, 3], { device })
    expect(() => compose('test/asked', ([operand]) => operand!.mul(2), { composite: true })([x])).toThrow('test/asked')
    expect(asked).toContain('test/asked')
  })
})

describe('a name has one meaning', () => {
  const x = (): Tensor => tensor([1, 2])
  const REFUSED =
    /^compose: 'test\/\w+' is another composite already: for \(float32\[2\]\) it was defined otherwise before/
  test('a copy of a function, and a module that was loaded again, mean the same', async () => {
    const load =
      (): ((operands: readonly Tensor[]) => Tensor) =>
      ([t]) =>
        t!.mul(2)
    for (let copy = 0; copy < 3; copy++)
      expect([...(await compose('test/copied', load(), { composite: true })([x()]).data())]).toEqual([2, 4])
  })
  test('closures made at every call do as long as nothing differs', async () => {
    const scale = (by: number): Tensor => compose('test/scale', ([t]) => t!.mul(by), { composite: true })([x()])
    expect([...(await scale(2).data())]).toEqual([2, 4])
    expect([...(await scale(2).data())]).toEqual([2, 4])
    expect(() => scale(3)).toThrow(REFUSED)
    expect(() => scale(3)).toThrow('what a closure holds belongs among the operands or attributes')
  })
  test('two packages of one name are told apart at the first operands for which they differ', async () => {
    const first = compose('test/two', ([t]) => t!.abs(), { composite: true })
    const second = compose('test/two', ([t]) => (t!.shape.length > 1 ? t!.exp() : t!.abs()), { composite: true })
    expect([...(await second([x()]).data())]).toEqual([1, 2])
    expect(() => second([tensor([[1]])])).toThrow("'test/two' is another composite already: for (float32[1,1])")
    expect([...(await first([x()]).data())]).toEqual([1, 2])
  })
  test('also where the first does not take what the second takes', () => {
    compose<{ k: number[] }>('test/taken', ([t], { k }) => t!.mul(k.length), { composite: true })
    const second = compose('test/taken', ([t]) => t!.mul(2), { composite: true })
    expect(() => second([x()])).toThrow(REFUSED)
  })
})

test('a function gives a tensor or a list, not now one and now the other', () => {
  const mixed = compose<{ many: boolean }>('mixed', ([x], { many }) => (many ? [x!] : x!) as Tensor)
  mixed([tensor([1])], { many: true })
  expect(() => mixed([tensor([1])], { many: false })).toThrow(
    'mixed: the function must always give a tensor, or always a list (got now one, now the other)',
  )
})

test('what is no operand is refused', () => {
  const outer = tensor([1])
  expect(() => compose('impure', ([x]) => x!.add(outer))([tensor([1])])).toThrow(
    'impure: a composed operation is a pure function of its operands, but it uses a tensor that is not among its operands; pass it in',
  )
  expect(() => compose('drawn', ([x]) => x!.add(randn([1])))([tensor([1])])).toThrow('it uses random numbers')
})
