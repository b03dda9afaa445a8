/** Gated recurrent unit over a whole sequence. Source: https://pytorch.org/docs/stable/generated/torch.nn.GRU.html */
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
 * (outputs' gradient, that of the last h, h0, w_hh, outputs, r, z, n, shares) to the gradients of the gates, of h w_hh' + b_hh,
 * and of h0.
 */
export const gruBackwardOp: Composite<'gruBackward'> = /* @__PURE__ */ new Composite(
  'gruBackward',
  ([given, last, h0, weight, outputs, ...kept], direction) => {
    const steps = walk(outputs!, direction).toReversed()
    let dh = last!
    const found = steps.map((t, k) => {
      const [r, z, n, share] = kept.map((each) => step(each, t)) as [Sym, Sym, Sym, Sym]
      const before = k === steps.length - 1 ? h0! : step(outputs!, steps[k + 1]!)
      const own = step(given!, t).add(dh)
      const carried = own.mul(z)
      const fresh = tanhSlope(own.sub(carried), n)
      const reset = sigmoidSlope(fresh.mul(share), r)
      const update = sigmoidSlope(own.mul(before.sub(n)), z)
      const [all, inner] = [fresh, fresh.mul(r)].map((third) => own.builder.concat([reset, update, third], 1))
      dh = carried.add(inner!.dot(weight!))
      return [all!, inner!]
    })
    const [all, inner] = [0, 1].map((k) =>
      together(
        found.map((each) => each[k]!),
        { reverse: !direction.reverse },
      ),
    )
    return [all!, inner!, dh]
  },
)

const gradient: CompositeGradient<CompositeAttributes['gru']> = (grads, [, h0, weight], results, direction) => {
  const given = asked(grads, results, 2, direction)
  if (given === null) return null
  const [outputs, , ...kept] = results
  const { reverse } = direction
  const operands = [...given, h0!, weight!, outputs!, ...kept]
  const [g, inner, dh] = traceComposite(gruBackwardOp, outputs!.builder, operands, { reverse })
  return [g!, dh!, ...weightGradients(inner!, h0!, outputs!, direction)]
}

/**
 * (gates [length, n, 3 hidden], h0 [n, hidden], w_hh, b_hh?) to the outputs [length, n, hidden] and the last h; and what is
 * kept, all [length, n, hidden]: the gates r, z and n, and the hidden share of n.
 */
export const gruOp: Composite<'gru'> = /* @__PURE__ */ new Composite(
  'gru',
  ([gates, h0, weight, bias], direction) => {
    let h = h0!
    const taken = walk(gates!, direction).map((t) => {
      const input = parts(step(gates!, t), 3)
      const own = parts(hidden(h, weight!, bias), 3)
      const r = sigmoidOf(input[0]!.add(own[0]!))
      const z = sigmoidOf(input[1]!.add(own[1]!))
      const share = own[2]!
      const n = input[2]!.add(r.mul(share)).tanh()
      // h' = (1 - z) n + z h, computed as (h - n) z + n
      h = h.sub(n).mul(z).add(n)
      return [h, r, z, n, share]
    })
    const [outputs, ...kept] = taken[0]!.map((_, k) =>
      together(
        taken.map((each) => each[k]!),
        direction,
      ),
    )
    return [outputs!, h, ...(direction.keeps ? kept : [])]
  },
  gradient,
)

/** Outputs and last h of one layer in one direction. */
export const gruSequence = (operands: readonly Tensor[], recurrence: Recurrence): Tensor[] =>
  apply(gruOp, recurrence, operands).slice(0, 2) as Tensor[]
