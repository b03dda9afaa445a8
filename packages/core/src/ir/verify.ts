/**
 * Whether a program keeps the rules of the contract: every value is defined before it is used, types are what `infer`
 * says, and what is donated fits. Called on programs from outside and in tests, never on the way to a run.
 */
import type { Attributes, Node, Primitive, Program, TensorType } from '../contract/contract.ts'
import { DTYPES } from '../contract/dtype.ts'
import { OptionError } from '../contract/errors.ts'
import { malformedAttribute } from './attributes.ts'
import { infer, isPrimitive } from './infer.ts'
import { verifyComposite, type KnownComposites } from './verify-composite.ts'
import { intern, sameShape, typeOf, type Type } from './type.ts'

/** Throws an OptionError that names the node. Bare names are those of `composites`. */
export function verifyWith(composites: KnownComposites, program: Program): void {
  verifyProgram(program, '', composites)
}

/** `where` leads to a body: the nodes around it, each with its separator. */
function verifyProgram(program: Program, where: string, composites: KnownComposites): void {
  const fail = (message: string): never => {
    throw new OptionError('verify', where + message)
  }
  program.inputs.forEach((type, i) => assertType(type, `input %${i}`, fail))
  for (const dtype of program.scalars) if (!Object.hasOwn(DTYPES, dtype)) fail(`scalar of unknown dtype ${dtype}`)
  const types: Type[] = [...program.inputs.map(intern), ...program.scalars.map((dtype) => typeOf(dtype, []))]
  const gaps = new Set<number>()
  for (const node of program.nodes) {
    const gap = node.op === 'concat' ? undefined : node.args.find((arg) => gaps.has(arg))
    if (gap !== undefined) fail(`${node.op} reads %${gap}, an unread constant: it may only be a part of a concat`)
    verifyNode(node, types, where, composites)
    if (node.op === 'constant' && (node.attrs as Attributes['constant']).unread === true) gaps.add(types.length)
    types.push(...node.types.map(intern))
  }
  const gap = program.outputs.find((value) => gaps.has(value))
  if (gap !== undefined) fail(`output %${gap} is an unread constant`)
  verifyOutputs(program, types, fail)
}

/** Refuses the node at hand. */
export type Fail = (message: string) => never

function assertType({ dtype, shape }: TensorType, what: string, fail: Fail): void {
  if (!Object.hasOwn(DTYPES, dtype)) fail(`${what} has unknown dtype ${dtype}`)
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) fail(`${what} has shape [${shape.join(',')}]`)
}

function verifyNode(node: Node, defined: readonly Type[], where: string, composites: KnownComposites): void {
  const results = node.types.map((_, i) => `%${defined.length + i}`).join(', ')
  const args = node.args.map((arg) => `%${arg}`).join(', ')
  const origin = node.origin === undefined ? '' : ` (at ${node.origin})`
  const name = `${where}${results} = ${node.op}(${args})${origin}: `
  const fail: Fail = (message) => {
    throw new OptionError('verify', name + message)
  }
  for (const arg of node.args) if (defined[arg] === undefined) fail(`operand %${arg} is not defined before it`)
  node.types.forEach((type, i) => assertType(type, `result %${defined.length + i}`, fail))
  const operands = node.args.map((arg) => defined[arg]!)
  if (isPrimitive(node.op)) {
    if (node.body !== undefined) fail('a primitive has no body')
    const malformed = malformedAttribute(node.op, node.attrs)
    if (malformed !== null) fail(malformed)
    assertTypes(node.types, inferred(node.op, node.attrs, operands, fail), 'its operands give', fail)
    return
  }
  const { body } = node
  if (body === undefined) return fail('is no primitive and has no body')
  verifyProgram(body, `${name}in its body, `, composites)
  if (body.scalars.length > 0) fail('its body has scalars of its own')
  assertTypes(operands, body.inputs, 'its body takes', fail, 'it is given')
  const values = [...body.inputs, ...body.nodes.flatMap((inner) => inner.types)]
  assertTypes(
    node.types,
    body.outputs.map((value) => values[value]!),
    'its body gives',
    fail,
  )
  verifyComposite(composites, { ...node, body }, fail)
}

function inferred(op: Primitive, attrs: object, operands: readonly Type[], fail: Fail): Type[] {
  try {
    return infer(op, attrs as Attributes[Primitive], operands)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

const show = (types: readonly TensorType[]): string => `(${types.map(String).join(', ')})`

function assertTypes(
  got: readonly TensorType[],
  want: readonly TensorType[],
  whose: string,
  fail: Fail,
  given = 'its results are',
): void {
  const same =
    got.length === want.length &&
    got.every((type, i) => type.dtype === want[i]!.dtype && sameShape(type.shape, want[i]!.shape))
  if (!same) fail(`${given} ${show(got.map(intern))} but ${whose} ${show(want.map(intern))}`)
}

function verifyOutputs({ inputs, outputs, donated }: Program, types: readonly Type[], fail: Fail): void {
  for (const value of outputs) if (types[value] === undefined) fail(`output %${value} is not defined`)
  if (donated.length !== outputs.length) fail(`donated has ${donated.length} entries for ${outputs.length} outputs`)
  donated.forEach((input, i) => {
    if (input === null) return
    const output = `output ${i} (%${outputs[i]})`
    if (inputs[input] === undefined) fail(`${output} is to be written in place of %${input}, which is no input`)
    if (donated.indexOf(input) < i) fail(`input %${input} is donated to two outputs`)
    const other = outputs.findIndex((value, k) => value === input && k !== i)
    if (other >= 0) fail(`input %${input} is donated to output ${i} and returned as output ${other}`)
    const [got, want] = [types[input]!, types[outputs[i]!]!]
    if (got.byteLength !== want.byteLength)
      fail(`${output} has ${want.byteLength} bytes, but input %${input}, donated to it, has ${got.byteLength}`)
  })
}
