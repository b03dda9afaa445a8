/** How options are printed: as Python prints them. */
import { describe } from '../signature/describe.ts'

/** A number: whole ones without a point, small ones as 1e-05. */
export function number(x: number): string {
  if (Number.isNaN(x)) return 'nan'
  if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf'
  const size = Math.abs(x)
  if (size === 0 || (size >= 1e-4 && size < 1e16)) return String(x)
  return x.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}
/** A Python float: whole numbers have `.0`. */
export const float = (x: number): string => (Number.isInteger(x) && Math.abs(x) < 1e16 ? `${x}.0` : number(x))
/** `(3, 3)`, and `(3,)` of one; what was put into the place of a list as it is. */
export const tuple = (list: number | readonly (number | null)[]): string => {
  if (!Array.isArray(list)) return typeof list === 'number' ? number(list) : describe(list)
  const items = list as readonly (number | null)[]
  return `(${items.map((x) => (x === null ? 'None' : number(x))).join(', ')}${items.length === 1 ? ',' : ''})`
}
export const bool = (value: boolean): string => (value ? 'True' : 'False')
