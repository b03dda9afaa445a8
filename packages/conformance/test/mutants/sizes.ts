/** Kernels that are right until something is large: from there on they leave zeros. */
import { numel, type Attributes, type Kernels, type Shape, type TensorType } from '@glissade/core/backend'
import { after, type Mutant } from './mutant.ts'

type Op = keyof Kernels
interface Call<P extends Op> {
  readonly attrs: Attributes[P]
  readonly shapes: readonly Shape[]
  readonly out: Shape
  readonly dtype: string
}
/** Zeros where `large` holds of a call; the whole result, or what is beyond `from`. */
function zeros<P extends Op>(op: P, name: string, large: (call: Call<P>) => boolean, only: string, from = 0): Mutant {
  return after(
    `${op} gives zeros ${name}`,
    op,
    (out, _, { attrs, args, results }) => {
      const shapes = args.map(({ shape }: TensorType) => shape)
      const { shape, dtype } = results[0]!
      if (large({ attrs, shapes, out: shape, dtype })) out.fill(0, from)
    },
    only,
  )
}
const last = (shape: Shape, back: number): number => shape.at(-back) ?? 0
const product = (shape: Shape): number => numel(shape)

// ---- Products -------------------------------------------------------------------------------------------------------

const terms = ({ attrs, shapes }: Call<'dot'>): number => last(shapes[0]!, attrs.transposeA ? 2 : 1)
const DOT = '*/dot/*small integers'
const dots: readonly Mutant[] = [
  ...[128, 200, 256, 300, 500, 512, 1000, 1024, 2048, 4000].map((k) =>
    zeros('dot', `with k > ${k}`, (call) => terms(call) > k, DOT),
  ),
  ...[16, 32, 64, 100, 128, 256].map((m) => zeros('dot', `with m > ${m}`, ({ out }) => last(out, 2) > m, DOT)),
  ...[16, 32, 64, 100, 128, 256].map((n) => zeros('dot', `with n > ${n}`, ({ out }) => last(out, 1) > n, DOT)),
  ...[1024, 4096, 16_384].map((size) =>
    zeros('dot', `beyond ${size} elements of a result`, ({ out }) => product(out) > size, DOT),
  ),
  zeros('dot', 'where the first is transposed and k > 64', (call) => call.attrs.transposeA && terms(call) > 64, DOT),
  zeros('dot', 'where the second is transposed and k > 64', (call) => call.attrs.transposeB && terms(call) > 64, DOT),
  zeros('dot', 'where both are transposed and m n > 512', ({ attrs, out }) => attrs.transposeA && attrs.transposeB && product(out) > 512, DOT), // oxfmt-ignore
  zeros('dot', 'where k is a multiple of 256', (call) => terms(call) > 0 && terms(call) % 256 === 0, DOT),
  zeros('dot', 'where k is one more than a multiple of 256', (call) => terms(call) > 1 && terms(call) % 256 === 1, DOT),
  zeros('dot', 'of more than 100 batches of more than 2 rows', ({ out }) => product(out.slice(0, -2)) > 100 && last(out, 2) > 2, DOT), // oxfmt-ignore
  zeros('dot', 'of batches with k > 100', (call) => call.out.length > 2 && terms(call) > 100, DOT),
  zeros('dot', 'of one row with n > 200', ({ out }) => last(out, 2) === 1 && last(out, 1) > 200, DOT),
  zeros('dot', 'of one column with m > 200', ({ out }) => last(out, 1) === 1 && last(out, 2) > 200, DOT),
  zeros('dot', 'of int32 with k > 200', (call) => call.dtype === 'int32' && terms(call) > 200, DOT),
  zeros('dot', 'of uint8 with k > 200', (call) => call.dtype === 'uint8' && terms(call) > 200, DOT),
  zeros('dot', 'of float64 with n > 32', ({ dtype, out }) => dtype === 'float64' && last(out, 1) > 32, DOT),
]

