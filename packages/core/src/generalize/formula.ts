/** Numbers as formulas in named sizes: `4 batch length`, `batch / (batch - 1)`, `1 / sqrt(width)`. Plain data. */
import { OptionError } from '../contract/errors.ts'

/** Sizes by name: `{ batch: 32, length: 100 }`. */
export type Sizes = Readonly<Record<string, number>>

/** A number times sizes, each as often as its power: `{ times: 4, of: ['batch', 'length'] }`. */
export interface Term {
  readonly times: number
  readonly of: readonly string[]
}
/** A sum. Its numbers are integers, so that what it gives is exact. */
export type Polynomial = readonly Term[]

/** The quotient of two polynomials, its square root, or 1 over that: what code writes, in the order in which it writes it. */
export interface Formula {
  readonly form: 'quotient' | 'root' | 'inverse root'
  readonly numerator: Polynomial
  readonly denominator: Polynomial
}

const forms: { readonly [F in Formula['form']]: (quotient: number) => number } = {
  quotient: (quotient) => quotient,
  root: (quotient) => Math.sqrt(quotient),
  'inverse root': (quotient) => 1 / Math.sqrt(quotient),
}
export const isForm = (value: unknown): value is Formula['form'] => Object.hasOwn(forms, String(value))

function polynomialAt(polynomial: Polynomial, sizes: Sizes): number {
  let sum = 0
  for (const { times, of } of polynomial) sum += of.reduce((product, name) => product * sizeOf(name, sizes), times)
  return sum
}
function sizeOf(name: string, sizes: Sizes): number {
  const size = sizes[name]
  if (size === undefined) throw new OptionError('at', `the size '${name}' is not given`)
  return size
}

/** The number that a formula is at these sizes. Errors: OptionError for a size that it needs and that is not given. */
export function formulaAt({ form, numerator, denominator }: Formula, sizes: Sizes): number {
  return forms[form](polynomialAt(numerator, sizes) / polynomialAt(denominator, sizes))
}

const termText = ({ times, of }: Term): string =>
  of.length === 0 ? String(times) : [...(times === 1 ? [] : [String(times)]), ...of].join(' ')
function polynomialText(polynomial: Polynomial): string {
  const [first, ...rest] = polynomial
  if (first === undefined) return '0'
  return rest.reduce(
    (text, { times, of }) => `${text} ${times < 0 ? '-' : '+'} ${termText({ times: Math.abs(times), of })}`,
    first.times === -1 && first.of.length > 0 ? `-${first.of.join(' ')}` : termText(first),
  )
}
const isOne = (polynomial: Polynomial): boolean =>
  polynomial.length === 1 && polynomial[0]!.times === 1 && polynomial[0]!.of.length === 0
const inBrackets = (polynomial: Polynomial): string =>
  polynomial.length > 1 ||
  (polynomial[0]?.of.length ?? 0) > 1 ||
  (polynomial[0]?.of.length === 1 && polynomial[0].times !== 1)
    ? `(${polynomialText(polynomial)})`
    : polynomialText(polynomial)

/** A formula for people: `(batch - 1) / batch`. */
export function formulaText({ form, numerator, denominator }: Formula): string {
  const quotient = isOne(denominator)
    ? polynomialText(numerator)
    : `${numerator.length > 1 ? `(${polynomialText(numerator)})` : polynomialText(numerator)} / ${inBrackets(denominator)}`
  if (form === 'quotient') return quotient
  return form === 'root' ? `sqrt(${quotient})` : `1 / sqrt(${quotient})`
}
