/** First and second derivatives of every operation with a gradient of its own, and of what indexes, against differences. */
import { beforeAll, expect, test } from 'vitest'
import {
  cat,
  einsum,
  gradcheck,
  gradgradcheck,
  setDefaultDevice,
  slice,
  tensor,
  where,
  type Tensor,
} from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

beforeAll(async () => setDefaultDevice(await queuedBackend()))

const matrix = (): Tensor =>
  tensor(
    [
      [0.3, -0.7, 0.9],
      [1.4, -1.6, 0.2],
    ],
    { dtype: 'float64', requiresGrad: true },
  )
const zeros = (list: number[]): Tensor => tensor(list, { dtype: 'float64', requiresGrad: true })
const unit = (): Tensor => tensor([0.3, -0.7, 0.05, 0.6], { dtype: 'float64', requiresGrad: true })
const above = (): Tensor => tensor([1.3, 2.7, 4.05], { dtype: 'float64', requiresGrad: true })
const ints = (...list: number[]): Tensor => tensor(list, { dtype: 'int32' })

const UNIT = [
  'asin',
  'acos',
  'atanh',
  'tan',
  'sinh',
  'cosh',
  'asinh',
  'sigmoid',
  'exp2',
  'sinc',
  'erf',
  'expm1',
  'square',
  'reciprocal',
  'frac',
] as const
const ABOVE = ['acosh', 'log2', 'log10', 'rsqrt', 'sqrt', 'log1p'] as const

const cases: [string, (x: Tensor, y: Tensor) => Tensor | Tensor[], () => Tensor[]][] = [
  ...UNIT.map((name): (typeof cases)[number] => [name, (x) => x[name](), () => [unit()]]),
  ...ABOVE.map((name): (typeof cases)[number] => [name, (x) => x[name](), () => [above()]]),
  ['logit', (x) => x.abs().logit(), () => [unit()]],
  ['atan2', (x, y) => x.atan2(y), () => [matrix(), above()]],
  ['hypot', (x, y) => x.hypot(y), () => [matrix(), above()]],
  ['logaddexp', (x, y) => x.logaddexp(y), () => [matrix(), above()]],
  ['xlogy', (x, y) => x.xlogy(y), () => [matrix(), above()]],
  ['pow', (x, y) => x.pow(y), () => [above(), above().mul(0.5)]],
  ['lerp', (x, y) => x.lerp(y, 0.3), () => [matrix(), above()]],
  ['addcdiv', (x, y) => x.addcdiv(x, y, { value: 2 }), () => [matrix(), above()]],
  ['clamp', (x) => x.clamp({ min: -1, max: 1 }).square(), () => [matrix()]],
  ['remainder', (x, y) => x.remainder(y).square(), () => [matrix(), above()]],
  ['var', (x) => x.var({ dim: 1 }), () => [matrix()]],
  ['std', (x) => x.std(), () => [matrix()]],
  ['norm 2', (x) => x.norm({ dim: 0 }), () => [matrix()]],
  ['norm 3', (x) => x.norm({ p: 3, dim: 1 }), () => [matrix()]],
  ['norm 1.5', (x) => x.norm({ p: 1.5 }), () => [matrix()]],
  ['logsumexp', (x) => x.logsumexp({ dim: 1 }), () => [matrix()]],
  ['softmax', (x) => x.softmax(1), () => [matrix()]],
  ['logSoftmax', (x) => x.logSoftmax(0), () => [matrix()]],
  ['cumprod', (x) => x.cumprod(1), () => [matrix()]],
  ['prod', (x) => x.prod({ dim: 1 }), () => [matrix()]],
  ['prod of all, one a zero', (x) => x.prod(), () => [zeros([0.3, 0, 0.9, -1.6, 0.2])]],
  ['prod of all, two zeros', (x) => x.prod(), () => [zeros([0.3, 0, 0.9, 0, 0.2])]],
  ['prod along a middle axis', (x) => x.reshape([3, 2, 1]).prod({ dim: 0 }), () => [matrix()]],
  ['cumprod with a zero', (x) => x.cumprod(0), () => [zeros([0.3, 0, 0.9])]],
  ['max of a dimension', (x) => x.max({ dim: 1 }).values.square(), () => [matrix()]],
  ['sort', (x) => x.sort().values.square(), () => [matrix()]],
  ['topk', (x) => x.topk(2).values.square(), () => [matrix()]],
  ['median', (x) => x.median().square(), () => [matrix()]],
  ['at', (x) => x.at(ints(1, 0, 1), ints(0, 2, 0)).square(), () => [matrix()]],
  ['a slice with steps', (x) => x.at(slice(1), slice(null, null, 2)).square(), () => [matrix()]],
  ['gather', (x) => x.gather(1, ints(0, 0, 2).reshape([1, 3])).square(), () => [matrix()]],
  [
    'scatter',
    (x, y) => x.scatter(1, ints(2, 0).reshape([2, 1]), y.reshape([3, 1]).at(slice(0, 2))).square(),
    () => [matrix(), above()],
  ],
  [
    'scatterAdd',
    (x, y) => x.scatterAdd(1, ints(2, 2, 0).reshape([1, 3]), y.reshape([1, 3])).square(),
    () => [matrix(), above()],
  ],
  ['indexPut', (x, y) => x.indexPut([ints(1)], y).square(), () => [matrix(), above()]],
  ['maskedSelect', (x) => x.maskedSelect(x.gt(0), { count: 4 }).square(), () => [matrix()]],
  ['where', (x, y) => where(x.gt(0), x.square(), y), () => [matrix(), above()]],
  ['cat', (x, y) => cat([x, y.reshape([1, 3])]).square(), () => [matrix(), above()]],
  ['diagonal', (x) => x.diagonal({ offset: 1 }).square(), () => [matrix()]],
  ['roll', (x) => x.roll(1, 1).square(), () => [matrix()]],
  ['unfold', (x) => x.unfold(1, 2, 1).square(), () => [matrix()]],
  ['einsum', (x, y) => einsum('ij,j,kj->ik', x, y, x), () => [matrix(), above()]],
  [
    'baddbmm',
    (x, y) => x.narrow(1, 0, 1).baddbmm(x.reshape([1, 2, 3]), y.reshape([1, 3, 1]), { beta: 0.5 }),
    () => [matrix(), above()],
  ],
]
test.each(cases)('%s', async (_, fn, inputs) => {
  expect(await gradcheck(fn, inputs())).toBe(true)
  expect(await gradgradcheck(fn, inputs())).toBe(true)
})
