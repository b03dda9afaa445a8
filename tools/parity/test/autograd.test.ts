/** autograd.json: what accumulates where, in-place changes, views, dtypes, module modes. Cases by their id. */
import {
  arange,
  getDefaultDevice,
  grad,
  isGradEnabled,
  noGrad,
  ones,
  full,
  setDefaultDevice,
  tensor,
  zeros,
  Tensor,
  slice,
} from '@glissade/core'
import * as nn from '@glissade/core/nn'
import { beforeAll, describe, expect, test } from 'vitest'
import { golden, type GoldenTensor } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import { expectTensor, load } from './tensors.ts'

type Result = Tensor | null | boolean | number | string | readonly string[]
interface Case {
  readonly id: string
  readonly code: string
  readonly inputs: Readonly<Record<string, GoldenTensor | number>>
  readonly results: Readonly<Record<string, GoldenTensor | boolean | number | string | readonly string[]>>
}
interface Inputs {
  readonly x: Tensor
  readonly b: Tensor
  readonly M: number
}
type Program = (inputs: Inputs) => Readonly<Record<string, Result>>

const CLOSE = { rtol: 1e-6, atol: 1e-7 }
/** int64 is int32 here. */
const dtype = (x: Tensor): string => `torch.${x.dtype === 'int32' ? 'int64' : x.dtype}`
/** In PyTorch whole numbers in a list make int64; here numbers make float32 unless the dtype is said: a listed difference. */
const integers = (...list: number[]): Tensor => tensor(list, { dtype: 'int32' })

const hasDouble = (): boolean => getDefaultDevice().capabilities.dtypes.has('float64')
/** Results that a backend without float64 cannot have. */
const DOUBLE = ['f32_plus_f64tensor', 'f32_plus_f64_0dim']

