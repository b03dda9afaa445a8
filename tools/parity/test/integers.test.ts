/**
 * Integers are exact or refused. PyTorch sums them in int64, which is not here; bounds and order are those of the dtype.
 * Values are PyTorch 1.13's, or what int64 would have held.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import {
  arange,
  compile,
  einsum,
  full,
  isGlissadeError,
  linspace,
  setDefaultDevice,
  tensor,
  type DType,
  type Tensor,
} from '@glissade/core'
import { backends } from './backends.ts'

const MOST = 2 ** 31 - 1
const LEAST = -(2 ** 31)
const ints = (...data: number[]): Tensor => tensor(data, { dtype: 'int32' })
const bytes = (...data: number[]): Tensor => tensor(data, { dtype: 'uint8' })

/** What comes of integers, by the operations that bring many together: as BigInts, exactly. */
const foldings: Readonly<Record<string, { of: (x: Tensor) => Tensor; exact: (x: readonly bigint[]) => bigint[] }>> = {
  sum: { of: (x) => x.sum(), exact: (x) => [x.reduce((a, b) => a + b, 0n)] },
  'sum of rows': { of: (x) => x.reshape([1, -1]).sum({ dim: 1 }), exact: (x) => [x.reduce((a, b) => a + b, 0n)] },
  'sum of columns': { of: (x) => x.reshape([-1, 1]).sum({ dim: 0 }), exact: (x) => [x.reduce((a, b) => a + b, 0n)] },
  nansum: { of: (x) => x.nansum(), exact: (x) => [x.reduce((a, b) => a + b, 0n)] },
  prod: { of: (x) => x.prod(), exact: (x) => [x.reduce((a, b) => a * b, 1n)] },
  cumsum: { of: (x) => x.cumsum(0), exact: (x) => x.map((_, i) => x.slice(0, i + 1).reduce((a, b) => a + b, 0n)) },
  cumprod: { of: (x) => x.cumprod(0), exact: (x) => x.map((_, i) => x.slice(0, i + 1).reduce((a, b) => a * b, 1n)) },
  dot: { of: (x) => x.dot(x), exact: (x) => [x.reduce((a, b) => a + b * b, 0n)] },
  matmul: {
    of: (x) => x.reshape([1, -1]).matmul(x.reshape([-1, 1])),
    exact: (x) => [x.reduce((a, b) => a + b * b, 0n)],
  },
  einsum: { of: (x) => einsum('i,i->', x, x), exact: (x) => [x.reduce((a, b) => a + b * b, 0n)] },
  'einsum of one': { of: (x) => einsum('i->', x), exact: (x) => [x.reduce((a, b) => a + b, 0n)] },
  trace: {
    of: (x) => x.reshape([-1, 1]).expand([x.shape[0]!, x.shape[0]!]).trace(),
    exact: (x) => [x.reduce((a, b) => a + b, 0n)],
  },
}
const lists: readonly (readonly number[])[] = [
  [MOST, 0],
  [MOST, 1],
  [LEAST, 0],
  [LEAST, -1],
  [LEAST, LEAST],
  [MOST, MOST, LEAST, LEAST, 2],
  [2 ** 30, 2 ** 30],
  [2 ** 30, 2 ** 30, 2 ** 30],
  [2 ** 30, 2 ** 30, 2 ** 30, 2 ** 30],
  [65536, 32767],
  [65536, 32768],
  [65536, 65536],
  [-65536, 32768],
  [46340, 46340],
  [46341, 46341],
  [2 ** 30, 2 ** 30, 2 ** 30, 2 ** 30, 0],
  Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? MOST : LEAST)),
  Array.from({ length: 300 }, () => 7_158_279),
  Array.from({ length: 300 }, () => 7_158_278),
  Array.from({ length: 40 }, () => 3),
  Array.from({ length: 19 }, () => 3),
  Array.from({ length: 20 }, () => 3),
  [3, -4, 5],
]

