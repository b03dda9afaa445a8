/**
 * Indices out of range: along every axis, among few and thousands, the bad one first, in the middle and last, for elements of
 * every kind, alone and inside a longer program. Each beside a control that must succeed.
 */
import {
  DTYPES,
  numel,
  valueTypes,
  type DType,
  type Program,
  type Shape,
  type TensorType,
} from '@glissade/core/backend'
import { evaluate } from '@glissade/core/ir'
import { messageOf, type Case } from '../case.ts'
import type { Operand, Session } from '../session.ts'
import { all, law, list, programOf, same, thrown } from './law.ts'

type Op = 'gather' | 'scatterAdd'
interface Row {
  readonly shape: Shape
  readonly axis: number
  readonly index: Shape
}
const ROWS: readonly Row[] = [
  { shape: [7], axis: 0, index: [3] },
  { shape: [7], axis: 0, index: [] },
  { shape: [40, 3], axis: 0, index: [300] },
  { shape: [2, 3, 50], axis: 2, index: [70] },
  { shape: [3, 40, 5], axis: 1, index: [6, 50] },
  { shape: [2, 9], axis: 1, index: [5000] },
]
const PLACES = ['first', 'middle', 'last'] as const
/** By how much an index misses. */
const MISSES: readonly ((size: number) => number)[] = [
  (size) => size,
  () => -1,
  (size) => 2 * size,
  () => 2 ** 31 - 1,
  (size) => -size,
  () => -(2 ** 31),
  (size) => size + 2 ** 16,
]
const WAYS = ['alone', 'inside a program'] as const

const OF: { readonly [O in Op]: readonly DType[] } = {
  gather: ['float32', 'int32', 'bool', 'uint8'],
  scatterAdd: ['float32', 'int32', 'uint8'],
}

function programFor(op: Op, way: (typeof WAYS)[number], dtype: DType, { shape, axis, index }: Row): Program {
  const x: TensorType = { dtype, shape }
  const places: TensorType = { dtype: 'int32', shape: index }
  const updates: TensorType = { dtype, shape: shape.toSpliced(axis, 1, ...index) }
  return programOf(op === 'gather' ? [x, places] : [x, places, updates], ([from, at, added]) => {
    const inside = way === 'inside a program'
    const turned = (value: NonNullable<typeof from>): NonNullable<typeof from> =>
      dtype === 'bool' ? value.not() : value.neg()
    // Indices that are computed, elements that are, and a result that others read.
    const own = inside ? at!.mul(3).sub(at!.mul(2)) : at!
    const source = inside ? turned(from!) : from!
    const result = op === 'gather' ? source.gather(own, axis) : source.scatterAdd(own, added!, axis)
    return inside ? [turned(result), result.flip(result.shape.map((_, k) => k)), turned(from!)] : [result]
  })
}

/** What is wrong with how an index out of range is refused, now or with the next read; null where nothing is. */
async function notRefused(
  session: Session,
  program: Program,
  good: readonly Operand[],
  bad: readonly Operand[],
  op: Op,
): Promise<string | null> {
  const { backend } = session
  const executable = session.prepare(program)
  const control = session.issue(executable, program, good)
  await Promise.all(control.outputs.map((place) => session.results(place)))
  const types = valueTypes(program)
  const live = backend.memory().live
  const inputs = bad.map((one) => session.upload(one))
  const outputs = program.outputs.map((value) => session.room(types[value]!))
  const held = backend.memory().live - live
  const before = await Promise.all(inputs.map((place) => session.results(place)))
  /** Now, or with the next reading. */
  const refusal = async (): Promise<{ readonly message: string } | null> =>
    (await thrown(() => executable.run(inputs, outputs, new Float64Array(0)))) ??
    (await thrown(() => session.elements(outputs[0]!)))
  const first = await refusal()
  if (first === null) return 'it was taken: neither run nor the next read failed'
  if (!first.message.includes(op)) return `the failure does not say ${op}: ${first.message}`
  // The device lives: nothing was written but results, and nothing is left behind.
  const after = await Promise.all(inputs.map((place) => session.results(place)))
  const spoilt = all(...after.map((elements, i) => same(elements, before[i]!, `operand ${i}`, inputs[i]!.type.dtype)))
  if (!spoilt.ok) return `the refused run changed an operand: ${spoilt.detail}`
  const around = await thrown(() => Promise.all(outputs.map((place) => session.results(place))))
  if (around !== null) return messageOf(around.error)
  for (let i = 0; i < 8; i++) if ((await refusal()) === null) return `refused once, then taken at run ${i + 2}`
  await backend.settle()
  if (backend.memory().live > live + held)
    return `live grew from ${live + held} to ${backend.memory().live} over 9 runs that were refused`
  const again = session.issue(executable, program, good)
  const want = evaluate(
    program,
    good.map(({ data }) => data),
  )
  const got = await Promise.all(again.outputs.map((place) => session.results(place)))
  const right = all(
    ...got.map((elements, i) => same(elements, want[i]!, `output ${i} after a refusal`, again.outputs[i]!.type.dtype)),
  )
  return right.ok ? null : right.detail
}

function operandsFor(op: Op, dtype: DType, { shape, axis, index }: Row): Operand[] {
  const store = DTYPES[dtype].round
  const filled = (own: Shape, formula: (i: number) => number): Operand => ({
    type: { dtype, shape: own },
    data: list(numel(own), (i) => store(formula(i))),
  })
  const size = shape[axis]!
  return [
    filled(shape, (i) => i + 1),
    { type: { dtype: 'int32', shape: index }, data: list(numel(index), (i) => (i * 5) % size) },
    ...(op === 'gather' ? [] : [filled(shape.toSpliced(axis, 1, ...index), (i) => i % 3)]),
  ]
}

export const indices: readonly Case[] = (['gather', 'scatterAdd'] as const).flatMap((op) =>
  ROWS.flatMap((row, r) =>
    OF[op].flatMap((dtype, d) =>
      PLACES.slice(0, numel(row.index) === 1 ? 1 : 3).map((place, p) => {
        // Every way of missing, and both ways of asking, come to every place and dtype in turn.
        const miss = MISSES[(r + 2 * d + 3 * p) % MISSES.length]!(row.shape[row.axis]!)
        const way = WAYS[(r + d + p) % WAYS.length]!
        return law(
          `${way === 'alone' ? 'eager' : 'compiled'}/${op}/${dtype}/[${row.shape.join()}]x[${row.index.join()}]/axis ${row.axis}, index ${miss} ${place} is an error, ${way}`,
          (session) => {
            const good = operandsFor(op, dtype, row)
            const size = numel(row.index)
            const at = place === 'first' ? 0 : place === 'last' ? size - 1 : size >> 1
            const bad = good.with(1, { type: good[1]!.type, data: Array.from(good[1]!.data).with(at, miss) })
            return notRefused(session, programFor(op, way, dtype, row), good, bad, op)
          },
          { dtypes: [dtype, 'int32'] },
        )
      }),
    ),
  ),
)
