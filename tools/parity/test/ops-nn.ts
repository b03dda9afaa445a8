/** Rows of torch.nn and torch.nn.functional. */
import type { Rows } from './ops-table.ts'

export const nnRows: Rows = {}
