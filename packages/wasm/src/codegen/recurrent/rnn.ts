/** The plain recurrent network over a sequence, and its gradient: core's `functional/recurrent/rnn.ts` says what they are. */
import { f32x4, op } from '../../emitter/code.ts'
import { add, type Vector } from '../math.ts'
import { tanhSlope } from './element.ts'
import { Steps, type Direction, type Recurrent, type Sizes } from './steps.ts'

interface Plain extends Direction {
  readonly relu: boolean
}

/** x where y is above 0, or NaN. */
const above = (x: Vector, y: Vector): Vector => op('v128.andnot', x, op('f32x4.le', y, f32x4(0)))

export function writeRnn(given: Recurrent, sizes: Sizes, { reverse, relu }: Plain): void {
  const { f, args, results } = given
  const [gates, h0, weight, bias] = args
  const steps = new Steps(given, sizes, 'forward', reverse, weight!)
  const [input, output, h] = [steps.moving(gates!), steps.moving(results[0]!), steps.rows(h0!)]
  steps.walk(() => {
    steps.multiply(h, output)
    steps.each((element) => {
      const sum = f.let(add(element.load(input), element.loadShare(output, bias, 0)))
      element.store(output, relu ? above(sum, sum) : element.tanh(sum))
    })
    f.set(h, output)
  })
  steps.copy(h, steps.rows(results[1]!))
}

export function writeRnnBackward(given: Recurrent, sizes: Sizes, { reverse, relu }: Plain): void {
  const { f, args, results } = given
  const [own, ownLast, weight, outputs] = args
  const steps = new Steps(given, sizes, 'backward', reverse, weight!)
  const [slope, output, found] = [own!, outputs!, results[0]!].map((each) => steps.moving(each))
  const dh = steps.rows(results[1]!)
  steps.copy(steps.rows(ownLast!), dh)
  steps.walk(() => {
    steps.each((element) => {
      const [y, g] = [element.load(output!), f.let(add(element.load(slope!), element.load(dh)))]
      element.store(found!, relu ? above(g, y) : tanhSlope(g, y))
    })
    steps.multiply(found!, dh)
  })
}
