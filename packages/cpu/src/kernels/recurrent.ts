/**
 * Recurrent networks over a sequence, and their gradients: core's `functional/recurrent/` says what they are. A loop over the
 * steps; what is computed of one element is in double, and rounded where it is stored.
 */
import { DTYPES } from '@glissade/core/backend'
import type { CompositeKernel, CompositeKernels, HostArray, TensorType } from '@glissade/core/backend'
import { multiply } from './dot.ts'
import { withPacked } from './packed.ts'

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
/** g f'(x) of a sigmoid, and of tanh, by their results. */
const sigmoidSlope = (g: number, y: number): number => g * y * (1 - y)
const tanhSlope = (g: number, y: number): number => g * (1 - y * y)

/** What all have in common. `outputs` are [length, n, hidden]; `gates` says how many there are. */
function stepsOf(
  { dtype, shape }: TensorType,
  gates: number,
  { reverse }: { readonly reverse: boolean },
  backwards: boolean,
) {
  const [length, n, hidden] = shape as [number, number, number]
  const size = n * hidden
  const { array, bytes } = DTYPES[dtype]
  const [k, columns] = backwards ? [gates * hidden, hidden] : [hidden, gates * hidden]
  return {
    size,
    hidden,
    room: (count: number): HostArray => new array(new ArrayBuffer(count * bytes), 0, count),
    /** Of a step: states by w_hh', or gradients of gates by w_hh. */
    product: multiply(dtype, {
      m: n,
      k,
      n: columns,
      a: { row: k, column: 1 },
      b: backwards ? { row: columns, column: 1 } : { row: 1, column: k },
      out: { row: columns, column: 1 },
    }),
    /** Where a step begins in [length, n, hidden], and the one before it; -1 before the first. */
    walk: (step: (at: number, before: number) => void): void => {
      for (let i = 0; i < length; i++) {
        const at = (reverse === backwards ? i : length - 1 - i) * size
        step(at, i === (backwards ? length - 1 : 0) ? -1 : reverse ? at + size : at - size)
      }
    },
    /** The outputs of the last step. */
    last: (outputs: HostArray): HostArray =>
      reverse ? outputs.subarray(0, size) : outputs.subarray((length - 1) * size),
  }
}

const lstm: CompositeKernel<'lstm'> = (attrs, _, [type, , , ...kept]) => {
  const { size, hidden, room, product, walk, last } = stepsOf(type!, 4, attrs, false)
  const sums = room(4 * size)
  const none = room(4 * hidden)
  const keeps = kept.length > 0
  return ([gates, h0, c0, weight, bias = none], [outputs, h, c, cells, inputs, forgets, news, opens]) => {
    c!.set(c0!)
    walk((at, before) => {
      product(before < 0 ? h0! : outputs!, Math.max(before, 0), weight!, 0, sums, 0)
      const sum = (place: number, gate: number): number => gates![4 * at + place]! + sums[place]! + bias[gate]!
      for (let row = 0; row < size; row += hidden)
        for (let j = 0; j < hidden; j++) {
          const own = row + j
          const place = 4 * row + j
          const i = sigmoid(sum(place, j))
          const f = sigmoid(sum(place + hidden, j + hidden))
          const g = Math.tanh(sum(place + 2 * hidden, j + 2 * hidden))
          const o = sigmoid(sum(place + 3 * hidden, j + 3 * hidden))
          const cell = f * c![own]! + i * g
          c![own] = cell
          outputs![at + own] = o * Math.tanh(cell)
          if (!keeps) continue
          cells![at + own] = cell
          inputs![at + own] = i
          forgets![at + own] = f
          news![at + own] = g
          opens![at + own] = o
        }
    })
    h!.set(last(outputs!))
  }
}

const lstmBackward: CompositeKernel<'lstmBackward'> = (attrs, [type]) => {
  const { size, hidden, product, walk } = stepsOf(type!, 4, attrs, true)
  return ([given, lastH, lastC, c0, weight, cells, inputs, forgets, news, opens], [gates, dh, dc]) => {
    dh!.set(lastH!)
    dc!.set(lastC!)
    walk((at, before) => {
      const states = before < 0 ? c0! : cells!
      const from = Math.max(before, 0)
      for (let row = 0; row < size; row += hidden)
        for (let j = 0; j < hidden; j++) {
          const own = row + j
          const place = 4 * (at + row) + j
          const i = inputs![at + own]!
          const f = forgets![at + own]!
          const g = news![at + own]!
          const o = opens![at + own]!
          const squashed = Math.tanh(cells![at + own]!)
          const output = given![at + own]! + dh![own]!
          const cell = dc![own]! + tanhSlope(output * o, squashed)
          gates![place] = sigmoidSlope(cell * g, i)
          gates![place + hidden] = sigmoidSlope(cell * states[from + own]!, f)
          gates![place + 2 * hidden] = tanhSlope(cell * i, g)
          gates![place + 3 * hidden] = sigmoidSlope(output * squashed, o)
          dc![own] = cell * f
        }
      product(gates!, 4 * at, weight!, 0, dh!, 0)
    })
  }
}

