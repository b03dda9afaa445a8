/**
 * What moves elements may be folded into what reads them: a transposition into a product, swapped planes into a convolution, a step
 * into a gather. Every movement before every operation that looks at places; small integers, so nothing may be off.
 */
import { numel, type Shape, type TensorType } from '@glissade/core/backend'
import { evaluate, type Sym } from '@glissade/core/ir'
import type { Case } from '../case.ts'
import { compare } from '../compare.ts'
import { show } from '../generators/sample.ts'
import { f32, law, list, programOf } from './law.ts'

interface Move {
  readonly what: string
  readonly source: Shape
  readonly write: (x: Sym) => Sym
}
/** Ways to a value of this shape. */
function movesTo(shape: Shape): Move[] {
  const axes = list(shape.length)
  const last = shape.length - 1
  const swap = (i: number, j: number): number[] => axes.with(i, j).with(j, i)
  // Within pairs; where an axis is left over it stays.
  const pairs = axes.map((axis) => ((axis ^ 1) < axes.length ? axis ^ 1 : axis))
  const orders = [
    ...axes.flatMap((i) => list(i).map((j) => swap(j, i))),
    axes.toReversed(),
    [...axes.slice(1), 0],
    pairs,
  ]
  const unique = [...new Map(orders.map((order) => [show(order), order])).values()]
  return [
    ...unique.map((order): Move => {
      const source = axes.map((axis) => shape[order.indexOf(axis)]!)
      return { what: `permuted by ${show(order)}`, source, write: (x) => x.permute(order) }
    }),
    ...axes.map((axis): Move => ({ what: `flipped along ${axis}`, source: shape, write: (x) => x.flip([axis]) })),
    ...axes.map((axis): Move => ({
      what: `repeated along ${axis}`,
      source: shape.with(axis, 1),
      write: (x) => x.expand(shape),
    })),
    {
      what: 'cut out in steps',
      source: shape.map((size) => 2 * size + 1),
      write: (x) => x.slice(axes.map(() => 1), shape.map((size) => 2 * size + 1), axes.map(() => 2)), // oxfmt-ignore
    },
    {
      what: 'padded',
      source: shape.map((size) => size - 2),
      write: (x) => x.pad(axes.map(() => 1), axes.map(() => 1), axes.map(() => 0), 2), // oxfmt-ignore
    },
    { what: 'given another shape', source: [numel(shape)], write: (x) => x.reshape(shape) },
    {
      what: 'put together',
      source: shape.with(last, shape[last]! - 1),
      write: (x) =>
        x.builder.concat(
          [
            x.slice(
              axes.map(() => 0),
              shape.with(last, 1),
            ),
            x,
          ],
          shape.length - 1,
        ),
    },
  ]
}

interface Reader {
  readonly op: string
  readonly shapes: readonly Shape[]
  /** Indices behind the operands that may be moved: below this number. */
  readonly indices?: readonly [shape: Shape, below: number]
  readonly write: (values: readonly Sym[], index: Sym) => Sym
}
const [LINES, SPACE]: readonly [Shape, Shape] = [
  [4, 5, 6],
  [3, 4, 6, 7],
]
const each = <T>(one: T): T[] => [one, one]
const WINDOW = { window: [3, 2], strides: [2, 1], padding: each([1, 0] as const), dilation: each(1) }
const CONV = { strides: each(1), padding: each([1, 1] as const), dilation: each(1), inputDilation: each(1), groups: 1 }
const READERS: readonly Reader[] = [
  { op: 'dot', shapes: [LINES, [4, 6, 3]], write: ([a, b]) => a!.dot(b!) },
  { op: 'dot', shapes: [[3, 20, 33], [3, 33, 21]], write: ([a, b]) => a!.dot(b!) }, // oxfmt-ignore
  { op: 'conv', shapes: [SPACE, [5, 4, 3, 3]], write: ([x, w]) => x!.conv(w!, CONV) },
  { op: 'sum', shapes: [LINES], write: ([x]) => x!.sum([1]) },
  { op: 'max', shapes: [LINES], write: ([x]) => x!.max([2]) },
  { op: 'argmax', shapes: [LINES], write: ([x]) => x!.argmax(1) },
  { op: 'cumsum', shapes: [LINES], write: ([x]) => x!.cumsum(1) },
  { op: 'sort', shapes: [LINES], write: ([x]) => x!.sort(2)[0] },
  { op: 'windowSum', shapes: [SPACE], write: ([x]) => x!.windowSum(WINDOW) },
  { op: 'windowArgmax', shapes: [SPACE], write: ([x]) => x!.windowArgmax(WINDOW) },
  { op: 'gather', shapes: [LINES], indices: [[9], 5], write: ([x], index) => x!.gather(index, 1) },
  { op: 'scatterAdd', shapes: [LINES, [4, 9, 6]], indices: [[9], 5], write: ([x, updates], index) => x!.scatterAdd(index, updates!, 1) }, // oxfmt-ignore
]

function caseOf({ op, shapes, indices, write }: Reader, moved: number, { what, source, write: move }: Move): Case {
  const types = shapes.map((shape, k): TensorType => f32(...(k === moved ? source : shape)))
  const index: TensorType[] = indices === undefined ? [] : [{ dtype: 'int32', shape: indices[0] }]
  const operand = shapes.length > 1 ? `, operand ${moved}` : ''
  return law(
    `compiled/${op}/float32/${shapes.map(show).join('x')}/of what was ${what}${operand}`,
    async (session) => {
      const all = [...types, ...index]
      const program = programOf(all, (values) => {
        const given = values.slice(0, shapes.length).map((x, k) => (k === moved ? move(x) : x))
        return [write(given, values.at(-1)!)]
      })
      const data = all.map(({ dtype, shape }) =>
        list(numel(shape), (i) => (dtype === 'int32' ? (i * 3) % indices![1] : ((i * 7) % 11) - 4 + (i % 3))),
      )
      const [want] = evaluate(program, data)
      const given = all.map((type, k) => ({ type, data: data[k]! }))
      const [got] = await session.execute(program, given)
      const type = program.nodes.at(-1)!.types[0]!
      return compare([{ type, data: want! }], [got!], (_, i) => `${op}[${i}] of what was ${what}`)
    },
    { dtypes: ['float32', 'int32'] },
  )
}

export const moved: readonly Case[] = READERS.flatMap((reader) =>
  reader.shapes.flatMap((shape, k) => movesTo(shape).map((move) => caseOf(reader, k, move))),
)
