/** Evaluates one primitive on operands written as literals. */
import type { Attributes, DType, Primitive, Program, Shape } from '../../src/contract/contract.ts'
import { evaluate, type EvaluateOptions } from '../../src/ir/evaluate.ts'
import { infer } from '../../src/ir/infer.ts'
import { typeOf, type Type } from '../../src/ir/type.ts'

export interface Operand {
  readonly type: Type
  readonly elements: readonly number[]
}

const operand =
  (dtype: DType) =>
  (shape: Shape, ...elements: number[]): Operand => ({ type: typeOf(dtype, shape), elements })

export const f32 = operand('float32')
export const f64 = operand('float64')
export const i32 = operand('int32')
export const u8 = operand('uint8')
export const bool = operand('bool')

export function oneNode<P extends Primitive>(op: P, attrs: Attributes[P], inputs: readonly Type[]): Program {
  const types = infer(op, attrs, inputs)
  const args = inputs.map((_, i) => i)
  const outputs = types.map((_, i) => inputs.length + i)
  return { inputs, scalars: [], nodes: [{ op, attrs, args, types }], outputs, donated: outputs.map(() => null) }
}

export function compute<P extends Primitive>(
  op: P,
  attrs: Attributes[P],
  operands: readonly Operand[],
  options: EvaluateOptions = {},
): number[][] {
  const program = oneNode(
    op,
    attrs,
    operands.map(({ type }) => type),
  )
  return evaluate(
    program,
    operands.map(({ elements }) => elements),
    [],
    options,
  ).map((data) => [...data])
}
