/** Writes ONNX graphs: nodes, constants, and the protobuf message of the whole. */
import { bytesOfElements, elementsFor, numel } from '@glissade/core/backend'
import type { DType, Shape, TensorType } from '@glissade/core/backend'
import type { onnx as schema } from 'onnx-proto'
import proto from 'onnx-proto'

// CommonJS: Node sees its default export only.
const { onnx } = proto

/** Element types with their numbers in onnx.proto; int64 is what ONNX wants its indices and shapes in. */
export type OnnxType = DType | 'int64'
// oxfmt-ignore
const NUMBERS: { readonly [D in OnnxType]: number } = {
  float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11,
}
/** The first opset with axes of every reduction as an operand and bitwise operations. */
const OPSET = 18
const IR = 8

export interface Value {
  readonly name: string
  readonly type: TensorType
}
type Attribute = number | string | readonly number[]

const attribute = (name: string, value: Attribute): schema.IAttributeProto => {
  const { AttributeType } = onnx.AttributeProto
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value }
  if (typeof value === 'string') return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) }
  return { name, type: AttributeType.INTS, ints: [...value] }
}

function rawData(dtype: OnnxType, elements: ArrayLike<number>): Uint8Array {
  if (dtype === 'int64') return new Uint8Array(BigInt64Array.from(Array.from(elements, BigInt)).buffer)
  const typed = elementsFor(dtype, elements.length)
  typed.set(elements)
  return bytesOfElements(dtype, typed)
}

const info = ({ name, type }: Value): schema.IValueInfoProto => ({
  name,
  type: { tensorType: { elemType: NUMBERS[type.dtype], shape: { dim: type.shape.map((dimValue) => ({ dimValue })) } } },
})

export class Graph {
  readonly #nodes: schema.INodeProto[] = []
  readonly #constants: schema.ITensorProto[] = []
  readonly #known: Map<string, string> = new Map()
  #count = 0
  /** Put into the names of nodes, which messages of the runtime show. */
  origin = ''

  /** A node with one result. */
  op(type: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.ops(type, inputs, attributes, 1)[0]!
  }
  ops(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    results: number,
  ): string[] {
    const output = Array.from({ length: results }, () => `v${this.#count++}`)
    this.#nodes.push({
      opType: type,
      name: `${this.origin}#${this.#nodes.length}`,
      input: [...inputs],
      output,
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    })
    return output
  }
  constant(dtype: OnnxType, dims: Shape, elements: ArrayLike<number>): string {
    const few = elements.length <= 16
    const key = few
      ? `${dtype}[${dims.join()}]${Array.from(elements, (x) => (Object.is(x, -0) ? '-0' : x)).join()}`
      : ''
    const known = this.#known.get(key)
    if (few && known !== undefined) return known
    const name = `c${this.#count++}`
    this.#constants.push({ name, dims: [...dims], dataType: NUMBERS[dtype], rawData: rawData(dtype, elements) })
    if (few) this.#known.set(key, name)
    return name
  }
  number(dtype: OnnxType, value: number): string {
    return this.constant(dtype, [], [value])
  }
  /** A list of axes or sizes. */
  list(values: readonly number[]): string {
    return this.constant('int64', [values.length], values)
  }
  fill(dtype: DType, shape: Shape, value: number): string {
    if (numel(shape) === 0) return this.constant(dtype, shape, [])
    return this.op('Expand', [this.number(dtype, value), this.list(shape)])
  }
  cast(value: string, dtype: OnnxType): string {
    return this.op('Cast', [value], { to: NUMBERS[dtype] })
  }
  reshape(value: string, shape: Shape): string {
    return this.op('Reshape', [value, this.list(shape)], { allowzero: 1 })
  }

  /** The model. Outputs get names of their own, so that one value may be several. */
  finish(inputs: readonly Value[], outputs: readonly Value[]): Uint8Array {
    const results = outputs.map(({ name, type }, i): Value => {
      this.#nodes.push({ opType: 'Identity', name: `output${i}`, input: [name], output: [`out${i}`] })
      return { name: `out${i}`, type }
    })
    return onnx.ModelProto.encode({
      irVersion: IR,
      producerName: 'glissade',
      opsetImport: [{ domain: '', version: OPSET }],
      graph: {
        name: 'program',
        node: this.#nodes,
        initializer: this.#constants,
        input: inputs.map(info),
        output: results.map(info),
      },
    }).finish()
  }
}
