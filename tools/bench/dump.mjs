/** Draws the first weights and the batches of a work, with one seed, for all peers: `node dump.mjs WORK FOLDER`. */
import { manualSeed, rand, randint, randn, setDefaultDevice } from '../../packages/core/dist/index.js'
import { cpu } from '../../packages/cpu/dist/index.js'
import { writeData } from './data.mjs'
import { modelOf } from './peers/glissade.mjs'
import { BATCHES, works } from './works.mjs'

const drawn = {
  training: (work) => {
    const tokens = work.layers[0].kind === 'embedding'
    const tensors = Object.fromEntries(modelOf(work).stateDict())
    for (let i = 0; i < BATCHES; i++) {
      tensors[`x${i}`] = tokens ? randint(0, work.layers[0].vocabulary, work.input) : randn(work.input)
      tensors[`y${i}`] = work.classes > 0 ? randint(0, work.classes, work.targets) : randn(work.targets)
    }
    return tensors
  },
  // Positive operands: sums stay far from zero, so that relative differences mean something.
  sgemm: ({ size }) => ({ a: rand([size, size]), b: rand([size, size]) }),
  sgd: ({ tensors, size }) =>
    Object.fromEntries(
      Array.from({ length: tensors }, (_, i) => [
        [`p${i}`, rand([size])],
        [`g${i}`, rand([size])],
      ]).flat(),
    ),
  chain: ({ size }) => ({ a: rand([size]), b: rand([size]), c: rand([size]) }),
  softmax: ({ rows, columns }) => ({ a: randn([rows, columns]) }),
}

const [name, folder] = process.argv.slice(2)
setDefaultDevice(cpu())
manualSeed(0)
const tensors = drawn[works[name].kind](works[name])
const host = {}
for (const [key, { dtype, shape }] of Object.entries(tensors))
  host[key] = { dtype, shape, data: await tensors[key].data() }
writeData(folder, works[name], host)
