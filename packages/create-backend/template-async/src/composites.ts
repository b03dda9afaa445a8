/** Larger operations of core that this backend runs by kernels of its own; the bodies of all others come inlined. */
import { numel } from '@glissade/core/backend'
import type { CompositeKernel, CompositeKernels } from '@glissade/core/backend'

/** Three loops over each line, where the body makes seven passes over memory. */
const softmax: CompositeKernel<'softmax'> = ({ axis }, [x]) => {
  const [size, inner] = [x!.shape[axis]!, numel(x!.shape.slice(axis + 1))]
  return ([from], [to]) => {
    for (let line = 0; line < to!.length / size; line++) {
      const start = Math.floor(line / inner) * size * inner + (line % inner)
      let [max, sum] = [-Infinity, 0]
      for (let j = 0; j < size; j++) max = Math.max(max, from![start + j * inner]!)
      // Subtracting the maximum keeps exp() finite; it cancels.
      for (let j = 0; j < size; j++) sum += Math.exp(from![start + j * inner]! - max)
      for (let j = 0; j < size; j++) to![start + j * inner] = Math.exp(from![start + j * inner]! - max) / sum
    }
  }
}

/** x / (1 + exp(-x)), in one pass over memory. */
const silu: CompositeKernel<'silu'> = () => ([x], [y]) => {
  for (let i = 0; i < y!.length; i++) y![i] = x![i]! / (1 + Math.exp(-x![i]!))
}

export const composites = { silu, softmax } satisfies CompositeKernels
