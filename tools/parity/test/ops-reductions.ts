/** Rows of reductions, running sums and sorting. */
import type { Tensor } from '@glissade/core'
import type { Rows } from './ops-table.ts'

interface Reduce {
  dim: number | number[]
  keepdim: boolean
}
interface Spread extends Reduce {
  unbiased: boolean
}

const pair = ({ values, indices }: { values: Tensor; indices: Tensor }): Tensor[] => [values, indices]

export const reductionsRows: Rows = {
  'x.sum()': ({ x }) => x.sum(),
  'x.sum(dim=A["dim"], keepdim=A["keepdim"])': ({ x }, A: Reduce) => x.sum(A),
  'x.sum(dim=0)': ({ x }) => x.sum({ dim: 0 }),
  'x.mean()': ({ x }) => x.mean(),
  'x.mean(dim=A["dim"], keepdim=A["keepdim"])': ({ x }, A: Reduce) => x.mean(A),
  'x.prod()': ({ x }) => x.prod(),
  'x.prod(dim=A["dim"])': ({ x }, { dim }: { dim: number }) => x.prod({ dim }),
  'x.amax(dim=A["dim"], keepdim=A["keepdim"])': ({ x }, A: Reduce) => x.amax(A),
  'x.amin(dim=A["dim"], keepdim=A["keepdim"])': ({ x }, A: Reduce) => x.amin(A),
  'x.amax(dim=0)': ({ x }) => x.amax({ dim: 0 }),
  'x.max()': ({ x }) => x.max(),
  'x.max(dim=1)': ({ x }) => pair(x.max({ dim: 1 })),
  'x.max(dim=A["dim"], keepdim=A["keepdim"])': ({ x }, A: { dim: number; keepdim: boolean }) => pair(x.max(A)),
  'x.min(dim=A["dim"])': ({ x }, { dim }: { dim: number }) => pair(x.min({ dim })),
  'x.argmax(dim=A["dim"])': ({ x }, { dim }: { dim: number }) => x.argmax({ dim }),
  'x.argmin()': ({ x }) => x.argmin(),
  'x.argmax(dim=0, keepdim=True)': ({ x }) => x.argmax({ dim: 0, keepdim: true }),
  'x.var(dim=A["dim"], unbiased=A["unbiased"], keepdim=A["keepdim"])': ({ x }, { unbiased, ...A }: Spread) =>
    x.var({ ...A, correction: Number(unbiased) }),
  'x.std(dim=A["dim"], unbiased=A["unbiased"])': ({ x }, { dim, unbiased }: Spread) =>
    x.std({ dim, correction: Number(unbiased) }),
  'x.var()': ({ x }) => x.var(),
  'x.norm()': ({ x }) => x.norm(),
  'x.norm(p=1, dim=A["dim"])': ({ x }, { dim }: { dim: number }) => x.norm({ p: 1, dim }),
  'x.norm(p=2, dim=A["dim"], keepdim=True)': ({ x }, { dim }: { dim: number }) => x.norm({ p: 2, dim, keepdim: true }),
  'x.norm(p=inf)': ({ x }) => x.norm({ p: Infinity }),
  'x.norm(p=3, dim=0)': ({ x }) => x.norm({ p: 3, dim: 0 }),
  'torch.logsumexp(x, dim=A["dim"], keepdim=A["keepdim"])': ({ x }, A: Reduce) => x.logsumexp(A),
  'x.cumsum(dim=A["dim"])': ({ x }, { dim }: { dim: number }) => x.cumsum(dim),
  'x.cumprod(dim=A["dim"])': ({ x }, { dim }: { dim: number }) => x.cumprod(dim),
  'x.any(dim=1)': ({ x }) => x.any({ dim: 1 }),
  'x.all()': ({ x }) => x.all(),
  'torch.count_nonzero(x, dim=0)': ({ x }) => x.countNonzero({ dim: 0 }),
  'torch.topk(x, A["k"], dim=1)': ({ x }, A: { k: number }) => pair(x.topk(A.k, { dim: 1 })),
  'torch.sort(x, dim=A["dim"], descending=A["d"])': ({ x }, A: { dim: number; d: boolean }) =>
    pair(x.sort({ dim: A.dim, descending: A.d })),
  'torch.argsort(x)': ({ x }) => x.argsort(),
}
