/** Places where nobody looks: other thresholds, axes and runs, and values that kernels meet late in a line. */
import { numel, type HostArray, type Kernels, type Shape } from '@glissade/core/backend'
import type { Sym } from '@glissade/core/ir'
import type { Patterns } from '../../src/pattern.ts'
import { fused } from './composites.ts'
import { after, clone, kernel, type Mutant } from './mutant.ts'

type Op = keyof Kernels
/** Those of all operations that are looked at here. */
interface Attrs {
  readonly axis: number
  readonly axes: readonly number[]
  readonly strides: readonly number[]
  readonly window: Shape
  readonly step: readonly number[]
  readonly groups: number
  readonly transposeA: boolean
}
interface Call {
  readonly attrs: Attrs
  readonly shapes: readonly Shape[]
  readonly out: Shape
  readonly dtype: string
}
/** Zeros where it is so. */
const zeros = (op: Op, name: string, so: (call: Call) => boolean, only: Patterns = `eager/${op}/*`): Mutant => ({
  ...after(`${op} gives zeros ${name}`, op, (out, _, { attrs, args, results }) => {
    const { shape, dtype } = results[0]!
    if (so({ attrs: attrs as never, shapes: args.map((arg) => arg.shape), out: shape, dtype })) out.fill(0)
  }),
  only,
})
const rank =
  (n: number) =>
  ({ shapes }: Call): boolean =>
    shapes[0]!.length === n

// ---- Elements beyond 100,000, and axes of four and five -------------------------------------------------------------

const MANY = ['neg', 'exp', 'sqrt', 'tanh', 'erf', 'add', 'mul', 'div', 'maximum', 'lt', 'eq', 'and', 'not', 'where', 'cast', 'floor'] as const // oxfmt-ignore
const many = MANY.map((op) => zeros(op, 'over 100,000 elements', ({ out }) => numel(out) > 100_000, `*/${op}/*`))
const onAxis = (['argmax', 'cumsum', 'sort', 'gather', 'scatterAdd'] as const).flatMap((op) => [
  zeros(op, 'on axis 3 of 5', (call) => rank(5)(call) && call.attrs.axis === 3),
  zeros(op, 'on axis 1 of 4', (call) => rank(4)(call) && call.attrs.axis === 1),
])
const overAxes = (['sum', 'prod', 'max', 'min'] as const).map((op) =>
  zeros(op, 'over axis 3 of 5', (call) => rank(5)(call) && call.attrs.axes.join() === '3'),
)

// ---- Sizes between the usual ones -----------------------------------------------------------------------------------

const between: readonly Mutant[] = [
  zeros('dot', 'with k from 300 to 1,000', ({ attrs, shapes }) => {
    const k = shapes[0]!.at(attrs.transposeA ? -2 : -1) ?? 0
    return k >= 300 && k < 1000
  }, '*/dot/*small integers'), // oxfmt-ignore
  zeros('dot', 'beyond 16,000 steps', ({ shapes }) => Math.max(...shapes[0]!) > 16_000, '*/dot/*small integers'),
  zeros('conv', 'with 24 channels', ({ shapes }) => shapes[1]![1] === 24, '*/conv/*small integers'),
  zeros('conv', 'of filters per channel with more than 16 taps', ({ attrs, shapes }) => attrs.groups > 1 && shapes[1]![1] === 1 && numel(shapes[1]!.slice(2)) > 16 && shapes[0]![1] === shapes[1]![0], '*/conv/*small integers'), // oxfmt-ignore
  zeros('conv', 'with strides of 4', ({ attrs }) => attrs.strides.includes(4), '*/conv/*small integers'), // oxfmt-ignore
  zeros('windowSum', 'with strides of 4', ({ attrs }) => attrs.strides.includes(4)),
  zeros('windowArgmax', 'with strides of 4', ({ attrs }) => attrs.strides.includes(4)), // oxfmt-ignore
  zeros('windowSum', 'of more than 200 taps', ({ attrs }) => numel(attrs.window) > 200),
  zeros('permute', 'of four axes beyond 10,000 elements', (call) => rank(4)(call) && numel(call.out) > 10_000),
  zeros('expand', 'of 100,000 elements and more', ({ out }) => numel(out) >= 77_000),
  zeros('slice', 'with steps of 7', ({ attrs }) => attrs.step.includes(7)),
  zeros('concat', 'of five parts', ({ shapes }) => shapes.length === 5),
  zeros('pad', 'of more than 60,000 elements', ({ out }) => numel(out) > 60_000),
  zeros('flip', 'of three axes beyond 10,000 elements', (call) => rank(3)(call) && numel(call.out) > 10_000),
  zeros('gather', 'of more than 50,000 indices', ({ shapes }) => numel(shapes[1]!) > 50_000),
  zeros('gather', 'from tables over a million elements', ({ shapes }) => numel(shapes[0]!) > 1e6, 'eager/gather/float32/*words'), // oxfmt-ignore
  zeros('iota', 'of three axes beyond 10,000 elements', ({ out }) => out.length === 3 && numel(out) > 10_000),
  zeros('constant', 'of 1,025 numbers and more', ({ out }) => numel(out) >= 1025),
]

