/**
 * The form that the attributes of primitives and composites have, for programs from outside: `infer` takes them as
 * TypeScript checked them.
 */
import { COMPOSITES, type AttributeKinds, type CompositeName } from '../contract/composites.ts'
import {
  BINARY_NUMBER,
  COMPARISON,
  LOGIC,
  REDUCTION,
  UNARY_FLOAT,
  UNARY_NUMBER,
  type Attributes,
  type Primitive,
  type Refusal,
} from '../contract/contract.ts'
import { DTYPES } from '../contract/dtype.ts'

interface Form {
  readonly wanted: string
  readonly fits: (value: unknown) => boolean
}
type Forms<P extends Primitive> = { readonly [A in keyof Attributes[P]]-?: Form }

const listOf = ({ wanted, fits }: Form): Form => ({
  wanted: `a list, each entry ${wanted}`,
  fits: (value) => Array.isArray(value) && value.every(fits),
})
const size: Form = {
  wanted: 'an integer from 0',
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
}
const positive: Form = { wanted: 'an integer from 1', fits: (value) => size.fits(value) && value !== 0 }
const flag: Form = { wanted: 'true or false', fits: (value) => typeof value === 'boolean' }
const number: Form = { wanted: 'a number', fits: (value) => typeof value === 'number' }
const numbers: Form = {
  wanted: 'a number or a list of numbers',
  fits: (value) => number.fits(value) || listOf(number).fits(value),
}
const dtype: Form = {
  wanted: `one of ${Object.keys(DTYPES).join(', ')}`,
  fits: (value) => typeof value === 'string' && Object.hasOwn(DTYPES, value),
}
const REFUSAL: { readonly [F in keyof Refusal]: (value: unknown) => boolean } = {
  kind: (value) => value === 'IndexError' || value === 'OptionError' || value === 'DTypeError',
  operation: (value) => typeof value === 'string',
  message: (value) => typeof value === 'string',
  beyond: Number.isSafeInteger,
}
const refusal: Form = {
  wanted: `a refusal with ${Object.keys(REFUSAL).join(', ')}`,
  fits: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(REFUSAL).every(([name, fits]) => fits((value as { readonly [name: string]: unknown })[name])),
}
const says: Form = {
  wanted: `${refusal.wanted}, or nothing`,
  fits: (value) => value === undefined || refusal.fits(value),
}
const mark: Form = { wanted: 'true, or nothing', fits: (value) => value === undefined || value === true }
/** What pads a side; negative crops. */
const margins: Form = {
  wanted: 'a pair of integers',
  fits: (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger),
}

function rows<P extends Primitive>(names: readonly P[], forms: Forms<P>): { [K in P]: Forms<K> } {
  return Object.fromEntries(names.map((name) => [name, forms])) as unknown as { [K in P]: Forms<K> }
}

const window = {
  window: listOf(positive),
  strides: listOf(positive),
  padding: listOf(margins),
  dilation: listOf(positive),
}

/** One row per primitive with one entry per attribute; the compiler counts both. */
const forms: { readonly [P in Primitive]: Forms<P> } = {
  ...rows([...UNARY_NUMBER, ...UNARY_FLOAT, ...BINARY_NUMBER, ...COMPARISON, ...LOGIC], {}),
  ...rows(REDUCTION, { axes: listOf(size) }),
  not: {},
  where: {},
  cast: { dtype },
  argmax: { axis: size },
  cumsum: { axis: size, reverse: flag },
  reshape: { shape: listOf(size) },
  permute: { order: listOf(size) },
  expand: { shape: listOf(size) },
  slice: { start: listOf(size), stop: listOf(size), step: listOf(positive) },
  pad: { low: listOf(size), high: listOf(size), interior: listOf(size), value: number },
  flip: { axes: listOf(size) },
  concat: { axis: size },
  dot: { transposeA: flag, transposeB: flag },
  conv: {
    strides: listOf(positive),
    padding: listOf(margins),
    dilation: listOf(positive),
    inputDilation: listOf(positive),
    groups: positive,
  },
  windowSum: window,
  windowArgmax: window,
  gather: { axis: size, says },
  scatterAdd: { axis: size, says },
  sort: { axis: size, descending: flag },
  constant: { dtype, shape: listOf(size), value: numbers, unread: mark },
  iota: { dtype, shape: listOf(size), axis: size },
}

const KINDS: { readonly [K in keyof AttributeKinds]: Form } = {
  flag,
  number,
  natural: size,
  naturals: listOf(size),
  positives: listOf(positive),
  margins: listOf(margins),
  refusal,
}

/** What is wrong with the attributes of a primitive; null when nothing is. */
export const malformedAttribute = (op: Primitive, attrs: object): string | null => malformed(forms[op], attrs)
/** The same for a composite of core. */
export function malformedOfComposite(name: CompositeName, attrs: object): string | null {
  const kinds: { readonly [name: string]: keyof AttributeKinds } = COMPOSITES[name].attributes
  return malformed(
    Object.fromEntries(Object.entries(kinds).map(([attribute, kind]) => [attribute, KINDS[kind]])),
    attrs,
  )
}

function malformed(row: { readonly [name: string]: Form }, attrs: object): string | null {
  const extra = Object.keys(attrs).find((name) => !Object.hasOwn(row, name))
  if (extra !== undefined) return `has no attribute ${extra}`
  for (const [name, { wanted, fits }] of Object.entries(row)) {
    const value = (attrs as { readonly [name: string]: unknown })[name]
    if (!fits(value)) return `${name} must be ${wanted} (got ${JSON.stringify(value)})`
  }
  return null
}
