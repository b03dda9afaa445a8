/**
 * One executable, many runs: other operands, other places, other numbers of the run; another executable of the same program in
 * between; several issued before any is read; and after the other was released. What is kept of an earlier run shows.
 */
import { valueTypes, type DType, type Primitive } from '@glissade/core/backend'
import { numel } from '@glissade/core/backend'
import { bounded } from '../bounds.ts'
import { lacking, type Case, type Measurement } from '../case.ts'
import { compare } from '../compare.ts'
import { generators } from '../generators/index.ts'
import { draw, operand, seedOf, show, small, type Sample } from '../generators/sample.ts'
import { single, surrounded, turnedElements } from '../program.ts'
import { bytesOf, withSession, type Operand } from '../session.ts'
import { all, law, list, programOf, same } from './law.ts'

const RUNS = 4
/** Elements of the largest operand or result: enough for vectors and their rest. */
const LARGEST = 200

/** Of each dtype the largest usual call; what takes nothing is kept too. */
function chosen(op: Primitive): Sample[] {
  const sizeOf = ({ attrs, operands }: Sample): number => {
    const types = operands.map(({ type }) => type)
    return Math.max(...valueTypes(single(op, attrs as never, types)).map(({ shape }) => numel(shape)))
  }
  const best = new Map<DType, Sample>()
  for (const sample of generators[op]() as Sample[]) {
    const dtype = sample.dtype ?? sample.operands[0]!.type.dtype
    const isEmpty = sample.operands.some(({ type }) => numel(type.shape) === 0)
    if (sample.special !== undefined || isEmpty || sizeOf(sample) > LARGEST) continue
    const known = best.get(dtype)
    if (known === undefined || sizeOf(sample) > sizeOf(known)) best.set(dtype, sample)
  }
  return [...best.values()]
}
/** Products that are worth packing. */
const packed = ([false, true] as const).flatMap((transposeA): Sample[] =>
  [false, true].map((transposeB) => ({
    what: `${transposeA ? 'transposeA ' : ''}${transposeB ? 'transposeB ' : ''}packed`,
    attrs: { transposeA, transposeB },
    operands: [
      operand('float32', transposeA ? [70, 33] : [33, 70], small('float32')),
      operand('float32', transposeB ? [40, 70] : [70, 40], small('float32')),
    ],
  })),
)
const filters: Sample = {
  what: 'packed',
  attrs: { strides: [1, 1], padding: [[1, 1], [1, 1]], dilation: [1, 1], inputDilation: [1, 1], groups: 1 }, // oxfmt-ignore
  operands: [operand('float32', [1, 16, 4, 4], small('float32')), operand('float32', [8, 16, 3, 3], small('float32'))],
}
const more: { readonly [P in Primitive]?: readonly Sample[] } = { dot: packed, conv: [filters] }

/** Every backend has these; the others are tried alone. */
const REQUIRED: ReadonlySet<string> = new Set(['float32', 'int32', 'bool'])
const modesOf = ({ dtype, operands }: Sample): readonly ('eager' | 'compiled')[] =>
  REQUIRED.has(dtype ?? operands[0]!.type.dtype) ? ['eager', 'compiled'] : ['eager']

/** The operands of run `n`: drawn anew, and turned round so that given lists differ from run to run as well. */
const ofRun = ({ operands }: Sample, name: string, n: number): Operand[] =>
  draw(operands, seedOf(`${name} ${n}`)).map(({ type, data }) => ({
    type,
    data: Array.from(data, (_, i) => data[(i + 3 * n) % data.length]!),
  }))

