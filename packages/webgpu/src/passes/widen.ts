/**
 * Bytes exist at the border alone: inside of programs an element of bool or uint8 takes a word, which lanes can write apart. Inputs
 * and outputs of bytes are words of four elements each, unpacked before the first reader and packed after the last.
 */
import { bytesOf, DTYPES, valuesOf, type Node, type Program, type TensorType } from '@glissade/core/backend'

/** Names of the nodes that only this pass makes. */
export const UNPACK = 'unpack'
export const PACK = 'pack'

/** A program in words. */
export interface Widened {
  /** With types as they lie in memory: elements of four bytes, all of them. */
  readonly program: Program
  /** Per value what its elements are. */
  readonly types: readonly TensorType[]
}

const isBytes = ({ dtype }: TensorType): boolean => DTYPES[dtype].bytes === 1
const inWords = ({ shape }: TensorType): TensorType => ({ dtype: 'int32', shape })
const packed = (type: TensorType): TensorType => ({ dtype: 'int32', shape: [Math.ceil(bytesOf(type) / 4)] })

export function widen(program: Program): Widened {
  const { inputs, scalars, outputs, donated } = program
  const { starts, firstResult, types: given } = valuesOf(program)
  const types: TensorType[] = given
    .slice(0, firstResult)
    .map((type, value) => (value < inputs.length && isBytes(type) ? packed(type) : type))
  const nodes: Node[] = []
  const add = (node: Omit<Node, 'types'>, results: readonly TensorType[]): number => {
    nodes.push({ ...node, types: results.map((type) => (isBytes(type) ? inWords(type) : type)) })
    return types.push(...results) - results.length
  }
  const valueAt = given.map((_, value) => value)
  inputs.forEach((type, input) => {
    if (isBytes(type)) valueAt[input] = add({ op: UNPACK, attrs: {}, args: [input] }, [type])
  })
  program.nodes.forEach((node, i) => {
    const first = add({ ...node, args: node.args.map((arg) => valueAt[arg]!) }, node.types)
    node.types.forEach((_, k) => (valueAt[starts[i]! + k] = first + k))
  })
  const packedOutputs = outputs.map((output) => {
    const value = valueAt[output]!
    return isBytes(given[output]!) ? add({ op: PACK, attrs: {}, args: [value] }, [packed(given[output]!)]) : value
  })
  const words = { inputs: types.slice(0, inputs.length), scalars, nodes, outputs: packedOutputs, donated }
  return { program: words, types }
}
