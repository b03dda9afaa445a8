/** Calls of composites along axes: normalised exponentials, reductions, norms. */
import { numel, type CompositeAttributes, type Shape } from '@glissade/core/backend'
import { between, listed, type Fill } from '../generators/sample.ts'
import { call, f32, values, type CompositeCall, type Calls } from './call.ts'

/** Lines beyond 256 threads and 1,024 elements, alone and beside others. */
const LINES: readonly (readonly [Shape, number])[] = [
  [[3, 1030], 1],
  [[1030, 3], 0],
  [[2, 310, 5], 1],
]
type Line = (size: number) => Fill
const usual = between(-3, 3)
/** What attention makes of scores: it stays a distribution, and has a gradient. */
const MASKS: { readonly [what: string]: Line } = {
  'masked here and there': () => (random, i) => (i % 3 === 1 || i % 97 > 80 ? -Infinity : usual(random, i)),
  'masked but for a few': () => (random, i) => (i % 101 < 98 ? -Infinity : usual(random, i)),
  'masked behind 260': () => (random, i) => (i % 1030 > 260 ? -Infinity : usual(random, i)),
  'far apart': () => (random, i) => (i % 7 === 3 ? 95 : i % 5 === 1 ? -90 : usual(random, i)),
}
/** NaN wherever there is an infinity, a NaN or nothing but masks; one line of several has one. */
const SPECIALS: { readonly [what: string]: Line } = {
  'one Infinity late': (size) => (random, i) => (i === size - 2 ? Infinity : usual(random, i)),
  'one NaN late': (size) => (random, i) => (i === size - 3 ? NaN : usual(random, i)),
  'nothing but masks': () => listed(-Infinity),
}

/** Along every axis of lines of many sizes, 1 and none among them. */
const alongAxes = (...edges: readonly (readonly number[])[]): Calls<CompositeAttributes['softmax']> => [
  ...LINES.flatMap(([shape, axis]) =>
    Object.entries(MASKS).map(([what, mask]) =>
      call({ axis }, [f32(shape, mask(shape[axis]!))], `axis ${axis}, ${what}`),
    ),
  ),
  ...LINES.flatMap(([shape, axis]) =>
    Object.entries(SPECIALS).map(([what, special]) =>
      values(call({ axis }, [f32(shape, special(shape[axis]!))], `axis ${axis}, ${what}`)),
    ),
  ),
  ...([[1], [5], [16], [33], [3, 1], [3, 7], [1, 7], [2, 3, 4], [4, 70], [0, 3]] as const).flatMap((shape) =>
    shape.map((_, axis) => call({ axis }, [f32(shape)], `axis ${axis}`)),
  ),
  ...edges.map((list) =>
    values(call({ axis: 1 }, [f32([3, list.length * 3], listed(...list))], `of ${list.join(' ')}`)),
  ),
]
const overAxes = <A extends object>(attrs: A): CompositeCall<A & { readonly axes: readonly number[] }>[] =>
  (
    [
      [[5], [0]],
      [[1], [0]],
      [[301], [0]],
      [[2, 1030], [1]],
      [[520, 3], [0]],
      [[3, 7], [0]],
      [[3, 7], [1]],
      [
        [3, 7],
        [0, 1],
      ],
      [
        [2, 3, 4],
        [0, 2],
      ],
      [[2, 3, 4], [1]],
      [[0, 3], [1]],
      [[3, 7], []],
      // As many results along one axis as along the other.
      [[4, 4], [0]],
      [[4, 4], [1]],
    ] as const
  ).map(([shape, axes]) => call({ ...attrs, axes }, [f32(shape)], `axes ${axes.join()}${describe(attrs)}`))
const describe = (attrs: object): string =>
  Object.entries(attrs)
    .map(([name, value]) => `, ${name} ${String(value)}`)
    .join('')
