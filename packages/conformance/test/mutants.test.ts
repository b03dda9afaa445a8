/** The test of the test: every backend that is broken on purpose is caught, and none that is whole. */
import { gradients } from '@glissade/core/autograd'
import type { Kernels } from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { kernels } from '../../cpu/src/kernels/index.ts'
import { run } from '../src/index.ts'
import { hostBackend } from './host-backend.ts'
import { caught, failureOf } from './mutants/caught.ts'
import { mutants } from './mutants/index.ts'

const LONG = 300_000
const ONE_STORAGE = 'one storage holds all that a program of the kit needs'

describe('mutants', () => {
  test('there are hundreds, under different names', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(850)
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  })
  test.each(mutants)(
    '$name',
    async (mutant) => {
      const failure = await caught(mutant)
      expect(failure, `nothing among ${String(mutant.only)} failed`).not.toBeNull()
      expect(failure!.detail).not.toBe('')
      if (mutant.right !== undefined) expect(await failureOf(failure!.id, mutant.right)).toBeNull()
    },
    LONG,
  )
})

describe('what is missing is named', () => {
  test.each(Object.keys(kernels))('the kernel of %s', async (op) => {
    const { [op as keyof Kernels]: _, ...rest } = kernels
    const report = await run({ create: () => hostBackend(rest), only: `eager/${op}/*` })
    const named = report.results.filter(({ status, detail }) => status === 'fail' && detail.includes(op))
    expect(named.length).toBeGreaterThan(0)
    expect(report.counts.pass).toBe(0)
  })
  test.each(Object.keys(gradients))('the gradient of %s', async (op) => {
    const table = gradients as Record<string, unknown>
    const row = table[op]
    delete table[op]
    try {
      const report = await run({ create: () => hostBackend(), only: `core/gradients/*${op}` })
      const own = report.results.filter(({ id, status }) => status === 'fail' && id.endsWith(` ${op}`))
      expect(own.map(({ detail }) => detail)).toEqual([`core's table of gradients has no row for ${op}`])
    } finally {
      table[op] = row
    }
  })
})

describe('correct backends pass with an empty list of known failures', () => {
  test(
    'host memory released by core',
    async () => {
      const report = await run({ create: () => hostBackend() })
      expect(report.results.filter(({ status }) => status !== 'pass' && status !== 'excused')).toEqual([])
      const excused = report.results.filter(({ status }) => status === 'excused')
      expect(new Set(excused.map(({ detail }) => detail))).toEqual(
        new Set(['the backend does not run loops', ONE_STORAGE]),
      )
      expect(report).toMatchObject({ conforming: true, badges: ['runs', 'trains', 'exact SGD'] })
    },
    LONG,
  )
})