function againCase(mode: 'eager' | 'compiled', op: Primitive, sample: Sample): Case {
  const types = sample.operands.map(({ type }) => type)
  const dtype = sample.dtype ?? types[0]!.dtype
  const id = `${mode}/${op}/${dtype}/${types.map(({ shape }) => show(shape)).join('x') || '-'}/${sample.what}, again and again`
  const alone = single(op, sample.attrs as never, types)
  return {
    id,
    level: 'must',
    excuse: (backend) =>
      lacking(
        backend,
        valueTypes(alone).map((type) => type.dtype),
      ),
    run: (backend) =>
      withSession(backend, async (session): Promise<Measurement> => {
        const program = mode === 'eager' ? alone : surrounded(alone)
        const given = list(RUNS + 1).map((n) =>
          ofRun(sample, id, n).map(({ type, data }): Operand => ({
            type,
            data: mode === 'eager' ? data : turnedElements(type, data),
          })),
        )
        const [first, second] = [session.prepare(program), session.prepare(program)]
        // All are issued before any is read; the second executable stands between runs of the first.
        const places = list(RUNS).map((n) => session.issue(n % 3 === 1 ? second : first, program, given[n]!))
        const results = await Promise.all(
          places.map(({ outputs }) => Promise.all(outputs.map((output) => session.results(output)))),
        )
        // Then once more in the places of the first run, which now hold something else.
        session.releaseProgram(second)
        const [{ inputs, outputs }] = places as [(typeof places)[number]]
        inputs.forEach((place, i) => session.backend.write(place, bytesOf(given[RUNS]![i]!)))
        first.run(inputs, outputs, new Float64Array(0))
        results.push(await Promise.all(outputs.map((output) => session.results(output))))
        return all(
          ...results.map((got, n) => {
            const wanted = bounded(
              program,
              given[n]!.map(({ data }) => data),
              [],
              backend.capabilities.accuracy,
            )
            return compare(wanted, got, (output, index) => `run ${n + 1} of ${op}, output ${output}[${index}],`)
          }),
        )
      }),
  }
}

const MANY = 300
const N = 9
const run = (
  id: string,
  dtype: DType,
  numbers: readonly (readonly number[])[],
  formula: (x: number, numbers: readonly number[]) => number,
  width = numbers[0]!.length,
): Case =>
  law(
    id,
    async (session) => {
      const type = { dtype, shape: [N] }
      // x + a + 2 b + 3 c ..., so that each of the numbers counts for itself
      const program = programOf([type], ([x], scalars) => [scalars.reduce((sum, k, i) => sum.add(k.mul(i + 1)), x!)], {
        scalars: list(width).map(() => dtype),
      })
      const executable = session.prepare(program)
      const data = list(N)
      const given = session.upload({ type, data })
      const places = numbers.map(() => session.room(type))
      // Nothing comes between the runs that a queue would have to wait for.
      places.forEach((place, n) => executable.run([given], [place], Float64Array.from(numbers[n]!)))
      const got = await Promise.all(places.map((place) => session.results(place)))
      return all(
        ...got.map((elements, n) =>
          same(
            elements,
            data.map((x) => formula(x, numbers[n]!)),
            `run ${n + 1} with ${numbers[n]!.join()}, x + a + 2b + ...`,
            dtype,
          ),
        ),
      )
    },
    { dtypes: [dtype] },
  )
const weighed = (x: number, numbers: readonly number[]): number => numbers.reduce((sum, k, i) => sum + (i + 1) * k, x)
const wrapped = (x: number, numbers: readonly number[]): number =>
  numbers.reduce((sum, k, i) => (sum + Math.imul(i + 1, k)) | 0, x)

const numbersOfRuns: readonly Case[] = [
  run(
    `compiled/order/float32/[${N}]/${MANY} runs are issued with numbers of their own`,
    'float32',
    list(MANY).map((n) => [n, -n]),
    weighed,
  ),
  run(
    `compiled/order/float32/[${N}]/only one of four numbers changes`,
    'float32',
    [
      [1, 2, 3, 4],
      [1, 2, 3, 5],
      [1, 2, 7, 5],
      [1, 9, 7, 5],
      [6, 9, 7, 5],
      [6, 9, 7, 5],
      [1, 2, 3, 4],
    ],
    weighed,
  ),
  run(
    `compiled/order/int32/[${N}]/numbers beyond 2^24`,
    'int32',
    [
      [2 ** 24 + 1, 0],
      [2 ** 24 + 2, 1],
      [2 ** 31 - 1, -(2 ** 24) - 3],
      [-(2 ** 31), 2 ** 30 + 1],
    ],
    wrapped,
  ),
  run(
    `compiled/order/float32/[${N}]/twenty numbers`,
    'float32',
    [list(20), list(20, (i) => 20 - i), list(20, (i) => i % 3)],
    weighed,
  ),
  run(
    `compiled/order/float64/[${N}]/numbers that float32 does not have`,
    'float64',
    [
      [2 ** 40 + 1, 0],
      [2 ** 40 + 2, 2 ** 30 + 1],
    ],
    weighed,
  ),
]

export const again = (): Case[] => [
  ...Object.keys(generators).flatMap((op) =>
    [...chosen(op as Primitive), ...(more[op as Primitive] ?? [])].flatMap((sample) =>
      modesOf(sample).map((mode) => againCase(mode, op as Primitive, sample)),
    ),
  ),
  ...numbersOfRuns,
]
