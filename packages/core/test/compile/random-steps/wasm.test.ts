/** On wasm there is no float64, and fused loops keep more digits between operations. */
import { cpu } from '../../../../cpu/src/index.ts'
import { wasm } from '../../../../wasm/src/index.ts'
import { attack } from './attack.ts'

attack({ name: 'wasm', here: await wasm(), other: cpu(), tolerance: 1e-4 })
