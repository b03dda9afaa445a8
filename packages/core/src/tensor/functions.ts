/** Functions over tensors: those that join several, and the methods for who writes `exp(x)`. None reads values. */
import { OptionError } from '../backend/errors.ts'
import { byName } from './by-name.ts'
import type { Arg } from './door.ts'
import type { CloseOptions, Combined, Fits, Operand, Promoted, RealCombined, ShapeOf } from './methods/arithmetic.ts'
import type { AlongOptions } from './methods/movement.ts'
import type { Multiplied, Outer } from './methods/product.ts'
import { one } from './one.ts'
import { NONE, type Op } from './op.ts'
import * as arithmetic from './ops/arithmetic.ts'
import * as arrangement from './ops/arrangement.ts'
import { normalizeDim } from './ops/axes.ts'
import { einsum as einsumOp, tensordot as tensordotOp } from './ops/einsum.ts'
import { broadcastShapes } from './ops/promotion.ts'
import type { Inserted, Resized } from './static-axis.ts'
import type { PromoteAll, Real } from './static-dtype.ts'
import type { Broadcast, Multiplies } from './static-shape.ts'
import type { Tensor } from './tensor.ts'

function several(operation: string, tensors: readonly Tensor[]): readonly Tensor[] {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new OptionError(operation, 'needs a list with at least one tensor')
  return tensors
}
function dimOf(operation: string, options: AlongOptions): number {
  byName(operation, options)
  return options.dim ?? 0
}
/** Tensors joined along an existing dimension; dtypes promote. Source: https://pytorch.org/docs/stable/generated/torch.cat.html */
export const cat = <const L extends readonly Tensor[], R extends number = 0>(
  tensors: L,
  options: AlongOptions<R> = {},
): Tensor<Resized<L[number]['shape'], R, number>, PromoteAll<L>> =>
  one(arrangement.cat, { dim: dimOf('cat', options) }, ...several('cat', tensors))
/** Tensors of one shape joined along a new dimension. */
export const stack = <const L extends readonly Tensor[], R extends number = 0>(
  tensors: L,
  options: AlongOptions<R> = {},
): Tensor<Inserted<L[number]['shape'], R, L['length']>, PromoteAll<L>> =>
  one(arrangement.stack, { dim: dimOf('stack', options) }, ...several('stack', tensors))
/** Joined along the second dimension; vectors along their only one. */
export const hstack = (tensors: readonly Tensor[]): Tensor =>
  cat(tensors, { dim: several('hstack', tensors)[0]!.shape.length < 2 ? 0 : 1 })
/** Joined along the first dimension; vectors as rows. */
export const vstack = (tensors: readonly Tensor[]): Tensor =>
  cat(several('vstack', tensors).map((x) => (x.shape.length < 2 ? x.reshape([1, -1]) : x)))

/** Elements of `a` where the condition is true, else of `b`; numbers may stand for either. */
export const where = <C extends Tensor, A extends Operand, B extends Operand>(
  condition: C,
  a: A & Fits<'where', C, A>,
  b: B & Fits<'where', C, B>,
): Tensor<Broadcast<Broadcast<ShapeOf<A>, ShapeOf<B>>, C['shape']>, Promoted<A, B>> =>
  one(arithmetic.where, NONE, condition, a as Arg, b as Arg)
/** Sums of products by Einstein's convention, `'bij,bjk->bik'`. Source: https://pytorch.org/docs/stable/generated/torch.einsum.html */
export const einsum = (equation: string, ...operands: readonly Tensor[]): Tensor =>
  one(einsumOp, { equation }, ...operands)

export interface TensordotOptions {
  /** How many dimensions, or which ones of `a` and of `b`; default 2. */
  readonly dims?: number | readonly [readonly number[], readonly number[]]
}
/**
 * Sums of products over the last `dims` dimensions of `a` and the first of `b`, or over those named.
 * Source: https://pytorch.org/docs/stable/generated/torch.tensordot.html
 */
