/** docs/pytorch-names.md is what the packages export; `vitest -u` writes it anew. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@glissade/core'
import * as F from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { expect, test } from 'vitest'
import { camelCase, page, type Exported, type Pytorch } from './names.ts'

/** Methods and properties of a class and those above it. */
function members(prototype: object | null): string[] {
  return prototype === null || prototype === Object.prototype
    ? []
    : [...Object.getOwnPropertyNames(prototype), ...members(Object.getPrototypeOf(prototype) as object | null)]
}
const tensor = new Set(members(core.Tensor.prototype))
const namespace = (module: object): ReadonlySet<string> => new Set(Object.keys(module))
const functions = namespace(core)

const exported: Exported = {
  // Functions of one tensor are methods here; those of several, and creation, are functions.
  torch: new Set([...functions, ...tensor]),
  'torch.Tensor': tensor,
  'torch.Tensor, in place': tensor,
  'torch.nn': namespace(nn),
  'torch.nn.functional': namespace(F),
  'torch.optim': namespace(optim),
  'torch.optim.lr_scheduler': namespace(optim.lrScheduler),
  'torch.nn.init': namespace(nn.init),
  'torch.autograd': new Set([...functions, ...tensor]),
}
const pytorch = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'pytorch-names.json'), 'utf8'),
) as Pytorch

test('every place of PyTorch has its exports', () => {
  expect(Object.keys(exported)).toEqual(Object.keys(pytorch.names))
})
test.each([
  ['masked_fill_', 'maskedFill_'],
  ['conv_transpose2d', 'convTranspose2d'],
  ['functional.hvp', 'hvp'],
  ['CosineAnnealingLR', 'CosineAnnealingLR'],
])('%s is %s', (python, ours) => {
  expect(camelCase(python)).toBe(ours)
})
test('docs/pytorch-names.md is up to date', async () => {
  await expect(page(pytorch, exported)).toMatchFileSnapshot('../../../docs/pytorch-names.md')
})
