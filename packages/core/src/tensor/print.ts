/**
 * Tensors as text, character by character as PyTorch prints them with its default options.
 * Source: https://pytorch.org/docs/stable/generated/torch.set_printoptions.html
 */
import type { DType } from '../contract/contract.ts'
import { DTYPES, stridesOf, type Elements } from '../contract/dtype.ts'
import { isFloat, type Type } from '../ir/type.ts'

const PRECISION = 4
/** More elements than this are summarised to the first and last `EDGE` of every dimension. */
const THRESHOLD = 1000
const EDGE = 3
const LINE_WIDTH = 80
/** Where absolute values spread further than this, or leave these bounds, numbers are printed with exponents. */
const SPREAD = 1000
const LARGEST = 1e8
const SMALLEST = 1e-4
/** Decimals enough to tell an exact half, which rounds to even in Python and up in JavaScript. */
const EXACT = 60

/** Those that PyTorch does not name; int32 stands for its int64 here. */
const DEFAULT_DTYPES: readonly DType[] = ['float32', 'int32', 'bool']

const special = (x: number): string | null =>
  Number.isNaN(x) ? 'nan' : x === Infinity ? 'inf' : x === -Infinity ? '-inf' : null
const sign = (x: number): string => (x < 0 || Object.is(x, -0) ? '-' : '')

