/** How an argument that is refused is shown in a message: short, whatever it is. */
import { forsake, isPromise } from './promise.ts'

const LONGEST = 60

const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text)

export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${short(value)}'`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return short(`${value}n`)
    case 'function':
      return ofFunction(value)
    case 'object':
      return value === null ? 'null' : short(ofObject(value))
    default:
      return short(String(value))
  }
}

/** A module is a function too, whose class says what it is. */
function ofFunction(value: { readonly name?: unknown; readonly constructor?: { readonly name?: unknown } }): string {
  const { name, constructor: made } = value
  if (typeof name === 'string' && name !== '') return `the function ${short(name)}`
  const kind = made?.name
  return typeof kind === 'string' && kind !== '' && !kind.endsWith('Function') ? `a ${short(kind)}` : 'a function'
}

function ofObject(value: object): string {
  if (Array.isArray(value)) return listed(value)
  const { shape, glissadeTensor } = value as { shape?: readonly number[]; glissadeTensor?: unknown }
  if (glissadeTensor === true) return `a tensor of shape [${String(shape)}]`
  if (isPromise(value)) {
    forsake(value)
    return 'a promise'
  }
  const made: unknown = value.constructor
  const name = typeof made === 'function' ? made.name : ''
  if (name === 'LiveNumber') return 'a number operand of a compiled function, which is known only when it runs'
  if (name !== '' && name !== 'Object') return `a ${name}`
  const keys = Object.keys(value)
  return keys.length === 0 ? '{}' : `{ ${keys.join(', ')} }`
}

/** Lists of lists are cut before they are written, however long they are. */
function listed(items: readonly unknown[], depth = 0): string {
  const shown = items
    .slice(0, 8)
    .map((item) => (Array.isArray(item) ? (depth > 2 ? '[...]' : listed(item, depth + 1)) : describe(item)))
  return `[${shown.join(', ')}${items.length > 8 ? ', ...' : ''}]`
}
