/** The bits of a training run are one committed value: on this Node, with 1, 2 and 4 threads. */
import { expect, test } from 'vitest'
import { wasm } from '../src/index.ts'
import { GOLDEN_HASH, trainAndHash } from './golden-steps.ts'

test.each([1, 2, 4])('a hundred steps on %i threads end with the golden bits', async (threads) => {
  const backend = await wasm({ threads })
  expect(backend.threads).toBe(threads)
  expect(await trainAndHash(backend)).toBe(GOLDEN_HASH)
  backend.destroy()
})
