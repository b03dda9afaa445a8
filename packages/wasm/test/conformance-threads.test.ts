/**
 * The conformance kit on four threads that divide everything they can, however small; every program is specialised to its sizes. What
 * makes a backend for each case is tried on one thread, but for indices of float32 that are out of range: four threads take long to start.
 */
import { testBackend } from '@glissade/conformance'
import { test } from 'vitest'
import { makeBackend } from '../src/backend.ts'

const create = (): ReturnType<typeof makeBackend> =>
  makeBackend({ memoryBytes: 2 ** 32, threads: 4, worth: 0, genericNodes: 0 })
testBackend({
  test,
  create,
  except: [
    'eager/errors/*',
    ...['int32', 'bool', 'uint8'].map((dtype) => `*/gather/${dtype}/*is an error*`),
    ...['int32', 'uint8'].map((dtype) => `*/scatterAdd/${dtype}/*is an error*`),
  ],
})
