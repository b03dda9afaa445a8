/** Sizes at which indices, work groups and bindings run out. Answers are formulas: the evaluator would take too long. */
import type { TensorType } from '@glissade/core/backend'
import { failed, tooLarge, type Case, type Measurement } from '../case.ts'
import type { Session } from '../session.ts'
import { all, f32, law, list, programOf, same } from './law.ts'
import type { DType, Program, Slice } from '@glissade/core/backend'
import { DTYPES, elementsOf, numel } from '@glissade/core/backend'

/** WebGPU's default maxComputeWorkgroupsPerDimension is 65,535. */
const GROUPS = 65_535
/** The first integer whose successor float32 does not have. */
const FLOAT32_INTEGERS = 2 ** 24

function place(session: Session, type: TensorType): Slice {
  return { storage: session.allocate(numel(type.shape) * DTYPES[type.dtype].bytes), byteOffset: 0, type }
}

/** Runs a program over inputs given by formulas and compares its only output with another. */
async function formula(
  session: Session,
  program: Program,
  inputs: readonly ((i: number) => number)[],
  want: (i: number) => number,
  what: string,
): Promise<Measurement> {
  const slices = program.inputs.map((type, k) => {
    const { array, bytes } = DTYPES[type.dtype]
    const size = numel(type.shape)
    const elements = new array(new ArrayBuffer(size * bytes), 0, size)
    for (let i = 0; i < size; i++) elements[i] = inputs[k]!(i)
    const slice = place(session, type)
    session.backend.write(slice, new Uint8Array(elements.buffer))
    return slice
  })
  const type = program.nodes.at(-1)!.types[0]!
  const output = place(session, type)
  session.prepare(program).run(slices, [output], new Float64Array(0))
  const bytes = await session.backend.read(output)
  const got = elementsOf(type, bytes.slice())
  for (let i = 0; i < got.length; i++)
    if (got[i] !== want(i)) return failed(`index ${i} of ${got.length}: ${what} = ${got[i]}, want ${want(i)}`)
  return all()
}

const large = (
  id: string,
  bytes: number,
  work: (session: Session) => Promise<Measurement>,
  dtypes: readonly DType[] = ['float32'],
): Case => law(id, work, { dtypes, excuse: (backend) => tooLarge(backend, bytes) })

const MANY = FLOAT32_INTEGERS + 3
const ROWS = GROUPS + 6
const table = f32(ROWS, 2)

