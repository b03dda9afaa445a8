/** printing.json, module rows: the text of modules, character by character. */
import { setDefaultDevice } from '@glissade/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { golden } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import { run } from './python-modules.ts'

interface Case {
  readonly id: string
  readonly code: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly text: string
}

const isModule = ({ code, inputs }: Case): boolean => code.startsWith('nn.') && Object.keys(inputs).length === 0

/** What the `extra_repr` of each class of PyTorch 1.13 prints. */
const TEXTS: readonly (readonly [code: string, text: string])[] = [
  ['nn.Identity()', 'Identity()'],
  ['nn.Bilinear(2, 3, 4, bias=False)', 'Bilinear(in1_features=2, in2_features=3, out_features=4, bias=False)'],
  ['nn.Conv1d(4, 8, 3, stride=2)', 'Conv1d(4, 8, kernel_size=(3,), stride=(2,))'],
  [
    'nn.Conv2d(4, 8, (3, 5), padding="same", dilation=2, groups=4, bias=False, padding_mode="circular")',
    'Conv2d(4, 8, kernel_size=(3, 5), stride=(1, 1), padding=same, dilation=(2, 2), groups=4, bias=False, padding_mode=circular)',
  ],
  [
    'nn.ConvTranspose2d(2, 3, 4, stride=2, padding=1, output_padding=1)',
    'ConvTranspose2d(2, 3, kernel_size=(4, 4), stride=(2, 2), padding=(1, 1), output_padding=(1, 1))',
  ],
  [
    'nn.MaxPool2d((2, 3), stride=1, ceil_mode=True)',
    'MaxPool2d(kernel_size=(2, 3), stride=1, padding=0, dilation=1, ceil_mode=True)',
  ],
  ['nn.AvgPool2d(3, 2, 1)', 'AvgPool2d(kernel_size=3, stride=2, padding=1)'],
  ['nn.AvgPool1d(2)', 'AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))'],
  ['nn.AdaptiveAvgPool2d((None, 7))', 'AdaptiveAvgPool2d(output_size=(None, 7))'],
  ['nn.AdaptiveMaxPool1d(5)', 'AdaptiveMaxPool1d(output_size=5)'],
  [
    'nn.BatchNorm1d(3, eps=0.001, momentum=None, affine=False)',
    'BatchNorm1d(3, eps=0.001, momentum=None, affine=False, track_running_stats=True)',
  ],
  ['nn.InstanceNorm2d(3)', 'InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)'],
  ['nn.GroupNorm(2, 6, eps=1e-12)', 'GroupNorm(2, 6, eps=1e-12, affine=True)'],
  ['nn.LayerNorm([3, 4], elementwise_affine=False)', 'LayerNorm((3, 4), eps=1e-05, elementwise_affine=False)'],
  ['nn.Embedding(12, 5, padding_idx=-1)', 'Embedding(12, 5, padding_idx=11)'],
  [
    'nn.LSTM(3, 4, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True)',
    'LSTM(3, 4, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True)',
  ],
  ['nn.ELU()', 'ELU(alpha=1.0)'],
  ['nn.Hardtanh()', 'Hardtanh(min_val=-1.0, max_val=1.0)'],
  ['nn.Softplus()', 'Softplus(beta=1, threshold=20)'],
  ['nn.Softshrink(0.25)', 'Softshrink(0.25)'],
  ['nn.PReLU(3)', 'PReLU(num_parameters=3)'],
  ['nn.GLU()', 'GLU(dim=-1)'],
  ['nn.Upsample(scale_factor=2)', 'Upsample(scale_factor=2.0, mode=nearest)'],
  ['nn.PixelShuffle(3)', 'PixelShuffle(upscale_factor=3)'],
  ['nn.Unflatten(1, (2, 3))', 'Unflatten(dim=1, unflattened_size=(2, 3))'],
  // One line stays on the line of the name, as every module's.
  ['nn.ParameterList([torch.zeros(2, 3)])', 'ParameterList(  (0): Parameter containing: [torch.float32 of size 2x3])'],
  [
    'nn.ParameterList([torch.zeros(2, 3), torch.zeros(4)])',
    'ParameterList(\n    (0): Parameter containing: [torch.float32 of size 2x3]\n    (1): Parameter containing: [torch.float32 of size 4]\n)',
  ],
  [
    'nn.ModuleList([nn.Linear(1, 2), nn.Sequential()])',
    'ModuleList(\n  (0): Linear(in_features=1, out_features=2, bias=True)\n  (1): Sequential()\n)',
  ],
  ['nn.ModuleDict({"a": nn.Sequential(nn.Tanh())})', 'ModuleDict(\n  (a): Sequential(\n    (0): Tanh()\n  )\n)'],
  [
    'nn.MultiheadAttention(8, 2)',
    'MultiheadAttention(\n  (out_proj): NonDynamicallyQuantizableLinear(in_features=8, out_features=8, bias=True)\n)',
  ],
]

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))

  test.each(golden<Case>('printing').cases.filter(isModule))('$id: $code', ({ code, text }) => {
    expect(String(run(code).value)).toBe(text)
  })
  test.each(TEXTS)('%s', (code, text) => {
    expect(String(run(code).value)).toBe(text)
  })
})
