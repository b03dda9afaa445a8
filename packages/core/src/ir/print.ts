/** Programs as text, for people, snapshots and comparisons: all that matters to a run is in it. */
import type { Node, Program, TensorType } from '../contract/contract.ts'

export interface PrintOptions {
  /** Ends each line with where in the model its node came from. */
  readonly origins?: boolean
}

/** Lists longer than this are shown by their first elements and a hash of all. */
const LONGEST_LIST = 16

/**
 * One line per node; the body of a composite below its first use, and named by its number wherever it is used again:
 * ```
 * program(%0: float32[2,10], %1: float32[5,10]; %2: scalar float32)
 *   %3: float32[2,5] = dot(%0, %1) {transposeB}
 *   return %3
 * ```
 * Attributes that are false, empty, or repeat the type of the result are left out, and what errors say.
 */
export function print(program: Program, options: PrintOptions = {}): string {
  const bodies = new Map<string, number>()
  return printProgram('program', program, { bodies, origins: options.origins ?? false })
}

interface Printing {
  readonly origins: boolean
  /** The bodies printed so far, by their text. */
  readonly bodies: Map<string, number>
}

const names = (values: readonly number[]): string => values.map((value) => `%${value}`).join(', ')
const show = ({ dtype, shape }: TensorType): string => `${dtype}[${shape.join(',')}]`

function printProgram(title: string, program: Program, printing: Printing): string {
  let next = 0
  const inputs = program.inputs.map((type) => `%${next++}: ${show(type)}`).join(', ')
  const scalars = program.scalars.map((dtype) => `%${next++}: scalar ${dtype}`).join(', ')
  const lines = program.nodes.flatMap((node) => {
    const results = node.types.map((type) => `%${next++}: ${show(type)}`).join(', ')
    return printNode(results, node, printing)
  })
  const donated = program.donated.map((input) => (input === null ? '-' : `%${input}`)).join(', ')
  const reuse = program.donated.some((input) => input !== null) ? ` (donated ${donated})` : ''
  lines.push(`return ${names(program.outputs)}${reuse}`)
  return [`${title}(${inputs}${scalars === '' ? '' : `; ${scalars}`})`, ...lines.map((line) => `  ${line}`)].join('\n')
}

function printNode(results: string, node: Node, printing: Printing): string[] {
  const attrs = printAttributes(node)
  const call = `${results} = ${node.op}(${names(node.args)})${attrs === '' ? '' : ` {${attrs}}`}`
  const origin = printing.origins && node.origin !== undefined ? `  # ${node.origin}` : ''
  if (node.body === undefined) return [call + origin]
  // A key of its own, so that a body is recognised whatever was printed before it.
  const key = printProgram('', node.body, { bodies: new Map(), origins: printing.origins })
  const known = printing.bodies.get(key)
  if (known !== undefined) return [`${call} body ${known}${origin}`]
  const number = printing.bodies.size
  printing.bodies.set(key, number)
  const body = printProgram(`body ${number}`, node.body, printing)
  return [`${call} body ${number}${origin}`, ...body.split('\n').map((line) => `  ${line}`)]
}

function printAttributes({ attrs, types: [type] }: Node): string {
  const shown = Object.entries(attrs).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined || value === false || name === 'says' || (Array.isArray(value) && value.length === 0))
      return []
    if (name === 'dtype' && value === type?.dtype) return []
    if (name === 'shape' && JSON.stringify(value) === JSON.stringify(type?.shape)) return []
    return value === true ? [name] : [`${name}: ${printValue(value)}`]
  })
  return shown.join(', ')
}

function printValue(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'string') return /^\w+$/.test(value) ? value : JSON.stringify(value)
  if (Array.isArray(value)) return printList(value)
  if (typeof value !== 'object' || value === null) return String(value)
  return `{${Object.entries(value)
    .map(([name, inner]) => `${name}: ${printValue(inner)}`)
    .join(', ')}}`
}

function printList(list: readonly unknown[]): string {
  if (list.length <= LONGEST_LIST) return `[${list.map(printValue).join(',')}]`
  const first = list.slice(0, LONGEST_LIST / 2).map(printValue)
  return `[${first.join(',')}, ... ${list.length} in all, hash ${hash(list.map(printValue).join(','))}]`
}

/** FNV-1a. */
function hash(text: string): string {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return (state >>> 0).toString(16).padStart(8, '0')
}
