/**
 * Programs of one node on the cpu backend. Operands and results lie behind other bytes in their storages and results
 * start as garbage, as in the scratch of a longer program.
 */
import {
  DTYPES,
  bytesOfElements,
  elementsFor,
  elementsOf,
  numel,
  type Attributes,
  type Backend,
  type DType,
  type Primitive,
  type Program,
  type Shape,
  type Slice,
  type TensorType,
} from '@glissade/core/backend'
import { evaluate } from '../../core/src/ir/evaluate.ts'
import { infer } from '../../core/src/ir/infer.ts'
import { cpu } from '../src/index.ts'

export interface Operand extends TensorType {
  readonly data: readonly number[]
}

export const operand = (dtype: DType, shape: Shape, data: readonly number[]): Operand => ({ dtype, shape, data })
/** float32, of one axis. */
export const f32 = (...data: number[]): Operand => operand('float32', [data.length], data)
export const f64 = (...data: number[]): Operand => operand('float64', [data.length], data)
export const i32 = (...data: number[]): Operand => operand('int32', [data.length], data)
export const u8 = (...data: number[]): Operand => operand('uint8', [data.length], data)
export const bool = (...data: number[]): Operand => operand('bool', [data.length], data)

const OFFSET = 16
const GARBAGE = 0xa5

const bytes = ({ dtype, shape }: TensorType): number => numel(shape) * DTYPES[dtype].bytes

/** A slice behind 16 bytes and before 16 more, all of them garbage. */
function room(backend: Backend, type: TensorType): Slice {
  const size = bytes(type)
  const storage = backend.allocate(size + 2 * OFFSET)
  const everything: TensorType = { dtype: 'uint8', shape: [storage.byteLength] }
  backend.write({ storage, byteOffset: 0, type: everything }, new Uint8Array(storage.byteLength).fill(GARBAGE))
  return { storage, byteOffset: OFFSET, type }
}

export function upload(backend: Backend, value: Operand): Slice {
  const slice = room(backend, value)
  const array = elementsFor(value.dtype, value.data.length)
  array.set(value.data)
  backend.write(slice, bytesOfElements(value.dtype, array))
  return slice
}

export function elements(backend: Backend, slice: Slice): number[] {
  return [...elementsOf(slice.type, backend.readSync!(slice))]
}

function isIntact(backend: Backend, { storage, byteOffset, type }: Slice): boolean {
  const all = backend.readSync!({ storage, byteOffset: 0, type: { dtype: 'uint8', shape: [storage.byteLength] } })
  const inside = (i: number): boolean => i >= byteOffset && i < byteOffset + bytes(type)
  return all.every((byte, i) => inside(i) || byte === GARBAGE)
}

export function oneNode<P extends Primitive>(op: P, attrs: Attributes[P], operands: readonly TensorType[]): Program {
  const types = infer(op, attrs, operands)
  const outputs = types.map((_, i) => operands.length + i)
  return {
    inputs: operands.map(({ dtype, shape }) => ({ dtype, shape })),
    scalars: [],
    nodes: [{ op, attrs, args: operands.map((_, i) => i), types }],
    outputs,
    donated: outputs.map(() => null),
  }
}

/** Runs any program; throws where it wrote beside its results. */
export function run(
  backend: Backend,
  program: Program,
  operands: readonly Operand[],
  scalars: readonly number[] = [],
): number[][] {
  const types: TensorType[] = [
    ...program.inputs,
    ...program.scalars.map((dtype): TensorType => ({ dtype, shape: [] })),
    ...program.nodes.flatMap((node) => node.types),
  ]
  const inputs = operands.map((value) => upload(backend, value))
  const outputs = program.outputs.map((value) => room(backend, types[value]!))
  const executable = backend.prepare(program)
  executable.run(inputs, outputs, Float64Array.from(scalars))
  executable.release()
  for (const slice of [...inputs, ...outputs])
    if (!isIntact(backend, slice)) throw new Error('it wrote outside of its results')
  return outputs.map((slice) => elements(backend, slice))
}

const backend = cpu()

/** The results of a primitive on the cpu backend. */
export const apply = <P extends Primitive>(op: P, attrs: Attributes[P], ...operands: Operand[]): number[][] =>
  run(backend, oneNode(op, attrs, operands), operands)

/** The results of a primitive as the evaluator defines them, rounded to the result's dtype. */
export const define = <P extends Primitive>(op: P, attrs: Attributes[P], ...operands: Operand[]): number[][] => {
  const program = oneNode(op, attrs, operands)
  return evaluate(
    program,
    operands.map(({ data }) => data),
    [],
    { round: true },
  ).map((values) => [...values])
}
