/**
 * One step of the recurrent networks. `gates` is the input's share, x w_ih' + b_ih, which a layer computes for all steps
 * at once. The activated gates are results too, so that backward does not compute them again.
 */
import { ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { sameShape } from '../ir/type.ts'
import { apply } from '../engine/door.ts'
import { traceComposite } from '../ir/composite.ts'
import { Composite, NONE, Op } from '../engine/op.ts'
import { sigmoidOf } from '../ops/special.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** h w_hh' + b_hh */
function hidden(h: Sym, weight: Sym, bias: Sym | undefined): Sym {
  const y = h.dot(weight, false, true)
  return bias === undefined ? y : y.add(bias.expand(y.shape))
}
/** `count` equal parts of an axis. The gradient of many slices is one concatenation. */
export const splitOp = /* @__PURE__ */ new Composite(
  'split',
  ([x], { axis, count }) => {
    const size = x!.shape[axis]! / count
    return Array.from({ length: count }, (_, k) =>
      x!.slice(
        x!.shape.map((__, i) => (i === axis ? k * size : 0)),
        x!.shape.with(axis, (k + 1) * size),
      ),
    )
  },
  (grads, [x], results, { axis }) => {
    const parts = grads.map((g, i) => g ?? results[i]!.like(0))
    return [x!.builder.concat(parts, axis)]
  },
)
const gatesOf = (sum: Sym, count: number): readonly Sym[] =>
  traceComposite(splitOp, sum.builder, [sum], { axis: 1, count })

function assertState(operation: string, gates: Sym, h: Sym, count: number): void {
  const size = gates.shape[1]! / count
  if (!sameShape(h.shape, [gates.shape[0]!, size]))
    throw new ShapeError(operation, [h.shape], `the hidden state of a step must be [${gates.shape[0]},${size}]`)
}

const tanhOp: Op = /* @__PURE__ */ new Op('rnnTanhStep', ([gates, h, weight, bias]) => {
  assertState('rnn', gates!, h!, 1)
  return [gates!.add(hidden(h!, weight!, bias)).tanh()]
})
const reluOp: Op = /* @__PURE__ */ new Op('rnnReluStep', ([gates, h, weight, bias]) => {
  assertState('rnn', gates!, h!, 1)
  const sum = gates!.add(hidden(h!, weight!, bias))
  return [sum.le(0).where(0, sum)]
})

/** (gates, h, c, w_hh, b_hh?) to h', c' and the four gates: input, forget, cell, output. */
const lstmOp: Op = /* @__PURE__ */ new Op('lstmStep', ([gates, h, c, weight, bias]) => {
  assertState('lstm', gates!, h!, 4)
  const parts = gatesOf(gates!.add(hidden(h!, weight!, bias)), 4)
  const [i, f, o] = [sigmoidOf(parts[0]!), sigmoidOf(parts[1]!), sigmoidOf(parts[3]!)]
  const g = parts[2]!.tanh()
  // c' = f c + i g,  h' = o tanh(c')
  const cell = f.mul(c!).add(i.mul(g))
  return [o.mul(cell.tanh()), cell, i, f, g, o]
})

/** (gates, h, w_hh, b_hh?) to h', the reset, update and new gates, and the hidden share of the new gate. */
const gruOp: Op = /* @__PURE__ */ new Op('gruStep', ([gates, h, weight, bias]) => {
  assertState('gru', gates!, h!, 3)
  const input = gatesOf(gates!, 3)
  const own = gatesOf(hidden(h!, weight!, bias), 3)
  const r = sigmoidOf(input[0]!.add(own[0]!))
  const z = sigmoidOf(input[1]!.add(own[1]!))
  const share = own[2]!
  const n = input[2]!.add(r.mul(share)).tanh()
  // h' = (1 - z) n + z h, computed as (h - n) z + n
  return [h!.sub(n).mul(z).add(n), r, z, n, share]
})

const optional = (bias: Tensor | null): Tensor[] => (bias === null ? [] : [bias])

/** h' = tanh(gates + h w_hh' + b_hh), or relu. `gates` and `h` are [batch, hidden]. */
export const rnnStep = (
  gates: Tensor,
  h: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  nonlinearity: 'tanh' | 'relu',
): Tensor => apply(nonlinearity === 'relu' ? reluOp : tanhOp, NONE, [gates, h, weight, ...optional(bias)])[0] as Tensor
/** [h', c'] of an LSTM. `gates` is [batch, 4 hidden], `h` and `c` [batch, hidden]. */
export const lstmStep = (gates: Tensor, h: Tensor, c: Tensor, weight: Tensor, bias: Tensor | null): [Tensor, Tensor] =>
  apply(lstmOp, NONE, [gates, h, c, weight, ...optional(bias)]).slice(0, 2) as [Tensor, Tensor]
/** h' of a GRU. `gates` is [batch, 3 hidden], `h` [batch, hidden]. */
export const gruStep = (gates: Tensor, h: Tensor, weight: Tensor, bias: Tensor | null): Tensor =>
  apply(gruOp, NONE, [gates, h, weight, ...optional(bias)])[0] as Tensor
