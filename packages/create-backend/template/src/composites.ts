/** Larger operations of core that this backend runs by kernels of its own; the bodies of all others come inlined. */
import type { CompositeKernel, CompositeKernels } from '@glissade/core/backend'
import { linesOf } from './kernels.js'

/** Three loops over each line, where the body makes seven passes over memory. */
const softmax: CompositeKernel<'softmax'> = ({ axis }, [x]) => {
  const lines = linesOf(x!.shape, axis)
  return ([from], [to]) => {
    for (const line of lines) {
      const max = line.reduce((most, place) => Math.max(most, from![place]!), -Infinity)
      // Subtracting the maximum keeps exp() finite; it cancels.
      const sum = line.reduce((total, place) => total + Math.exp(from![place]! - max), 0)
      for (const place of line) to![place] = Math.exp(from![place]! - max) / sum
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
