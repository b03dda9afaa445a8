/** Places in memory as WGSL over u32, which wraps: a negative stride is the number that it wraps to. */
import { place, plus, type Term } from '@glissade/codegen'

const NAME = /^\w+$/
const inBrackets = (term: string): string => (NAME.test(term) ? term : `(${term})`)

/** A place divided by a size, rounded down. */
export const over = (term: string, size: number): string => (size === 1 ? term : `${inBrackets(term)} / ${size}`)
/** What is left of it. */
export const rest = (term: string, size: number): string => (size === 1 ? '0u' : `${inBrackets(term)} % ${size}`)

/** Each index times its stride, from a first element on. */
export const placed = (indices: readonly Term[], strides: readonly number[], first: Term = 0): Term =>
  plus(
    place(
      indices,
      strides.map((stride) => stride >>> 0),
    ),
    first,
  )

/** Indices along some axes, and the statements that compute them. */
export interface Indices {
  readonly indices: readonly Term[]
  readonly text: string
}
/** The indices of a flat one over sizes, outermost first. */
export function indicesOf(name: string, flat: string, sizes: readonly number[]): Indices {
  let inner = 1
  const statements: string[] = []
  const indices: Term[] = sizes.map(() => 0)
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const size = sizes[axis]!
    const whole = over(flat, inner)
    inner *= size
    if (size === 1) continue
    indices[axis] = `${name}${axis}`
    statements.unshift(`let ${name}${axis} = ${axis === 0 ? whole : rest(whole, size)};`)
  }
  return { indices, text: statements.join(' ') }
}
