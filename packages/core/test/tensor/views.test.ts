/** What is written to a view is seen by its base, by other views, and by gradients. */
import { beforeAll, describe, expect, test } from 'vitest'
import { arange, noGrad, setDefaultDevice, slice, tensor, zeros, type Tensor } from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeAll(async () => setDefaultDevice(await queuedBackend()))

const base = (): Tensor => arange(24, undefined, 1, { dtype: 'float32' }).reshape([2, 3, 4]).clone()

const views: [string, (x: Tensor) => Tensor][] = [
  ['reshape', (x) => x.reshape([6, 4])],
  ['flatten', (x) => x.flatten()],
  ['permute', (x) => x.permute(2, 0, 1)],
  ['transpose', (x) => x.transpose()],
  ['narrow', (x) => x.narrow(2, 1, 2)],
  ['select', (x) => x.select(1, -1)],
  ['unsqueeze', (x) => x.unsqueeze(0)],
  ['a slice with steps', (x) => x.at(slice(), slice(null, null, 2), slice(1, -1))],
  ['numbers', (x) => x.at(1, 2)],
  ['one element', (x) => x.at(0, 1, 2)],
  ['the second half of chunk', (x) => x.chunk(2, { dim: 2 })[1]!],
  ['the last of split', (x) => x.split([1, 2], { dim: 1 })[1]!],
  ['one of unbind', (x) => x.unbind(1)[0]!],
  ['diagonal', (x) => x.diagonal({ offset: 1, dim1: 1, dim2: 2 })],
  ['movedim', (x) => x.movedim(0, 2)],
  ['a view of a view of a view', (x) => x.permute(2, 1, 0).at(slice(1, 3)).reshape([-1])],
]

describe.each(views)('%s', (_, view) => {
  test('writing the view writes those elements of the base and no others', async () => {
    const x = base()
    // Which elements the view shows, from a base that numbers them.
    const shown = new Set(await view(base()).data())
    view(x).fill_(-1)
    expect([...(await x.data())]).toEqual(Array.from({ length: 24 }, (__, i) => (shown.has(i) ? -1 : i)))
  })
  test('writing the base is seen by the view', async () => {
    const x = base()
    const v = view(x)
    x.mul_(2)
    expect([...(await v.data())]).toEqual([...(await view(base()).data())].map((e) => 2 * e))
  })
  test('the gradient of the base is 1 where the view is, once', async () => {
    const x = base().requiresGrad_()
    view(x).sum().backward()
    const marks = zeros([2, 3, 4])
    view(marks).fill_(1)
    expect([...(await x.grad!.data())]).toEqual([...(await marks.data())])
  })
})

test('in-place arithmetic on a view flows back through the base', async () => {
  const x = tensor([1, 2, 3], { requiresGrad: true })
  const y = x.mul(1)
  y.at(slice(1)).mul_(10)
  // y = [x0, 10 x1, 10 x2], so the gradient of its squares is [2 x0, 200 x1, 200 x2].
  y.mul(y).sum().backward()
  expect([...(await x.grad!.data())]).toEqual([2, 400, 600])
})

test('what was computed before an in-place change keeps its gradient', async () => {
  const x = tensor([3], { requiresGrad: true })
  const y = x.mul(2)
  const z = y.mul(y)
  y.add_(1)
  // z = (2x)^2 was made from the old y: dz/dx = 8x = 24, and y = 2x + 1 adds 2.
  z.add(y).sum().backward()
  expect(await x.grad!.item()).toBe(26)
})

test('a tensor that was detached sees what is written to the original, and the other way round', async () => {
  const x = tensor([1, 2])
  const d = x.detach()
  x.add_(1)
  expect([...(await d.data())]).toEqual([2, 3])
  d.at(0).fill_(9)
  expect([...(await x.data())]).toEqual([9, 3])
})

test('a parameter changes in place under noGrad and stays a leaf', async () => {
  const p = tensor([1, 2], { requiresGrad: true })
  noGrad(() => p.setAt([0], 5))
  expect(p.isLeaf).toBe(true)
  expect([...(await p.data())]).toEqual([5, 2])
})