describe.each(Object.entries(backends))('on %s', (_, open) => {
  beforeAll(async () => setDefaultDevice(await open()))

  describe.each(Object.entries(foldings))('%s', (__, { of, exact }) => {
    test('is what int64 gives, or refused', async () => {
      const step = compile((x: Tensor) => of(x))
      for (const list of lists) {
        const want = exact(list.map(BigInt))
        const fits = want.every((x) => x >= BigInt(LEAST) && x <= BigInt(MOST))
        for (const run of [of, step]) {
          const what = `${String(list.slice(0, 5))} of ${list.length}`
          let got: number[] | null = null
          try {
            got = [...(await run(ints(...list)).data())]
          } catch (error) {
            expect(isGlissadeError(error, 'DTypeError'), `${what}: ${String(error)}`).toBe(true)
          }
          expect({ what, got }).toEqual({ what, got: fits ? want.map(Number) : null })
        }
      }
    })
  })

  test('bytes are summed beyond 255, their extremes are theirs', async () => {
    expect(await bytes(255, 255, 255).sum().item()).toBe(765)
    expect([...(await bytes(255, 255).cumsum(0).data())]).toEqual([255, 510])
    expect(await bytes(16, 16, 16).prod().item()).toBe(4096)
    await expect(async () => bytes(255, 255, 255, 255).prod().item()).rejects.toThrow(/prod: .*int32/)
    await expect(async () => bytes(16, 16).dot(bytes(16, 16)).item()).rejects.toThrow(/dot: .*uint8/)
  })

  const extremes: readonly [DType, number[]][] = [
    ['uint8', [3, 0, 255, 0, 128, 127]],
    ['uint8', [255, 255]],
    ['int32', [5, LEAST, MOST, 0, -1, LEAST]],
    ['int32', [MOST, MOST]],
    ['int32', [LEAST + 1, LEAST]],
    ['bool', [1, 0, 1]],
    ['float32', [3, -Infinity, Infinity, 0, -0]],
    ['float32', [0, -0]],
    ['float32', [-0, 0]],
    ['float32', [1, NaN, -1, NaN]],
  ]
  test.each(extremes)('order is order: %s %j', async (dtype, list) => {
    const x = tensor(list, { dtype })
    const least = list.some(Number.isNaN) ? NaN : Math.min(...list)
    const greatest = list.some(Number.isNaN) ? NaN : Math.max(...list)
    const first = (value: number): number =>
      list.findIndex((y) => y === value || (Number.isNaN(y) && Number.isNaN(value)))
    const numbers = async (y: Tensor): Promise<number[]> => [...(await y.data())].map((value) => value + 0)
    for (const got of [x.min(), x.amin(), x.amin({ dim: 0 }), x.min({ dim: 0 }).values, x.aminmax()[0]])
      expect(await numbers(got)).toEqual([least + 0])
    for (const got of [x.max(), x.amax(), x.amax({ dim: 0 }), x.max({ dim: 0 }).values, x.aminmax()[1]])
      expect(await numbers(got)).toEqual([greatest + 0])
    for (const got of [x.argmin(), x.argmin({ dim: 0 }), x.min({ dim: 0 }).indices])
      expect(await numbers(got)).toEqual([first(least)])
    for (const got of [x.argmax(), x.argmax({ dim: 0 }), x.max({ dim: 0 }).indices])
      expect(await numbers(got)).toEqual([first(greatest)])
    const sorted = list.toSorted((a, b) => (Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b)).map((y) => y + 0)
    expect(await numbers(x.sort().values)).toEqual(sorted)
    expect(await numbers(x.sort({ descending: true }).values)).toEqual(sorted.toReversed())
    expect(await numbers(x.topk(1, { largest: false }).values)).toEqual([sorted[0]])
    expect(await numbers(x.topk(1).values)).toEqual([sorted.at(-1)])
    expect(await numbers(x.kthvalue(1).values)).toEqual([sorted[0]])
    if (!list.some(Number.isNaN)) expect(await numbers(x.median())).toEqual([sorted[Math.floor((list.length - 1) / 2)]])
  })

  test('division rounds down and towards zero over the whole range, and by 0 it is refused', async () => {
    const some = [LEAST, LEAST + 1, -7, -1, 0, 1, 7, MOST - 1, MOST]
    for (const b of [LEAST, -MOST, -7, -3, -2, 1, 2, 3, 7, MOST]) {
      const [x, y] = [ints(...some), ints(b)]
      const whole = (q: number): number => q + 0
      for (const by of [y, b]) {
        expect([...(await x.floorDivide(by).data())]).toEqual(some.map((a) => whole(Math.floor(a / b))))
        expect([...(await x.div(by, { roundingMode: 'trunc' }).data())]).toEqual(
          some.map((a) => whole(Math.trunc(a / b))),
        )
        expect([...(await x.remainder(by).data())]).toEqual(some.map((a) => whole(a - b * Math.floor(a / b))))
        expect([...(await x.fmod(by).data())]).toEqual(some.map((a) => whole(a % b)))
      }
    }
    const quotients: Readonly<Record<string, (x: Tensor, y: Tensor | number) => Tensor>> = {
      floorDivide: (x, y) => x.floorDivide(y),
      truncDivide: (x, y) => x.div(y, { roundingMode: 'trunc' }),
      remainder: (x, y) => x.remainder(y),
      fmod: (x, y) => x.fmod(y),
    }
    for (const [name, f] of Object.entries(quotients))
      for (const x of [ints(1, 2), bytes(1, 2)]) {
        const step = compile((y: Tensor) => f(x, y))
        const zero = tensor([1, 0], { dtype: x.dtype })
        for (const run of [() => f(x, 0), () => f(x, zero), () => step(zero)])
          await expect(async () => run().data()).rejects.toThrow(
            `${name.replace('truncDivide', 'div')}: integer division by zero`,
          )
        expect([...(await f(tensor([1, -2]), 0).data())].every((q) => !Number.isFinite(q))).toBe(true)
      }
  })

  const numbers: Readonly<Record<string, (dtype: 'int32' | 'uint8', value: number) => Tensor>> = {
    tensor: (dtype, value) => tensor([0, value], { dtype }),
    'tensor of a typed array': (dtype, value) => tensor(Float64Array.of(value), { dtype }),
    full: (dtype, value) => full([2], value, { dtype }),
    fill_: (dtype, value) => tensor([1, 2], { dtype }).fill_(value),
    maskedFill: (dtype, value) => tensor([1, 2], { dtype }).maskedFill(tensor([true, false]), value),
    indexFill: (dtype, value) => tensor([1, 2], { dtype }).indexFill(0, ints(1), value),
    scatter: (dtype, value) => tensor([1, 2], { dtype }).scatter(0, ints(1), value),
    setAt: (dtype, value) => tensor([1, 2], { dtype }).setAt([ints(0)], value),
    indexPut: (dtype, value) => tensor([1, 2], { dtype }).indexPut([ints(0)], value),
    linspace: (dtype, value) => linspace(0, value, 2, { dtype }),
    arange: (dtype, value) => arange(value, value + 1, 1, { dtype }),
  }
  test.each(Object.keys(numbers))(
    '%s takes the whole range of an integer dtype, and nothing beyond it',
    async (name) => {
      const make = numbers[name]!
      for (const [dtype, good, bad] of [
        ['int32', [LEAST, -1, 0, MOST], [2 ** 31, 3e9, LEAST - 1, 1e15, NaN, Infinity, -Infinity]],
        ['uint8', [0, 1, 255], [256, 300, -1, 3e9, NaN, Infinity]],
      ] as const) {
        for (const value of good) {
          const got = [...(await make(dtype, value).data())]
          expect(got, `${dtype} ${value}: ${String(got)}`).toContain(value)
        }
        for (const value of bad) {
          let got: unknown = null
          try {
            got = [...(await make(dtype, value).data())]
          } catch (error) {
            expect(isGlissadeError(error), `${dtype} ${value}: ${String(error)}`).toBe(true)
          }
          expect(got, `${dtype} ${value}`).toBeNull()
        }
      }
    },
  )

  const withNumbers: readonly string[] = ['add', 'sub', 'mul', 'eq', 'lt', 'maximum', 'clampMin', 'clampMax']
  test.each(withNumbers)('%s refuses a number that the dtype of the tensor cannot hold', async (name) => {
    for (const [x, value] of [
      [ints(1), 2 ** 31],
      [ints(1), -3e9],
      [bytes(1), 256],
      [bytes(1), -1],
    ] as const)
      expect(() => (x as unknown as Record<string, (y: number) => Tensor>)[name]!(value)).toThrow(
        new RegExp(`^${name}: the number ${value} is beyond`),
      )
    expect((await (tensor([1]) as unknown as Record<string, (y: number) => Tensor>)[name]!(3e9).data()).length).toBe(1)
  })

  test('of nothing there is no extreme, and the error names what was called', () => {
    const nothing = tensor([])
    const calls: readonly [string, () => unknown][] = [
      ['max', () => nothing.max()],
      ['amin', () => nothing.amin()],
      ['max', () => nothing.max({ dim: 0 })],
      ['min', () => nothing.min({ dim: 0 })],
      ['argmax', () => nothing.argmax()],
      ['argmin', () => nothing.argmin({ dim: 0 })],
      ['median', () => nothing.median({ dim: 0 })],
      ['kthvalue', () => nothing.kthvalue(1)],
      ['median', () => tensor([], { dtype: 'int32' }).median()],
    ]
    for (const [name, call] of calls) expect(call).toThrow(new RegExp(`^${name}: `))
    expect(nothing.reshape([0, 3]).max({ dim: 1 }).values.shape).toEqual([0])
    expect(nothing.reshape([0, 3]).amin({ dim: 1 }).shape).toEqual([0])
  })
  test('sums over nothing are what PyTorch gives', async () => {
    const nothing = tensor([])
    const all = [
      nothing.sum(),
      nothing.prod(),
      nothing.norm(),
      nothing.norm({ p: Infinity }),
      nothing.logsumexp({ dim: 0 }),
    ]
    expect(await Promise.all(all.map((x) => x.item()))).toEqual([0, 1, 0, 0, -Infinity])
    for (const x of [nothing.median(), nothing.mean(), nothing.var(), nothing.std()]) expect(await x.item()).toBeNaN()
    expect((await nothing.all().data())[0]).toBe(1)
    expect((await nothing.any().data())[0]).toBe(0)
  })
  test('masks are not numbers', () => {
    const mask = tensor([true, false])
    for (const wrong of [
      () => mask.sub(mask),
      () => mask.sub(1),
      () => mask.rsub(1),
      () => ints(1, 2).sub(mask),
      () => mask.neg(),
    ])
      expect(wrong).toThrow(/logicalNot/)
  })
  test('integers have no negative powers, but in exponents that are tensors, as in PyTorch', async () => {
    await expect(async () => ints(2).pow(-1).data()).rejects.toThrow(/^pow: integers have no negative/)
    expect([
      ...(await ints(1, -1, 2)
        .pow(ints(-1, -1, -1))
        .data()),
    ]).toEqual([1, -1, 0])
    expect([...(await ints(2).pow(-1.5).data())]).toEqual([Math.fround(2 ** -1.5)])
  })
  test('float32 has every number that full and arange are asked for', async () => {
    expect(await full([1], 3e9).item()).toBe(3e9)
    expect([...(await arange(2 ** 31, 2 ** 31 + 3, 1, { dtype: 'float32' }).data())]).toEqual([
      2 ** 31,
      2 ** 31,
      2 ** 31,
    ])
  })
  test('closeness of integers is that of integers where nothing is allowed', async () => {
    const close = (rtol: number, atol: number): Promise<boolean> =>
      ints(2 ** 24)
        .isclose(ints(2 ** 24 + 1), { rtol, atol })
        .item() as unknown as Promise<boolean>
    expect(await close(0, 0)).toBeFalsy()
    expect(await close(0, 1)).toBeTruthy()
    for (const options of [{ rtol: -1 }, { atol: -1 }, { atol: NaN }])
      await expect(async () =>
        tensor([1])
          .isclose(tensor([1]), options)
          .data(),
      ).rejects.toThrow(/rtol and atol/)
  })
})
