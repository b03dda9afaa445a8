/** Options by place, as PyTorch takes them, are refused where JavaScript would ignore them. */
import { expect, test } from 'vitest'
import * as F from '../../src/functional/index.ts'
import { cat, ones, setDefaultDevice, stack } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { queuedBackend } from '../queued-backend.ts'

setDefaultDevice(await queuedBackend())
const x = ones([2, 3])
const image = ones([1, 2, 4, 4])
const weight = ones([2, 2, 3, 3])
/** What JavaScript without types can call. */
const untyped = (value: unknown): Record<string, (...args: unknown[]) => unknown> => value as never
const made = (module: string, ...args: unknown[]): unknown =>
  new (nn as unknown as Record<string, new (...args: unknown[]) => unknown>)[module]!(...args)

test.each<[string, () => unknown]>([
  ['sum', () => untyped(x)['sum']!(1)],
  ['mean', () => untyped(x)['mean']!(-1, true)],
  ['var', () => untyped(x)['var']!([0, 1])],
  ['logsumexp', () => untyped(x)['logsumexp']!(1)],
  ['argmax', () => untyped(x)['argmax']!(1)],
  ['flatten', () => untyped(image)['flatten']!(1)],
  ['topk', () => untyped(x)['topk']!(1, 0)],
  ['chunk', () => untyped(x)['chunk']!(3, -1)],
  ['tril', () => untyped(x)['tril']!(1)],
  ['norm', () => untyped(x)['norm']!(x)],
  ['any', () => untyped(x)['any']!(null)],
  ['cat', () => untyped({ cat })['cat']!([x, x], 1)],
  ['stack', () => untyped({ stack })['stack']!([x, x], 1)],
  ['conv2d', () => untyped(F)['conv2d']!(image, weight, null, 1)],
  ['convTranspose2d', () => untyped(F)['convTranspose2d']!(image, weight, null, 2)],
  ['maxPool2d', () => untyped(F)['maxPool2d']!(image, 2, 1)],
  ['avgPool2d', () => untyped(F)['avgPool2d']!(image, 2, 1)],
  ['dropout', () => untyped(F)['dropout']!(x, 0.2)],
  ['Conv2d', () => made('Conv2d', 1, 2, 3, 2)],
  ['ConvTranspose2d', () => made('ConvTranspose2d', 1, 2, 3, 2)],
  ['MaxPool2d', () => made('MaxPool2d', 2, 2)],
  ['AvgPool2d', () => made('AvgPool2d', 2, 2)],
  ['Linear', () => made('Linear', 3, 4, false)],
  ['BatchNorm2d', () => made('BatchNorm2d', 3, 1e-3)],
])('%s', (operation, call) => {
  expect(call).toThrow(`${operation}: options are passed by name, in one object: `)
})

test('objects go through, whoever made them', () => {
  expect(x.sum({ dim: 1 }).shape).toEqual([2])
  expect(x.sum(undefined).shape).toEqual([])
  expect(x.sum(Object.freeze({ dim: 0 })).shape).toEqual([3])
})
