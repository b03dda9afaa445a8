/** The conformance kit on two threads, as users get them. */
import { testBackend } from '@glissade/conformance'
import { test } from 'vitest'
import { wasm } from '../src/index.ts'

testBackend({ test, create: () => wasm({ threads: 2 }) })
