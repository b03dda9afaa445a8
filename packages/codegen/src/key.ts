/** What is the same for nodes that compute the same, wherever their operands lie: code that is written once for all of them. */
import { attributesKey, programKey, type Node, type TensorType } from '@glissade/core/backend'

const typesKey = (types: readonly TensorType[]): string =>
  types.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join()

/** A text that is equal for equal nodes over operands of equal types, within this process. */
export const nodeKey = ({ op, attrs, types, body }: Node, args: readonly TensorType[]): string =>
  `${op}${attributesKey(attrs)}(${typesKey(args)})${typesKey(types)}${body === undefined ? '' : programKey(body)}`
