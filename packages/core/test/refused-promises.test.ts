/** Asynchronous functions where none can be: refused, and what becomes of their promises later ends no process. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  compile,
  customFunction,
  detectAnomaly,
  enableGrad,
  gradcheck,
  hessian,
  jacobian,
  isGlissadeError,
  jvp,
  noGrad,
  ones,
  setDefaultDevice,
  vjp,
  type Tensor,
} from '../src/index.ts'
import * as nn from '../src/nn/index.ts'
import * as optim from '../src/optim/index.ts'
import { queuedBackend } from './queued-backend.ts'

beforeEach(async () => setDefaultDevice(await queuedBackend({ readsAtOnce: true })))

const unhandled: unknown[] = []
const note = (error: unknown): void => void unhandled.push(error)
beforeEach(() => process.on('unhandledRejection', note))
afterEach(() => process.off('unhandledRejection', note))

// As plain JavaScript has it: types refuse most of these.
const fails = (async (): Promise<never> => {
  await Promise.resolve()
  throw new Error('of the callback')
}) as never

const leaf = (): Tensor => ones([2], { requiresGrad: true })
const linear = (): nn.Linear => new nn.Linear(2, 2)
class Asynchronous extends nn.Module {
  forward(): never {
    return (fails as () => never)()
  }
}
function optimizer(): optim.SGD {
  const w = leaf()
  w.sum().backward()
  return new optim.SGD([w], { lr: 0.1 })
}

const calls: { readonly [name: string]: () => unknown } = {
  noGrad: () => noGrad(fails),
  enableGrad: () => enableGrad(fails),
  detectAnomaly: () => detectAnomaly(fails),
  compile: () => compile(fails)(),
  'guards of a compiled function': () => compile((x: Tensor) => x.mul(2), { guards: fails })(leaf()),
  gradcheck: () => gradcheck(fails, [leaf()]),
  jacobian: () => jacobian(fails, leaf()),
  hessian: () => hessian(fails, leaf()),
  vjp: () => vjp(fails, leaf()),
  jvp: () => jvp(fails, leaf(), ones([2])),
  'the closure of a step': () => optimizer().step(fails),
  'a hook before steps': () => {
    const one = optimizer()
    one.registerStepPreHook(fails)
    one.step()
  },
  'a hook of forward': () => {
    const one = linear()
    one.registerForwardHook(fails)
    return one(ones([1, 2]))
  },
  'a hook before forward': () => {
    const one = linear()
    one.registerForwardPreHook(fails)
    return one(ones([1, 2]))
  },
  'a hook of a gradient': () => {
    const y = leaf().mul(2)
    y.registerHook(fails)
    y.sum().backward()
  },
  'a forward of a function of yours': () =>
    customFunction('f', { forward: fails, backward: (_, ...grads) => grads })(leaf()),
  'a backward of a function of yours': () =>
    customFunction('f', { forward: (_, x: Tensor) => x.mul(1), backward: fails })(leaf())
      .sum()
      .backward(),
  'a module within others': () => new nn.Sequential(new Asynchronous(), linear())(ones([1, 2])),
  'an operand': () => ones([2]).add((fails as () => never)()),
}

test.each(Object.entries(calls))('%s', async (_, call) => {
  let error: unknown
  try {
    await call()
  } catch (thrown) {
    error = thrown
  }
  expect(error).toSatisfy(isGlissadeError)
  await new Promise((resolve) => setTimeout(resolve, 2))
  expect(unhandled).toEqual([])
})
