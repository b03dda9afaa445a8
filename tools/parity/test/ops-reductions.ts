import type { Rows } from './ops-table.ts'

export const reductionsRows: Rows = {}
