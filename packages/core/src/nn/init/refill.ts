/** How a tensor gets initial values: new ones from the host, without history. */
import type { Shape } from '../../contract/contract.ts'
import { DTypeError, ShapeError } from '../../contract/errors.ts'
import { isFloat } from '../../ir/type.ts'
import { defaultGenerator } from '../../random/default-generator.ts'
import type { FloatArray, Generator } from '../../random/generator.ts'
import { optional } from '../../signature/signature.ts'
import { called } from '../../engine/called.ts'
import { noGrad } from '../../engine/grad-node.ts'
import { filled } from '../../engine/host.ts'
import { generator } from '../../engine/kinds.ts'
import type { Tensor } from '../../tensor/tensor.ts'

/** The last row of every table of a function that draws. */
export const generatorOption = {
  /** Default: the generator that `manualSeed` seeds. */
  generator: optional(generator, defaultGenerator),
}

type Refill = (out: FloatArray, generator: Generator) => void

export function refill(tensor: Tensor, fill: Refill, source: Generator = defaultGenerator): Tensor {
  const { type, value } = tensor
  noGrad(() =>
    tensor.assign(filled(type, value.device, source, (from, out) => fill(out as FloatArray, from)) as Tensor),
  )
  return tensor
}

/** The same with numbers that are drawn. Errors: DTypeError for a tensor of integers, OptionError for no range of numbers. */
export function draw(operation: string, tensor: Tensor, source: Generator, fill: Refill): Tensor {
  if (!isFloat(tensor.dtype)) throw new DTypeError(operation, [tensor.dtype], 'the tensor must be of floating point')
  // Nothing to draw, and no fan to draw for.
  if (tensor.numel() === 0) return tensor
  return called(operation, () => refill(tensor, fill, source))
}

/** Rows and columns. Errors: ShapeError for another number of dimensions. */
export function matrix(operation: string, shape: Shape): readonly [number, number] {
  if (shape.length !== 2) throw new ShapeError(operation, [shape], 'only tensors with 2 dimensions are supported')
  return shape as readonly [number, number]
}