const programs: Readonly<Record<string, Program>> = {
  accumulate: ({ x }) => {
    x.requiresGrad_()
    x.mul(x).sum().backward()
    const g1 = x.grad!.clone()
    x.mul(3).sum().backward()
    return { g1, g2: x.grad!.clone() }
  },
  used_twice: ({ x }) => {
    x.requiresGrad_()
    const y = x.mul(2)
    y.mul(y).add(y.exp()).sum().backward()
    return { g: x.grad }
  },
  detach: ({ x }) => {
    x.requiresGrad_()
    const y = x.mul(2)
    y.detach().mul(x).sum().backward()
    return { g: x.grad, rg: y.detach().requiresGrad }
  },
  no_grad: ({ x }) => {
    x.requiresGrad_()
    const y = noGrad(() => x.mul(2))
    return { rg: y.requiresGrad, leaf: y.isLeaf, enabled: isGradEnabled() }
  },
  retain_graph: ({ x }) => {
    x.requiresGrad_()
    const y = x.pow(3).sum()
    y.backward({ retainGraph: true })
    y.backward()
    return { g: x.grad }
  },
  second_order: ({ x }) => {
    x.requiresGrad_()
    const [g] = grad(x.pow(3).sum(), x, { createGraph: true })
    g!.pow(2).sum().backward()
    return { g: g!, gg: x.grad }
  },
  retain_grad: ({ x }) => {
    x.requiresGrad_()
    const y = x.mul(2)
    y.retainGrad()
    y.pow(2).sum().backward()
    return { gy: y.grad, gx: x.grad }
  },
  inplace_add: ({ x, b }) => {
    x.requiresGrad_()
    const y = x.mul(2)
    y.add_(b)
    y.mul(y).sum().backward()
    return { g: x.grad, y }
  },
  leaf_inplace_no_grad: ({ x }) => {
    x.requiresGrad_()
    x.mul(x).sum().backward()
    noGrad(() => x.sub_(x.grad!.mul(0.1)))
    return { x, leaf: x.isLeaf }
  },
  zero_grad_module: () => {
    const m = new nn.Linear(3, 2)
    m(full([1, 3], 1))
      .sum()
      .backward()
    const before = m.weight.grad!.clone()
    m.zeroGrad({ setToNone: false })
    const after = m.weight.grad
    m.zeroGrad({ setToNone: true })
    return { before, after, none: m.weight.grad === null }
  },
  branch_unused: ({ x }) => {
    x.requiresGrad_()
    const z = ones([3], { requiresGrad: true })
    x.sum().backward()
    return { zgrad_none: z.grad === null, g: x.grad }
  },
  view_grad: ({ x }) => {
    x.requiresGrad_()
    x.t()
      .reshape([-1])
      .at(slice(1, 4))
      .mul(tensor([1, 2, 3]))
      .sum()
      .backward()
    return { g: x.grad }
  },
  broadcast_grad: ({ x, b }) => {
    b.requiresGrad_()
    x.add(b).pow(2).sum().backward()
    return { g: b.grad }
  },
  clip_grad_norm: ({ x, M }) => {
    const p = new nn.Parameter(x.clone())
    p.pow(2).sum().backward()
    return { total: nn.utils.clipGradNorm_([p], M), g: p.grad }
  },
  clip_grad_value: ({ x }) => {
    const p = new nn.Parameter(x.clone())
    p.pow(2).sum().backward()
    nn.utils.clipGradValue_([p], 0.5)
    return { g: p.grad }
  },
  dtype_results: () => ({
    int_div: dtype(integers(1, 2).div(2)),
    int_plus_float: dtype(integers(1, 2).add(0.5)),
    int_floordiv: dtype(integers(1, 2).floorDivide(2)),
    bool_plus_bool: dtype(tensor([true]).add(tensor([true]))),
    bool_sum: dtype(tensor([true]).sum()),
    list_int: dtype(integers(1, 2)),
    list_mixed: dtype(tensor([1, 2.5])),
    list_bool: dtype(tensor([true])),
    arange: dtype(arange(3)),
    // 3.0 and 3 are one number in JavaScript.
    arange_f: dtype(arange(3, undefined, 1, { dtype: 'float32' })),
    zeros: dtype(zeros([1])),
    argmax: dtype(zeros([2]).argmax()),
    ...(hasDouble() && {
      f32_plus_f64tensor: dtype(zeros([2]).add(zeros([2], { dtype: 'float64' }))),
      f32_plus_f64_0dim: dtype(zeros([2]).add(zeros([], { dtype: 'float64' }))),
    }),
    sigmoid_int: dtype(integers(1).sigmoid()),
  }),
  module_modes: () => {
    const m = new nn.Sequential(new nn.Linear(2, 2), new nn.Dropout(0.5), new nn.Sequential(new nn.BatchNorm1d(2)))
    const train0 = m.training
    m.eval()
    const inner = m.get(2) as nn.Sequential
    return {
      train0,
      eval_sub: inner.get(0).training,
      names: m.namedParameters().map(([name]) => name),
      buffers: m.namedBuffers().map(([name]) => name),
      sd: [...m.stateDict().keys()],
      nparams: m.parameters().reduce((count, p) => count + p.numel(), 0),
    }
  },
}

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))

  test.each(golden<Case>('autograd').cases)('$id', async ({ id, inputs, results }) => {
    const program = programs[id]
    if (program === undefined) throw new Error(`no program for ${id}`)
    const values = Object.entries(inputs).map(([name, value]): [string, unknown] => [
      name,
      typeof value === 'number' ? value : load(value),
    ])
    const found = program(Object.fromEntries(values) as unknown as Inputs)
    const asked = Object.entries(results).filter(([name]) => hasDouble() || !DOUBLE.includes(name))
    expect(Object.keys(found).toSorted(), 'names of the results').toEqual(asked.map(([name]) => name).toSorted())
    for (const [name, wanted] of asked) {
      const result = found[name]
      if (typeof wanted === 'object' && 'data' in wanted)
        await expectTensor(result as Tensor | null, wanted, CLOSE, name)
      else expect({ [name]: result }).toEqual({ [name]: wanted })
    }
  })
})
