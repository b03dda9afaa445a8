/** All parameters as one vector, and back. */
import { OptionError, ShapeError } from '../contract/errors.ts'
import { signature } from '../signature/signature.ts'
import { apply } from '../engine/door.ts'
import { noGrad } from '../engine/grad-node.ts'
import { tensor } from '../engine/kinds.ts'
import { NONE, Op } from '../engine/op.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { listed, several } from './tensor-list.ts'

export const PARAMETERS_TO_VECTOR = /* @__PURE__ */ signature('parametersToVector', { parameters: several })
export const VECTOR_TO_PARAMETERS = /* @__PURE__ */ signature('vectorToParameters', {
  vector: tensor,
  parameters: several,
})

const joinOp: Op = /* @__PURE__ */ new Op('parametersToVector', (args, _, builder) => [
  builder.concat(
    args.map((x) => x.reshape([x.type.size])),
    0,
  ),
])
/** All elements as one vector, in order; gradients flow through it. Errors: OptionError where there are none. */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  PARAMETERS_TO_VECTOR.read(arguments)
  const list = listed('parametersToVector', parameters)
  if (list.length === 0) throw new OptionError('parametersToVector', 'there must be at least one parameter')
  return apply(joinOp, NONE, list)[0] as Tensor
}

/** Assigns parts of `vector` to the parameters, in order. Errors: ShapeError where the lengths differ. */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  VECTOR_TO_PARAMETERS.read(arguments)
  const list = listed('vectorToParameters', parameters)
  const total = list.reduce((sum, parameter) => sum + parameter.numel(), 0)
  if (vector.shape.length !== 1 || vector.numel() !== total)
    throw new ShapeError('vectorToParameters', [vector.shape], `the parameters have ${total} elements`)
  noGrad(() => {
    let start = 0
    for (const parameter of list) {
      parameter.assign(vector.narrow(0, start, parameter.numel()).reshape(parameter.shape))
      start += parameter.numel()
    }
  })
}
