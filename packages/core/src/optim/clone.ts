/** Deep copies of parameter groups. */
import { isParameter, Parameter } from '../nn/parameter.ts'
import { noGrad } from '../engine/grad-node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { ParamGroup } from './param-group.ts'
import { copyOf } from './record.ts'

/** A tensor of its own with the same elements, gradient and wish for gradients. */
function copyParam(param: Tensor): Tensor {
  const data = noGrad(() => param.clone())
  const copy = isParameter(param) ? new Parameter(data, { requiresGrad: false }) : data
  copy.requiresGrad = param.requiresGrad
  const { rawGrad: grad } = param
  if (grad !== null) copy.grad = noGrad(() => grad.clone())
  return copy
}

/** A group with copies of its parameters; `copies` keeps one copy per parameter. */
export function copyGroup<O extends object>(
  { params, ...options }: ParamGroup<O>,
  copies: Map<Tensor, Tensor>,
): ParamGroup<O> {
  const own = params.map((param) => {
    let copy = copies.get(param)
    if (copy === undefined) copies.set(param, (copy = copyParam(param)))
    return copy
  })
  return { ...copyOf(options), params: own } as unknown as ParamGroup<O>
}