/** `nearest`, JavaScript's rounding of the digits in `exact`, or what half-to-even makes of a tie. */
function halfEven(nearest: string, exact: string, digits: number): string {
  const end = exact.indexOf('.') + digits + (digits === 0 ? 0 : 1)
  const [kept, rest] = [exact.slice(0, end), exact.slice(end).replace('.', '')]
  return /^50*$/u.test(rest) && '02468'.includes(kept.at(-1)!) ? kept : nearest
}
/** Python's `{:.nf}`. */
export function fixed(x: number, digits: number): string {
  const size = Math.abs(x)
  return (
    special(x) ??
    sign(x) + (size >= 1e21 ? BigInt(size).toString() : halfEven(size.toFixed(digits), size.toFixed(EXACT), digits))
  )
}
/** Python's `{:.ne}`. */
export function scientific(x: number, digits: number): string {
  const size = Math.abs(x)
  const name = special(x)
  if (name !== null) return name
  const [nearest, power] = size.toExponential(digits).split('e') as [string, string]
  const [exact, exactPower] = size.toExponential(EXACT).split('e') as [string, string]
  const mantissa = power === exactPower ? halfEven(nearest, exact, digits) : nearest
  const exponent = Number(power)
  return `${sign(x)}${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** How all elements of one tensor are written: to one width. */
function formatterOf(
  dtype: DType,
  elements: readonly number[],
): { readonly width: number; readonly format: (x: number) => string } {
  const style = styleOf(dtype, elements)
  // Where nothing but zeros and non-finite numbers is printed, PyTorch does not line them up.
  const measured = isFloat(dtype) ? elements.filter((x) => x !== 0 && Number.isFinite(x)) : elements
  const width = measured.reduce((widest, x) => Math.max(widest, style(x).length), 1)
  return { width, format: (x) => style(x).padStart(width) }
}
function styleOf(dtype: DType, elements: readonly number[]): (x: number) => string {
  if (DTYPES[dtype].kind === 'bool') return (x) => (x === 0 ? 'False' : 'True')
  if (!isFloat(dtype)) return String
  const sizes = elements.filter((x) => x !== 0 && Number.isFinite(x)).map(Math.abs)
  const whole = sizes.every(Number.isInteger)
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0)
  const smallest = sizes.reduce((a, b) => Math.min(a, b), Infinity)
  if (sizes.length > 0 && (largest / smallest > SPREAD || largest > LARGEST || (!whole && smallest < SMALLEST)))
    return (x) => scientific(x, PRECISION)
  return whole ? (x) => special(x) ?? `${fixed(x, 0)}.` : (x) => fixed(x, PRECISION)
}

/** Indices along a dimension that are printed; null stands for the dots. */
function shown(size: number, summarise: boolean): (number | null)[] {
  const all = Array.from({ length: size }, (_, i) => i)
  return summarise && size > 2 * EDGE ? [...all.slice(0, EDGE), null, ...all.slice(-EDGE)] : all
}

function body(type: Type, elements: Elements, indent: number): string {
  const { shape } = type
  const strides = stridesOf(shape)
  const summarise = type.size > THRESHOLD
  const printed: number[] = []
  const collect = (axis: number, at: number): void => {
    if (axis === shape.length) printed.push(elements[at]!)
    else for (const i of shown(shape[axis]!, summarise)) if (i !== null) collect(axis + 1, at + i * strides[axis]!)
  }
  collect(0, 0)
  const { width, format } = formatterOf(type.dtype, printed)
  const perLine = (margin: number): number => Math.max(1, Math.floor((LINE_WIDTH - margin) / (width + 2)))
  const write = (axis: number, at: number, margin: number): string => {
    if (axis === shape.length) return format(elements[at]!)
    const indices = shown(shape[axis]!, summarise)
    const inner = `\n${' '.repeat(margin + 1)}`
    if (axis < shape.length - 1) {
      const blocks = indices.map((i) => (i === null ? '...' : write(axis + 1, at + i * strides[axis]!, margin + 1)))
      return `[${blocks.join(`,${'\n'.repeat(shape.length - axis - 2)}${inner}`)}]`
    }
    const items = indices.map((i) => (i === null ? ' ...' : format(elements[at + i]!)))
    const lines = Array.from({ length: Math.ceil(items.length / perLine(margin)) }, (_, line) =>
      items.slice(line * perLine(margin), (line + 1) * perLine(margin)).join(', '),
    )
    return `[${lines.join(`,${inner}`)}]`
  }
  return write(0, 0, indent)
}

/** Names of autograd nodes in PyTorch where they are not the operation's own. */
const NODES: Readonly<Record<string, string>> = {
  at: 'Index',
  identity: 'Clone',
  to: 'ToCopy',
  reshape: 'View',
  crossEntropy: 'NllLoss',
  linear: 'Addmm',
  flip: 'Flip',
}
const nodeName = (operation: string): string => {
  const name = operation.split('.')[0]!
  return `${NODES[name] ?? name.charAt(0).toUpperCase() + name.slice(1)}Backward0`
}

/** What is printed besides the elements. */
export interface History {
  /** Name of the operation that made it, where it has one to go back to. */
  readonly operation: string | null
  readonly requiresGrad: boolean
}

/** `tensor([...], dtype=..., grad_fn=<...>)` */
export function printTensor(type: Type, elements: Elements, { operation, requiresGrad }: History): string {
  const prefix = 'tensor('
  const { dtype, shape } = type
  const suffixes: string[] = []
  if (type.size === 0 && shape.length !== 1) suffixes.push(`size=(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`)
  if (type.size === 0 ? dtype !== 'float32' : !DEFAULT_DTYPES.includes(dtype))
    suffixes.push(`dtype=torch.${DTYPES[dtype].printed}`)
  if (operation !== null) suffixes.push(`grad_fn=<${nodeName(operation)}>`)
  else if (requiresGrad) suffixes.push('requires_grad=True')
  let text = prefix + (type.size === 0 ? '[]' : body(type, elements, prefix.length))
  let last = text.length - text.lastIndexOf('\n') + 1
  for (const suffix of suffixes) {
    const fits = last + suffix.length + 2 <= LINE_WIDTH
    text += fits ? `, ${suffix}` : `,\n${' '.repeat(prefix.length)}${suffix}`
    last = fits ? last + suffix.length + 2 : prefix.length + suffix.length
  }
  return `${text})`
}
