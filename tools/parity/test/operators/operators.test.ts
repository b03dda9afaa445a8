/** PyTorch's operators: samples, gradients to second order and refusals, on every backend, in every way to run them. */
import { rmSync } from 'node:fs'
import { setDefaultDevice, Tensor, type Backend } from '@glissade/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { backends } from '../backends.ts'
import { Agreement, titleOf, type Difference } from './agreement.ts'
import { callOf, twinsOf } from './bind.ts'
import { OPERATORS } from './differences.ts'
import { Run } from './run.ts'
import { fixture, isTensorData, linesOf, type Operator, type Sample } from './sample.ts'
import { baseOf, ruleOf } from './table.ts'

/** All samples, where whole.mjs made them; else those in the repository. */
const WHOLE = process.env['PARITY_OPERATORS']
const files = WHOLE === undefined ? [fixture('operators.jsonl'), fixture('function-rows.jsonl')] : [WHOLE]
/** How many samples of an operator are run in each way beside the eager one. */
const MOST = WHOLE === undefined ? 2 : 12

const isDouble = (sample: Sample): boolean => JSON.stringify(sample).includes('float64"')
const lines = files
  .flatMap((file) => linesOf<Operator>(file))
  .map(({ name, read }) => ({
    name,
    read,
    title: WHOLE === undefined ? titleOf(name, read().left) : name,
  }))

/** Differences that were met, on any backend. */
const met = new Set<Difference>()

describe.each(Object.entries(backends))('%s', (backend, create) => {
  let device: Backend
  beforeAll(async () => {
    device = await create()
    setDefaultDevice(device)
    if (WHOLE !== undefined) rmSync(`${WHOLE}.${backend}.txt`, { force: true })
  })
  test.each(lines)('$title', async ({ name, read }) => {
    const { samples, errors } = read()
    const agreement = new Agreement(name, OPERATORS)
    for (const sample of samples)
      if (isDouble(sample) && !device.capabilities.dtypes.has('float64')) agreement.leave('the backend has no float64')
      else await runSample(name, sample, agreement)
    const run = new Run(name, ruleOf(name))
    for (const refusal of errors) await agreement.asked('refused', refusal, () => run.refusal(refusal))
    for (const one of agreement.met) met.add(one)
    if (WHOLE !== undefined) agreement.append(`${WHOLE}.${backend}.txt`)
    if (agreement.faults.length > 0) expect.fail(String(agreement))
    expect(agreement.faults).toEqual([])
  })
})

test('every known difference is still one', (context) => {
  if (WHOLE === undefined) context.skip('among few samples many a difference does not show')
  expect(OPERATORS.filter((one) => !met.has(one))).toEqual([])
})

async function runSample(name: string, sample: Sample, agreement: Agreement): Promise<void> {
  const rule = ruleOf(name)
  const run = new Run(name, rule)
  if (!(await agreement.asked('eager', sample, () => run.sample(sample, 'eager')))) return
  const ways = {
    twin: twinsOf(name, rule).length > 0,
    views: true,
    compiled: rule.waits?.(sample.a) !== true,
    'in place': hasInPlace(name, sample),
  }
  for (const way of ['twin', 'views', 'compiled', 'in place'] as const)
    if (ways[way] && agreement.count(way) < MOST) await agreement.asked(way, sample, () => run.sample(sample, way))
}

/** Whether the result has the place of the input, and there is a form that changes it. */
function hasInPlace(name: string, { a, o }: Sample): boolean {
  const [self] = Object.values(a)
  const [result] = o
  const rule = ruleOf(name)
  const call = rule.call === undefined ? callOf(baseOf(name), rule) : null
  if (call === null || call.owner !== 'Tensor' || o.length !== 1 || !(`${call.name}_` in Tensor.prototype)) return false
  return isTensorData(self!) && isTensorData(result!) && self.t === result.t && String(self.s) === String(result.s)
}
