/**
 * A program whose numbers are formulas in named sizes: what `generalize` found, as plain data. It is laid out as programs in JSON
 * are (`ir/json.ts`), with a formula where one of them has a number.
 */
import { composites } from '../composites/index.ts'
import type { CompositeName } from '../contract/composites.ts'
import type { DType, Program, TensorType } from '../contract/contract.ts'
import { OptionError } from '../contract/errors.ts'
import { fromJSON } from '../composites/programs.ts'
import { bodyOf, type CompositeDefinition } from '../ir/composite.ts'
import { attributeFromJSON, FORMAT as PROGRAM, toJSON, type NodeJSON, type PartJSON } from '../ir/json.ts'
import { formulaAt, isForm, type Formula, type Polynomial, type Sizes } from './formula.ts'

const FORMAT = 'glissade-general-program/1'

/** A number that follows no formula: what it was, in words. It is refused where it is needed. */
export interface Unsolved {
  readonly unsolved: string
}
/** A text with formulas in it: what an index out of range says. */
export interface Text {
  readonly text: readonly (string | GeneralNumber)[]
}
export type GeneralNumber = number | { readonly formula: Formula } | Unsolved
export type GeneralValue =
  | null
  | boolean
  | string
  | GeneralNumber
  | Text
  | readonly GeneralValue[]
  | { readonly [name: string]: GeneralValue }

export interface GeneralType {
  readonly dtype: DType
  readonly shape: readonly GeneralNumber[]
}
export interface GeneralNode {
  readonly op: string
  readonly args: readonly number[]
  readonly types: readonly GeneralType[]
  readonly attrs?: { readonly [name: string]: GeneralValue }
  /** Index into `bodies`; unsolved where its structure depends on a size. */
  readonly body?: number | Unsolved
  readonly origin?: string
}
export interface GeneralPart {
  readonly inputs: readonly GeneralType[]
  readonly scalars: readonly DType[]
  readonly nodes: readonly GeneralNode[]
  readonly outputs: readonly number[]
  readonly donated: readonly (number | null)[]
}
/** Names of a recording: of operands, parameters, numbers, results. */
export interface Names {
  readonly inputs: readonly string[]
  readonly scalars: readonly string[]
  readonly outputs: readonly string[]
}
export interface GeneralProgramJSON extends GeneralPart {
  readonly format: typeof FORMAT
  /** The sizes, and those at which it was recorded. */
  readonly sizes: { readonly [name: string]: readonly number[] }
  readonly names: Names
  /** The bodies of composites; one uses only those before it. */
  readonly bodies: readonly GeneralPart[]
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** Whether it is an object with this one key, as formulas, texts and what is unsolved are. */
export const isOnly = (value: unknown, key: string): boolean =>
  isObject(value) && key in value && Object.keys(value).length === 1

/**
 * A program for all sizes: `generalize` makes it, and `new GeneralProgram(json)` makes it of what `toJSON` gave.
 * Errors: OptionError for what is no general program.
 */
export class GeneralProgram implements GeneralPart {
  readonly inputs: readonly GeneralType[]
  readonly scalars: readonly DType[]
  readonly nodes: readonly GeneralNode[]
  readonly outputs: readonly number[]
  readonly donated: readonly (number | null)[]
  readonly bodies: readonly GeneralPart[]
  readonly names: Names
  /** The sizes, and those at which it was recorded. */
  readonly sizes: { readonly [name: string]: readonly number[] }

  constructor(json: GeneralProgramJSON) {
    assertForm(json)
    this.inputs = json.inputs
    this.scalars = json.scalars
    this.nodes = json.nodes
    this.outputs = json.outputs
    this.donated = json.donated
    this.bodies = json.bodies
    this.names = json.names
    this.sizes = json.sizes
  }

  /**
   * The program at these sizes, verified.
   * Errors: OptionError for sizes that are missing, unknown or no integers from 0, and where a number follows no formula, with
   * the module that it is in.
   */
  at(sizes: Sizes): Program {
    for (const [name, size] of Object.entries(sizes))
      if (!Object.hasOwn(this.sizes, name) || !Number.isSafeInteger(size) || size < 0)
        throw new OptionError(
          'at',
          `give an integer from 0 for each of ${Object.keys(this.sizes).join(', ')} (got ${name}: ${size})`,
        )
    const missing = Object.keys(this.sizes).find((name) => !Object.hasOwn(sizes, name))
    if (missing !== undefined) throw new OptionError('at', `the size '${missing}' is not given`)
    const [first] = this.unsolved
    if (first !== undefined)
      throw new OptionError('at', `not general over ${Object.keys(this.sizes).join(', ')}: ${first}`)
    const bodies: PartJSON[] = []
    /** Where bodies stand now: some are written between them. */
    const places: number[] = []
    const part = ({ inputs, scalars, nodes, outputs, donated }: GeneralPart): PartJSON => {
      const types = inputs.map((type) => known(type, sizes) as TensorType)
      const values = [...types, ...scalars.map((dtype): TensorType => ({ dtype, shape: [] }))]
      const written = nodes.map(({ body, ...rest }): NodeJSON => {
        const node = known(rest, sizes) as NodeJSON
        const operands = node.args.map((arg) => values[arg]!)
        values.push(...node.types)
        if (body === undefined) return node
        return {
          ...node,
          // Where two numbers meet at a size, what core writes there has a node less than the formulas.
          body: isComposite(node.op) ? definedBody(node, operands, bodies) : places[body as number]!,
        }
      })
      return { inputs: types, scalars, nodes: written, outputs, donated }
    }
    for (const body of this.bodies) {
      const written = part(body)
      places.push(bodies.push(written) - 1)
    }
    return fromJSON({ format: PROGRAM, ...part(this), bodies })
  }

