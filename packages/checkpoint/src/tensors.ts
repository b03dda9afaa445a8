/** Tensors of core on their way into a file. */
import type { Tensor } from '@glissade/core'
import { CheckpointError, type Refuse } from './error.ts'
import type { HostTensor } from './host-tensor.ts'

/** A tensor of any copy of core. */
export const isTensor = (value: unknown): value is Tensor =>
  (value as { glissadeTensor?: unknown } | null | undefined)?.glissadeTensor === true

/** int32 stands for PyTorch's int64, and is written as that. */
export const hosted = ({ dtype, shape }: Tensor, data: HostTensor['data']): HostTensor =>
  ({ dtype, shape, data, ...(dtype === 'int32' ? { as: 'int64' } : {}) }) as HostTensor

/** Its elements, where the device can be read at once. */
export function readAtOnce(tensor: Tensor, refuse: Refuse): HostTensor {
  try {
    return hosted(tensor, tensor.dataSync())
  } catch (error) {
    if (error instanceof CheckpointError) throw error
    return refuse(`its elements cannot be read at once (${String(error)}); await save(...) waits for them`)
  }
}
