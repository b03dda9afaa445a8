/** The conformance kit on four threads that divide everything they can, however small; every program is specialised to its sizes. */
import { testBackend } from '@glissade/conformance'
import { test } from 'vitest'
import { makeBackend } from '../src/backend.ts'

testBackend({ test, create: () => makeBackend({ memoryBytes: 2 ** 32, threads: 4, worth: 0, genericNodes: 0 }) })
