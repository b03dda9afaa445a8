/** The program behind `npm start`: the seed program in three seeds, then the handwritten digits. */
import { setDefaultDevice, type Backend } from '@glissade/core'
import { cpu } from '@glissade/cpu'
import { wasm } from '@glissade/wasm'
import { webgpu } from '@glissade/webgpu'
import { parseArguments, type BackendName } from './arguments.ts'
import { runDigits } from './digits/run.ts'
import { trainDigits } from './digits/train.ts'
import { seedLoss } from './seeds.ts'

const options = parseArguments(process.argv.slice(2))
const backends: { readonly [B in BackendName]: () => Backend | Promise<Backend> } = { cpu, wasm, webgpu }
setDefaultDevice(await backends[options.backend]())
for (const seed of [0, 42, 1234])
  console.log(`Loss after one update: ${(await seedLoss(seed)).toFixed(4)}  (seed ${seed})`)
await runDigits(options, trainDigits)