// ---- Values ---------------------------------------------------------------------------------------------------------

const isFar = (line: HostArray, i: number): boolean => i > 1000 && line.length > 1000
const values: readonly Mutant[] = [
  after('scatterAdd takes a thousand updates of one place', 'scatterAdd', (out, [x, index, updates], { args }) => {
    // oxfmt-ignore
    if (args[0]!.shape.length !== 1 || index!.length <= 1000) return
    const hits = new Map<number, number>()
    out.set(x!)
    index!.forEach((place, i) => {
      const hit = (hits.get(place) ?? 0) + 1
      hits.set(place, hit)
      if (hit <= 1000) out[place] = out[place]! + updates![i]!
    })
  }),
  after('argmax takes the last of equals a thousand apart', 'argmax', (out, [x], { args }) => {
    if (args[0]!.shape.length !== 1) return
    const best = x![out[0]!]!
    const last = x!.lastIndexOf(best)
    if (last - out[0]! > 1000) out[0] = last
  }),
]
const unstable = kernel('sort turns equals round beyond a thousand', 'sort', ({ attrs, args, results }, original) => {
  const loop = original(attrs, args, results)
  return (from, to) => {
    loop(from, to)
    const [sorted, places] = to
    if (args[0]!.shape.length !== 1) return
    for (let i = 1001; i < sorted!.length; i++)
      if (isFar(sorted!, i) && sorted![i] === sorted![i - 1]) {
        const kept = places![i]!
        places![i] = places![i - 1]!
        places![i - 1] = kept
        return
      }
  }
})
/** An operand with some of its elements changed. */
const changing = (
  name: string,
  op: Op,
  change: (x: number, i: number, size: number) => number,
  only: Patterns = `eager/${op}/*`,
): Mutant => ({
  // oxfmt-ignore
  ...kernel(name, op, ({ attrs, args, results }, original) => {
    const loop = (original as never as (...call: unknown[]) => (from: HostArray[], to: readonly HostArray[]) => void)(attrs, args, results) // oxfmt-ignore
    return (from, to) => {
      const x = clone(from[0]!)
      for (let i = 0; i < x.length; i++) x[i] = change(x[i]!, i, x.length)
      loop([x, ...from.slice(1)], to)
    }
  }),
  only,
})
const late = (['max', 'min', 'sum', 'argmax', 'cumsum', 'sort'] as const).flatMap((op) => [
  changing(`${op} drops NaN beyond 1,200 elements`, op, (x, i) => (i > 1200 && Number.isNaN(x) ? 0 : x)),
  changing(`${op} takes infinities beyond 1,200 elements for large numbers`, op, (x, i) => i > 1200 && Math.abs(x) === Infinity ? Math.sign(x) * 1e30 : x), // oxfmt-ignore
])
const throughFloats = (
  [
    'permute',
    'flip',
    'pad',
    'slice',
    'concat',
    'gather',
    'expand',
    'eq',
    'lt',
    'le',
    'sort',
    'argmax',
    'max',
    'scatterAdd',
    'windowSum',
    'cumsum',
  ] as const
).map((op) => ({
  // oxfmt-ignore
  ...changing(`${op} reads int32 beyond 2^28 through floats`, op, (x) => (Number.isInteger(x) && Math.abs(x) > 2 ** 28 && Math.abs(x) < 2 ** 31 ? Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.fround(x))) : x)), // oxfmt-ignore
  only: `eager/${op}/int32/*beyond 2^24`,
}))

