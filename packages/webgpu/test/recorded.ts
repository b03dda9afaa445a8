/** Programs as a WebGPU device gets them, without one: a device that prepares everything and runs nothing. */
import { setDefaultDevice } from '@glissade/core'
import type { Backend, Program } from '@glissade/core/backend'
import { cpu } from '@glissade/cpu'
import { COMPOSITES } from '../src/kernels/index.ts'
import type { Work } from './works.ts'
import { stepOf } from './works.ts'

/** What every adapter has at least. */
export const LIMITS = { allocationBytes: 2 ** 27, storages: 8, small: 2 ** 17, adapter: 'hardware' } as const

/** The programs that are prepared while something runs, in order. */
export async function recorded(runs: () => Promise<void>): Promise<Program[]> {
  const programs: Program[] = []
  const inner = cpu()
  const { dtypes } = inner.capabilities
  const backend: Backend = {
    ...inner,
    capabilities: {
      ...inner.capabilities,
      dtypes: new Set([...dtypes].filter((dtype) => dtype !== 'float64' && dtype !== 'float16')),
      runs: new Set(COMPOSITES),
      limits: { ...LIMITS, alignment: 256 },
    },
    prepare(program) {
      programs.push(program)
      return { ready: Promise.resolve(), scratchBytes: 0, run() {}, release() {} }
    },
  }
  setDefaultDevice(backend)
  await runs()
  return programs
}

/** The program of a training step, whose state is in place: that of the second run. */
export async function programOf(work: Work): Promise<Program> {
  const programs = await recorded(async () => {
    const step = stepOf(work)
    await step().item()
    await step().item()
  })
  return programs.reduce((most, program) => (program.nodes.length >= most.nodes.length ? program : most))
}
