/** Functions over tensors: those that join several, and the methods for who writes `exp(x)`. None reads values. */
import { OptionError } from '../backend/errors.ts'
import type { Arg } from './door.ts'
import type { Operand } from './methods/arithmetic.ts'
import { one } from './one.ts'
import { NONE, type Op } from './op.ts'
import * as arithmetic from './ops/arithmetic.ts'
import * as arrangement from './ops/arrangement.ts'
import { normalizeDim } from './ops/axes.ts'
import { einsum as einsumOp, tensordot as tensordotOp } from './ops/einsum.ts'
import { broadcastShapes } from './ops/promotion.ts'
import type { Tensor } from './tensor.ts'

/** Default 0. */
interface AlongOptions {
  readonly dim?: number
}

function several(operation: string, tensors: readonly Tensor[]): readonly Tensor[] {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new OptionError(operation, 'needs a list with at least one tensor')
  return tensors
}
/** Tensors joined along an existing dimension; dtypes promote. Source: https://pytorch.org/docs/stable/generated/torch.cat.html */
export const cat = (tensors: readonly Tensor[], { dim = 0 }: AlongOptions = {}): Tensor =>
  one(arrangement.cat, { dim }, ...several('cat', tensors))
/** Tensors of one shape joined along a new dimension. */
export const stack = (tensors: readonly Tensor[], { dim = 0 }: AlongOptions = {}): Tensor =>
  one(arrangement.stack, { dim }, ...several('stack', tensors))
/** Joined along the second dimension; vectors along their only one. */
export const hstack = (tensors: readonly Tensor[]): Tensor =>
  cat(tensors, { dim: several('hstack', tensors)[0]!.shape.length < 2 ? 0 : 1 })
/** Joined along the first dimension; vectors as rows. */
export const vstack = (tensors: readonly Tensor[]): Tensor =>
  cat(several('vstack', tensors).map((x) => (x.shape.length < 2 ? x.reshape([1, -1]) : x)))

/** Elements of `a` where the condition is true, else of `b`; numbers may stand for either. */
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  one(arithmetic.where, NONE, condition, a as Arg, b as Arg)
/** Sums of products by Einstein's convention, `'bij,bjk->bik'`. Source: https://pytorch.org/docs/stable/generated/torch.einsum.html */
export const einsum = (equation: string, ...operands: readonly Tensor[]): Tensor =>
  one(einsumOp, { equation }, ...operands)

/**
 * Sums of products over the last `dims` dimensions of `a` and the first of `b`, or over those named.
 * Source: https://pytorch.org/docs/stable/generated/torch.tensordot.html
 */
export function tensordot(
  a: Tensor,
  b: Tensor,
  { dims = 2 }: { readonly dims?: number | readonly [readonly number[], readonly number[]] } = {},
): Tensor {
  const [rank, otherRank] = [a.shape.length, b.shape.length]
  const pairs: readonly [readonly number[], readonly number[]] =
    typeof dims === 'number'
      ? [Array.from({ length: dims }, (_, i) => rank - dims + i), Array.from({ length: dims }, (_, i) => i)]
      : dims
  const left = pairs[0].map((dim) => normalizeDim('tensordot', dim, rank))
  const right = pairs[1].map((dim) => normalizeDim('tensordot', dim, otherRank))
  if (left.length !== right.length) throw new OptionError('tensordot', 'needs as many dimensions of both')
  return one(tensordotOp, { left, right }, a, b)
}

/** The tensors expanded to their common shape; views. */
export function broadcastTensors(...tensors: readonly Tensor[]): Tensor[] {
  const shape = broadcastShapes(
    'broadcastTensors',
    tensors.map((x) => x.shape),
  )
  return tensors.map((x) => x.expand(shape))
}
/** Grids of the coordinates in vectors: 'ij' (the default) with the first one along rows, 'xy' along columns. */
export function meshgrid(
  vectors: readonly Tensor[],
  { indexing = 'ij' }: { readonly indexing?: 'ij' | 'xy' } = {},
): Tensor[] {
  const place = (axis: number): number => (indexing === 'xy' && axis < 2 && vectors.length > 1 ? 1 - axis : axis)
  return broadcastTensors(
    ...vectors.map((x, axis) => x.reshape(vectors.map((_, other) => (other === place(axis) ? -1 : 1)))),
  )
}

const binary =
  (op: Op) =>
  (a: Operand, b: Operand): Tensor =>
    one(op, NONE, a as Arg, b as Arg)
type Binary = (a: Operand, b: Operand) => Tensor
/** Arithmetic where the first operand may be a number: `sub(1, x)`. */
export const add: Binary = /* @__PURE__ */ binary(arithmetic.add)
export const sub: Binary = /* @__PURE__ */ binary(arithmetic.sub)
export const mul: Binary = /* @__PURE__ */ binary(arithmetic.mul)
export const div: Binary = /* @__PURE__ */ binary(arithmetic.div)
export const pow: Binary = /* @__PURE__ */ binary(arithmetic.pow)
export const remainder: Binary = /* @__PURE__ */ binary(arithmetic.rem)
export const maximum: Binary = /* @__PURE__ */ binary(arithmetic.maximum)
export const minimum: Binary = /* @__PURE__ */ binary(arithmetic.minimum)

export const matmul = (a: Tensor, b: Tensor): Tensor => a.matmul(b)
export const outer = (a: Tensor, b: Tensor): Tensor => a.outer(b)
export const abs = (x: Tensor): Tensor => x.abs()
export const exp = (x: Tensor): Tensor => x.exp()
export const log = (x: Tensor): Tensor => x.log()
export const sqrt = (x: Tensor): Tensor => x.sqrt()
export const sin = (x: Tensor): Tensor => x.sin()
export const cos = (x: Tensor): Tensor => x.cos()
export const tanh = (x: Tensor): Tensor => x.tanh()
export const sigmoid = (x: Tensor): Tensor => x.sigmoid()
export const relu = (x: Tensor): Tensor => x.relu()

/** Whether all elements are close: |a - b| <= atol + rtol |b|. Waits for the answer. */
export const allclose = (a: Tensor, b: Tensor, options: Parameters<Tensor['allclose']>[1] = {}): Promise<boolean> =>
  a.allclose(b, options)
/** Whether something is a tensor of any copy of this library. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && (value as { glissadeTensor?: unknown }).glissadeTensor === true
