/** Kernels and times that a backend tells of a run. */
import type { Executable } from '@glissade/core/backend'
import { backend, type Mutant } from './mutant.ts'

type Profile = NonNullable<Executable['profile']>
/** A correct backend with another `profile`. */
const profiled = (name: string, change: (right: Required<Executable>) => Profile): Mutant =>
  backend(`profile: ${name}`, '*/profile/*', (whole) => ({
    prepare(program) {
      const right = whole.prepare(program) as Required<Executable>
      return { ...right, profile: change(right) }
    },
  }))

export const profile: readonly Mutant[] = [
  profiled('nothing is run', () => async () => []),
  profiled('the run comes a task later', ({ profile: right }) => async (...given) => {
    await Promise.resolve()
    return right(...given)
  }),
  profiled(
    'a node has no entry',
    ({ profile: right }) =>
      async (...given) =>
        (await right(...given)).slice(1),
  ),
  profiled('a kernel of two passes has two entries', ({ profile: right }) => async (...given) => {
    const times = await right(...given)
    return [...times, times[0]!]
  }),
  profiled(
    'nodes are counted from 1',
    ({ profile: right }) =>
      async (...given) =>
        (await right(...given)).map((time) => ({ ...time, nodes: time.nodes.map((node) => node + 1) })),
  ),
  profiled(
    'a clock that was not started',
    ({ profile: right }) =>
      async (...given) =>
        (await right(...given)).map((time) => ({ ...time, ns: NaN })),
  ),
  profiled(
    'a clock that goes backwards',
    ({ profile: right }) =>
      async (...given) =>
        (await right(...given)).map((time, i) => (i === 1 ? { ...time, ns: -1 } : time)),
  ),
  profiled(
    'a failure gives no times',
    ({ profile: right }) =>
      (...given) =>
        right(...given).catch(() => []),
  ),
  profiled('the second run is the first again', ({ profile: right }) => {
    let first: Parameters<Profile> | null = null
    return (...given) => right(...(first ??= given))
  }),
]