/** With two elements and more where the slope divides by how many there are. */
const spreads = (correction: number): Calls<CompositeAttributes['var']> =>
  overAxes({ correction }).filter(({ operands: [x], attrs: { axes } }) => {
    return numel(axes.map((axis) => x!.type.shape[axis]!)) - correction > 0
  })

type Norm = CompositeAttributes['layerNorm']
/** Each with and without weight and bias. */
const VIEWS: readonly (Pick<Norm, 'view' | 'axes' | 'affine'> & { readonly x?: Shape })[] = [
  { view: [3, 7], axes: [1], affine: [1, 7] },
  { view: [2, 3, 4], axes: [0, 2], affine: [1, 3, 1] },
  { view: [2, 2, 10], axes: [2], affine: [1, 1, 1] },
  { view: [4, 33], axes: [1], affine: [1, 33] },
  { view: [1, 2], axes: [1], affine: [1, 2] },
  // Alike in their operands and results.
  { view: [3, 3], axes: [0], affine: [1, 3] },
  { view: [3, 3], axes: [1], affine: [1, 3] },
  { view: [3, 3], axes: [1], affine: [3, 1] },
  { view: [2, 3, 4], axes: [0, 2], affine: [1, 3, 1], x: [24] },
  { view: [4, 3, 2], axes: [0, 2], affine: [1, 3, 1], x: [24] },
]
/** Beyond 256 threads and 1,024 elements: with both. */
const LONG_VIEWS: typeof VIEWS = [
  { view: [2, 1030], axes: [1], affine: [1, 1030] },
  { view: [30, 3, 20], axes: [0, 2], affine: [1, 3, 1] },
]
const normalizations: Calls<Norm> = [...VIEWS, ...LONG_VIEWS].flatMap(({ x, ...seen }) =>
  (numel(seen.view) > 1000 ? [3] : [0, 1, 2, 3]).map((flags) => {
    const [weight, bias] = [(flags & 1) !== 0, (flags & 2) !== 0]
    const params = [weight, bias].filter(Boolean).map(() => f32([numel(seen.affine)]))
    const { view, axes, affine } = seen
    const what = `view ${view.join()} axes ${axes.join()} affine ${affine.join()}${weight ? ', weight' : ''}${bias ? ', bias' : ''}`
    return call({ ...seen, weight, bias }, [f32(x ?? view), f32([], listed(1e-5)), ...params], what)
  }),
)

export const alongLines = {
  softmax: alongAxes([-90, 95, 3], [-Infinity, 1, 2], [-Infinity, -Infinity], [100, 0.5, -100], [1, 1, 1]),
  logSoftmax: alongAxes([-90, 95, 3], [100, 0.5, -100], [1, 1, 1]),
  var: [...spreads(0), ...spreads(1)],
  std: [...spreads(0), ...spreads(1)],
  norm: [2, 1, 0, 3, Infinity, -Infinity].flatMap((p) =>
    overAxes({ p }).filter(({ attrs: { axes } }) => Number.isFinite(p) || axes.length > 0),
  ),
  logsumexp: [
    ...overAxes({}),
    ...LINES.flatMap(([shape, axis]) =>
      Object.entries({ ...MASKS, ...SPECIALS }).map(([what, fill]) =>
        values(call({ axes: [axis] }, [f32(shape, fill(shape[axis]!))], `axes ${axis}, ${what}`)),
      ),
    ),
    values(call({ axes: [1] }, [f32([4, 9], listed(-Infinity, 1, 100, -100))], 'far apart')),
    values(call({ axes: [0] }, [f32([5], listed(-Infinity))], 'of nothing but -Infinity')),
  ],
  medianOfAll: [
    ...[1, 5, 16, 301, 1501].map((size) => call({}, [f32([size])])),
    values(call({}, [f32([7], listed(1, NaN, 2))], 'with NaN')),
    values(call({}, [f32([6], listed(2, 1, 2))], 'ties')),
  ],
  layerNorm: normalizations,
  groupNorm: normalizations,
  batchNorm: normalizations,
  instanceNorm: normalizations,
}
