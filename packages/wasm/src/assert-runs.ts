/** Whether this engine and this page run what the backend writes: said when it is made, not by its first operation. */
import { UnsupportedError } from '@glissade/core/backend'
import { i32x4 } from './emitter/code.ts'
import { ModuleWriter } from './emitter/module.ts'
import { engine } from './webassembly.ts'

export function assertRuns(): void {
  if ((engine as typeof engine | undefined) === undefined)
    throw new UnsupportedError('wasm', 'there is no WebAssembly here; use the cpu backend')
  const module = new ModuleWriter()
  module.function('probe', [], 'v128').return(i32x4(0))
  const bytes = module.bytes()
  if (!engine.validate(bytes))
    throw new UnsupportedError('wasm', 'this engine does not know 128-bit SIMD; use the cpu backend')
  try {
    void new engine.Module(bytes)
  } catch (error) {
    throw new UnsupportedError(
      'wasm',
      `the policy of this page forbids WebAssembly; add 'wasm-unsafe-eval' to script-src in its Content-Security-Policy (${String(error)})`,
    )
  }
}
