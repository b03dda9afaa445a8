/**
 * The programs that core makes of tensor code, got at through the contract itself: a backend that keeps what it is to
 * prepare and runs nothing. It says that it runs every composite, so none is inlined.
 */
import { DTYPES } from '@glissade/core/backend'
import type { Backend, DType, Executable, Program, Storage } from '@glissade/core/backend'

export interface Recording {
  readonly program: Program
  /** The numbers of its first run. */
  scalars: readonly number[]
}

/** What every call of `work` prepared, in order. Programs that core had prepared before on the same device are missing. */
export function recorded(work: (device: Backend) => void): Recording[] {
  const programs: Recording[] = []
  const everything: ReadonlySet<string> = Object.assign(new Set<string>(), { has: () => true })
  const refuse = (): never => {
    throw new Error('a recording has no values')
  }
  work({
    name: 'recording',
    contract: 1,
    capabilities: {
      dtypes: new Set(Object.keys(DTYPES) as DType[]),
      runs: everything,
      limits: { allocationBytes: Infinity, alignment: 1 },
      accuracy: 'ieee',
      memory: 'collected',
    },
    lost: new Promise(() => {}),
    allocate: (byteLength): Storage => ({ byteLength }),
    release: () => {},
    write: () => {},
    read: async () => refuse(),
    prepare(program) {
      const recording: Recording = { program, scalars: [] }
      programs.push(recording)
      const run: Executable['run'] = (_, __, numbers) => {
        if (recording.scalars.length === 0) recording.scalars = [...numbers]
      }
      return { ready: Promise.resolve(), scratchBytes: 0, run, release: () => {} }
    },
    settle: async () => {},
    memory: () => ({ live: 0, reserved: 0 }),
    destroy: () => {},
  })
  return programs
}
