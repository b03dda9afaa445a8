/**
 * Sizes of training whose answers are formulas: tables of 50,000 words, rows of 512 by 1024, and what layers do along them.
 */
import { numel, type Shape, type TensorType } from '@glissade/core/backend'
import { tensor, type Tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import type { Sym } from '@glissade/core/ir'
import { tooLarge, type Case } from '../case.ts'
import { compare } from '../compare.ts'
import { law, programOf } from '../laws/law.ts'
import { recorded } from '../recording.ts'
import type { Operand } from '../session.ts'

type Formula = (i: number) => number
const filled = (type: TensorType, formula: Formula): Operand => {
  const data = type.dtype === 'int32' ? new Int32Array(numel(type.shape)) : new Float32Array(numel(type.shape))
  for (let i = 0; i < data.length; i++) data[i] = formula(i)
  return { type, data }
}
const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'float32', shape })
const i32 = (...shape: readonly number[]): TensorType => ({ dtype: 'int32', shape })

interface Row {
  readonly op: string
  readonly what: string
  readonly operands: readonly (readonly [TensorType, Formula])[]
  readonly write: (...values: Sym[]) => Sym
  readonly want: Formula
}
const [WORDS, WIDTH, TOKENS] = [50_000, 64, 700]
/** Words all over the table, the last one among them, some twice. */
const word: Formula = (i) => (i % 10 === 9 ? WORDS - 1 : (i * 7919) % WORDS)
const [ROWS, COLUMNS] = [512, 1024]
const row: Formula = (i) => Math.floor(i / COLUMNS)
const column: Formula = (i) => i % COLUMNS

/** Times that each word is looked up. */
const counted = new Map<number, number>()
for (let i = 0; i < TOKENS; i++) counted.set(word(i), (counted.get(word(i)) ?? 0) + 1)

const TABLE: readonly Row[] = [
  {
    op: 'gather',
    what: 'a table of 50,000 words',
    operands: [
      [f32(WORDS, WIDTH), (i) => i % 16_777_213],
      [i32(TOKENS), word],
    ],
    write: (x, index) => x.gather(index, 0),
    want: (i) => (word(Math.floor(i / WIDTH)) * WIDTH + (i % WIDTH)) % 16_777_213,
  },
  {
    op: 'scatterAdd',
    what: 'the gradient of a table of 50,000 words',
    operands: [
      [f32(WORDS, WIDTH), () => 1],
      [i32(TOKENS), word],
      [f32(TOKENS, WIDTH), (i) => (i % WIDTH) + 1],
    ],
    write: (x, index, updates) => x.scatterAdd(index, updates, 0),
    want: (i) => 1 + (counted.get(Math.floor(i / WIDTH)) ?? 0) * ((i % WIDTH) + 1),
  },
  {
    op: 'add',
    what: 'a bias for each row of 1024',
    operands: [
      [f32(ROWS, COLUMNS), row],
      [f32(COLUMNS), (i) => 3 * i],
    ],
    write: (x, bias) => x.add(bias.expand(x.shape)),
    want: (i) => row(i) + 3 * column(i),
  },
  {
    op: 'sum',
    what: 'each of 512 rows of 1024',
    operands: [[f32(ROWS, COLUMNS), (i) => row(i) + (column(i) % 2)]],
    write: (x) => x.sum([1]),
    want: (i) => COLUMNS * i + COLUMNS / 2,
  },
  {
    op: 'sum',
    what: 'down 512 rows of 1024',
    operands: [[f32(ROWS, COLUMNS), (i) => column(i) + (row(i) % 2)]],
    write: (x) => x.sum([0]),
    want: (i) => ROWS * i + ROWS / 2,
  },
  {
    op: 'max',
    what: 'each of 512 rows of 1024',
    operands: [[f32(ROWS, COLUMNS), (i) => (column(i) === (row(i) * 37) % COLUMNS ? row(i) + 1 : -column(i) - 1)]],
    write: (x) => x.max([1]),
    want: (i) => i + 1,
  },
  {
    op: 'argmax',
    what: 'each of 512 rows of 1024',
    operands: [[f32(ROWS, COLUMNS), (i) => (column(i) >= (row(i) * 37) % COLUMNS ? 1 : 0)]],
    write: (x) => x.argmax(1),
    want: (i) => (i * 37) % COLUMNS,
  },
  {
    op: 'permute',
    what: 'the transpose of 512 rows of 1024',
    operands: [[f32(ROWS, COLUMNS), (i) => i]],
    write: (x) => x.permute([1, 0]),
    want: (i) => (i % ROWS) * COLUMNS + Math.floor(i / ROWS),
  },
]

