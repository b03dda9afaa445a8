/** Whether the engine knows the instructions that a relaxed module has. */
import { i32x4 } from './emitter/code.ts'
import { ModuleWriter } from './emitter/module.ts'
import { engine } from './webassembly.ts'

export function hasRelaxedSimd(): boolean {
  const module = new ModuleWriter({ relaxed: true })
  const f = module.function('probe', [], 'v128')
  f.return(f.multiplyAdd(i32x4(0), i32x4(0), i32x4(0)))
  return engine.validate(module.bytes())
}