// ---- Softmax and its relatives, late in long lines ------------------------------------------------------------------

/** Lines of 300 and more are computed by this; others by the body. */
const longLines = (name: string, op: string, write: (x: Sym, axis: number, right: (x: Sym) => Sym) => Sym): Mutant =>
  fused(`${name} in lines of 300 and more`, op, ([x], attrs, { body }) => {
    const { axis = 0, axes } = attrs as unknown as { readonly axis?: number; readonly axes?: readonly number[] }
    const along = axes?.[0] ?? axis
    const right = (y: Sym): Sym => y.builder.inline(body!, [y])[0]!
    return [(x!.shape[along] ?? 0) >= 300 ? write(x!, along, right) : right(x!)]
  })
const finite = (x: Sym): Sym => x.maximum(-1e4).minimum(1e4)
const softmaxes: readonly Mutant[] = [
  longLines('softmax takes masks for -10,000', 'softmax', (x, _, right) => right(finite(x))),
  longLines('softmax has no maximum', 'softmax', (x, axis) => {
    const e = x.exp()
    return e.div(e.sum([axis]).restore([axis], x.shape))
  }),
  longLines('logSoftmax takes masks for -10,000', 'logSoftmax', (x, _, right) => right(finite(x))),
  longLines('logSoftmax is the log of softmax', 'logSoftmax', (x, axis) => {
    const e = x.sub(x.max([axis]).restore([axis], x.shape)).exp()
    return e.div(e.sum([axis]).restore([axis], x.shape)).log()
  }),
  longLines('logsumexp has no maximum', 'logsumexp', (x, axis) => x.exp().sum([axis]).log()),
  longLines('logsumexp of nothing but masks is -10,000', 'logsumexp', (x, _, right) => right(finite(x))),
]
const ofMany = ['gelu', 'silu', 'sigmoid', 'elu', 'clamp', 'softplus', 'hypot', 'logaddexp'].map((op) =>
  fused(`${op} gives zeros over 65,536 elements`, op, (args, _, { body }) => {
    const results = args[0]!.builder.inline(body!, args)
    return numel(args[0]!.shape) > 65_536 ? results.map((y) => y.mul(0)) : results
  }),
)
const attention = [
  fused('attention takes masks for -10', 'attention', (args, { mask }, { body }) =>
    args[0]!.builder.inline(body!, mask && args.at(-1)!.dtype === 'float32' ? [...args.slice(0, -1), args.at(-1)!.maximum(-10)] : args)), // oxfmt-ignore
  fused('attention sees 256 keys', 'attention', (args, _, { body }) => {
    const [, k] = args
    const keys = k!.shape.at(-2)!
    if (keys <= 256) return args[0]!.builder.inline(body!, args)
    const seen = k!.builder.iota('int32', k!.shape, k!.rank - 2).lt(256)
    return args[0]!.builder.inline(body!, args.with(1, seen.where(k!, 0)))
  }),
]

export const elsewhere: readonly Mutant[] = [
  ...many,
  ...onAxis,
  ...overAxes,
  ...between,
  ...values,
  unstable,
  ...late,
  ...throughFloats,
  ...softmaxes,
  ...ofMany,
  ...attention,
]
