/** Samples as tests: one for every name on every backend, and at the end one for the differences that are known. */
import { rmSync } from 'node:fs'
import { setDefaultDevice, type Backend } from '@glissade/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { backends } from '../backends.ts'
import { Agreement, titleOf, type Difference } from './agreement.ts'
import { linesOf } from './sample.ts'

interface Content {
  readonly name: string
  readonly left: Readonly<Record<string, number>>
}
interface Samples<L extends Content> {
  /** All samples, where whole.mjs made them: a report is written beside them. */
  readonly whole: string | undefined
  /** The samples in the repository. */
  readonly files: readonly string[]
  readonly known: readonly Difference[]
  readonly has?: (name: string) => boolean
  /** @param most how many samples are run in each way beside the eager one */
  readonly run: (
    name: string,
    line: L,
    agreement: Agreement,
    on: { readonly most: number; readonly device: Backend },
  ) => Promise<void>
}

export function testEverySample<L extends Content>({ whole, files, known, has, run }: Samples<L>): void {
  const most = whole === undefined ? 2 : 12
  const lines = (whole === undefined ? files : [whole])
    .flatMap((file) => linesOf<L>(file))
    .filter(({ name }) => has?.(name) ?? true)
    .map(({ name, read }) => ({ name, read, title: whole === undefined ? titleOf(name, read().left) : name }))
  /** Differences that were met, on any backend. */
  const met = new Set<Difference>()

  describe.each(Object.entries(backends))('%s', (backend, create) => {
    let device: Backend
    beforeAll(async () => {
      device = await create()
      setDefaultDevice(device)
      if (whole !== undefined) rmSync(`${whole}.${backend}.txt`, { force: true })
    })
    test.each(lines)('$title', async ({ name, read }) => {
      const agreement = new Agreement(name, known)
      await run(name, read(), agreement, { most, device })
      for (const one of agreement.met) met.add(one)
      if (whole !== undefined) agreement.append(`${whole}.${backend}.txt`)
      if (agreement.faults.length > 0) expect.fail(String(agreement))
      expect(agreement.faults).toEqual([])
    })
  })

  test('every known difference is still one', (context) => {
    if (whole === undefined) context.skip('among few samples many a difference does not show')
    expect(known.filter((one) => !met.has(one))).toEqual([])
  })
}
