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

export const cellName = ({ work, peer }) => `${work}/${peer}`

/**
 * What is measured of one cell over what is measured of another, turn by turn in each round.
 * @param rounds of both, `{ seconds, turns }`; where one has no turns they are compared by their `seconds`
 * @param measure of both, from `{ seconds }` to a number
 */
export function ratios(rounds, measure) {
  const both = (results) => measure[0](results[0]) / measure[1](results[1])
  const pairs = rounds[0].slice(0, rounds[1].length).map((result, i) => [result, rounds[1][i]])
  return pairs.map(([a, b]) => {
    const turns = a.turns.slice(0, b.turns.length).map((turn, i) => both([turn, b.turns[i]]))
    return turns.length > 0 ? turns : [both([a, b])]
  })
}

/**
 * A bound with what was measured: the median over all turns of the ratio within each, with the least and the greatest median
 * of a round. `disturbed` where a side lacked a processor; `got` is null where a side is missing, with the reason.
 * @param results of each work, name of a cell to its rounds
 */
export function judged(bound, results) {
  const { work, peer, measure, atLeast, atMost, of } = bound
  const sides = [{ work, peer }, ...(of ? [of] : [])].map((cell) => ({
    ...cell,
    rounds: results[work][cellName(cell)],
  }))
  for (const { rounds: there, work: name, peer: who } of sides) {
    const missing = there === undefined ? 'not in this run' : there.find(({ cannot }) => cannot !== undefined)?.cannot
    if (missing !== undefined) return { ...bound, got: null, why: `${who} at ${name}: ${missing}` }
  }
  const rounds = sides.map((side) => side.rounds)
  const measured = sides.map((side) => (result) => measures[measure](result, works[side.work]))
  const values = of ? ratios(rounds, measured) : rounds[0].map((result) => [measured[0](result)])
  const middles = values.map(median)
  const disturbed = rounds.some((results_) => median(results_.map(({ share }) => share)) < BUSY)
  const got = median(values.flat())
  return {
    ...bound,
    got,
    disturbed,
    range: [Math.min(...middles), Math.max(...middles)],
    met: of ? got >= atLeast : got <= atMost,
  }
}
