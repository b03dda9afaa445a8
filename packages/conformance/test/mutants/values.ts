/** Special values, rounding, integers, reductions. */
import type { TensorType } from '@glissade/core/backend'
import { after, attributes, clone, coarse, formula, isFloat, kernel, type Mutant } from './mutant.ts'

let turns = 0

export const values: readonly Mutant[] = [
  // ---- Values: special ones, rounding, integers ----
  formula('maximum drops a NaN', 'maximum', (x, y) => (x > y ? x : y)),
  formula('minimum drops a NaN', 'minimum', (x, y) => (y < x ? y : x)),
  formula('neg loses the sign of zero', 'neg', (x, _, was) => (x === 0 ? 0 : was)),
  formula('sign of NaN is 0', 'sign', (x, _, was) => (Number.isNaN(x) ? 0 : was)),
  formula('abs of -0 is -0', 'abs', (x, _, was) => (Object.is(x, -0) ? -0 : was)),
  formula('exp is 6 ulp off', 'exp', (_, __, was) => was * (1 + 6 * 2 ** -23)),
  formula('log is wrong far from 1', 'log', (x, _, was) => (x > 2 ** 40 ? was * (1 + 2 ** -18) : was)),
  formula('add truncates instead of rounding', 'add', (x, y, was, dtype) =>
    dtype === 'float32' && Math.abs(was) > Math.abs(x + y) ? was * (1 - 2 ** -24) : was,
  ),
  formula('mul flushes subnormals', 'mul', (_, __, was, dtype) =>
    dtype === 'float32' && Math.abs(was) < 2 ** -126 ? 0 : was,
  ),
  formula('div multiplies by the reciprocal', 'div', (x, y, was, dtype) =>
    dtype === 'float32' ? x * Math.fround(1 / y) : was,
  ),
  formula('sqrt through the inverse square root', 'sqrt', (x, _, was, dtype) =>
    dtype === 'float32' && x > 0 && x < Infinity ? 1 / Math.fround(1 / Math.sqrt(x)) : was,
  ),
  formula('expm1 as exp(x) - 1', 'expm1', (x, _, was, dtype) =>
    dtype === 'float32' ? Math.fround(Math.exp(x)) - 1 : was,
  ),
  formula('log1p as log(1 + x)', 'log1p', (x, _, was, dtype) =>
    dtype === 'float32' ? Math.log(Math.fround(1 + x)) : was,
  ),
  formula('tanh by exponentials', 'tanh', (x, _, was, dtype) => {
    const e = Math.fround(Math.exp(2 * x))
    return dtype === 'float32' ? Math.fround(e - 1) / Math.fround(e + 1) : was
  }),
  formula('erf by a short polynomial', 'erf', (x, _, was) => was * (1 + 1e-5 * Math.cos(x))),
  formula('sin wraps beyond 3', 'sin', (x, _, was) => (Math.abs(x) > 3 ? -was : was)),
  formula('sin is reduced in single precision', 'sin', (x, _, was) =>
    Math.abs(x) > 2 ** 28 ? Math.sin(x % 6.2831855) : was,
  ),
  formula('cos of what is far is 1', 'cos', (x, _, was) => (Math.abs(x) > 2 ** 60 ? 1 : was)),
  formula('tanh overflows', 'tanh', (x, _, was) => (x > 1e30 ? NaN : was)),
  formula('mod loses the digits of large quotients', 'mod', (x, y, was, dtype) =>
    dtype === 'float32' && Math.abs(x / y) > 2 ** 40 ? x - Math.trunc(x / y) * y : was,
  ),
  formula('pow through single logarithms', 'pow', (x, y, was, dtype) =>
    dtype === 'float32' && x > 0 && Math.abs(x - 1) < 0.01 ? Math.exp(Math.fround(y * Math.fround(Math.log(x)))) : was,
  ),
  formula('round goes up at halves', 'round', (x) => Math.round(x)),
  formula('floor truncates', 'floor', (x) => Math.trunc(x)),
  formula('pow of an integer through floats', 'pow', (x, y, was, dtype) =>
    isFloat(dtype) ? was : Math.fround(x ** y),
  ),
  formula('pow(x, 0) is 0 at 0', 'pow', (x, y, was) => (x === 0 && y === 0 ? 0 : was)),
  formula('integer division floors', 'div', (x, y, was, dtype) =>
    dtype === 'int32' && y !== 0 ? Math.floor(x / y) : was,
  ),
  formula('integer division by zero gives -1', 'div', (_, y, was, dtype) => (isFloat(dtype) || y !== 0 ? was : -1)),
  formula('mod has the sign of the divisor', 'mod', (x, y, was) =>
    y !== 0 && Number.isFinite(x % y) ? ((x % y) + y) % y : was,
  ),
  formula('integer mul through floats', 'mul', (x, y, was, dtype) =>
    dtype === 'int32' ? Number(BigInt.asIntN(32, BigInt(x * y))) : was,
  ),
  formula('uint8 add saturates', 'add', (x, y, was, dtype) => (dtype === 'uint8' ? Math.min(255, x + y) : was)),
  formula('le is not lt turned round', 'le', (x, y) => (y < x ? 0 : 1)),
  formula('eq tells 0 from -0', 'eq', (x, y) => Number(Object.is(x, y))),
  formula('not of bool is bitwise', 'not', (x, _, __, dtype) => (dtype === 'bool' ? ~x & 255 : ~x)),
  formula('lt compares unsigned', 'lt', (x, y, was, dtype) => (dtype === 'int32' ? Number(x >>> 0 < y >>> 0) : was)),
  kernel('where multiplies by the condition', 'where', () => ([c, a, b], [out]) => {
    for (let i = 0; i < out!.length; i++) out![i] = c![i]! * a![i]! + (1 - c![i]!) * b![i]!
  }),
  after('cast to int32 rounds', 'cast', (out, [x], { attrs, args }) => {
    if (attrs.dtype === 'int32' && isFloat(args[0]!.dtype))
      for (let i = 0; i < out.length; i++) if (Math.abs(x![i]!) < 1e6) out[i] = Math.round(x![i]!)
  }),
  after('cast to int32 wraps', 'cast', (out, [x], { attrs }) => {
    if (attrs.dtype === 'int32') for (let i = 0; i < out.length; i++) out[i] = x![i]!
  }),
  after('cast to uint8 saturates beyond 2^31', 'cast', (out, [x], { attrs }) => {
    if (attrs.dtype === 'uint8') for (let i = 0; i < out.length; i++) if (x![i]! > 2 ** 31) out[i] = 255
  }),
  after('cast to bool truncates first', 'cast', (out, [x], { attrs }) => {
    if (attrs.dtype === 'bool') for (let i = 0; i < out.length; i++) out[i] = Math.trunc(x![i]!) === 0 ? 0 : 1
  }),
  // ---- Reductions ----
  kernel('sum drops the last of more than 64 terms', 'sum', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    const last = args[0]!.shape.at(-1) ?? 0
    return ([x], out) => {
      const copy = clone(x!)
      if (last > 64) for (let i = last - 1; i < copy.length; i += last) copy[i] = 0
      loop([copy], out)
    }
  }),
  after('sum in half precision', 'sum', (out, _, { args }) => {
    if (isFloat(args[0]!.dtype)) for (let i = 0; i < out.length; i++) out[i] = coarse(out[i]!)
  }),
  kernel('max starts at 0', 'max', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return (from, to) => {
      loop(from, to)
      for (let i = 0; i < to[0]!.length; i++) to[0]![i] = Math.max(0, to[0]![i]!)
    }
  }),
  kernel('max drops a NaN', 'max', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return ([x], out) =>
      loop([isFloat(args[0]!.dtype) ? clone(x!).map((a) => (Number.isNaN(a) ? -Infinity : a)) : x!], out)
  }),
  kernel('a reduction over the middle axis goes over the last', 'sum', ({ attrs, args, results }, original) => {
    const [{ dtype, shape }] = args as [TensorType]
    if (shape.length !== 3 || attrs.axes.join() !== '1') return original(attrs, args, results)
    return original({ axes: [2] }, [{ dtype, shape: [shape[0]!, shape[2]!, shape[1]!] }], results)
  }),
  after('prod of integers through floats', 'prod', (out, [x], { args, attrs }) => {
    if (args[0]!.dtype === 'int32' && attrs.axes.length === args[0]!.shape.length)
      out[0] = Number(BigInt.asIntN(32, BigInt(Math.trunc([...x!].reduce((p, a) => Math.fround(p * a), 1)))))
    else if (args[0]!.dtype === 'int32') for (let i = 0; i < out.length; i++) out[i] = Math.fround(out[i]!)
  }),
  kernel('argmax takes the last of equals', 'argmax', ({ attrs: { axis }, args: [x] }) => {
    const { shape } = x!
    const [size, inner] = [shape[axis]!, shape.slice(axis + 1).reduce((n, s) => n * s, 1)]
    return ([from], [out]) => {
      for (let at = 0; at < out!.length; at++) {
        const first = Math.floor(at / inner) * size * inner + (at % inner)
        let best = 0
        for (let j = 1; j < size; j++) if (from![first + j * inner]! >= from![first + best * inner]!) best = j
        out![at] = best
      }
    }
  }),
  kernel('a sum is one running sum in single precision', 'sum', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return ([x], [out]) => {
      if (out!.length > 1 || !(x instanceof Float32Array)) return loop([x!], [out!])
      out![0] = x.reduce((total, a) => Math.fround(total + a), 0)
    }
  }),
  kernel('cumsum in single precision', 'cumsum', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return ([x], [out]) => {
      if (attrs.reverse || args[0]!.shape.length > 1 || !(x instanceof Float32Array)) return loop([x!], [out!])
      let total = 0
      for (let i = 0; i < x.length; i++) out![i] = total = Math.fround(total + x[i]!)
    }
  }),
  kernel('dot in single precision', 'dot', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return ([x, y], [out]) => {
      if (out!.length > 1 || !(x instanceof Float32Array)) return loop([x!, y!], [out!])
      out![0] = x.reduce((total, a, i) => Math.fround(total + Math.fround(a * y![i]!)), 0)
    }
  }),
  attributes('cumsum forgets to reverse', 'cumsum', ({ attrs }) => ({ ...attrs, reverse: false })),
  after(
    'sums differ from run to run',
    'sum',
    (out) => {
      if (turns++ % 2 === 0) out[0] = out[0]! * (1 + 2 ** -22)
    },
    'compiled/determinism/*',
  ),
]
