/** rng.json, fn 'init': initial values of modules and of nn.init, bit for bit, and the number of draws. */
import { manualSeed, rand, setDefaultDevice, type Tensor } from '@glissade/core'
import type { AnyModule } from '@glissade/core/nn'
import { beforeAll, describe, expect, test } from 'vitest'
import { golden, type GoldenTensor } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import { run } from './python-modules.ts'
import { expectTensor } from './tensors.ts'

interface Case {
  readonly id: string
  readonly fn: string
  readonly seed: number
  readonly code: string
  readonly state: Readonly<Record<string, GoldenTensor>>
  readonly next_rand2: GoldenTensor
}

const EXACT = { rtol: 0, atol: 0 }
/** The inverse of erf is not rounded as PyTorch's: its own versions differ by more. */
const INVERSE = { rtol: 1e-5, atol: 1e-6 }

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))

  test.each(golden<Case>('rng').cases.filter(({ fn }) => fn === 'init'))(
    '$id',
    async ({ seed, code, state, next_rand2: next }) => {
      manualSeed(seed)
      const { value, names } = run(code)
      const made = names.has('w') ? new Map([['w', names.get('w') as Tensor]]) : (value as AnyModule).stateDict()
      expect([...made.keys()]).toEqual(Object.keys(state))
      const tolerance = code.includes('trunc_normal_') ? INVERSE : EXACT
      for (const [key, wanted] of Object.entries(state)) await expectTensor(made.get(key)!, wanted, tolerance, key)
      await expectTensor(rand([2]), next, EXACT, 'what is drawn next')
    },
  )
})
