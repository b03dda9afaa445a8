/** `Executable.profile`, where there is one: a run like any other, and times that are times. */
import type { Backend, KernelTime, Program } from '@glissade/core/backend'
import type { Case } from '../case.ts'
import type { OwnSlice, Session } from '../session.ts'
import { all, f32, law, list, programOf, same, thrown, type LawOptions } from './law.ts'

const [M, N] = [24, 40]
const NOTHING = new Float64Array(0)

/** Products, an elementwise chain, a sum, a sort, an output that is a copy, and a result in the place of its operand. */
const step = (): Program =>
  programOf(
    [f32(M, N), f32(N, M), f32(M, M)],
    ([x, w, state], [rate]) => {
      const y = x!.dot(w!).maximum(x!.builder.fill('float32', [M, M], 0))
      const [values, indices] = y.sum([1]).sort(0)
      return [y, y.reshape([M * M]), values, indices, state!.sub(y.mul(rate!))]
    },
    { scalars: ['float32'], donated: [null, null, null, null, 2] },
  )
const RATE = Float64Array.of(0.5)
const numbers = (size: number): number[] => list(size, (i) => ((i * 7) % 11) - 5)

/** Fresh places of everything: operands, then results. */
function places(session: Session): { inputs: OwnSlice[]; outputs: OwnSlice[] } {
  const inputs = step().inputs.map((type) => session.upload({ type, data: numbers(type.shape[0]! * type.shape[1]!) }))
  const rest = [f32(M, M), f32(M * M), f32(M), { dtype: 'int32', shape: [M] } as const]
  return { inputs, outputs: [...rest.map((type) => session.room(type)), inputs[2]!] }
}

/** What is wrong with the times of this program; null where nothing is. */
function wrong({ nodes }: Program, times: readonly KernelTime[]): string | null {
  const by = nodes.map((): KernelTime[] => [])
  for (const time of times) {
    if (typeof time.kernel !== 'string' || time.kernel === '') return 'a kernel has no name'
    if (!Number.isFinite(time.ns) || time.ns < 0) return `${time.kernel} took ${time.ns} ns`
    for (const node of time.nodes) {
      if (by[node] === undefined) return `${time.kernel} ran node ${node}, of a program of ${nodes.length}`
      by[node].push(time)
    }
  }
  for (const [i, { op }] of nodes.entries()) {
    if (by[i]!.length > 1)
      return `node ${i} (${op}) is in ${by[i]!.length} entries: ${by[i]!.map(({ kernel }) => kernel).join(', ')}`
    if (by[i]!.length === 0 && !FREE.has(op)) return `node ${i} (${op}) is in no entry`
  }
  return null
}
/** What only says where bytes lie, or is known before: it may be part of what reads it. */
const FREE: ReadonlySet<string> = new Set(['constant', 'expand', 'reshape'])

const excuse = (backend: Backend): string | null => {
  const executable = backend.prepare(programOf([f32(1)], ([x]) => [x!.neg()]))
  executable.ready.catch(() => {})
  const isTold = executable.profile !== undefined
  executable.release()
  return isTold ? null : 'its executables have no profile, which is optional'
}
const options: LawOptions = { dtypes: ['float32', 'int32'], excuse }

export const profile: readonly Case[] = [
  law(
    `compiled/profile/float32/[${M},${N}]/what it gives is what a run gives, to the bit`,
    async (session) => {
      const executable = session.prepare(step())
      const [run, profiled, again] = [places(session), places(session), places(session)]
      executable.run(run.inputs, run.outputs, RATE)
      const times = executable.profile!(profiled.inputs, profiled.outputs, RATE)
      executable.run(again.inputs, again.outputs, RATE)
      await times
      const [want, got, after] = await Promise.all(
        [run, profiled, again].map(({ outputs }) => Promise.all(outputs.map((place) => session.results(place)))),
      )
      return all(
        ...want!.map((values, i) => same(got![i]!, values, `output ${i} of the profile`)),
        ...want!.map((values, i) => same(after![i]!, values, `output ${i} of a run after it`)),
      )
    },
    options,
  ),
  law(
    `compiled/profile/float32/[${M},${N}]/every node that computes is in one entry, and times are finite and not negative`,
    async (session) => {
      const program = step()
      const executable = session.prepare(program)
      for (let i = 0; i < 2; i++) {
        const { inputs, outputs } = places(session)
        const says = wrong(program, await executable.profile!(inputs, outputs, RATE))
        if (says !== null) return says
      }
      return null
    },
    options,
  ),
  law(
    'compiled/profile/float32/[33]/it takes its turn, and reads its lists and scalars before it returns',
    async (session) => {
      const program = programOf([f32(33)], ([x], [k]) => [x!.mul(k!)], { scalars: ['float32'] })
      const [x, y, z] = [
        session.upload({ type: f32(33), data: list(33) }),
        session.room(f32(33)),
        session.room(f32(33)),
      ]
      const executable = session.prepare(program)
      executable.run([x], [y], Float64Array.of(2))
      const [inputs, outputs, scalars] = [[y], [z], Float64Array.of(3)]
      const times = executable.profile!(inputs, outputs, scalars)
      inputs[0] = outputs[0] = x
      scalars[0] = 1000
      const early = session.elements(z)
      executable.run([x], [z], Float64Array.of(-1))
      await times
      return all(
        same(
          await early,
          list(33, (i) => 6 * i),
          'a reading behind it',
        ),
        same(
          await session.elements(z),
          list(33, (i) => -i),
          'a run behind it',
        ),
      )
    },
    options,
  ),
  law(
    'compiled/profile/float32/[5]/what fails rejects it, and no reading',
    async (session) => {
      const type = f32(5)
      const index = { dtype: 'int32', shape: [2] } as const
      const executable = session.prepare(programOf([type, index], ([x, i]) => [x!.gather(i!, 0)]))
      const x = session.upload({ type, data: list(5) })
      const y = session.room(f32(2))
      const bad = session.upload({ type: index, data: [1, 7] })
      const late = await thrown(() => executable.profile!([x, bad], [y], NOTHING))
      if (late === null) return 'index 7 of 5 rejected nothing'
      await session.elements(x)
      const good = session.upload({ type: index, data: [1, 4] })
      await executable.profile!([x, good], [y], NOTHING)
      return same(await session.elements(y), [1, 4], 'a profile after it')
    },
    { ...options, fresh: true },
  ),
]
