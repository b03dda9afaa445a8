/** Refusals, each beside a control that must succeed; failures that come late; what a backend says of itself. */
import { DTYPES, isGlissadeError, numel } from '@glissade/core/backend'
import type { DType, MemoryError, Program, Refusal, TensorType } from '@glissade/core/backend'
import { composites, evaluate, inline, traceComposite } from '@glissade/core/ir'
import type { Case } from '../case.ts'
import { messageOf } from '../case.ts'
import type { Session } from '../session.ts'
import { all, f32, law, list, programOf, same, thrown } from './law.ts'

const N = 5
const NOTHING = new Float64Array(0)

/** One node that no backend knows. */
const unknown = (op: string): Program => ({
  inputs: [f32(N)],
  scalars: [],
  nodes: [{ op, attrs: {}, args: [0], types: [f32(N)], origin: 'layers.3.mystery' }],
  outputs: [1],
  donated: [null],
})
/** Indices of one dimension of x, all of them 0 but the second of four; updates for `scatterAdd`. */
const SHAPE = [2, 3, 5]
const I32 = { dtype: 'int32' as DType, shape: [4] }
interface Indexing {
  readonly op: 'gather' | 'scatterAdd'
  readonly axis: number
}
const indexings: readonly Indexing[] = (['gather', 'scatterAdd'] as const).flatMap((op) =>
  SHAPE.map((_, axis) => ({ op, axis })),
)
const updatesType = (axis: number): TensorType => f32(...SHAPE.with(axis, I32.shape[0]!))
const indexed = ({ op, axis }: Indexing, says?: Refusal): Program =>
  programOf(op === 'gather' ? [f32(...SHAPE), I32] : [f32(...SHAPE), I32, updatesType(axis)], ([x, index, updates]) => [
    op === 'gather' ? x!.gather(index!, axis, says) : x!.scatterAdd(index!, updates!, axis, says),
  ])
const operandsOf = ({ op, axis }: Indexing, index: number): { type: TensorType; data: number[] }[] => [
  { type: f32(...SHAPE), data: list(numel(SHAPE)) },
  { type: I32, data: [0, index, 0, 0] },
  ...(op === 'gather' ? [] : [{ type: updatesType(axis), data: list(numel(updatesType(axis).shape), () => 1) }]),
]
const DTYPES_OF_INDEXING: readonly DType[] = ['float32', 'int32']

/** A line along axis 1 is one element of the result, or the other way round. */
const LINES = { dtype: 'int32' as DType, shape: SHAPE.toSpliced(1, 1) }
const picked = (op: 'pick' | 'pickGrad'): Program => {
  const says = { kind: 'IndexError', operation: 'lookUp', message: 'no word {index}', beyond: 0 } as const
  return programOf([op === 'pick' ? f32(...SHAPE) : f32(...LINES.shape), LINES], (args) =>
    op === 'pick'
      ? traceComposite(composites.pick, args[0]!.builder, args, { axis: 1, says })
      : traceComposite(composites.pickGrad, args[0]!.builder, args, { axis: 1, size: SHAPE[1]!, says }),
  )
}
const pickedOperands = (op: 'pick' | 'pickGrad', index: number): { type: TensorType; data: number[] }[] => {
  const [x, lines] = picked(op).inputs as [TensorType, TensorType]
  return [
    { type: x, data: list(numel(x.shape)) },
    { type: lines, data: list(numel(lines.shape), (i) => (i === 4 ? index : 0)) },
  ]
}

/** Why it is no refusal that an index is out of range; null where it is one, now or with the next read. */
async function notRefused(
  session: Session,
  program: Program,
  operands: readonly { type: TensorType; data: number[] }[],
  wanted: readonly string[],
): Promise<string | null> {
  const inputs = operands.map((operand) => session.upload(operand))
  const y = session.room(program.nodes.at(-1)!.types[0]!)
  const executable = session.prepare(program)
  const now = await thrown(() => executable.run(inputs, [y], NOTHING))
  const late = now ?? (await thrown(() => session.elements(y)))
  if (late === null) return 'it was taken: neither run nor the next read failed'
  const missing = wanted.find((word) => !late.message.includes(word))
  if (missing !== undefined) return `the failure does not say ${missing}: ${late.message}`
  const after = await thrown(() => session.elements(y))
  return after === null ? null : `what was read after it was told was refused again: ${after.message}`
}

