/** A prepared program as an ONNX model. */
import { UnsupportedError } from '@glissade/core/backend'
import type { Primitive, Program, TensorType } from '@glissade/core/backend'
import { Graph, type Value } from './graph.ts'
import { ofNothing, operators, type Operator } from './operators.ts'

export interface Model {
  readonly bytes: Uint8Array
  /** The inputs that the model takes: those that some node or output reads. */
  readonly inputs: readonly { readonly name: string; readonly value: number; readonly type: TensorType }[]
}

export function modelOf(program: Program): Model {
  const graph = new Graph()
  const given = [...program.inputs, ...program.scalars.map((dtype): TensorType => ({ dtype, shape: [] }))]
  const inputs = given.map((type, value) => ({ name: `in${value}`, value, type }))
  const values: Value[] = [...inputs]
  for (const node of program.nodes) {
    if (!Object.hasOwn(operators, node.op))
      throw new UnsupportedError(node.op, 'has no translation to ONNX', node.origin)
    const args = node.args.map((arg) => values[arg]!)
    graph.origin = node.origin === undefined ? node.op : `${node.op}@${node.origin}`
    values.push(...translated(graph, node.op as Primitive, node.attrs, args, node.types))
  }
  const read = new Set([...program.nodes.flatMap((node) => node.args), ...program.outputs])
  const taken = inputs.filter(({ value }) => read.has(value))
  return {
    bytes: graph.finish(
      taken,
      program.outputs.map((value) => values[value]!),
    ),
    inputs: taken,
  }
}

function translated(
  graph: Graph,
  op: Primitive,
  attrs: object,
  args: readonly Value[],
  types: readonly TensorType[],
): Value[] {
  const nothing = types.map((type) => ofNothing(graph, op, attrs, args, type))
  if (nothing.every((name) => name !== null)) return nothing.map((name, i) => ({ name, type: types[i]! }))
  const names = (operators[op] as Operator<Primitive>)(graph, attrs, args, types)
  return (typeof names === 'string' ? [names] : names).map((name, i) => ({ name, type: types[i]! }))
}