const CONV = '*/conv/*small integers'
const channels = ({ shapes, attrs }: Call<'conv'>): number => shapes[1]![1]! * attrs.groups
const outputs = ({ shapes }: Call<'conv'>): number => shapes[1]![0]!
const taps = ({ shapes }: Call<'conv'>): number => product(shapes[1]!.slice(2))
const pointwise = (call: Call<'conv'>): boolean => taps(call) === 1 && outputs(call) > 3
const greatest = (list: readonly number[]): number => Math.max(...list)
const convolutions: readonly Mutant[] = [
  ...[8, 15, 16, 32, 63].map((n) => zeros('conv', `with more than ${n} channels`, (call) => channels(call) > n, CONV)),
  ...[8, 16, 32, 63].map((n) => zeros('conv', `with more than ${n} filters`, (call) => outputs(call) > n, CONV)),
  ...[9, 16, 25, 49, 200].map((n) => zeros('conv', `with more than ${n} taps`, (call) => taps(call) > n, CONV)),
  ...[9, 16].map((n) => zeros('conv', `with more than ${n} rows of results`, ({ out }) => out[2]! > n, CONV)),
  ...[1, 2, 3, 4, 7].map((n) =>
    zeros('conv', `with strides above ${n}`, ({ attrs }) => greatest(attrs.strides) > n, CONV),
  ),
  ...[1, 2].map((n) => zeros('conv', `with dilation above ${n}`, ({ attrs }) => greatest(attrs.dilation) > n, CONV)),
  ...[2, 4, 16].map((n) => zeros('conv', `with ${n} groups or more`, ({ attrs }) => attrs.groups >= n, CONV)),
  ...[2, 4, 30].map((n) => zeros('conv', `of more than ${n} images`, ({ shapes }) => shapes[0]![0]! > n, CONV)),
  zeros('conv', 'of one tap with strides', (call) => pointwise(call) && greatest(call.attrs.strides) > 1, CONV),
  zeros('conv', 'of one tap with groups', (call) => pointwise(call) && call.attrs.groups > 1, CONV),
  zeros('conv', 'of one tap with groups and strides', (call) => pointwise(call) && call.attrs.groups > 1 && greatest(call.attrs.strides) > 1, CONV), // oxfmt-ignore
  zeros('conv', 'of one tap with padding', (call) => pointwise(call) && call.attrs.padding.some(([low]) => low > 0), CONV), // oxfmt-ignore
  zeros('conv', 'of one tap with cropping', (call) => pointwise(call) && call.attrs.padding.some(([low]) => low < 0), CONV), // oxfmt-ignore
  zeros('conv', 'of one tap between zeros', (call) => pointwise(call) && greatest(call.attrs.inputDilation) > 1 && channels(call) > 2, CONV), // oxfmt-ignore
  zeros('conv', 'with strides that differ', ({ attrs: { strides } }) => new Set(strides).size > 1 && greatest(strides) > 2, CONV), // oxfmt-ignore
  zeros('conv', 'of a filter per channel with strides', ({ attrs, shapes }) => attrs.groups > 3 && shapes[1]![1] === 1 && greatest(attrs.strides) > 1, CONV), // oxfmt-ignore
  zeros('conv', 'between zeros with 16 channels', (call) => channels(call) >= 16 && greatest(call.attrs.inputDilation) > 1, CONV), // oxfmt-ignore
  zeros('conv', 'with dilation and groups', ({ attrs }) => attrs.groups > 1 && greatest(attrs.dilation) > 1, CONV),
  zeros('conv', 'of three axes with 4 channels', (call) => call.out.length === 5 && channels(call) >= 4, CONV),
  zeros('conv', 'of one axis with 9 taps', (call) => call.out.length === 3 && taps(call) >= 9, CONV),
  zeros('conv', 'where filters are more than 3x3', ({ shapes }) => greatest(shapes[1]!.slice(2)) > 3, CONV),
]

// ---- Element by element ---------------------------------------------------------------------------------------------

// oxfmt-ignore
const ELEMENTWISE = [
  'neg', 'abs', 'floor', 'round', 'exp', 'log', 'sin', 'tanh', 'sqrt', 'erf', 'add', 'sub', 'mul', 'div', 'mod', 'pow', 'maximum',
  'minimum', 'eq', 'lt', 'le', 'and', 'or', 'not', 'where', 'cast',
] as const
const elementwise = ELEMENTWISE.map((op) =>
  zeros(op, 'beyond 65,536 elements', ({ out }) => product(out) > 65_536, `eager/${op}/*many`, 65_536),
)

// ---- Many to one ----------------------------------------------------------------------------------------------------

type Reduced = 'sum' | 'prod' | 'max' | 'min'
const reduced = ({ attrs, shapes: [x] }: Call<Reduced>): number => product(attrs.axes.map((axis) => x![axis]!))
const reductions = (['sum', 'prod', 'max', 'min'] as const).flatMap((op): Mutant[] => {
  const only = `eager/${op}/*, long`
  return [
    ...[256, 1024, 65_536, 2 ** 18].map((n) => zeros(op, `over more than ${n} elements`, (call) => reduced(call as never) > n, only)), // oxfmt-ignore
    zeros(op, 'over a middle axis of more than 1,024', ({ attrs, shapes: [x] }) => attrs.axes.join() === '1' && x!.length === 3 && x![1]! > 1024, only), // oxfmt-ignore
    zeros(op, 'of more than five axes', ({ shapes: [x] }) => x!.length > 5, only),
  ]
})
const along = (
  [
    ['argmax', 1024, 'eager/argmax/*rising'],
    ['argmax', 65_536, 'eager/argmax/*rising'],
    ['cumsum', 1024, 'eager/cumsum/*, long'],
    ['cumsum', 5000, 'eager/cumsum/*, long'],
    ['sort', 256, 'eager/sort/*, long'],
    ['sort', 1024, 'eager/sort/*, long'],
    ['sort', 5000, 'eager/sort/*, long'],
  ] as const
).map(([op, n, only]) => zeros(op, `along more than ${n}`, ({ attrs, shapes: [x] }) => x![attrs.axis]! > n, only))
const inner = ({ attrs, shapes: [x] }: Call<'argmax' | 'cumsum' | 'sort'>): boolean =>
  attrs.axis < x!.length - 1 && x![attrs.axis]! > 256
