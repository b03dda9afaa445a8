/** What the wasm backend is held to: a ratio to another number of the same run, or a time. */
import { median } from './median.mjs'
import { works } from './works.mjs'

/** A process with less of a processor than this was disturbed by others. */
export const BUSY = 0.9

/** How two measurements are compared; `work` is the row of the table of works. */
export const measures = {
  rate: (result) => 1 / result.seconds,
  flops: (result, work) => work.flops / result.seconds,
  /** Milliseconds from the first call of a compiled step, in a new process, until it is ready to run. */
  ready: (result) => result.record + result.prepare,
}

const ours = 'glissade-wasm'
const sgemm = { work: 'sgemm', peer: ours }
export const bounds = [
  { work: 'sgemm', peer: ours, measure: 'rate', atLeast: 0.95, of: { work: 'sgemm', peer: 'hand-wasm' } },
  { work: 'seed', peer: ours, measure: 'rate', atLeast: 100, of: { work: 'seed', peer: 'jaxjs' } },
  { work: 'mlp', peer: ours, measure: 'flops', atLeast: 0.85, of: sgemm },
  { work: 'mlp', peer: ours, measure: 'rate', atLeast: 1.9, of: { work: 'mlp', peer: 'jaxjs' } },
  { work: 'wide', peer: ours, measure: 'flops', atLeast: 0.92, of: sgemm },
  { work: 'wide', peer: 'glissade-wasm-2t', measure: 'rate', atLeast: 1.7, of: { work: 'wide', peer: ours } },
  { work: 'cnn', peer: ours, measure: 'rate', atLeast: 0.9, of: { work: 'cnn', peer: 'torch' } },
  { work: 'transformer', peer: ours, measure: 'rate', atLeast: 2.2, of: { work: 'transformer', peer: 'jaxjs' } },
  { work: 'transformer', peer: ours, measure: 'ready', atMost: 100 },
  { work: 'sgd', peer: ours, measure: 'rate', atLeast: 0.8, of: { work: 'sgd', peer: 'hand-wasm' } },
  { work: 'chain', peer: ours, measure: 'rate', atLeast: 0.8, of: { work: 'chain', peer: 'hand-wasm' } },
  { work: 'softmax', peer: ours, measure: 'rate', atLeast: 1, of: { work: 'softmax', peer: 'torch' } },
]

/**
 * A bound with what was measured: the median over rounds of the ratio within each round, with the least and the greatest.
 * `disturbed` where a side lacked a processor; `got` is null where a side is missing, with the reason.
 */
export function judged(bound, results) {
  const { work, peer, measure, atLeast, atMost, of } = bound
  const side = (side_) => ({ rounds: results[side_.work]?.[side_.peer] ?? [], row: works[side_.work], ...side_ })
  const sides = [side({ work, peer }), ...(of ? [side(of)] : [])]
  for (const { rounds, work: name, peer: who } of sides) {
    const missing = rounds.length === 0 ? 'not in this run' : rounds[0].cannot
    if (missing !== undefined) return { ...bound, got: null, why: `${who} at ${name}: ${missing}` }
  }
  const count = Math.min(...sides.map(({ rounds }) => rounds.length))
  const values = Array.from({ length: count }, (_, round) => {
    const [a, b] = sides.map(({ rounds, row }) => measures[measure](rounds[round], row))
    return b === undefined ? a : a / b
  })
  const disturbed = sides.some(({ rounds }) => median(rounds.map(({ share }) => share)) < BUSY)
  const got = median(values)
  return {
    ...bound,
    got,
    disturbed,
    range: [Math.min(...values), Math.max(...values)],
    met: of ? got >= atLeast : got <= atMost,
  }
}
