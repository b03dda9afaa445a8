/** Rows of matrix products. */
import { einsum } from '@glissade/core'
import type { Rows } from './ops-table.ts'

export const productsRows: Rows = {
  'x @ y': ({ x, y }) => x.matmul(y),
  'torch.mm(x, y)': ({ x, y }) => x.mm(y),
  'torch.bmm(x, y)': ({ x, y }) => x.bmm(y),
  'torch.addmm(b, x, y, beta=A["beta"], alpha=A["alpha"])': ({ b, x, y }, A: { beta: number; alpha: number }) =>
    b.addmm(x, y, A),
  'torch.dot(x, y)': ({ x, y }) => x.dot(y),
  'torch.mv(x, y)': ({ x, y }) => x.mv(y),
  'torch.outer(x, y)': ({ x, y }) => x.outer(y),
  'torch.einsum("bij,bjk->bik", x, y)': ({ x, y }) => einsum('bij,bjk->bik', x, y),
  'torch.einsum("ij,kj->ik", x, y)': ({ x, y }) => einsum('ij,kj->ik', x, y),
}
