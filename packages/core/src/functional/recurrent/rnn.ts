/** The plain recurrent network over a whole sequence. Source: https://pytorch.org/docs/stable/generated/torch.nn.RNN.html */
import type { CompositeAttributes } from '../../contract/composites.ts'
import { apply } from '../../engine/door.ts'
import { Composite } from '../../engine/op.ts'
import { traceComposite, type CompositeGradient } from '../../ir/composite.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import { hidden, step, tanhSlope, together, walk, weightGradients } from './sequence.ts'

/** (outputs' gradient, that of the last h, w_hh, outputs) to the gradients of the gates and of h0. */
export const rnnBackwardOp: Composite<'rnnBackward'> = /* @__PURE__ */ new Composite(
  'rnnBackward',
  ([given, last, weight, outputs], attrs) => {
    let dh = last!
    const found = walk(outputs!, attrs)
      .toReversed()
      .map((t) => {
        const [own, y] = [step(given!, t).add(dh), step(outputs!, t)]
        const g = attrs.relu ? y.le(0).where(0, own) : tanhSlope(own, y)
        dh = g.dot(weight!)
        return g
      })
    return [together(found, { reverse: !attrs.reverse }), dh]
  },
)

const gradient: CompositeGradient<CompositeAttributes['rnn']> = (grads, [, h0, weight], results, attrs) => {
  const [outputs] = results
  const given = results.map((result, i) => grads[i] ?? result.like(0))
  const { reverse, relu, bias } = attrs
  const [g, dh] = traceComposite(rnnBackwardOp, outputs!.builder, [...given, weight!, outputs!], { reverse, relu })
  return [g!, dh!, ...weightGradients(g!, h0!, outputs!, { reverse, bias })]
}

/** (gates [length, n, hidden], h0 [n, hidden], w_hh, b_hh?) to the outputs, of the shape of the gates, and the last h. */
export const rnnOp: Composite<'rnn'> = /* @__PURE__ */ new Composite(
  'rnn',
  ([gates, h0, weight, bias], attrs) => {
    let h = h0!
    const outputs = walk(gates!, attrs).map((t) => {
      const sum = step(gates!, t).add(hidden(h, weight!, bias))
      return (h = attrs.relu ? sum.le(0).where(0, sum) : sum.tanh())
    })
    return [together(outputs, attrs), h]
  },
  gradient,
)

/** Outputs and last h of one layer in one direction. */
export const rnnSequence = (operands: readonly Tensor[], attrs: CompositeAttributes['rnn']): Tensor[] =>
  apply(rnnOp, attrs, operands) as Tensor[]
