/** Elements that come from elsewhere, another device or host memory, to where a tensor is, and tensors that go elsewhere themselves. */
import type { Shape } from '../contract/contract.ts'
import { numel, type Elements } from '../contract/dtype.ts'
import { ShapeError } from '../contract/errors.ts'
import { noGrad } from '../engine/grad-node.ts'
import { downloadSync, parse, upload } from '../engine/host.ts'
import { Tensor } from './tensor.ts'

/** Elements in host memory, row-major, as files give them. */
export interface HostElements {
  readonly shape: Shape
  readonly data: Elements
}

export const isHostElements = (value: unknown): value is HostElements =>
  typeof value === 'object' &&
  value !== null &&
  ArrayBuffer.isView((value as Partial<HostElements>).data) &&
  Array.isArray((value as Partial<HostElements>).shape)

/**
 * The elements of `source` in a tensor of their own, which has the dtype of `target` and is where that is.
 * Errors: StateError where the source's device cannot be read at once; DTypeError for elements that the dtype cannot hold.
 */
export function copyFor(target: Tensor, source: Tensor | HostElements): Tensor {
  const { dtype } = target
  const { device } = target.value
  if (source instanceof Tensor && source.value.device === device) return noGrad(() => source.to(dtype).clone())
  const { shape } = source
  const data = source instanceof Tensor ? downloadSync('to', source) : source.data
  if (data.length !== numel(shape))
    throw new ShapeError('tensor', [[data.length], shape], `the shape needs ${numel(shape)} elements`)
  // Cast on the host: the two devices need not have the dtypes of each other.
  const { type, array } = parse(data, dtype, shape)
  return new Tensor(upload(type, device, array))
}

/**
 * Moves tensors, with their gradients, to what `arrive` gives for the values of each: all of them or, where it throws, none.
 * They stay the same objects.
 */
export function relocate(tensors: readonly Tensor[], arrive: (values: Tensor, of: Tensor) => Tensor): void {
  const arrived = tensors.map((tensor) => ({
    value: arrive(tensor.detach(), tensor).value,
    // Not `grad`, which throws where a compiled step used it up.
    grad: tensor.rawGrad === null ? null : arrive(tensor.rawGrad.detach(), tensor),
  }))
  for (const [i, { value, grad }] of arrived.entries()) {
    const tensor = tensors[i]!
    if (grad !== null) tensor.grad = null
    tensor.cell.moveTo(value)
    if (grad !== null) tensor.grad = grad
  }
}
