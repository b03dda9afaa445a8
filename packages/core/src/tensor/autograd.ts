/** Gradients as functions. */
import { GradientError } from '../backend/errors.ts'
import { rootGradient, runBackward } from './backward.ts'
import type { Tensor } from './tensor.ts'

export interface GradOptions {
  /** dL/doutput for each output; needed unless an output has one element. */
  readonly gradOutputs?: readonly (Tensor | null)[]
  /** Record the backward, so that the gradients have gradients. Default false. */
  readonly createGraph?: boolean
  /** Keep what was saved for another backward. Default: `createGraph`. */
  readonly retainGraph?: boolean
  /** Give null for inputs that the outputs do not depend on, instead of throwing GradientError. Default false. */
  readonly allowUnused?: boolean
}

/**
 * Gradients of the sum of `outputs` with respect to `inputs`, without touching any `grad`.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
 */
export function grad(outputs: Tensor | readonly Tensor[], inputs: Tensor | readonly Tensor[], options: GradOptions & { readonly allowUnused: true }): (Tensor | null)[]
export function grad(outputs: Tensor | readonly Tensor[], inputs: Tensor | readonly Tensor[], options?: GradOptions): Tensor[]
export function grad(outputs: Tensor | readonly Tensor[], inputs: Tensor | readonly Tensor[], options: GradOptions = {}): (Tensor | null)[] {
  const roots = Array.isArray(outputs) ? (outputs as readonly Tensor[]) : [outputs as Tensor]
  const wanted = Array.isArray(inputs) ? (inputs as readonly Tensor[]) : [inputs as Tensor]
  for (const input of wanted) if (input.node === null) throw new GradientError('grad', 'an input does not require gradients')
  const { createGraph = false, retainGraph = createGraph, allowUnused = false } = options
  const grads = roots.map((root, i) => rootGradient('grad', root, options.gradOutputs?.[i]))
  const found = runBackward({ roots, grads, inputs: wanted, createGraph, retainGraph }) as (Tensor | null)[]
  if (!allowUnused && found.includes(null))
    throw new GradientError('grad', `input ${found.indexOf(null)} does not appear in the graph of the outputs; pass allowUnused to get null for it`)
  return found
}
