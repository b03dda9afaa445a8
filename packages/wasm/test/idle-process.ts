/** A program that ends without `destroy`, its threads asleep. */
import { setDefaultDevice, tensor } from '@glissade/core'
import { Linear } from '@glissade/core/nn'
import { wasm } from '../src/index.ts'

const backend = await wasm({ threads: 3 })
setDefaultDevice(backend)
const x = tensor(new Float32Array(300 * 300).fill(1), { shape: [300, 300] })
const y = await new Linear(300, 300)(x).data()
console.log(`${backend.threads} threads, ${y.length} results`)
