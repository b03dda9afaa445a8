/**
 * One step of the recurrent networks. `gates` is the input's share, x w_ih' + b_ih, which a layer computes for all steps
 * at once. The activated gates are results too, so that backward does not compute them again.
 */
import { ShapeError } from '../backend/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { sameShape } from '../ir/type.ts'
import { apply } from '../tensor/door.ts'
import { NONE, Op } from '../tensor/op.ts'
import { sigmoidOf } from '../tensor/ops/special.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** h w_hh' + b_hh */
function hidden(h: Sym, weight: Sym, bias: Sym | undefined): Sym {
  const y = h.dot(weight, false, true)
  return bias === undefined ? y : y.add(bias.expand(y.shape))
}
/** Part k of n of the last axis of [batch, n size]. */
function part(gates: Sym, k: number, size: number): Sym {
  return gates.slice([0, k * size], [gates.shape[0]!, (k + 1) * size])
}
function assertState(operation: string, gates: Sym, h: Sym, count: number): number {
  const size = gates.shape[1]! / count
  if (!sameShape(h.shape, [gates.shape[0]!, size]))
    throw new ShapeError(operation, [h.shape], `the hidden state of a step must be [${gates.shape[0]},${size}]`)
  return size
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
  const size = assertState('lstm', gates!, h!, 4)
  const sum = gates!.add(hidden(h!, weight!, bias))
  const i = sigmoidOf(part(sum, 0, size))
  const f = sigmoidOf(part(sum, 1, size))
  const g = part(sum, 2, size).tanh()
  const o = sigmoidOf(part(sum, 3, size))
  // c' = f c + i g,  h' = o tanh(c')
  const cell = f.mul(c!).add(i.mul(g))
  return [o.mul(cell.tanh()), cell, i, f, g, o]
})

/** (gates, h, w_hh, b_hh?) to h', the reset, update and new gates, and the hidden share of the new gate. */
const gruOp: Op = /* @__PURE__ */ new Op('gruStep', ([gates, h, weight, bias]) => {
  const size = assertState('gru', gates!, h!, 3)
  const own = hidden(h!, weight!, bias)
  const r = sigmoidOf(part(gates!, 0, size).add(part(own, 0, size)))
  const z = sigmoidOf(part(gates!, 1, size).add(part(own, 1, size)))
  const share = part(own, 2, size)
  const n = part(gates!, 2, size).add(r.mul(share)).tanh()
  // h' = (1 - z) n + z h, computed as (h - n) z + n
  return [h!.sub(n).mul(z).add(n), r, z, n, share]
})

const optional = (bias: Tensor | null): Tensor[] => (bias === null ? [] : [bias])

/** h' = tanh(gates + h w_hh' + b_hh), or relu. `gates` and `h` are [batch, hidden]. */
export const rnnStep = (gates: Tensor, h: Tensor, weight: Tensor, bias: Tensor | null, nonlinearity: 'tanh' | 'relu'): Tensor =>
  apply(nonlinearity === 'relu' ? reluOp : tanhOp, NONE, [gates, h, weight, ...optional(bias)])[0] as Tensor
/** [h', c'] of an LSTM. `gates` is [batch, 4 hidden], `h` and `c` [batch, hidden]. */
export const lstmStep = (gates: Tensor, h: Tensor, c: Tensor, weight: Tensor, bias: Tensor | null): [Tensor, Tensor] =>
  apply(lstmOp, NONE, [gates, h, c, weight, ...optional(bias)]).slice(0, 2) as [Tensor, Tensor]
/** h' of a GRU. `gates` is [batch, 3 hidden], `h` [batch, hidden]. */
export const gruStep = (gates: Tensor, h: Tensor, weight: Tensor, bias: Tensor | null): Tensor =>
  apply(gruOp, NONE, [gates, h, weight, ...optional(bias)])[0] as Tensor