  /**
   * What is not known for all sizes, in words: numbers that follow no formula, and bodies with another structure at other sizes, but for
   * those of core's composites. It is refused by `at`, and by whoever else needs it.
   */
  get unsolved(): string[] {
    const walk = ({ inputs, nodes }: GeneralPart, within: string): string[] => [
      ...inputs.flatMap((type, i) => unsolvedIn(type, `${within}input ${i}`)),
      ...nodes.flatMap(({ body, ...node }, i) => {
        const where = within + placeOf(node, i)
        const own = unsolvedIn(node, where)
        if (isComposite(node.op)) return own
        return typeof body === 'number'
          ? [...own, ...walk(this.bodies[body]!, `${where}: `)]
          : [...own, ...unsolvedIn(body, where)]
      }),
    ]
    return walk(this, '')
  }

  /** Plain JSON data, of which `new GeneralProgram` makes the program again. */
  toJSON(): GeneralProgramJSON {
    const { inputs, scalars, nodes, outputs, donated, bodies, names, sizes } = this
    return { format: FORMAT, sizes, names, inputs, scalars, nodes, outputs, donated, bodies }
  }
}

const isComposite = (op: string): op is CompositeName => Object.hasOwn(composites, op)
/** Writes the body that a composite of core has by its attributes and operands; gives its number. */
function definedBody({ op, attrs = {} }: NodeJSON, operands: readonly TensorType[], bodies: PartJSON[]): number {
  const args = operands.map((type) => ({ type }))
  const { bodies: inner, ...body } = toJSON(
    bodyOf(composites[op as CompositeName] as CompositeDefinition, args, attributeFromJSON(attrs) as never),
  )
  const shift = bodies.length
  const shifted = ({ inputs, scalars, nodes, outputs, donated }: PartJSON): PartJSON => ({
    inputs,
    scalars,
    nodes: nodes.map((node) => (node.body === undefined ? node : { ...node, body: node.body + shift })),
    outputs,
    donated,
  })
  bodies.push(...inner.map(shifted))
  return bodies.push(shifted(body)) - 1
}

/** Of a node, for messages. */
export const placeOf = ({ op, origin }: { readonly op: string; readonly origin?: string }, index: number): string =>
  `node ${index}, ${op}${origin === undefined ? '' : `, in ${origin}`}`

function unsolvedIn(value: unknown, where: string): string[] {
  if (isOnly(value, 'unsolved')) return [`${where}: ${(value as Unsolved).unsolved}`]
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap((inner) => unsolvedIn(inner, where))
    : []
}

/** The value with numbers in the place of formulas. */
function known(value: unknown, sizes: Sizes): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((element) => known(element, sizes))
  if (isOnly(value, 'formula')) return formulaAt((value as { readonly formula: Formula }).formula, sizes)
  if (isOnly(value, 'text')) return (value as Text).text.map((part) => String(known(part, sizes))).join('')
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, known(inner, sizes)]))
}

/** What `at` would not find: programs themselves are looked at there. */
function assertForm(json: unknown): asserts json is GeneralProgramJSON {
  const fail = (what: string): never => {
    throw new OptionError('GeneralProgram', what)
  }
  if (!isObject(json)) return fail('pass what toJSON gave')
  if (json['format'] !== FORMAT) fail(`the format is ${JSON.stringify(json['format'])}, not '${FORMAT}'`)
  const { sizes, names } = json
  if (!isObject(sizes) || !Object.values(sizes).every(Array.isArray)) fail('sizes must be lists of numbers by name')
  const bodies = json['bodies']
  if (!Array.isArray(bodies)) return fail('bodies must be a list')
  for (const part of [json, ...(bodies as unknown[])]) {
    const lists = isObject(part)
      ? ['inputs', 'scalars', 'nodes', 'outputs', 'donated'].map((list) => part[list])
      : [null]
    if (!lists.every(Array.isArray)) fail('a part of the program is no list')
    assertFormulas(part, Object.keys(sizes as object), fail)
  }
  for (const kind of ['inputs', 'scalars', 'outputs'] as const) {
    const list = isObject(names) ? names[kind] : null
    if (
      !Array.isArray(list) ||
      list.length !== (json[kind] as unknown[]).length ||
      !list.every((name) => typeof name === 'string')
    )
      fail(`names.${kind} must be a name for each`)
  }
}
function assertFormulas(value: unknown, sizes: readonly string[], fail: (what: string) => never): void {
  if (typeof value !== 'object' || value === null) return
  if (isOnly(value, 'formula')) {
    const { formula } = value as { readonly formula: unknown }
    if (
      !isObject(formula) ||
      !isForm(formula['form']) ||
      ![formula['numerator'], formula['denominator']].every((part) => isPolynomial(part, sizes))
    )
      fail(`${JSON.stringify(formula)} is no formula in ${sizes.join(', ')}`)
  } else for (const inner of Object.values(value)) assertFormulas(inner, sizes, fail)
}
const isPolynomial = (value: unknown, sizes: readonly string[]): value is Polynomial =>
  Array.isArray(value) &&
  value.every(
    (term: unknown) =>
      isObject(term) &&
      typeof term['times'] === 'number' &&
      Array.isArray(term['of']) &&
      term['of'].every((name) => sizes.includes(name as string)),
  )
