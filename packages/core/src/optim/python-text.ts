/** Values as Python prints them: the text of printed optimizers is PyTorch's. */

/** Python's repr switches to an exponent from here on ... */
const LARGE = 1e16
/** ... and below this. Source: https://docs.python.org/3/library/stdtypes.html#float */
const SMALL = 1e-4

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  const size = Math.abs(value)
  if (size !== 0 && (size >= LARGE || size < SMALL)) {
    const [mantissa, exponent] = value.toExponential().split('e') as [string, string]
    return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
  }
  return String(value)
}

/** As `str(value)`; inside lists and tuples as `repr`. A frozen array is a tuple. */
export function pythonText(value: unknown, nested = false): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'string') return nested ? `'${value}'` : value
  if (!Array.isArray(value)) return Object(value).toString() as string
  const items = value.map((item: unknown) => pythonText(item, true)).join(', ')
  if (!Object.isFrozen(value)) return `[${items}]`
  return value.length === 1 ? `(${items},)` : `(${items})`
}
