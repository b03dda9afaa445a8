/** Backends that have the bounds of WGSL, and go beyond them: what its rules leave open excuses none of these. */
import type { Kernels } from '@glissade/core/backend'
import { after, clone, formula, kernel, type Mutant } from './mutant.ts'

/** Right in all else, with the bounds of WGSL. */
const wgsl = (mutant: Mutant): Mutant => ({
  ...mutant,
  name: `WGSL: ${mutant.name}`,
  create: async () => {
    const right = await mutant.create()
    return { ...right, capabilities: { ...right.capabilities, accuracy: 'wgsl' } }
  },
})
const of = (op: keyof Kernels, name: string, f: (x: number, y: number, was: number) => number): Mutant =>
  formula(name, op, (x, y, was, dtype) => (dtype === 'float32' ? f(x, y, was) : was))
const { abs, fround, exp, log, log2 } = Math
const ulps = (was: number, count: number): number => was * (1 + count * 2 ** -23)

const computed: readonly Mutant[] = [
  of('tanh', 'tanh is NaN beyond 100', (x, _, was) => (abs(x) > 100 ? NaN : was)),
  of(
    'tanh',
    'tanh is a quotient that overflows',
    (x) => fround(fround(exp(x)) - fround(exp(-x))) / fround(fround(exp(x)) + fround(exp(-x))),
  ),
  of('tanh', 'tanh is 0.99 from 4 on', (x, _, was) => (abs(x) > 4 ? 0.99 * Math.sign(x) : was)),
  of('exp', 'exp overflows before its end', (x, _, was) => (x > 86 ? Infinity : was)),
  of('exp', 'exp is 0 before its end', (x, _, was) => (x < -80 ? 0 : was)),
  of('exp', 'exp of what is far below 0 is NaN', (x, _, was) => (x < -1000 ? NaN : was)),
  of('exp', 'exp loses digits with its operand', (x, _, was) => ulps(was, 4 + 3 * abs(x))),
  of('exp', 'exp is 2^-21 off at 0', (x, _, was) => (abs(x) < 0.1 ? was + 2 ** -20 : was)),
  of('expm1', 'expm1 is exp - 1', (x) => fround(exp(x)) - 1),
  of('expm1', 'expm1 of what is far below 0 is 0', (x, _, was) => (x < -500 ? 0 : was)),
  of('log', 'log of large numbers saturates', (x, _, was) => (x > 2 ** 100 ? log(2 ** 100) : was)),
  of('log', 'log of small numbers is that of 0', (x, _, was) => (x < 2 ** -100 ? -Infinity : was)),
  of('log', 'log is 2^-21 off beyond 2', (x, _, was) => (x > 2 && x < 2.5 ? was + 2 ** -20 : was)),
  of('log1p', 'log1p is log(1 + x)', (x) => log(fround(1 + x))),
  of('sin', 'sin wraps beyond 3', (x, _, was) => (abs(x) > 3 ? -was : was)),
  of('sin', 'sin is a short polynomial', (x) => x - x ** 3 / 6 + x ** 5 / 120),
  of('cos', 'cos is 2^-10 off', (_, __, was) => was - 2 ** -10),
  of('cos', 'cos of small numbers is 0', (x, _, was) => (abs(x) < 2 ** -60 ? 0 : was)),
  of('atan', 'atan of large numbers is 0', (x, _, was) => (abs(x) > 2 ** 64 ? 0 : was)),
  of('atan', 'atan squares its operand', (x, _, was) => (fround(x * x) === Infinity ? NaN : was)),
  of('atan', 'atan of small numbers is 0', (x, _, was) => (abs(x) < 2 ** -64 ? 0 : was)),
  of('sqrt', 'sqrt squares on its way', (x, _, was) => (fround(x * x) === Infinity ? Infinity : was)),
  of('sqrt', 'sqrt is 8 ulp off', (_, __, was) => ulps(was, 8)),
  of('erf', 'erf is 1e-6 off near 0', (x, _, was) => (abs(x) < 0.01 ? was + 1e-6 : was)),
  of('erf', 'erf is NaN where exp underflows', (x, _, was) => (x * x > 90 ? NaN : was)),
  of('div', 'div by what is large is 0', (_, y, was) => (abs(y) > 2 ** 100 ? 0 : was)),
  of('div', 'div by what is small overflows', (_, y, was) => (abs(y) < 2 ** -100 ? Infinity * Math.sign(was) : was)),
  of('div', 'div is 4 ulp off', (_, __, was) => ulps(was, 4)),
  of('mul', 'mul goes by way of logarithms', (_, __, was) => ulps(was, 2)),
  of('add', 'add is wrong for large numbers', (x, y, was) =>
    abs(x) > 2 ** 100 && abs(y) > 2 ** 90 ? ulps(was, 3) : was,
  ),
  of('floor', 'floor goes through int32', (x, _, was) => (abs(x) > 2 ** 31 ? 2 ** 31 * Math.sign(x) : was)),
  of('round', 'round goes through int32', (x, _, was) => (abs(x) > 2 ** 31 ? 0 : was)),
  of('pow', 'pow loses what log2 rounds off near 1', (x, y, was) =>
    x > 0 ? 2 ** (y * (Math.round(log2(x) * 2 ** 17) / 2 ** 17)) : was,
  ),
  of('pow', 'pow of large numbers saturates', (x, _, was) => (x > 2 ** 100 ? 2 ** 100 : was)),
]

