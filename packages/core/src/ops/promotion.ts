/** PyTorch's rules for operands of different dtypes and shapes. Source: https://pytorch.org/docs/stable/tensor_attributes.html */
import type { DType, Shape } from '../contract/contract.ts'
import { highest, isFloat, isHigherKind } from '../contract/dtype.ts'
import { ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'

/** The dtype of a result: 0-d operands count only where they are of a higher kind (bool, integer, float). */
export function resultType(operands: readonly { readonly dtype: DType; readonly shape: Shape }[]): DType {
  const dimensioned = operands.filter(({ shape }) => shape.length > 0).map(({ dtype }) => dtype)
  const zero = operands.filter(({ shape }) => shape.length === 0).map(({ dtype }) => dtype)
  if (dimensioned.length === 0) return highest(zero)
  const dtype = highest(dimensioned)
  if (zero.length === 0) return dtype
  const other = highest(zero)
  return isHigherKind(other, dtype) ? other : dtype
}

/** The common shape: aligned at the right, size 1 repeats. Throws ShapeError. */
export function broadcastShapes(operation: string, shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, axis) => {
    let size = 1
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1
      if (own === 1) continue
      if (size !== 1 && size !== own)
        throw new ShapeError(
          operation,
          shapes,
          `shapes do not broadcast: ${size} and ${own} at axis ${axis - rank} (sizes must be equal or 1)`,
        )
      size = own
    }
    return size
  })
}

export const broadcast = (operation: string, operands: readonly Sym[]): Sym[] => {
  const shape = broadcastShapes(
    operation,
    operands.map((x) => x.shape),
  )
  return operands.map((x) => x.expand(shape))
}

/** Operands of one dtype and shape. */
export function unify(operation: string, operands: readonly Sym[], dtype: DType = resultType(operands)): Sym[] {
  return broadcast(
    operation,
    operands.map((x) => x.cast(dtype)),
  )
}

/** Integers and bool become float32, as the operands of functions with real results do. */
export const toFloat = (x: Sym): Sym => (isFloat(x.dtype) ? x : x.cast('float32'))
