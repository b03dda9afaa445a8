/**
 * What every primitive means, in float64: the definition that backends are measured against. Integers are exact and
 * wrap; floats are not rounded between the nodes, so a result is right to far more digits than any backend gives.
 * Written to be read and checked; for speed there are backends.
 */
import type { Node, Primitive, Program } from '../contract/contract.ts'
import { DTYPES } from '../contract/dtype.ts'
import { OptionError, ShapeError, UnsupportedError } from '../contract/errors.ts'
import { elementwise } from './definitions/elementwise.ts'
import { indexing } from './definitions/indexing.ts'
import { movement } from './definitions/movement.ts'
import { conv, dot } from './definitions/product.ts'
import { reduction } from './definitions/reduction.ts'
import { represent, type Definition, type Value } from './definitions/value.ts'
import { windowArgmax, windowSum } from './definitions/window.ts'
import { intern, typeOf, type Type } from './type.ts'

export type { Definition, Value }

/** One row per primitive; the compiler counts them. */
export const definitions: { readonly [P in Primitive]: Definition<P> } = {
  ...elementwise,
  ...movement,
  ...reduction,
  ...indexing,
  dot,
  conv,
  windowSum,
  windowArgmax,
}

export interface EvaluateOptions {
  /** Rounds the inputs and every result to its dtype, as a backend with correctly rounded operations does. */
  readonly round?: boolean
  /** Called after every node, first for those of a composite's body and then for the composite. */
  readonly onNode?: (node: Node, results: readonly Value[]) => void
}

/**
 * The outputs of `program`, in row-major order. Scalars and constants are rounded to their dtype, as they are on every
 * backend; inputs are taken as they are, so that finite differences may step between two float32 numbers.
 */
export function evaluate(
  program: Program,
  inputs: readonly ArrayLike<number>[],
  scalars: readonly number[] = [],
  options: EvaluateOptions = {},
): Float64Array[] {
  const { length } = program.inputs
  if (inputs.length !== length) throw new OptionError('evaluate', `needs ${length} inputs (got ${inputs.length})`)
  if (scalars.length !== program.scalars.length)
    throw new OptionError('evaluate', `needs ${program.scalars.length} scalars (got ${scalars.length})`)
  const args = inputs.map((elements, i): Value => {
    const type = intern(program.inputs[i]!)
    if (elements.length !== type.size)
      throw new ShapeError('evaluate', [type.shape], `input %${i} needs ${type.size} elements, not ${elements.length}`)
    return rounded({ type, data: Float64Array.from(elements) }, options)
  })
  const numbers = program.scalars.map((dtype, i): Value => ({
    type: typeOf(dtype, []),
    data: Float64Array.of(represent(dtype, scalars[i]!)),
  }))
  return run(program, [...args, ...numbers], options).map((value) => value.data.slice())
}

function run(program: Program, args: readonly Value[], options: EvaluateOptions): Value[] {
  const values = [...args]
  for (const node of program.nodes) {
    const operands = node.args.map((arg) => values[arg]!)
    const results = node.body === undefined ? define(node, operands, options) : run(node.body, operands, options)
    options.onNode?.(node, results)
    values.push(...results)
  }
  return program.outputs.map((value) => values[value]!)
}

function define(node: Node, args: readonly Value[], options: EvaluateOptions): Value[] {
  if (!Object.hasOwn(definitions, node.op))
    throw new UnsupportedError(node.op, 'is no primitive and has no body', node.origin)
  const definition = definitions[node.op as Primitive] as Definition<Primitive>
  const types: Type[] = node.types.map(intern)
  const results = definition(node.attrs, args, types)
  return results.map((data, i) => rounded({ type: types[i]!, data }, options))
}

function rounded(value: Value, { round = false }: EvaluateOptions): Value {
  const { type, data } = value
  return round ? { type, data: data.map(DTYPES[type.dtype].round) } : value
}