/** As if there were no NaN among the elements. */
const blind = (name: string, op: 'max' | 'argmax' | 'sort'): Mutant =>
  kernel(name, op, ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    return ([x], out) => {
      const copy = clone(x!)
      for (let i = 0; i < copy.length; i++) if (Number.isNaN(copy[i])) copy[i] = -Infinity
      loop([copy], out)
    }
  })
/** By bits: no rule about floats excuses these. */
const chosen: readonly Mutant[] = [
  formula('maximum drops a NaN', 'maximum', (x, y) => (x > y ? x : y)),
  formula('minimum drops a NaN', 'minimum', (x, y) => (y < x ? y : x)),
  formula('maximum of infinities is the greatest number', 'maximum', (_, __, was) => (was === Infinity ? 3e38 : was)),
  formula('lt is not ge', 'lt', (x, y) => (x >= y ? 0 : 1)),
  formula('le of a NaN is true', 'le', (x, y) => (x > y ? 0 : 1)),
  formula('eq of two NaNs is true', 'eq', (x, y) => Number(Object.is(x, y) || x === y)),
  formula('sign of NaN is 0', 'sign', (x, _, was) => (Number.isNaN(x) ? 0 : was)),
  formula('abs of -Infinity is the greatest number', 'abs', (_, __, was) => (was === Infinity ? 3e38 : was)),
  formula('mod by infinity is NaN', 'mod', (_, y, was) => (abs(y) === Infinity ? NaN : was)),
  of('mod', 'mod is x - y trunc(x / y)', (x, y) => fround(x - fround(y * Math.trunc(fround(x / y))))),
  kernel('where multiplies by the condition', 'where', () => ([c, a, b], [out]) => {
    for (let i = 0; i < out!.length; i++) out![i] = c![i]! * a![i]! + (1 - c![i]!) * b![i]!
  }),
  after('cast of NaN to int32 is the least', 'cast', (out, [x], { attrs }) => {
    if (attrs.dtype === 'int32') for (let i = 0; i < out.length; i++) if (Number.isNaN(x![i])) out[i] = -(2 ** 31)
  }),
  after('cast of NaN to bool is false', 'cast', (out, [x], { attrs }) => {
    if (attrs.dtype === 'bool') for (let i = 0; i < out.length; i++) if (Number.isNaN(x![i])) out[i] = 0
  }),
  blind('max drops a NaN', 'max'),
  blind('argmax does not see a NaN', 'argmax'),
  blind('sort takes a NaN for the least', 'sort'),
  after('gather reads NaN as 0', 'gather', (out) => {
    for (let i = 0; i < out.length; i++) if (Number.isNaN(out[i])) out[i] = 0
  }),
  after('flip reads infinity as the greatest number', 'flip', (out) => {
    for (let i = 0; i < out.length; i++) if (Math.abs(out[i]!) === Infinity) out[i] = Math.sign(out[i]!) * 3e38
  }),
]

export const boundsOfWgsl: readonly Mutant[] = [...computed, ...chosen].map(wgsl)
