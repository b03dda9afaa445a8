/** printing.json, tensor rows: the text of tensors, items and lists, character by character. Rows by the Python expression. */
import { getDefaultDevice, setDefaultDevice, zeros, type Tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import { beforeAll, describe, expect, test } from 'vitest'
import { golden, type GoldenTensor } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import { load } from './tensors.ts'

interface Case {
  readonly id: string
  readonly code: string
  readonly inputs: Readonly<Record<string, GoldenTensor>>
  readonly text: string
}
type Nested = Awaited<ReturnType<Tensor['toArray']>>

/** Python's text of a nested list of floats. */
const python = (list: Nested): string => {
  if (typeof list === 'number') return Number.isInteger(list) ? list.toFixed(1) : String(list)
  return Array.isArray(list) ? `[${list.map(python).join(', ')}]` : String(list)
}

const rows: Readonly<Record<string, (x: Tensor) => string | Promise<string>>> = {
  x: (x) => x.format(),
  'x.requires_grad_()': (x) => x.requiresGrad_().format(),
  '(x.clone().requires_grad_() * 2).sum()': (x) => x.clone().requiresGrad_().mul(2).sum().format(),
  'F.mse_loss(x.clone().requires_grad_(), torch.zeros(2))': (x) =>
    F.mseLoss(x.clone().requiresGrad_(), zeros([2])).format(),
  'nn.Parameter(x)': (x) => new nn.Parameter(x).format(),
  'x.item()': async (x) => python(await x.item()),
  'x.tolist()': async (x) => python(await x.toArray()),
  "f'{x.item():.4f}'": async (x) => (await x.item()).toFixed(4),
  // Shapes are plain arrays and dtypes plain strings in TypeScript; the texts hold the same.
  'x.shape': (x) => `torch.Size([${x.shape.join(', ')}])`,
  'x.dtype': (x) => `torch.${x.dtype}`,
}

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))

  test.for(golden<Case>('printing').cases.filter(({ inputs }) => 'x' in inputs))(
    '$id: $code',
    async ({ code, inputs, text }, { skip }) => {
      if (inputs['x']!.dtype === 'float64' && !getDefaultDevice().capabilities.dtypes.has('float64'))
        skip('the backend has no float64')
      const row = rows[code]
      if (row === undefined) throw new Error(`no row for ${code}`)
      expect(await row(load(inputs['x']!))).toBe(text)
    },
  )

  test('toString and format give one text where values can be read at once', async () => {
    const x = zeros([2, 2])
    expect(String(x)).toBe(x.device.readSync === undefined ? 'Tensor(float32[2,2])' : await x.format())
  })
})
