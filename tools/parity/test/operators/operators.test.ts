/** PyTorch's operators: samples, gradients to second order and refusals, on every backend, in every way to run them. */
import { Tensor } from '@glissade/core'
import type { Agreement } from './agreement.ts'
import { callOf, twinsOf } from './bind.ts'
import { OPERATORS } from './differences.ts'
import { testEverySample } from './every-sample.ts'
import { Run } from './run.ts'
import { fixture, isTensorData, type Operator, type Sample } from './sample.ts'
import { baseOf, ruleOf } from './table.ts'

const isDouble = (sample: Sample): boolean => JSON.stringify(sample).includes('float64"')

testEverySample<Operator>({
  whole: process.env['PARITY_OPERATORS'],
  files: [fixture('operators.jsonl'), fixture('function-rows.jsonl')],
  known: OPERATORS,
  async run(name, { samples, errors }, agreement, { most, device }) {
    for (const sample of samples)
      if (isDouble(sample) && !device.capabilities.dtypes.has('float64')) agreement.leave('the backend has no float64')
      else await runSample(name, sample, agreement, most)
    const run = new Run(name, ruleOf(name))
    for (const refusal of errors) await agreement.asked('refused', refusal, () => run.refusal(refusal))
  },
})

async function runSample(name: string, sample: Sample, agreement: Agreement, most: number): Promise<void> {
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
    if (ways[way] && agreement.count(way) < most) await agreement.asked(way, sample, () => run.sample(sample, way))
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
