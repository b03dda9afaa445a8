/** What is more than an adapter binds, or a row of its grid has. */
import type { Backend, Program, TensorType } from '@glissade/core/backend'
import { numel } from '@glissade/core/backend'
import { expect, test } from 'vitest'
import { webgpu } from '../src/index.ts'
import { planOf } from '../src/plan/plan.ts'
import { NO_ADAPTER } from './adapter.ts'
import { LIMITS } from './recorded.ts'

const floats = (...shape: number[]): TensorType => ({ dtype: 'float32', shape })

/** The sum of so many inputs, as one loop. */
function sumOf(count: number, size: number): Program {
  const type = floats(size)
  const nodes = Array.from({ length: count - 1 }, (_, k) => ({
    op: 'add',
    attrs: {},
    args: [k === 0 ? 0 : count + k - 1, k + 1],
    types: [type],
  }))
  const inputs = Array.from({ length: count }, () => type)
  const body: Program = { inputs, scalars: [], nodes, outputs: [2 * count - 2], donated: [null] }
  return {
    inputs,
    scalars: [],
    nodes: [{ op: 'loop', attrs: { space: [size], axes: [] }, args: inputs.map((_, k) => k), types: [type], body }],
    outputs: [count],
    donated: [null],
  }
}
const expanded = (size: number): Program => ({
  inputs: [floats(1)],
  scalars: [],
  nodes: [{ op: 'expand', attrs: { shape: [size] }, args: [0], types: [floats(size)] }],
  outputs: [1],
  donated: [null],
})

/** The result over inputs 1, 2, 3, ... everywhere. */
async function resultOf(backend: Backend, program: Program): Promise<Float32Array> {
  const slice = (type: TensorType) => ({ storage: backend.allocate(4 * numel(type.shape)), byteOffset: 0, type })
  const inputs = program.inputs.map((type, k) => {
    const input = slice(type)
    backend.write(input, new Uint8Array(new Float32Array(numel(type.shape)).fill(k + 1).buffer))
    return input
  })
  const output = slice(program.nodes.at(-1)!.types[0]!)
  backend.prepare(program).run(inputs, [output], new Float64Array(0))
  const bytes = await backend.read(output)
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
}

test('no dispatch binds more than there may be', () => {
  const { dispatches } = planOf(sumOf(20, 1000), LIMITS)
  expect(dispatches.length).toBeGreaterThan(1)
  for (const { storages } of dispatches) expect(storages.length).toBeLessThanOrEqual(LIMITS.storages)
})

test('a loop over twenty storages', async ({ skip }) => {
  if (NO_ADAPTER !== null) skip(NO_ADAPTER)
  const backend = await webgpu()
  expect([...(await resultOf(backend, sumOf(20, 5)))]).toEqual([210, 210, 210, 210, 210])
  backend.destroy()
})

test('more workgroups than a row of the grid has', async ({ skip }) => {
  if (NO_ADAPTER !== null) skip(NO_ADAPTER)
  const backend = await webgpu()
  const size = 65_536 * 256 + 7
  const result = await resultOf(backend, expanded(size))
  expect(result.length).toBe(size)
  expect(result.findIndex((x) => x !== 1)).toBe(-1)
  backend.destroy()
})
