/** Operations of the user's own. */
import { beforeAll, expect, test } from 'vitest'
import { compose, grad, randn, setDefaultDevice, tensor, type Tensor } from '../../src/index.ts'
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
  const twice = compose('test.twice', ([x]) => x!.add(x!), { composite: true })
  expect([...(await twice([tensor([1, 2])]).data())]).toEqual([2, 4])
})

test('what is no operand is refused', () => {
  const outer = tensor([1])
  expect(() => compose('impure', ([x]) => x!.add(outer))([tensor([1])])).toThrow(
    'impure: a composed operation is a pure function of its operands, but it uses a tensor that is not among its operands; pass it in',
  )
  expect(() => compose('drawn', ([x]) => x!.add(randn([1])))([tensor([1])])).toThrow('it uses random numbers')
})
