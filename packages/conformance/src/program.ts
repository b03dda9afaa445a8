/** Small programs for cases: one node alone, and the same node with neighbours. */
import {
  DTYPES,
  valueTypes,
  type Attributes,
  type Primitive,
  type Program,
  type TensorType,
} from '@glissade/core/backend'
import { Builder, infer, inline, typeOf, type Sym } from '@glissade/core/ir'

/** A call alone; inside a longer program; and the same with its loops fused, for a backend that runs those. */
export type Mode = 'eager' | 'compiled' | 'fused'

/** `mode/op/dtype/shapes/what`; to a backend a fused call is a call of `loop`. */
export const idOf = (mode: Mode, op: string, dtype: string, shapes: string, what: string): string =>
  mode === 'fused' ? `compiled/loop/${dtype}/${shapes}/${op}, ${what}` : `${mode}/${op}/${dtype}/${shapes}/${what}`

/** A program of one node, written as it is: no simplification takes it away. */
export function single<P extends Primitive>(op: P, attrs: Attributes[P], operands: readonly TensorType[]): Program {
  const inputs = operands.map(({ dtype, shape }) => typeOf(dtype, shape))
  const types = infer(op, attrs, inputs)
  const outputs = types.map((_, i) => inputs.length + i)
  return {
    inputs,
    scalars: [],
    nodes: [{ op, attrs, args: inputs.map((_, i) => i), types, origin: `conformance.${op}` }],
    outputs,
    donated: outputs.map(() => null),
  }
}

/** Its own inverse, and exact for every element of the dtype. */
const turned = (x: Sym): Sym => (x.dtype === 'bool' ? x.not() : x.neg())
const NEIGHBOURS = 'conformance.neighbours'

/**
 * `program` as a compiled step has it: each input comes out of other nodes, each output goes into others and is returned
 * besides. The inputs are to be given turned (negated, or inverted for bool) and flipped along every axis; the outputs
 * are those of `program`, then those turned, then those repeated twice along a new axis. The whole stands in a composite
 * that core inlines; what stands in it stays.
 */
export function surrounded(program: Program): Program {
  const inner = new Builder()
  const inputs = program.inputs.map((type) => inner.input(type))
  const numbers = program.scalars.map((dtype) => inner.input({ dtype, shape: [] }))
  const produced = inputs.map((x) => turned(x.flip(x.shape.map((_, axis) => axis))))
  const results = inner.inline(program, [...produced, ...numbers])
  const body = inner.finish([
    ...results,
    ...results.map(turned),
    ...results.map((y) => y.reshape([1, ...y.shape]).expand([2, ...y.shape])),
  ])
  const types = valueTypes(body)
  const outer = new Builder()
  const args = [
    ...program.inputs.map((type) => outer.input(type)),
    ...program.scalars.map((dtype) => outer.scalar(dtype)),
  ]
  const runs = new Set(program.nodes.filter((node) => node.body !== undefined).map((node) => node.op))
  return inline(
    outer.finish(
      outer.node(
        NEIGHBOURS,
        {},
        args,
        body.outputs.map((value) => types[value]!),
        body,
      ),
    ),
    runs,
  )
}

/** `program` with its results, and those turned: as little around it as makes a loop. */
export function followed(program: Program): Program {
  const builder = new Builder()
  const results = builder.inline(
    program,
    program.inputs.map((type) => builder.input(type)),
  )
  return builder.finish([...results, ...results.map(turned)])
}

/** The elements that `surrounded` takes for those of the program's input. */
export function turnedElements({ dtype }: TensorType, data: ArrayLike<number>): Float64Array {
  const flipped = new Float64Array(data).toReversed()
  const { kind, round } = DTYPES[dtype]
  return flipped.map((x) => (kind === 'bool' ? 1 - x : round(-x)))
}
