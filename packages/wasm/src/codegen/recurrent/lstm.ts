/** LSTM over a sequence, and its gradient: core's `functional/recurrent/lstm.ts` says what they are. */
import { select, op, i32 } from '../../emitter/code.ts'
import { add, mul } from '../math.ts'
import { sigmoidSlope, tanhSlope } from './element.ts'
import { Steps, type Direction, type Recurrent, type Sizes } from './steps.ts'

/** Input, forget, cell and output. */
export const LSTM_GATES = 4

export function writeLstm(given: Recurrent, sizes: Sizes, { reverse }: Direction): void {
  const { f, args, results } = given
  const [gates, h0, c0, weight, bias] = args
  const [outputs, lastH, lastC, ...kept] = results
  const steps = new Steps(given, sizes, 'forward', reverse, weight!)
  const input = steps.moving(gates!, LSTM_GATES * sizes.hidden)
  const output = steps.moving(outputs!)
  const keeping = kept.map((each) => steps.moving(each))
  const h = steps.rows(h0!)
  // The last cells are the place of all cells.
  const c = steps.rows(lastC!)
  steps.copy(steps.rows(c0!), c)
  steps.walk(() => {
    steps.multiply(h, steps.room)
    steps.each((element) => {
      const [s0, s1, s2, s3] = [0, 1, 2, 3].map((gate) =>
        f.let(add(element.loadGate(input, gate), element.loadShare(steps.room, bias, gate))),
      )
      const [i, forget, o] = element.sigmoids([s0!, s1!, s3!])
      const g = element.tanh(s2!)
      const cell = f.let(add(mul(forget!, element.load(c)), mul(i!, g)))
      element.store(c, cell)
      element.store(output, mul(o!, element.tanh(cell)))
      const values = [cell, i!, forget!, g, o!]
      keeping.forEach((to, k) => element.store(to, values[k]!))
    })
    f.set(h, output)
  })
  steps.copy(h, steps.rows(lastH!))
}

export function writeLstmBackward(given: Recurrent, sizes: Sizes, { reverse }: Direction): void {
  const { f, args, results } = given
  const [own, ownH, ownC, c0, weight, ...kept] = args
  const [gates, firstH, firstC] = results
  const steps = new Steps(given, sizes, 'backward', reverse, weight!)
  const slope = steps.moving(own!)
  const [cells, ...activated] = kept.map((each) => steps.moving(each))
  const found = steps.moving(gates!, LSTM_GATES * sizes.hidden)
  const [dh, dc, start] = [steps.rows(firstH!), steps.rows(firstC!), steps.rows(c0!)]
  steps.copy(steps.rows(ownH!), dh)
  steps.copy(steps.rows(ownC!), dc)
  const before = f.local('i32')
  steps.walk((left) => {
    f.set(before, select(start, steps.ahead(cells!), op('i32.eq', left, i32(1))))
    steps.each((element) => {
      const [i, forget, g, o] = activated.map((gate) => element.load(gate))
      const squashed = element.tanh(element.load(cells!))
      const dOutput = f.let(add(element.load(slope), element.load(dh)))
      const dCell = f.let(add(element.load(dc), tanhSlope(mul(dOutput, o!), squashed)))
      element.storeGate(found, 0, sigmoidSlope(mul(dCell, g!), i!))
      element.storeGate(found, 1, sigmoidSlope(mul(dCell, element.load(before)), forget!))
      element.storeGate(found, 2, tanhSlope(mul(dCell, i!), g!))
      element.storeGate(found, 3, sigmoidSlope(mul(dOutput, squashed), o!))
      element.store(dc, mul(dCell, forget!))
    })
    steps.multiply(found, dh)
  })
}