export const errors: readonly Case[] = [
  law('eager/errors/float32/[5]/prepare refuses a node that it cannot run and names it', async (session) => {
    session.prepare(programOf([f32(N)], ([x]) => [x!.neg()]))
    const refusal = await thrown(() => session.prepare(unknown('conformance.unheardOf')))
    if (refusal === null) return 'prepare accepted a node conformance.unheardOf without a body'
    if (!isGlissadeError(refusal.error, 'UnsupportedError'))
      return `prepare threw ${messageOf(refusal.error)}, want an UnsupportedError`
    if (!refusal.message.includes('conformance.unheardOf'))
      return `the message does not name the node: ${refusal.message}`
    if (!refusal.message.includes('layers.3.mystery'))
      return `the message does not say where in the model the node is from: ${refusal.message}`
    return null
  }),
  law(
    'eager/errors/float32/-/allocate refuses more than the limit',
    async (session) => {
      const { allocationBytes } = session.backend.capabilities.limits
      session.allocate(64)
      if ((await thrown(() => session.allocate(allocationBytes * 2))) === null)
        return `allocate gave ${allocationBytes * 2} bytes over a limit of ${allocationBytes}`
      const got = await session.execute(
        programOf([f32(N)], ([x]) => [x!.neg()]),
        [{ type: f32(N), data: list(N) }],
      )
      return same(
        got[0]!,
        list(N, (i) => -i),
        'after the refusal: -x',
      )
    },
    {
      excuse: ({ capabilities: { limits } }) => (Number.isFinite(limits.allocationBytes) ? null : 'there is no limit'),
    },
  ),
  law(
    'eager/errors/float32/-/what allocate refuses is a MemoryError with the bytes',
    async ({ backend }) => {
      const bytes = backend.capabilities.limits.allocationBytes * 2
      const refusal = await thrown(() => backend.allocate(bytes))
      if (!isGlissadeError(refusal?.error, 'MemoryError'))
        return `allocate threw ${messageOf(refusal?.error)}, want a MemoryError`
      const got = (refusal.error as MemoryError).bytes
      return got === bytes ? null : `the error says ${got} bytes, want ${bytes}`
    },
    {
      excuse: ({ capabilities: { limits } }) => (Number.isFinite(limits.allocationBytes) ? null : 'there is no limit'),
    },
  ),
  ...indexings.map((indexing) => {
    const { op, axis } = indexing
    const size = SHAPE[axis]!
    return law(
      `eager/errors/int32/[${SHAPE.join()}]/${op}: the last index of axis ${axis} is no error`,
      async (session) => {
        const program = indexed(indexing)
        const operands = operandsOf(indexing, size - 1)
        const want = evaluate(
          program,
          operands.map(({ data }) => data),
        )
        return same((await session.execute(program, operands))[0]!, want[0]!, op)
      },
      { dtypes: DTYPES_OF_INDEXING },
    )
  }),
  ...indexings.flatMap((indexing) => {
    const { op, axis } = indexing
    const size = SHAPE[axis]!
    return [size, -1, 2 ** 31 - 1, -(2 ** 31)].map((index) =>
      law(
        `eager/errors/int32/[${SHAPE.join()}]/${op}: index ${index} of axis ${axis} is an error, now or late`,
        (session) => notRefused(session, indexed(indexing), operandsOf(indexing, index), [op]),
        { dtypes: DTYPES_OF_INDEXING },
      ),
    )
  }),
  ...(['gather', 'scatterAdd'] as const).map((op) =>
    law(
      `eager/errors/int32/[${SHAPE.join()}]/${op}: an error has the words of the node`,
      async (session) => {
        const says = { kind: 'IndexError', operation: 'lookUp', message: 'no word {index}', beyond: 4 } as const
        return notRefused(session, indexed({ op, axis: 1 }, says), operandsOf({ op, axis: 1 }, 9), [
          'lookUp: no word 5',
        ])
      },
      // Failures that a library reports in its own words cannot always be told apart.
      { dtypes: DTYPES_OF_INDEXING, level: 'should' },
    ),
  ),
  ...(['pick', 'pickGrad'] as const).flatMap((op) =>
    [SHAPE[1]!, -1, 2 ** 31 - 1, -(2 ** 31)].map((index) =>
      law(
        `eager/errors/int32/[${SHAPE.join()}]/${op}: index ${index} is an error in the words of the node`,
        (session) =>
          notRefused(session, inline(picked(op), session.backend.capabilities.runs), pickedOperands(op, index), [
            `lookUp: no word ${index}`,
          ]),
        { dtypes: DTYPES_OF_INDEXING, level: 'should' },
      ),
    ),
  ),
  law(
    'eager/errors/float32/-/a destroyed backend refuses',
    async (session) => {
      const { backend } = session
      const program = programOf([f32(N)], ([x]) => [x!.neg()])
      const got = await session.execute(program, [{ type: f32(N), data: list(N) }])
      const control = same(
        got[0]!,
        list(N, (i) => -i),
        'before: -x',
      )
      const x = session.upload({ type: f32(N), data: list(N) })
      await session.close()
      backend.destroy()
      const { live } = backend.memory()
      if (live !== 0) return `${live} bytes are live after destroy`
      if ((await thrown(() => backend.allocate(64))) === null) return 'allocate went well after destroy'
      if ((await thrown(() => backend.prepare(program))) === null) return 'prepare went well after destroy'
      if ((await thrown(() => backend.read(x))) === null) return 'read went well after destroy'
      return control
    },
    { fresh: true },
  ),
]

