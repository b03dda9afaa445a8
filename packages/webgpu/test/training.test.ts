/** Networks train as on cpu, over steps: compiled and eager, and beside another device. */
import { setDefaultDevice } from '@glissade/core'
import type { Backend } from '@glissade/core/backend'
import { cpu } from '@glissade/cpu'
import { expect, test } from 'vitest'
import { webgpu } from '../src/index.ts'
import { NO_ADAPTER } from './adapter.ts'
import { stepOf, WORKS } from './works.ts'

const STEPS = 10

/** The losses of some steps. */
async function losses(backend: Backend, name: keyof typeof WORKS): Promise<number[]> {
  setDefaultDevice(backend)
  const step = stepOf(WORKS[name])
  const found: number[] = []
  for (let i = 0; i < STEPS; i++) found.push(await step().item())
  return found
}

for (const name of ['seed', 'mlp', 'lstm', 'normalized', 'smooth'] as const)
  test(`${name}: ten losses are those of cpu`, async ({ skip }) => {
    if (NO_ADAPTER !== null) skip(NO_ADAPTER)
    const backend = await webgpu()
    const [own, wanted] = [await losses(backend, name), await losses(cpu(), name)]
    own.forEach((loss, i) => expect(Math.abs(loss - wanted[i]!)).toBeLessThan(1e-4 * Math.abs(wanted[i]!)))
    expect(wanted[0]).not.toBe(wanted[9])
    backend.destroy()
  })