const shapesOf = (types: readonly TensorType[]): string => types.map(({ shape }) => `[${shape.join()}]`).join('x')
const sizeOf = (types: readonly TensorType[]): number => 8 * Math.max(...types.map(({ shape }) => numel(shape)))

const tables: readonly Case[] = TABLE.map(({ op, what, operands, write, want }) => {
  const types = operands.map(([type]) => type)
  return law(
    `eager/${op}/float32/${shapesOf(types)}/${what}`,
    async (session) => {
      const program = programOf(types, (values) => [write(...values)])
      const given = operands.map(([type, formula]) => filled(type, formula))
      const [got] = await session.execute(program, given)
      const type = program.nodes.at(-1)!.types[0]!
      return compare([{ type, data: filled(type, want).data }], [got!], (_, i) => `${op}[${i}]`)
    },
    { dtypes: ['float32', 'int32'], excuse: (backend) => tooLarge(backend, sizeOf(types)) },
  )
})

// ---- Functions ------------------------------------------------------------------------------------------------------

/** What is far below does not count: of 2^k numbers that do, each has a share of 2^-k. */
const FAR = 200
const counts = (index: number): number => 2 ** (1 + (index % 9))
interface Layer {
  readonly op: string
  readonly what: string
  readonly shape: Shape
  readonly run: (x: Tensor) => Tensor
  readonly element: Formula
  readonly want: Formula
  /** How far off, absolutely. */
  readonly error: number
}
/** Rows of `size` numbers, of which as many count as their number says, spread over the row. */
const active = (line: number, at: number, size: number): boolean =>
  ((at * 5 + line) % size) % (size / counts(line)) === 0
const LAYERS: readonly Layer[] = [
  {
    op: 'softmax',
    what: 'rows of 1024',
    shape: [ROWS, COLUMNS],
    run: (x) => F.softmax(x, { dim: 1 }),
    element: (i) => (row(i) % 40) - (active(row(i), column(i), COLUMNS) ? 0 : FAR),
    want: (i) => (active(row(i), column(i), COLUMNS) ? 1 / counts(row(i)) : 0),
    error: 1e-6,
  },
  {
    op: 'softmax',
    what: 'columns of 512',
    shape: [ROWS, COLUMNS],
    run: (x) => F.softmax(x, { dim: 0 }),
    element: (i) => (column(i) % 40) - (active(column(i), row(i), ROWS) ? 0 : FAR),
    want: (i) => (active(column(i), row(i), ROWS) ? 1 / counts(column(i)) : 0),
    error: 1e-6,
  },
  {
    op: 'logSoftmax',
    what: 'rows of 1024',
    shape: [ROWS, COLUMNS],
    run: (x) => F.logSoftmax(x, { dim: 1 }),
    element: (i) => (row(i) % 40) - (active(row(i), column(i), COLUMNS) ? 0 : FAR),
    want: (i) => -Math.log(counts(row(i))) - (active(row(i), column(i), COLUMNS) ? 0 : FAR),
    error: 1e-4,
  },
  {
    op: 'layerNorm',
    what: 'rows of 1024',
    shape: [ROWS, COLUMNS],
    run: (x) => F.layerNorm(x, [COLUMNS]),
    element: (i) => (row(i) % 40) + ((column(i) >> (row(i) % 10)) & 1 ? 8 : -8),
    want: (i) => ((column(i) >> (row(i) % 10)) & 1 ? 1 : -1),
    error: 1e-4,
  },
]

const layers: readonly Case[] = LAYERS.map(({ op, what, shape, run, element, want, error }) => {
  const type = f32(...shape)
  return law(
    `eager/${op}/float32/${shapesOf([type])}/${what}`,
    async (session) => {
      const given = filled(type, element)
      const [recording] = recorded(
        (device) => void run(tensor(given.data as Float32Array, { device, shape: [...shape] })),
      )
      const [got] = await session.execute(recording!.program, [given], recording!.scalars)
      const data = Float64Array.from({ length: numel(shape) }, (_, i) => want(i))
      return compare([{ type, data, error: data.map(() => error) }], [got!], (_, i) => `${op}[${i}]`)
    },
    { dtypes: ['float32', 'bool'], excuse: (backend) => tooLarge(backend, sizeOf([type])) },
  )
})

export const usualTables: readonly Case[] = [...tables, ...layers]
