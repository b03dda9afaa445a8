/** Fixture tensors as tensors, and comparisons that point at the number. */
import { tensor, type DType, type Tensor } from '@glissade/core'
import { expect } from 'vitest'
import { numbers, type GoldenTensor } from '../../../packages/core/test/golden.ts'

/** int64 is int32 here. */
const dtypeOf = (dtype: GoldenTensor['dtype']): DType => (dtype === 'int64' ? 'int32' : dtype)

export const load = (fixture: GoldenTensor): Tensor =>
  tensor(numbers(fixture), { dtype: dtypeOf(fixture.dtype), shape: fixture.shape })

export interface Tolerance {
  readonly rtol: number
  readonly atol: number
}

/** Compares element by element: NaN equals NaN, and the worst element is named. */
export function expectClose(
  actual: ArrayLike<number>,
  wanted: readonly number[],
  { rtol, atol }: Tolerance,
  what: string,
): void {
  expect(actual.length, `${what}: number of elements`).toBe(wanted.length)
  let worst = -1
  let excess = 0
  let bad = 0
  for (let i = 0; i < wanted.length; i++) {
    const [a, w] = [actual[i]!, wanted[i]!]
    if (Object.is(a, w) || a === w || (Number.isNaN(a) && Number.isNaN(w))) continue
    const over = Math.abs(a - w) / (atol + rtol * Math.abs(w))
    if (over <= 1) continue
    bad++
    if (!(over <= excess)) [worst, excess] = [i, over]
  }
  if (bad > 0)
    expect.fail(
      `${what}: index ${worst} of ${wanted.length}: ${actual[worst]}, want ${wanted[worst]} (${excess.toPrecision(3)} times the tolerance) | ${bad} of ${wanted.length} differ`,
    )
}

export const expectTensor = async (
  actual: Tensor | null,
  wanted: GoldenTensor,
  tolerance: Tolerance,
  what: string,
): Promise<void> => {
  if (actual === null) return expect.fail(`${what}: no tensor`)
  expect(actual.shape, `${what}: shape`).toEqual(wanted.shape)
  // Nine digits name one float32.
  const values = numbers(wanted)
  expectClose(await actual.data(), wanted.dtype === 'float32' ? values.map(Math.fround) : values, tolerance, what)
}
