import type { Rows } from './ops-table.ts'

export const elementwiseRows: Rows = {}
