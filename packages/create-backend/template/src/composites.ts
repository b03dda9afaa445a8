/** Larger operations of core that this backend runs by kernels of its own; the bodies of all others come inlined. */
import { numel } from '@glissade/core/backend'
import type { CompositeKernel, CompositeKernels } from '@glissade/core/backend'

/** Three loops over each line, where the body makes seven passes over memory. */
const softmax: CompositeKernel<'softmax'> = ({ axis }, [x]) => {
  const [size, inner] = [x!.shape[axis]!, numel(x!.shape.slice(axis + 1))]
  return ([from], [to]) => {
    for (let line = 0; line < to!.length / size; line++) {
      const start = Math.floor(line / inner) * size * inner + (line % inner)
      let max = -Infinity
      for (let j = 0; j < size; j++) max = Math.max(max, from![start + j * inner]!)
      let sum = 0
      // Subtracting the maximum keeps exp() finite; it cancels.
      for (let j = 0; j < size; j++) sum += Math.exp(from![start + j * inner]! - max)
      for (let j = 0; j < size; j++) to![start + j * inner] = Math.exp(from![start + j * inner]! - max) / sum
    }
  }
}

const f = Math.fround
/** Operands: p, g, the buffer where there is one, then weightDecay, momentum, 1 - dampening and lr. */
const sgd: CompositeKernel<'sgd'> = ({ first, momentum, weightDecay, nesterov, maximize }) => (args, [out, state]) => {
  const [p, grad] = args
  const buffer = momentum && !first ? args[2] : undefined
  const [decay, mu, keep, lr] = args.slice(-4).map((number) => number[0]!) as [number, number, number, number]
  for (let i = 0; i < out!.length; i++) {
    // Rounded after every operation, as the body is: the kit compares bits.
    let g = maximize ? -grad![i]! : grad![i]!
    if (weightDecay) g = f(g + f(p![i]! * decay))
    if (momentum) {
      const next = buffer === undefined ? g : f(f(buffer[i]! * mu) + f(g * keep))
      state![i] = next
      g = nesterov ? f(g + f(next * mu)) : next
    }
    out![i] = f(p![i]! - f(g * lr))
  }
}

export const composites = { sgd, softmax } satisfies CompositeKernels
