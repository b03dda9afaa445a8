/** Operations of the user's own. */
import { beforeAll, expect, test } from 'vitest'
import { wasm } from '../../../wasm/src/index.ts'
import { ownGradients } from '../../src/autograd/vjp.ts'
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

test('a composite cannot take the name of another: kernels and gradients are found by it', async () => {
  const names = new Set([
    ...Object.keys(definitions),
    ...ownGradients(),
    ...backend.capabilities.runs,
    ...(await wasm()).capabilities.runs,
  ])
  expect(names.size).toBeGreaterThan(80)
  for (const name of [...names, 'mine', '', '/', 'a/', '/a', 'a b/c'])
    expect(() => compose(name, ([x]) => x!.mul(2), { composite: true })).toThrow(
      `compose: a composite is named 'package/name': bare names are this library's, and backends have kernels for them (got '${name}')`,
    )
  const double = ([x]: readonly Tensor[]): Tensor => x!.mul(2)
  compose('test/double', double, { composite: true })
  compose('test/double', double, { composite: true })
  expect(() => compose('test/double', ([x]) => x!.mul(2), { composite: true })).toThrow(
    "compose: 'test/double' is another composite already; make it once",
  )
  // A name that only shows in messages is free.
  const x = tensor([1, 2, 3], { requiresGrad: true })
  const y = compose('softmax', ([operand]) => operand!.mul(2))([x], { axis: 0 })
  expect([...(await y.data())]).toEqual([2, 4, 6])
  expect([...(await grad(y.sum(), x)[0]!.data())]).toEqual([2, 2, 2])
})

test('what is no operand is refused', () => {
  const outer = tensor([1])
  expect(() => compose('impure', ([x]) => x!.add(outer))([tensor([1])])).toThrow(
    'impure: a composed operation is a pure function of its operands, but it uses a tensor that is not among its operands; pass it in',
  )
  expect(() => compose('drawn', ([x]) => x!.add(randn([1])))([tensor([1])])).toThrow('it uses random numbers')
})
