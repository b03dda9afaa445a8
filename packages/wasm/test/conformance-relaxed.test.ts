/** The conformance kit in relaxed SIMD: within the same bounds. */
import { testBackend } from '@glissade/conformance'
import { test } from 'vitest'
import { wasm } from '../src/index.ts'
import { allowRelaxedSimd } from './allow-relaxed-simd.ts'

allowRelaxedSimd()

testBackend({ test, create: () => wasm({ relaxedSimd: true }) })
