import type { Rows } from './ops-table.ts'

export const movementRows: Rows = {}
