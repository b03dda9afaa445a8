/**
 * Whatever is assigned to a field of a module that was made well, and whatever is then done with the module: it goes on, or
 * ends in an error of the library.
 */
import * as core from '@glissade/core'
import * as nn from '@glissade/core/nn'
import { cpu } from '@glissade/cpu'
import { beforeEach, expect, test } from 'vitest'
import { modules } from './nn-calls.ts'
import { outcome } from './outcome.ts'
import { wrongValues } from './wrong-values.ts'

const device = cpu()
/** Assignments that are done at least, each with every use: a walk that lost its way would be seen. */
const LEAST = 10_000
const LONG = 120_000

beforeEach(() => {
  core.setDefaultDevice(device)
  core.setMemoryBudget(2 ** 28)
  core.manualSeed(0)
})

type Use = (module: nn.AnyModule, called: readonly unknown[]) => unknown
const uses: Readonly<Record<string, Use>> = {
  'called while training': (module, called) => module(...called),
  'called afterwards': (module, called) => module.eval()(...called),
  printed: (module) => String(module),
  'saved and loaded': (module) => module.loadStateDict(module.stateDict()),
  moved: (module) => module.zeroGrad() ?? module.to('float64'),
}
const names = Object.keys(modules)
function make(name: string): { readonly module: nn.AnyModule; readonly called: readonly unknown[] } {
  const { made, called } = modules[name]!()
  const Class = (nn as unknown as Record<string, new (...args: readonly unknown[]) => nn.AnyModule>)[name]!
  return { module: new Class(...made), called }
}

let done = 0
test.each(names)('%s', { timeout: LONG }, async (name) => {
  const wrong: string[] = []
  for (const field of Object.keys(make(name).module))
    for (const [word, value] of Object.entries(wrongValues)) {
      done++
      for (const [how, use] of Object.entries(uses)) {
        const { module, called } = make(name)
        const result = await outcome(null, () => {
          Object.assign(module, { [field]: value() })
          return use(module, called)
        })
        if (result !== null) wrong.push(`${field} is ${word}, ${how}: ${result}`)
      }
    }
  expect(wrong).toEqual([])
})

test('the walk finds what there is', () => {
  expect(done).toBeGreaterThan(LEAST)
})