export const declarations: readonly Case[] = [
  law(
    'suite/declarations/-/-/the contract is version 1 and the backend has a name',
    async ({ backend }) => {
      if (backend.contract !== 1) return `contract is ${String(backend.contract)}, want 1`
      if (typeof backend.name !== 'string' || backend.name === '') return 'name is empty'
      return null
    },
    { dtypes: [] },
  ),
  law(
    'suite/declarations/-/-/float32, int32 and bool are there',
    async ({ backend: { capabilities } }) => {
      for (const dtype of ['float32', 'int32', 'bool'] as const)
        if (!capabilities.dtypes.has(dtype)) return `${dtype} is not declared`
      for (const dtype of capabilities.dtypes)
        if (!Object.hasOwn(DTYPES, dtype)) return `${dtype as string} is no dtype of the contract`
      return null
    },
    { dtypes: [] },
  ),
  law(
    'suite/declarations/-/-/limits, accuracy and memory are what the contract lists',
    async ({ backend: { capabilities } }) => {
      const { limits, accuracy, memory, runs } = capabilities
      if (!(limits.alignment >= 1 && Number.isInteger(Math.log2(limits.alignment))))
        return `alignment ${limits.alignment} is no power of two`
      if (!(limits.allocationBytes >= 2 ** 20)) return `allocationBytes ${limits.allocationBytes} holds no model`
      if (limits.memoryBytes !== undefined && !(limits.memoryBytes >= limits.allocationBytes))
        return `memoryBytes ${limits.memoryBytes} is less than the ${limits.allocationBytes} of one storage`
      if (accuracy !== 'ieee' && accuracy !== 'wgsl') return `accuracy is ${accuracy as string}`
      if (memory !== 'collected' && memory !== 'released') return `memory is ${String(memory)}`
      const { runsInFlight = 1 } = limits
      if (!(runsInFlight >= 1)) return `runsInFlight is ${runsInFlight}, so nothing could run`
      if (typeof runs.has !== 'function') return 'runs is no set'
      return null
    },
    { dtypes: [] },
  ),
  law(
    'suite/declarations/-/-/nothing has failed',
    async ({ backend }) => {
      const pending = {}
      const state = await Promise.race([backend.lost, Promise.resolve(pending)])
      if (state !== pending) return `lost has resolved: ${messageOf(state)}`
      return null
    },
    { dtypes: [] },
  ),
]

const REPEATED = 3
export const determinism: readonly Case[] = (['sum', 'dot', 'scatterAdd', 'softmax by hand'] as const).map((what) =>
  law(
    `compiled/determinism/float32/[37,53]/${what}: the same bits every time`,
    async (session) => {
      const type = f32(37, 53)
      const index = { dtype: 'int32' as const, shape: [37] }
      const data = list(37 * 53, (i) => Math.fround(Math.sin(i * 12.9898) * 4))
      const program = programOf([type, index], ([x, i]) => {
        if (what === 'sum') return [x!.sum([0]), x!.sum([1]), x!.sum([0, 1])]
        if (what === 'dot') return [x!.dot(x!, true), x!.dot(x!, false, true)]
        if (what === 'scatterAdd') return [x!.like(0).scatterAdd(i!, x!, 0)]
        const e = x!.sub(x!.max([1]).restore([1], x!.shape)).exp()
        return [e.div(e.sum([1]).restore([1], x!.shape))]
      })
      const operands = [
        { type, data },
        { type: index, data: list(37, (i) => (i * 7) % 5) },
      ]
      const executable = session.prepare(program)
      const runs: Float64Array[][] = []
      for (let i = 0; i < REPEATED; i++) {
        const { outputs } = session.issue(executable, program, operands)
        runs.push(await Promise.all(outputs.map((output) => session.results(output))))
      }
      return all(
        ...runs
          .slice(1)
          .flatMap((run, k) => run.map((elements, i) => same(elements, runs[0]![i]!, `output ${i} of run ${k + 2}`))),
      )
    },
    { dtypes: ['float32', 'int32'] },
  ),
)
