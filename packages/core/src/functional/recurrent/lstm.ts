/** Long short-term memory over a whole sequence. Source: https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html */
import type { CompositeAttributes } from '../../contract/composites.ts'
import type { Sym } from '../../ir/builder.ts'
import { apply } from '../../engine/door.ts'
import { Composite } from '../../engine/op.ts'
import { traceComposite, type CompositeGradient } from '../../ir/composite.ts'
import { sigmoidOf } from '../../ops/special.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import {
  asked,
  hidden,
  parts,
  sigmoidSlope,
  step,
  tanhSlope,
  together,
  walk,
  weightGradients,
  type Recurrence,
} from './sequence.ts'

/**
 * (outputs' gradient, that of the last h, of the last c, c0, w_hh, cells, i, f, g, o) to the gradients of the gates, of h0 and
 * of c0.
 */
export const lstmBackwardOp: Composite<'lstmBackward'> = /* @__PURE__ */ new Composite(
  'lstmBackward',
  ([outputs, h, c, c0, weight, cells, ...gates], direction) => {
    const steps = walk(outputs!, direction).toReversed()
    let [dh, dc] = [h!, c!]
    const found = steps.map((t, k) => {
      const [i, f, g, o] = gates.map((gate) => step(gate, t)) as [Sym, Sym, Sym, Sym]
      const before = k === steps.length - 1 ? c0! : step(cells!, steps[k + 1]!)
      const squashed = step(cells!, t).tanh()
      const own = step(outputs!, t).add(dh)
      const cell = dc.add(tanhSlope(own.mul(o), squashed))
      const all = own.builder.concat(
        [
          sigmoidSlope(cell.mul(g), i),
          sigmoidSlope(cell.mul(before), f),
          tanhSlope(cell.mul(i), g),
          sigmoidSlope(own.mul(squashed), o),
        ],
        1,
      )
      dh = all.dot(weight!)
      dc = cell.mul(f)
      return all
    })
    return [together(found, { reverse: !direction.reverse }), dh, dc]
  },
)

const gradient: CompositeGradient<CompositeAttributes['lstm']> = (grads, [, h0, c0, weight], results, direction) => {
  const given = asked(grads, results, 3, direction)
  if (given === null) return null
  const [outputs, , , cells, ...gates] = results
  const { reverse } = direction
  const operands = [...given, c0!, weight!, cells!, ...gates]
  const [g, dh, dc] = traceComposite(lstmBackwardOp, outputs!.builder, operands, { reverse })
  return [g!, dh!, dc!, ...weightGradients(g!, h0!, outputs!, direction)]
}

/**
 * (gates [length, n, 4 hidden], h0 [n, hidden], c0, w_hh, b_hh?) to the outputs [length, n, hidden], the last h and the last c;
 * and what is kept, all [length, n, hidden]: cells, and the activated gates i, f, g and o.
 */
export const lstmOp: Composite<'lstm'> = /* @__PURE__ */ new Composite(
  'lstm',
  ([gates, h0, c0, weight, bias], direction) => {
    let [h, c] = [h0!, c0!]
    const taken = walk(gates!, direction).map((t) => {
      const sums = parts(step(gates!, t).add(hidden(h, weight!, bias)), 4)
      const [i, f, o] = [sigmoidOf(sums[0]!), sigmoidOf(sums[1]!), sigmoidOf(sums[3]!)]
      const g = sums[2]!.tanh()
      // c' = f c + i g,  h' = o tanh(c')
      c = f.mul(c).add(i.mul(g))
      h = o.mul(c.tanh())
      return [h, c, i, f, g, o]
    })
    const [outputs, ...kept] = taken[0]!.map((_, k) =>
      together(
        taken.map((each) => each[k]!),
        direction,
      ),
    )
    return [outputs!, h, c, ...(direction.keeps ? kept : [])]
  },
  gradient,
)

/** Outputs, last h and last c of one layer in one direction. */
export const lstmSequence = (operands: readonly Tensor[], recurrence: Recurrence): Tensor[] =>
  apply(lstmOp, recurrence, operands).slice(0, 3) as Tensor[]
