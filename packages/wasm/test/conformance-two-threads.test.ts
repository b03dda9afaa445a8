/**
 * A part of every kind of the conformance kit on two threads, as users get them: what they divide is tried in full on four, and what
 * they do not on one.
 */
import { testBackend } from '@glissade/conformance'
import { test } from 'vitest'
import { wasm } from '../src/index.ts'

testBackend({ test, create: () => wasm({ threads: 2 }), fast: true })
