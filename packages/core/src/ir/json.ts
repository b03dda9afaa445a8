/**
 * Programs as JSON, and back. What comes back is checked as a stranger's: first its form, here, then its meaning, by
 * `verify`. A body that several nodes share is written once.
 */
import type { DType, Node, Program, TensorType } from '../contract/contract.ts'
import { DTYPES } from '../contract/dtype.ts'
import { OptionError } from '../contract/errors.ts'
import { typeOf, type Type } from './type.ts'
import { adopted, type KnownComposites } from './verify-composite.ts'
import { verifyWith } from './verify.ts'

export const FORMAT = 'glissade-program/1'

export type JSONValue = null | boolean | number | string | readonly JSONValue[] | { readonly [name: string]: JSONValue }

export interface NodeJSON {
  readonly op: string
  readonly args: readonly number[]
  readonly types: readonly TensorType[]
  /** Left out when empty. JSON has no NaN, infinities or -0: they are `{ number: 'NaN' }` and so on. */
  readonly attrs?: { readonly [name: string]: JSONValue }
  /** Index into `bodies`. */
  readonly body?: number
  readonly origin?: string
}
export interface PartJSON {
  readonly inputs: readonly TensorType[]
  readonly scalars: readonly DType[]
  readonly nodes: readonly NodeJSON[]
  readonly outputs: readonly number[]
  readonly donated: readonly (number | null)[]
}
export interface ProgramJSON extends PartJSON {
  readonly format: typeof FORMAT
  /** The bodies of composites. One may use only those before it, so none contains itself. */
  readonly bodies: readonly PartJSON[]
}

// ---- Writing --------------------------------------------------------------------------------------------------------

/** The program as plain JSON data, also what JSON has no numbers for. */
export function toJSON(program: Program): ProgramJSON {
  const bodies: PartJSON[] = []
  const numbers = new Map<Program, number>()
  const number = (body: Program): number => {
    const known = numbers.get(body)
    if (known !== undefined) return known
    const part = write(body)
    numbers.set(body, bodies.length)
    return bodies.push(part) - 1
  }
  const write = ({ inputs, scalars, nodes, outputs, donated }: Program): PartJSON => ({
    inputs: inputs.map(typeToJSON),
    scalars: [...scalars],
    nodes: nodes.map((node) => nodeToJSON(node, number)),
    outputs: [...outputs],
    donated: [...donated],
  })
  return { format: FORMAT, ...write(program), bodies }
}

const typeToJSON = ({ dtype, shape }: TensorType): TensorType => ({ dtype, shape: [...shape] })

function nodeToJSON({ op, args, types, attrs, body, origin }: Node, number: (body: Program) => number): NodeJSON {
  return {
    op,
    args: [...args],
    types: types.map(typeToJSON),
    ...(Object.keys(attrs).length === 0 ? {} : { attrs: attributeToJSON(op, attrs) as Record<string, JSONValue> }),
    ...(body === undefined ? {} : { body: number(body) }),
    ...(origin === undefined ? {} : { origin }),
  }
}

/** An attribute as JSON has it: of the operation `op`, for messages. */
export function attributeToJSON(op: string, value: unknown): JSONValue {
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { number: Object.is(value, -0) ? '-0' : String(value) }
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (Array.isArray(value)) return value.map((element) => attributeToJSON(op, element))
  if (typeof value !== 'object') throw new OptionError('toJSON', `an attribute of ${op} is a ${typeof value}`)
  const present = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(present.map(([name, inner]) => [name, attributeToJSON(op, inner)]))
}

// ---- Reading --------------------------------------------------------------------------------------------------------

/** Throws an OptionError that says where in `value` what is wrong. Bare names are those of `composites`, as if written here. */
export function fromJSONWith(composites: KnownComposites, value: unknown): Program {
  const json = record(value, 'the program')
  if (json['format'] !== FORMAT)
    throw new OptionError('fromJSON', `the format is ${JSON.stringify(json['format'])}, not '${FORMAT}'`)
  const bodies: Program[] = []
  // One after the other: each may use those before it.
  readList(json['bodies'], 'bodies', (part, where) => bodies.push(read(part, `${where}.`, bodies)))
  const program = read(json, '', bodies)
  verifyWith(composites, program)
  return adopted(composites, program)
}

function read(value: unknown, where: string, bodies: readonly Program[]): Program {
  const json = record(value, where.slice(0, -1))
  const entries = <T>(name: string, element: Reader<T>): T[] => readList(json[name], where + name, element)
  return {
    inputs: entries('inputs', readType),
    scalars: entries('scalars', readDType),
    nodes: entries('nodes', (node, at) => readNode(node, at, bodies)),
    outputs: entries('outputs', count),
    donated: entries('donated', (input, at) => (input === null ? null : count(input, at))),
  }
}

function readNode(value: unknown, where: string, bodies: readonly Program[]): Node {
  const json = record(value, where)
  const op = string(json['op'], `${where}.op`)
  const attrs = json['attrs'] === undefined ? {} : record(json['attrs'], `${where}.attrs`)
  const node: Node = {
    op,
    attrs: Object.fromEntries(Object.entries(attrs).map(([name, inner]) => [name, attributeFromJSON(inner)])),
    args: readList(json['args'], `${where}.args`, count),
    types: readList(json['types'], `${where}.types`, readType),
    ...(json['origin'] === undefined ? {} : { origin: string(json['origin'], `${where}.origin`) }),
  }
  if (json['body'] === undefined) return node
  const body = bodies[count(json['body'], `${where}.body`)]
  if (body === undefined) return fail(`${where}.body`, json['body'], 'the number of a body before this one')
  return { ...node, body }
}

function readType(value: unknown, where: string): Type {
  const json = record(value, where)
  return typeOf(readDType(json['dtype'], `${where}.dtype`), readList(json['shape'], `${where}.shape`, count))
}

function readDType(value: unknown, where: string): DType {
  const name = string(value, where)
  return Object.hasOwn(DTYPES, name) ? (name as DType) : fail(where, value, `one of ${Object.keys(DTYPES).join(', ')}`)
}

const SPECIAL: { readonly [text: string]: number } = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 }

/** The other way round. */
export function attributeFromJSON(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(attributeFromJSON)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  if (entries.length === 1 && entries[0]![0] === 'number' && Object.hasOwn(SPECIAL, entries[0]![1] as string))
    return SPECIAL[entries[0]![1] as string]
  return Object.fromEntries(entries.map(([name, inner]) => [name, attributeFromJSON(inner)]))
}

// ---- Forms ----------------------------------------------------------------------------------------------------------

/** `where` is for the message. */
type Reader<T> = (value: unknown, where: string) => T

function fail(where: string, got: unknown, wanted: string): never {
  throw new OptionError('fromJSON', `${where} must be ${wanted} (got ${JSON.stringify(got)})`)
}

function record(value: unknown, where: string): { readonly [name: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(where, value, 'an object')
  return value as { readonly [name: string]: unknown }
}

function readList<T>(value: unknown, where: string, element: Reader<T>): T[] {
  if (!Array.isArray(value)) return fail(where, value, 'a list')
  return value.map((entry: unknown, i) => element(entry, `${where}[${i}]`))
}

function string(value: unknown, where: string): string {
  return typeof value === 'string' ? value : fail(where, value, 'a text')
}

function count(value: unknown, where: string): number {
  return Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : fail(where, value, 'an integer from 0')
}
