/** `interpolate` in every mode (fixtures/interpolate.json), where sizes grow, shrink and stay. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setDefaultDevice, tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import { expect, test } from 'vitest'
import { backends } from './backends.ts'
import { expectClose } from './tensors.ts'

interface Case {
  readonly mode: string
  readonly align: boolean
  readonly input: readonly number[]
  readonly size?: number | readonly number[]
  readonly scale_factor?: number | readonly number[]
  readonly recompute_scale_factor?: boolean
  readonly output: readonly number[]
  readonly data: readonly number[]
}
const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'fixtures', 'interpolate.json'), 'utf8')) as {
  cases: Case[]
}

test.each(Object.entries(backends))('%s gives the numbers of PyTorch', async (_, backend) => {
  setDefaultDevice(await backend())
  expect(cases.length).toBeGreaterThan(200)
  for (const { data, output, input, ...c } of cases) {
    const count = input.reduce((a, b) => a * b, 1)
    const x = tensor(Array.from({ length: count }, (__, i) => (7 * i * i + 3 * i) % 11)).reshape(input)
    const y = F.interpolate(x, {
      mode: c.mode.replace('-exact', 'Exact') as F.InterpolateMode,
      alignCorners: c.align,
      size: c.size,
      scaleFactor: c.scale_factor,
      recomputeScaleFactor: c.recompute_scale_factor,
    })
    const what = JSON.stringify({ ...c, input })
    expect([what, y.shape]).toEqual([what, output])
    expectClose(await y.data(), data, { rtol: 1e-4, atol: 2e-4 }, what)
  }
})
