/** Initial values, drawn as PyTorch draws them. Source: https://pytorch.org/docs/stable/nn.init.html */
import type { Shape } from '../backend/contract.ts'
import { numel } from '../backend/dtype.ts'
import { OptionError } from '../backend/errors.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import type { Generator } from '../random/generator.ts'
import { filled } from '../tensor/host.ts'
import { noGrad } from '../tensor/grad-node.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface InitOptions {
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator
}

function refill(tensor: Tensor, fill: (out: Float32Array) => void): Tensor {
  noGrad(() => tensor.assign(filled(tensor.type, tensor.value.device, (out) => fill(out as Float32Array)) as Tensor))
  return tensor
}

/** Uniform numbers in [a, b). */
export const uniform_ = (tensor: Tensor, a = 0, b = 1, { generator = defaultGenerator }: InitOptions = {}): Tensor =>
  refill(tensor, (out) => generator.uniform(out, a, b))

/** Normal numbers. */
export const normal_ = (tensor: Tensor, mean = 0, std = 1, { generator = defaultGenerator }: InitOptions = {}): Tensor =>
  refill(tensor, (out) => generator.normal(out, mean, std))

/** fan_in and fan_out: the sizes of dimensions 1 and 0, times the receptive field. */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2) throw new OptionError('init', `fan in and fan out need at least 2 dimensions (got [${shape.join(',')}])`)
  const field = numel(shape.slice(2))
  return { fanIn: shape[1]! * field, fanOut: shape[0]! * field }
}

export type Nonlinearity = 'linear' | 'conv' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu'

/** The recommended gain: 1 for linear, conv and sigmoid, 5/3 tanh, sqrt(2) relu, sqrt(2 / (1 + a^2)) leaky relu, 3/4 selu. */
export function calculateGain(nonlinearity: Nonlinearity, a = 0.01): number {
  const gains: { [N in Nonlinearity]: number } = {
    linear: 1, conv: 1, sigmoid: 1, tanh: 5 / 3, relu: Math.sqrt(2), leakyRelu: Math.sqrt(2 / (1 + a ** 2)), selu: 3 / 4,
  }
  const gain = gains[nonlinearity] as number | undefined
  if (gain === undefined) throw new OptionError('calculateGain', `unsupported nonlinearity ${nonlinearity}`)
  return gain
}

export interface KaimingOptions extends InitOptions {
  /** Slope of the leaky relu; default 0. */
  readonly a?: number
  /** Default 'fanIn'. */
  readonly mode?: 'fanIn' | 'fanOut'
  /** Default 'leakyRelu'. */
  readonly nonlinearity?: Nonlinearity
}

const kaimingStd = (tensor: Tensor, { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions): number =>
  calculateGain(nonlinearity, a) / Math.sqrt(fans(tensor.shape)[mode])

/** Uniform in +-sqrt(3) gain / sqrt(fan). He et al., https://arxiv.org/abs/1502.01852 */
export function kaimingUniform_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd(tensor, options)
  return uniform_(tensor, -bound, bound, options)
}
/** Normal with standard deviation gain / sqrt(fan). */
export const kaimingNormal_ = (tensor: Tensor, options: KaimingOptions = {}): Tensor => normal_(tensor, 0, kaimingStd(tensor, options), options)