export const sizes: readonly Case[] = [
  large(
    `eager/large/int32/[${MANY}]/more elements than float32 has integers`,
    MANY * 4,
    (session) => {
      const type: TensorType = { dtype: 'int32', shape: [MANY] }
      return formula(
        session,
        programOf([type], ([x]) => [x!.neg()]),
        [(i) => i],
        (i) => -i | 0,
        '-i',
      )
    },
    ['int32'],
  ),
  large(
    `eager/large/int32/[${MANY}]/iota beyond float32's integers`,
    MANY * 4,
    (session) => {
      const type: TensorType = { dtype: 'int32', shape: [1] }
      return formula(
        session,
        programOf([type], (_, __, builder) => [builder.iota('int32', [MANY], 0)]),
        [() => 0],
        (i) => i,
        'iota',
      )
    },
    ['int32'],
  ),
  large(`eager/large/float32/[${ROWS * 64}]/more than ${GROUPS} groups of 64`, ROWS * 64 * 4, (session) => {
    const type = f32(ROWS * 64)
    return formula(
      session,
      programOf([type, type], ([a, b]) => [a!.add(b!)]),
      [(i) => i % 1021, (i) => i % 7],
      (i) => (i % 1021) + (i % 7),
      'a + b',
    )
  }),
  large(`eager/large/float32/[${ROWS},2]/a sum over each of more than ${GROUPS} rows`, ROWS * 8, (session) =>
    formula(
      session,
      programOf([table], ([x]) => [x!.sum([1])]),
      [(i) => i % 511],
      (i) => ((2 * i) % 511) + ((2 * i + 1) % 511),
      'sum',
    ),
  ),
  large(`eager/large/float32/[${ROWS},2]/a sum over more than ${GROUPS} rows`, ROWS * 8, (session) =>
    formula(
      session,
      programOf([table], ([x]) => [x!.sum([0])]),
      [(i) => (i % 2) + 1],
      (i) => ROWS * (i + 1),
      'sum',
    ),
  ),
  large(`eager/large/float32/[${ROWS},2]/the maximum is the last of all`, ROWS * 8, (session) =>
    formula(
      session,
      programOf([table], ([x]) => [x!.max([0, 1])]),
      [(i) => i],
      () => 2 * ROWS - 1,
      'max',
    ),
  ),
  large(
    `eager/large/float32/[${ROWS},2]/argmax far down`,
    ROWS * 8,
    (session) =>
      formula(
        session,
        programOf([table], ([x]) => [x!.argmax(0)]),
        [(i) => (i < 2 * ROWS - 2 ? i : -1)],
        () => ROWS - 2,
        'argmax',
      ),
    ['float32', 'int32'],
  ),
  large(`eager/large/float32/[${ROWS},2]/permute`, ROWS * 8, (session) =>
    formula(
      session,
      programOf([table], ([x]) => [x!.permute([1, 0])]),
      [(i) => i],
      (i) => (i % ROWS) * 2 + Math.floor(i / ROWS),
      'permute',
    ),
  ),
  large(`eager/large/float32/[${ROWS}]/cumsum`, ROWS * 4, (session) =>
    formula(
      session,
      programOf([f32(ROWS)], ([x]) => [x!.cumsum(0)]),
      [() => 1],
      (i) => i + 1,
      'cumsum',
    ),
  ),
  large(
    `eager/large/float32/[${ROWS}]/sort`,
    ROWS * 4,
    (session) =>
      formula(
        session,
        programOf([f32(ROWS)], ([x]) => [x!.sort(0)[0]]),
        [(i) => (i * 7919) % ROWS],
        (i) => i,
        'sort',
      ),
    ['float32', 'int32'],
  ),
  large(
    `eager/large/float32/[${ROWS},2]/gather from the end`,
    ROWS * 8,
    (session) =>
      formula(
        session,
        programOf([table, { dtype: 'int32', shape: [ROWS] }], ([x, index]) => [x!.gather(index!, 0)]),
        [(i) => i, (i) => ROWS - 1 - i],
        (i) => 2 * (ROWS - 1 - Math.floor(i / 2)) + (i % 2),
        'gather',
      ),
    ['float32', 'int32'],
  ),
  large(
    `eager/large/float32/[${ROWS}]/scatterAdd to everywhere`,
    ROWS * 4,
    (session) =>
      formula(
        session,
        programOf([f32(ROWS), { dtype: 'int32', shape: [ROWS] }, f32(ROWS)], ([x, index, updates]) => [
          x!.scatterAdd(index!, updates!, 0),
        ]),
        [() => 1, (i) => ROWS - 1 - i, (i) => i],
        (i) => ROWS - i,
        'scatterAdd',
      ),
    ['float32', 'int32'],
  ),
  large(`eager/large/float32/[${ROWS},1,2]x[${ROWS},2,1]/dot of more than ${GROUPS} batches`, ROWS * 8, (session) =>
    formula(
      session,
      programOf([f32(ROWS, 1, 2), f32(ROWS, 2, 1)], ([a, b]) => [a!.dot(b!)]),
      [(i) => i % 5, () => 2],
      (i) => 2 * (((2 * i) % 5) + ((2 * i + 1) % 5)),
      'dot',
    ),
  ),
  large('eager/large/float32/[1030]x[1030]/dot of a thousand by a thousand', 1030 * 1030 * 4, (session) =>
    formula(
      session,
      programOf([f32(1030, 3), f32(3, 1030)], ([a, b]) => [a!.dot(b!)]),
      [(i) => Math.floor(i / 3) % 7, (i) => (i % 1030) % 5],
      (i) => 3 * (Math.floor(i / 1030) % 7) * ((i % 1030) % 5),
      'dot',
    ),
  ),
  law('compiled/large/float32/[9]/24 inputs into one sum and 24 outputs', async (session) => {
    const types = list(24).map(() => f32(9))
    const program = programOf(types, (xs) => [
      xs.reduce((sum, x) => sum.add(x)),
      ...xs.slice(1).map((x, i) => x.mul(xs[i]!)),
    ])
    const value = (k: number, i: number): number => k + i
    const got = await session.execute(
      program,
      types.map((type, k) => ({ type, data: list(9, (i) => value(k, i)) })),
    )
    return all(
      same(
        got[0]!,
        list(9, (i) => 276 + 24 * i),
        'the sum of 24',
      ),
      ...got.slice(1).map((y, k) =>
        same(
          y,
          list(9, (i) => value(k, i) * value(k + 1, i)),
          `product ${k}`,
        ),
      ),
    )
  }),
  law('compiled/large/float32/[9]/a chain of 300 nodes', async (session) => {
    const program = programOf([f32(9)], ([x]) => [
      list(300).reduce((y, k) => (k % 3 === 0 ? y.neg() : k % 3 === 1 ? y.add(1) : y.sub(k % 5)), x!),
    ])
    const want = list(9, (i) => list(300).reduce((y, k) => (k % 3 === 0 ? -y : k % 3 === 1 ? y + 1 : y - (k % 5)), i))
    return same((await session.execute(program, [{ type: f32(9), data: list(9) }]))[0]!, want, 'the chain')
  }),
  law('compiled/large/float32/[6]/concat of 40', async (session) => {
    const types = list(40).map(() => f32(6))
    const got = await session.execute(
      programOf(types, (xs, _, builder) => [builder.concat(xs, 0)]),
      types.map((type, k) => ({ type, data: list(6, (i) => 6 * k + i) })),
    )
    return same(got[0]!, list(240), 'concat')
  }),
]
