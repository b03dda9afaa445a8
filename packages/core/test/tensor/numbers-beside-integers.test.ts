/** Numbers beside integers that have no room for them: taken where the result is real, refused elsewhere. */
import { beforeEach, expect, test } from 'vitest'
import { compile, setDefaultDevice, tensor, type Tensor } from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeEach(async () => setDefaultDevice(await queuedBackend({ readsAtOnce: true })))

const bytes = (): Tensor => tensor([7, 0, 255], { dtype: 'uint8' })
const whole = (): Tensor => tensor([7, -7, 0], { dtype: 'int32' })
const beside: readonly (readonly [string, () => Tensor, number])[] = [
  ['256 beside bytes', bytes, 256],
  ['-2 beside bytes', bytes, -2],
  ['3e9 beside int32', whole, 3e9],
  ['-3e9 beside int32', whole, -3e9],
]
const real: Readonly<Record<string, (x: Tensor, n: number) => Tensor>> = {
  div: (x, n) => x.div(n),
  atan2: (x, n) => x.atan2(n),
  hypot: (x, n) => x.hypot(n),
  logaddexp: (x, n) => x.logaddexp(n),
  logaddexp2: (x, n) => x.logaddexp2(n),
  xlogy: (x, n) => x.xlogy(n),
  copysign: (x, n) => x.copysign(n),
}
const integer: Readonly<Record<string, (x: Tensor, n: number) => Tensor>> = {
  add: (x, n) => x.add(n),
  mul: (x, n) => x.mul(n),
  'div, rounded': (x, n) => x.div(n, { roundingMode: 'floor' }),
  gt: (x, n) => x.gt(n),
  maximum: (x, n) => x.maximum(n),
}
for (const [title, make, n] of beside) {
  test.each(Object.entries(real))(`%s: ${title} is that of floats`, (_, call) => {
    const want = call(make().float(), n).toArraySync()
    expect(call(make(), n).toArraySync()).toEqual(want)
    const compiled = compile((x: Tensor, k: number) => call(x, k))
    expect([1, n, n].map((k) => compiled(make(), k).toArraySync())).toEqual([call(make(), 1).toArraySync(), want, want])
  })
  test.each(Object.entries(integer))(`%s: ${title} is refused`, (name, call) => {
    expect(() => call(make(), n)).toThrow(`${name.split(',')[0]!}: the number ${n} is beyond the dtype of the tensor`)
  })
}
