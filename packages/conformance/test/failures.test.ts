/** What a report says first: the kernel that is wrong, where it begins to be, and what only follows from it. */
import type { HostArray, Kernels, TensorType } from '@glissade/core/backend'
import { beforeAll, describe, expect, test } from 'vitest'
import { kernels as correct } from '../../cpu/src/kernels/index.ts'
import { failuresOf, run, summaryOf, toHTML, type Failures, type Report } from '../src/index.ts'
import { partsOf, pointOf } from '../src/failures.ts'
import { hostBackend } from './host-backend.ts'

type Make = (
  ...call: [attrs: object, args: readonly TensorType[], results: readonly TensorType[]]
) => (args: readonly HostArray[], results: readonly HostArray[]) => void
/** The right kernel, and then something else where `spoils` says so. */
const broken = (op: keyof Kernels, spoils: (args: readonly TensorType[]) => boolean): Partial<Kernels> => {
  const right = correct[op] as unknown as Make
  const wrong: Make = (attrs, args, results) => {
    const loop = right(attrs, args, results)
    return (from, to) => {
      loop(from, to)
      if (spoils(args)) to[0]!.fill(7)
    }
  }
  return { ...correct, [op]: wrong }
}
const ran = (kernels: Partial<Kernels>, ...only: string[]): Promise<Report> =>
  run({ create: () => hostBackend(kernels), only })

describe('a sum that fails from 256 terms on', () => {
  let report: Report
  let failures: Failures
  beforeAll(async () => {
    report = await ran(
      broken('sum', ([x]) => x!.dtype === 'float32' && x!.shape[0]! > 255 && x!.shape.length === 1),
      '*/sum/*',
      '*/max/*ordinary',
      '*/norm/*of the table*',
    )
    failures = failuresOf(report)
  })
  test('is named, with its size, its dtype and its smallest case', () => {
    const [sum, ...others] = failures.own
    expect(others).toEqual([])
    expect(sum).toMatchObject({ operation: 'sum', badges: ['runs', 'trains'], because: [] })
    expect(sum!.begins).toMatch(
      /^at 256 steps along an axis: \d+ of \d+ float32 cases from there on fail, none of \d+ below$/,
    )
    expect(sum!.smallest.id).toBe('eager/sum/float32/[256]/axes [0], long')
    expect(sum!.dtypes.find(({ name }) => name === 'int32')).toMatchObject({ failed: 0 })
    expect(sum!.dtypes.find(({ name }) => name === 'float32')!.failed).toBe(sum!.failed)
  })
  test('its example has the operand, what came and what should have', () => {
    const { smallest } = failures.own[0]!
    expect(smallest.ran!.ops).toEqual(['sum'])
    expect(smallest.ran!.inputs).toMatch(/^float32\[256\] = \[(-?\d, ){8}\.\.\. 256 in all\]$/)
    expect(pointOf(smallest)).toMatchObject({ index: 'index 0 of 1', call: 'sum[0]', got: '7' })
  })
  test('norms fail because of it, and max does not', () => {
    expect(failures.following.map(({ operation, because }) => [operation, because])).toEqual([['norm', ['sum']]])
  })
  test('the terminal and the page say so', () => {
    expect(summaryOf(report)).toMatch(/^sum: \d+ of \d+ cases fail, at 256 steps along an axis/)
    expect(summaryOf(report)).toContain('Where these are run, so fail 1 more: norm')
    const page = toHTML(report)
    expect(page).toContain('What is wrong: <code>sum</code>')
    expect(page.indexOf('What is wrong')).toBeLessThan(page.indexOf('<input'))
  })
})

test('where every case fails, no size is named', async () => {
  const [own] = failuresOf(
    await ran(
      broken('tanh', () => true),
      'eager/tanh/float32/[7]/ordinary',
    ),
  ).own
  expect(own!.begins).toBe('everywhere: all 1 float32 cases fail')
})
test('a fused call is one of its operation', () => {
  expect(partsOf('compiled/loop/float32/[7]/exp, ordinary')).toMatchObject({ operation: 'exp', mode: 'fused' })
  expect(partsOf('compiled/loop/float32/[7]/repeated, axes [0]')).toMatchObject({ operation: 'loop' })
})
test('a backend without failures has no such part', async () => {
  const report = await ran(correct, 'eager/neg/*')
  expect(summaryOf(report)).toBe('')
  expect(toHTML(report)).not.toContain('What is wrong')
})