export function tensordot(a: Tensor, b: Tensor, { dims = 2 }: TensordotOptions = {}): Tensor {
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
export interface MeshgridOptions {
  /** Whether the first vector runs along rows ('ij') or columns ('xy'); default 'ij'. */
  readonly indexing?: 'ij' | 'xy'
}
/** Grids of the coordinates in vectors: 'ij' (the default) with the first one along rows, 'xy' along columns. */
export function meshgrid(vectors: readonly Tensor[], { indexing = 'ij' }: MeshgridOptions = {}): Tensor[] {
  const place = (axis: number): number => (indexing === 'xy' && axis < 2 && vectors.length > 1 ? 1 - axis : axis)
  return broadcastTensors(
    ...vectors.map((x, axis) => x.reshape(vectors.map((_, other) => (other === place(axis) ? -1 : 1)))),
  )
}

const binary =
  <N extends string>(op: Op): Binary<N> =>
  (a, b) =>
    one(op, NONE, a as Arg, b as Arg)
type Binary<N extends string> = <A extends Operand, B extends Operand>(a: A, b: B & Fits<N, A, B>) => Combined<A, B>
/** Arithmetic where the first operand may be a number: `sub(1, x)`. */
export const add: Binary<'add'> = /* @__PURE__ */ binary(arithmetic.add)
export const sub: Binary<'sub'> = /* @__PURE__ */ binary(arithmetic.sub)
export const mul: Binary<'mul'> = /* @__PURE__ */ binary(arithmetic.mul)
export const div = <A extends Operand, B extends Operand>(a: A, b: B & Fits<'div', A, B>): RealCombined<A, B> =>
  one(arithmetic.div, NONE, a as Arg, b as Arg)
export const pow: Binary<'pow'> = /* @__PURE__ */ binary(arithmetic.pow)
export const remainder: Binary<'remainder'> = /* @__PURE__ */ binary(arithmetic.rem)
export const maximum: Binary<'maximum'> = /* @__PURE__ */ binary(arithmetic.maximum)
export const minimum: Binary<'minimum'> = /* @__PURE__ */ binary(arithmetic.minimum)

export function matmul<A extends Tensor, B extends Tensor>(
  a: A,
  b: B & Multiplies<'matmul', A['shape'], B['shape']>,
): Multiplied<A, B>
export function matmul(a: Tensor, b: Tensor): Tensor {
  return a.matmul(b)
}
export function outer<A extends Tensor, B extends Tensor>(
  a: A,
  b: B,
): Tensor<Outer<A['shape'], B['shape']>, Promoted<A, B>>
export function outer(a: Tensor, b: Tensor): Tensor {
  return a.outer(b)
}
export const abs = <T extends Tensor>(x: T): Tensor<T['shape'], T['dtype']> => x.abs()
export const exp = <T extends Tensor>(x: T): Tensor<T['shape'], Real<T['dtype']>> => x.exp()
export const log = <T extends Tensor>(x: T): Tensor<T['shape'], Real<T['dtype']>> => x.log()
export const sqrt = <T extends Tensor>(x: T): Tensor<T['shape'], Real<T['dtype']>> => x.sqrt()
export const sin = <T extends Tensor>(x: T): Tensor<T['shape'], Real<T['dtype']>> => x.sin()
export const cos = <T extends Tensor>(x: T): Tensor<T['shape'], Real<T['dtype']>> => x.cos()
export const tanh = <T extends Tensor>(x: T): Tensor<T['shape'], Real<T['dtype']>> => x.tanh()
export const sigmoid = <T extends Tensor>(x: T): Tensor<T['shape'], Real<T['dtype']>> => x.sigmoid()
export const relu = <T extends Tensor>(x: T): Tensor<T['shape'], T['dtype']> => x.relu()

/** Whether all elements are close: |a - b| <= atol + rtol |b|. Waits for the answer. */
export const allclose = (a: Tensor, b: Tensor, options: CloseOptions = {}): Promise<boolean> => a.allclose(b, options)
/** Whether something is a tensor of any copy of this library. */
export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && (value as { glissadeTensor?: unknown }).glissadeTensor === true