const lines: readonly Mutant[] = [
  zeros('cumsum', 'in reverse along more than 256', ({ attrs, shapes: [x] }) => attrs.reverse && x![attrs.axis]! > 256, 'eager/cumsum/*, long'), // oxfmt-ignore
  zeros('cumsum', 'along 256 with inner axes', inner as never, 'eager/cumsum/*, long'),
  zeros('sort', 'descending along more than 256', ({ attrs, shapes: [x] }) => attrs.descending && x![attrs.axis]! > 256, 'eager/sort/*, long'), // oxfmt-ignore
  zeros('sort', 'along 256 with inner axes', inner as never, 'eager/sort/*, long'),
  zeros('sort', 'of bytes along more than 256', ({ dtype, attrs, shapes: [x] }) => dtype === 'uint8' && x![attrs.axis]! > 256, 'eager/sort/*, long'), // oxfmt-ignore
  zeros('argmax', 'along 256 with inner axes', inner as never, 'eager/argmax/*rising'),
]

// ---- Movement, windows, indices -------------------------------------------------------------------------------------

const MOVES = ['permute', 'expand', 'slice', 'pad', 'flip', 'concat'] as const
const moves = MOVES.flatMap((op): Mutant[] => [
  zeros(op, 'beyond 32,768 elements', ({ out }) => product(out) > 32_768, `eager/${op}/*`, 32_768),
  zeros(op, 'of more than five axes', ({ out }) => out.length > 5, `eager/${op}/*`),
  zeros(
    op,
    'of bytes beyond 10,000',
    ({ out, dtype }) => dtype === 'bool' && product(out) > 10_000,
    `eager/${op}/bool/*`,
  ),
])
const windows: readonly Mutant[] = (['windowSum', 'windowArgmax'] as const).flatMap((op) => [
  ...[16, 255].map((n) =>
    zeros(op, `of more than ${n} taps`, ({ attrs }) => product(attrs.window) > n, `eager/${op}/*`),
  ),
  zeros(op, 'with strides above 3', ({ attrs }) => greatest(attrs.strides) > 3, `eager/${op}/*`),
  zeros(op, 'with dilation above 4', ({ attrs }) => greatest(attrs.dilation) > 4, `eager/${op}/*`),
  zeros(op, 'of more than 1,000 results', ({ out }) => product(out) > 1000, `eager/${op}/*usual`),
])
const rowSize = ({ attrs, shapes: [x] }: Call<'gather' | 'scatterAdd'>): number => product(x!.slice(attrs.axis + 1))
const lookups: readonly Mutant[] = (['gather', 'scatterAdd'] as const).flatMap((op) => [
  zeros(op, 'of rows of more than 32', (call) => rowSize(call as never) > 32, `eager/${op}/*`),
  zeros(op, 'with more than 256 indices', ({ shapes }) => product(shapes[1]!) > 256, `eager/${op}/*`),
  zeros(op, 'in more than 10,000 rows', ({ attrs, shapes: [x] }) => x![attrs.axis]! > 10_000, `eager/${op}/*`),
  zeros(op, 'of more than five axes', ({ shapes: [x] }) => x!.length > 5, `eager/${op}/*`),
])
const made: readonly Mutant[] = [
  zeros('constant', 'of lists of more than 1,024', ({ attrs }) => typeof attrs.value !== 'number' && attrs.value.length > 1024, 'eager/constant/*'), // oxfmt-ignore
  zeros('constant', 'beyond 65,536 elements', ({ out }) => product(out) > 65_536, 'eager/constant/*', 65_536),
  zeros('iota', 'beyond 65,536', ({ out }) => product(out) > 65_536, 'eager/iota/*', 65_536),
  zeros('iota', 'along a middle axis of more than 512', ({ attrs, out }) => out[attrs.axis]! > 512 && attrs.axis > 0 && attrs.axis < out.length - 1, 'eager/iota/*'), // oxfmt-ignore
]

export const sizes: readonly Mutant[] = [
  ...dots,
  ...convolutions,
  ...elementwise,
  ...reductions,
  ...along,
  ...lines,
  ...moves,
  ...windows,
  ...lookups,
  ...made,
]
