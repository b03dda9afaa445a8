/** Calls of recurrences: layers of one direction, over a whole sequence, and their gradients. */
import type { CompositeAttributes, Shape } from '@glissade/core/backend'
import { between, listed, operand, type Fill, type OperandSpec } from '../generators/sample.ts'
import type { CompositeCall, Calls } from './call.ts'

/** [length, n, hidden]: one of each, odd ones, and more than a vector, a tile or a work group of small ones; long, many, wide. */
const SHAPES = [
  [1, 1, 1],
  [1, 3, 2],
  [4, 1, 5],
  [3, 2, 1],
  [3, 5, 9],
  [20, 1, 3],
  [2, 70, 2],
  [2, 5, 70],
] as const
type Sizes = readonly [number, number, number]
const USUAL: Sizes = [3, 2, 5]

type Operand = (shape: Shape, fill?: Fill) => OperandSpec
/** So small that errors of a step do not grow in the next one. */
const WEIGHTS = between(-0.5, 0.5)
const NUMBERS = between(-2, 2)
/** What a sigmoid and tanh give. */
const [SHARES, SIGNED] = [between(0.05, 0.95), between(-0.95, 0.95)]
/** Where gates are flat, and between. */
const FAR = listed(-80, 85, 3, -1, 70, 0.5, -85)

interface Variant<A> {
  readonly what: string
  readonly attrs?: Partial<A>
  readonly dtype?: 'float32' | 'float64'
  readonly gates?: Fill
}
/** All shapes as they are, and one of them in every variant. */
function calls<A>(
  usual: A,
  variants: readonly Variant<A>[],
  operands: (of: Operand, sizes: Sizes, attrs: A, gates?: Fill) => readonly OperandSpec[],
): Calls<A> {
  const one = (sizes: Sizes, { what, attrs, dtype = 'float32', gates }: Variant<A>): CompositeCall<A> => {
    const all = { ...usual, ...attrs }
    const of: Operand = (shape, fill = NUMBERS) => operand(dtype, shape, fill)
    return { what, attrs: all, operands: operands(of, sizes, all, gates) }
  }
  return [
    ...SHAPES.map((sizes) => one(sizes, { what: 'forwards' })),
    ...[...variants, { what: 'in float64', dtype: 'float64' } as const].map((variant) => one(USUAL, variant)),
  ]
}

const backwards = { what: 'backwards', attrs: { reverse: true } } as const
const bare = { what: 'no bias', attrs: { bias: false } } as const
const relu = { what: 'relu', attrs: { relu: true } } as const
const far = { what: 'gates far apart', gates: FAR } as const
const forgetful = { what: 'keeping nothing', attrs: { keeps: false } } as const

/** Operands of a layer with so many gates and states. */
const layer =
  (gates: number, states: number) =>
  (of: Operand, [length, n, hidden]: Sizes, { bias }: { readonly bias: boolean }, fill?: Fill): OperandSpec[] => [
    of([length, n, gates * hidden], fill),
    ...Array.from({ length: states }, () => of([n, hidden], SIGNED)),
    of([gates * hidden, hidden], WEIGHTS),
    ...(bias ? [of([gates * hidden])] : []),
  ]

const rnn = calls<CompositeAttributes['rnn']>(
  { reverse: false, relu: false, bias: true },
  [backwards, bare, relu],
  layer(1, 1),
)
const rnnBackward = calls<CompositeAttributes['rnnBackward']>(
  { reverse: false, relu: false },
  [backwards, relu],
  (of, [length, n, hidden]) => [
    of([length, n, hidden]),
    of([n, hidden]),
    of([hidden, hidden], WEIGHTS),
    of([length, n, hidden], SIGNED),
  ],
)
const lstm = calls<CompositeAttributes['lstm']>(
  { reverse: false, bias: true, keeps: true },
  [backwards, bare, forgetful, far],
  layer(4, 2),
)
const lstmBackward = calls<CompositeAttributes['lstmBackward']>(
  { reverse: false },
  [backwards],
  (of, [length, n, hidden]) => [
    of([length, n, hidden]),
    of([n, hidden]),
    of([n, hidden]),
    of([n, hidden]),
    of([4 * hidden, hidden], WEIGHTS),
    of([length, n, hidden]),
    ...[SHARES, SHARES, SIGNED, SHARES].map((fill) => of([length, n, hidden], fill)),
  ],
)
const gru = calls<CompositeAttributes['gru']>(
  { reverse: false, bias: true, keeps: true },
  [backwards, bare, forgetful, far],
  layer(3, 1),
)
const gruBackward = calls<CompositeAttributes['gruBackward']>(
  { reverse: false },
  [backwards],
  (of, [length, n, hidden]) => [
    of([length, n, hidden]),
    of([n, hidden]),
    of([n, hidden], SIGNED),
    of([3 * hidden, hidden], WEIGHTS),
    of([length, n, hidden], SIGNED),
    ...[SHARES, SHARES, SIGNED, NUMBERS].map((fill) => of([length, n, hidden], fill)),
  ],
)

export const recurrent = { rnn, rnnBackward, lstm, lstmBackward, gru, gruBackward }
