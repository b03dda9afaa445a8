/** The whole conformance kit, without known failures. */
import { testBackend } from '@glissade/conformance'
import { test } from 'vitest'
import { wasm } from '../src/index.ts'

testBackend({ test, create: () => wasm() })
