/** A fast part of the kit, where there is an adapter; the README says how to run the whole. */
import { testBackend } from '@glissade/conformance'
import { test } from 'vitest'
import { webgpu } from '../src/index.ts'
import { NO_ADAPTER } from './adapter.ts'

/** A software adapter takes 20 to 100 ms to compile a shader: kinds with thousands of them are left to the whole kit. */
const ONLY = [
  '*/order/*',
  '*/memory/*',
  '*/settle/*',
  '*/aliasing/*',
  '*/donation/*',
  '*/determinism/*',
  '*/training/*',
  'compiled/program/*',
  'eager/sort/float32/*',
  'eager/conv/float32/*',
]

function noAdapter(reason: string): void {
  test('a part of the kit', ({ skip }) => skip(reason))
}
const theKit = (): void => testBackend({ test, create: () => webgpu(), only: ONLY, fast: true })

const start = NO_ADAPTER === null ? theKit : () => noAdapter(NO_ADAPTER!)
start()
