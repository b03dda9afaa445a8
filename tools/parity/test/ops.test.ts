/**
 * ops.json, and fixtures/tensors.json beside it: every operation's results, gradients and changed arguments. Rows are found
 * by the Python expression.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { grad, manualSeed, setDefaultDevice, type Tensor } from '@glissade/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { golden, type GoldenTensor } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import { elementwiseRows } from './ops-elementwise.ts'
import { movementRows } from './ops-movement.ts'
import { nnRows } from './ops-nn.ts'
import { productsRows } from './ops-products.ts'
import { reductionsRows } from './ops-reductions.ts'
import type { Inputs, Rows } from './ops-table.ts'
import { tensorsRows } from './ops-tensors.ts'
import { expectTensor, load } from './tensors.ts'

interface Case {
  readonly id: string
  readonly code: string
  readonly attrs: object
  readonly seed?: number
  readonly inputs: Readonly<Record<string, GoldenTensor>>
  readonly outputs: readonly GoldenTensor[]
  /** By output index. */
  readonly grad_outputs?: Readonly<Record<string, GoldenTensor>>
  readonly grads?: Readonly<Record<string, GoldenTensor | null>>
  /** Arguments that the call changes, with their values after it. */
  readonly mutated?: Readonly<Record<string, GoldenTensor>>
}

const rows: Rows = {
  ...elementwiseRows,
  ...reductionsRows,
  ...movementRows,
  ...productsRows,
  ...nnRows,
  ...tensorsRows,
}
const fixtures = join(import.meta.dirname, '..', 'fixtures', 'tensors.json')
const sets = {
  ops: golden<Case>('ops').cases,
  tensors: (JSON.parse(readFileSync(fixtures, 'utf8')) as { readonly cases: readonly Case[] }).cases,
}
const CLOSE = { rtol: 1e-5, atol: 2e-6 }
const RELATIVE = { rtol: 1e-5, atol: 0 }

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))

  test.each([...sets.ops, ...sets.tensors])(
    '$id: $code',
    async ({ id, code, attrs, seed, outputs, grads, mutated, ...fixture }) => {
      const row = rows[code]
      if (row === undefined) throw new Error(`no row for ${code}`)
      const tolerance = id === 'exp_large' ? RELATIVE : CLOSE
      const inputs: Record<string, Tensor> = {}
      for (const [name, value] of Object.entries(fixture.inputs))
        inputs[name] = load(value).requiresGrad_(grads !== undefined && name in grads)
      if (seed !== undefined) manualSeed(seed)

      const result = await row(inputs as Inputs, attrs)
      const results = Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor]
      expect(results.length, 'number of results').toBe(outputs.length)
      for (const [i, wanted] of outputs.entries()) {
        expect(results[i]!.dtype, `dtype of output ${i}`).toBe(wanted.dtype === 'int64' ? 'int32' : wanted.dtype)
        await expectTensor(results[i]!, wanted, tolerance, `output ${i}`)
      }
      for (const [name, wanted] of Object.entries(mutated ?? {}))
        await expectTensor(inputs[name]!, wanted, tolerance, `${name} after the call`)

      if (grads === undefined) return
      const seeds = Object.entries(fixture.grad_outputs ?? {})
      const names = Object.keys(grads)
      const found = grad(
        seeds.map(([index]) => results[Number(index)]!),
        names.map((name) => inputs[name]!),
        { gradOutputs: seeds.map(([, value]) => load(value)), allowUnused: true },
      )
      for (const [i, name] of names.entries()) {
        const wanted = grads[name]!
        if (wanted === null) expect(found[i], `gradient of ${name}`).toBeNull()
        else await expectTensor(found[i]!, wanted, tolerance, `gradient of ${name}`)
      }
    },
  )
})
