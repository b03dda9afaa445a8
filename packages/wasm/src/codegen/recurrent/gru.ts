/** GRU over a sequence, and its gradient: core's `functional/recurrent/gru.ts` says what they are. */
import { i32, op, select } from '../../emitter/code.ts'
import { add, mul, sub } from '../math.ts'
import { sigmoidSlope, tanhSlope } from './element.ts'
import { Steps, type Direction, type Recurrent, type Sizes } from './steps.ts'

/** Reset, update and new. */
export const GRU_GATES = 3

export function writeGru(given: Recurrent, sizes: Sizes, { reverse }: Direction): void {
  const { f, args, results } = given
  const [gates, h0, weight, bias] = args
  const [outputs, last, ...kept] = results
  const steps = new Steps(given, sizes, 'forward', reverse, weight!)
  const input = steps.moving(gates!, GRU_GATES * sizes.hidden)
  const output = steps.moving(outputs!)
  const keeping = kept.map((each) => steps.moving(each))
  const h = steps.rows(h0!)
  steps.walk(() => {
    steps.multiply(h, steps.room)
    steps.each((element) => {
      const [reset, update, fresh] = [0, 1, 2].map((gate) => element.loadGate(input, gate))
      const [a, b, share] = [0, 1, 2].map((gate) => element.loadShare(steps.room, bias, gate))
      const [r, z] = element.sigmoids([f.let(add(reset!, a!)), f.let(add(update!, b!))])
      const n = element.tanh(add(fresh!, mul(r!, share!)))
      element.store(output, add(mul(sub(element.load(h), n), z!), n))
      const values = [r!, z!, n, share!]
      keeping.forEach((to, k) => element.store(to, values[k]!))
    })
    f.set(h, output)
  })
  steps.copy(h, steps.rows(last!))
}

export function writeGruBackward(given: Recurrent, sizes: Sizes, { reverse }: Direction): void {
  const { f, args, results } = given
  const [own, ownLast, h0, weight, outputs, ...kept] = args
  const [gates, shares, first] = results
  const steps = new Steps(given, sizes, 'backward', reverse, weight!)
  const slope = steps.moving(own!)
  const output = steps.moving(outputs!)
  const activated = kept.map((each) => steps.moving(each))
  const found = steps.moving(gates!, GRU_GATES * sizes.hidden)
  const inner = steps.moving(shares!, GRU_GATES * sizes.hidden)
  const [dh, start] = [steps.rows(first!), steps.rows(h0!)]
  steps.copy(steps.rows(ownLast!), dh)
  const before = f.local('i32')
  steps.walk((left) => {
    f.set(before, select(start, steps.ahead(output), op('i32.eq', left, i32(1))))
    steps.each((element) => {
      const [r, z, n, share] = activated.map((each) => element.load(each))
      const dOutput = f.let(add(element.load(slope), element.load(dh)))
      const carried = f.let(mul(dOutput, z!))
      const fresh = f.let(tanhSlope(sub(dOutput, carried), n!))
      const reset = f.let(sigmoidSlope(mul(fresh, share!), r!))
      const update = f.let(sigmoidSlope(mul(dOutput, sub(element.load(before), n!)), z!))
      for (const [rows, last] of [
        [found, fresh],
        [inner, mul(fresh, r!)],
      ] as const)
        [reset, update, last].forEach((value, gate) => element.storeGate(rows, gate, value))
      element.store(dh, carried)
    })
    steps.multiply(inner, steps.room)
    steps.each((element) => element.store(dh, add(element.load(dh), element.load(steps.room))))
  })
}
