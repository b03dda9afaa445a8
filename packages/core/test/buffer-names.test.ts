/** No buffer takes the place of what a module has. */
import { beforeEach, expect, test } from 'vitest'
import { ones, setDefaultDevice } from '../src/index.ts'
import * as nn from '../src/nn/index.ts'
import { queuedBackend } from './queued-backend.ts'

beforeEach(async () => setDefaultDevice(await queuedBackend()))

class Counting extends nn.Linear {
  /** Nothing so far. */
  get last(): null {
    return null
  }
}

test('is that of a member, however far up it is declared and whatever it is', () => {
  const module = new Counting(2, 2)
  const names = new Set<string>(Object.keys(module))
  for (let at: object | null = module; at !== null; at = Object.getPrototypeOf(at) as object | null)
    for (const name of Object.getOwnPropertyNames(at)) names.add(name)
  expect([...names]).toEqual(
    expect.arrayContaining(['forward', 'last', 'weight', 'training', 'constructor', '__proto__']),
  )
  for (const name of names)
    expect(() => module.registerBuffer(name, ones([1]))).toThrow(`the module has '${name}' already`)
  module.registerBuffer('count', ones([1]))
  module.registerBuffer('count', ones([2]))
  expect([...module.stateDict().keys()]).toContain('count')
})
