/** PyTorch's configurations of SGD and the problem that they solve, for the checklist. */
import { randn, tensor, type Tensor } from '@glissade/core'
import type * as optim from '@glissade/core/optim'

export type Options = Partial<optim.SGDOptions>

/** Row 1: PyTorch's configurations. */
export const configurations: readonly Options[] = [
  {},
  { lr: 1e-2 },
  { lr: 1e-2, weightDecay: 0.5 },
  { lr: 1e-2, momentum: 0.9 },
  { lr: 1e-2, weightDecay: 0.1, maximize: true },
  { lr: 1e-2, momentum: 0.9, dampening: 0.5 },
  { lr: 1e-2, momentum: 0.9, weightDecay: 0.1 },
  { lr: 1e-2, momentum: 0.9, nesterov: true, weightDecay: 0.1 },
]
export const named = configurations.map((options): [string, Options] => [JSON.stringify(options), options])

export interface Problem {
  readonly weight: Tensor
  readonly bias: Tensor
  readonly loss: () => Tensor
}
/** sum((W x + b)^2) */
export function problem(weight: Tensor = randn([10, 5]), bias: Tensor = randn([10])): Problem {
  const x = randn([5])
  weight.requiresGrad = true
  bias.requiresGrad = true
  return { weight, bias, loss: () => weight.matmul(x).add(bias).pow(2).sum() }
}
export function trainStep(optimizer: optim.AnyOptimizer, loss: () => Tensor): Tensor {
  optimizer.zeroGrad()
  const value = loss()
  value.backward()
  optimizer.step()
  return value
}
export const values = (x: Tensor): number[] => [...x.dataSync()]
export const parameter = (...elements: number[]): Tensor => tensor(elements, { requiresGrad: true })
/** A parameter with this gradient. */
export function withGrad(elements: readonly number[], gradient: readonly number[]): Tensor {
  const p = parameter(...elements)
  p.grad = tensor([...gradient])
  return p
}
export const stateOf = (optimizer: optim.AnyOptimizer): unknown => {
  const { state, param_groups: groups } = optimizer.stateDict()
  return { state: JSON.parse(toJson(state)), groups }
}
/** Tensors as their elements. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && 'glissadeTensor' in item
      ? { shape: (item as Tensor).shape, data: values(item as Tensor) }
      : item,
  )
/** The other way. */
export const fromJson = (text: string): optim.OptimizerStateDict =>
  JSON.parse(text, (_, item: { shape: number[]; data: number[] } | null) =>
    item !== null && Array.isArray(item?.data) ? { shape: item.shape, data: Float32Array.from(item.data) } : item,
  ) as optim.OptimizerStateDict
