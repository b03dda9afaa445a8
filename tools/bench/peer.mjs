/** One peer at one work in a process of its own: prints its first losses and the rate of each round as JSON. */
import { performance } from 'node:perf_hooks'
import { glissade } from './peers/glissade.mjs'
import { hand } from './peers/hand.mjs'
import { tfjs } from './peers/tfjs.mjs'
import { works } from './works.mjs'

export const peers = {
  hand: (work) => hand(work),
  'glissade-cpu': (work) => glissade(work, { backend: 'cpu', compiled: true }),
  'glissade-cpu-eager': (work) => glissade(work, { backend: 'cpu', compiled: false }),
  'glissade-wasm': (work) => glissade(work, { backend: 'wasm', compiled: true }),
  'tfjs-cpu': (work) => tfjs(work, { backend: 'cpu' }),
  'tfjs-wasm': (work) => tfjs(work, { backend: 'wasm' }),
}

const LOSSES = 5
/** Seconds of a round. */
const ROUND = 0.5
const ROUNDS = 3

const [name, workName] = process.argv.slice(2)
if (name !== undefined) {
  const work = works[workName]()
  const start = performance.now()
  const { step, read, drop = () => {} } = await peers[name](work)
  const first = performance.now()
  const losses = []
  for (let i = 0; i < LOSSES; i++) losses.push(await read(step(i)))
  const firstStep = performance.now() - first
  let done = LOSSES
  let block = 1
  const rates = []
  for (let round = 0; round <= ROUNDS; round++) {
    const begin = performance.now()
    let steps = 0
    let last
    do {
      for (let k = 0; k < block; k++) {
        if (last !== undefined) drop(last)
        last = step(done++)
      }
      steps += block
      // Looks at the clock must not cost more than the smallest steps.
      if ((performance.now() - begin) / steps < 0.1) block = Math.min(1024, block * 2)
    } while (performance.now() - begin < ROUND * 1000)
    await read(last)
    if (round > 0) rates.push((steps / (performance.now() - begin)) * 1000)
  }
  console.log(JSON.stringify({ losses, rates, firstStep, setup: first - start }))
}
