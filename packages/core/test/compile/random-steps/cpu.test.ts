/** On cpu fused loops round as single operations do, and differences come only from sums that are taken in another order. */
import { cpu } from '../../../../cpu/src/index.ts'
import { wasm } from '../../../../wasm/src/index.ts'
import { attack } from './attack.ts'

attack({ name: 'cpu', here: cpu(), other: await wasm(), tolerance: 1e-5 })