const gru: CompositeKernel<'gru'> = (attrs, _, [type, , ...kept]) => {
  const { size, hidden, room, product, walk, last } = stepsOf(type!, 3, attrs, false)
  const sums = room(3 * size)
  const none = room(3 * hidden)
  const keeps = kept.length > 0
  return ([gates, h0, weight, bias = none], [outputs, h, resets, updates, news, shares]) => {
    walk((at, before) => {
      const states = before < 0 ? h0! : outputs!
      const from = Math.max(before, 0)
      product(states, from, weight!, 0, sums, 0)
      const share = (place: number, gate: number): number => sums[place]! + bias[gate]!
      for (let row = 0; row < size; row += hidden)
        for (let j = 0; j < hidden; j++) {
          const own = row + j
          const place = 3 * row + j
          const input = 3 * at + place
          const r = sigmoid(gates![input]! + share(place, j))
          const z = sigmoid(gates![input + hidden]! + share(place + hidden, j + hidden))
          const shared = share(place + 2 * hidden, j + 2 * hidden)
          const n = Math.tanh(gates![input + 2 * hidden]! + r * shared)
          outputs![at + own] = (states[from + own]! - n) * z + n
          if (!keeps) continue
          resets![at + own] = r
          updates![at + own] = z
          news![at + own] = n
          shares![at + own] = shared
        }
    })
    h!.set(last(outputs!))
  }
}

const gruBackward: CompositeKernel<'gruBackward'> = (attrs, [type]) => {
  const { size, hidden, room, product, walk } = stepsOf(type!, 3, attrs, true)
  const products = room(size)
  return ([given, lastH, h0, weight, outputs, resets, updates, news, shares], [gates, inner, dh]) => {
    dh!.set(lastH!)
    walk((at, before) => {
      const states = before < 0 ? h0! : outputs!
      const from = Math.max(before, 0)
      for (let row = 0; row < size; row += hidden)
        for (let j = 0; j < hidden; j++) {
          const own = row + j
          const place = 3 * (at + row) + j
          const r = resets![at + own]!
          const z = updates![at + own]!
          const n = news![at + own]!
          const output = given![at + own]! + dh![own]!
          const fresh = tanhSlope(output - output * z, n)
          gates![place] = inner![place] = sigmoidSlope(fresh * shares![at + own]!, r)
          gates![place + hidden] = inner![place + hidden] = sigmoidSlope(output * (states[from + own]! - n), z)
          gates![place + 2 * hidden] = fresh
          inner![place + 2 * hidden] = fresh * r
          dh![own] = output * z
        }
      product(inner!, 3 * at, weight!, 0, products, 0)
      for (let i = 0; i < size; i++) dh![i]! += products[i]!
    })
  }
}

const rnn: CompositeKernel<'rnn'> = (attrs, _, [type]) => {
  const { size, hidden, room, product, walk, last } = stepsOf(type!, 1, attrs, false)
  const none = room(hidden)
  const { relu } = attrs
  return ([gates, h0, weight, bias = none], [outputs, h]) => {
    walk((at, before) => {
      product(before < 0 ? h0! : outputs!, Math.max(before, 0), weight!, 0, outputs!, at)
      for (let row = at; row < at + size; row += hidden)
        for (let j = 0; j < hidden; j++) {
          const sum = gates![row + j]! + outputs![row + j]! + bias[j]!
          outputs![row + j] = relu ? (sum <= 0 ? 0 : sum) : Math.tanh(sum)
        }
    })
    h!.set(last(outputs!))
  }
}

const rnnBackward: CompositeKernel<'rnnBackward'> = (attrs, [type]) => {
  const { size, product, walk } = stepsOf(type!, 1, attrs, true)
  const { relu } = attrs
  return ([given, lastH, weight, outputs], [gates, dh]) => {
    dh!.set(lastH!)
    walk((at) => {
      for (let i = 0; i < size; i++) {
        const g = given![at + i]! + dh![i]!
        const y = outputs![at + i]!
        gates![at + i] = relu ? (y <= 0 ? 0 : g) : tanhSlope(g, y)
      }
      product(gates!, at, weight!, 0, dh!, 0)
    })
  }
}

/** Composites that this backend runs itself. */
export const composites: CompositeKernels = /* @__PURE__ */ withPacked<CompositeKernels>({
  rnn,
  rnnBackward,
  lstm,
  lstmBackward,
  gru,
  gruBackward,
})
