/** Functions over tensors: those that join several, and the methods for who writes `exp(x)`. None reads values. */
import { OptionError, ShapeError } from '../contract/errors.ts'
import { called } from '../engine/called.ts'
import { any, either, kind, natural, oneOf, string, type Kind } from '../signature/kind.ts'
import { optional, rest, signature, type OptionsOf } from '../signature/signature.ts'
import type { Arg } from '../engine/door.ts'
import { dimList, operand, tensor } from '../engine/kinds.ts'
import {
  closeOptions,
  type CloseOptions,
  type Combined,
  type Fits,
  type Operand,
  type Promoted,
  type RealCombined,
  type OperandShape,
} from './methods/arithmetic.ts'
import { alongOptions, type AlongOptions } from './methods/movement.ts'
import type { Multiplied, Outer } from './methods/product.ts'
import { one } from './one.ts'
import { NONE, type Op } from '../engine/op.ts'
import * as arithmetic from '../ops/arithmetic.ts'
import * as arrangement from '../ops/arrangement.ts'
import { normalizeDim } from '../ops/axes.ts'
import { einsum as einsumOp, tensordot as tensordotOp } from '../ops/einsum.ts'
import { broadcastShapes } from '../ops/promotion.ts'
import type { Inserted, Resized } from './static-axis.ts'
import type { DTypeOf, PromoteAll, Real } from './static-dtype.ts'
import type { Broadcast, Multiplies, ShapeOf } from './static-shape.ts'
import type { Tensor } from './tensor.ts'

const several: Kind<readonly Tensor[]> = /* @__PURE__ */ kind(
  'a list of at least one tensor',
  (value) => Array.isArray(value) && value.length > 0 && value.every(tensor.accepts),
)
const tensordotOptions = {
  /** How many dimensions, or which ones of `a` and of `b`; default 2. */
  dims: optional(
    either(
      natural,
      kind<readonly [readonly number[], readonly number[]]>(
        'two lists of dimensions',
        (value) => Array.isArray(value) && value.length === 2 && value.every(dimList.accepts),
      ),
    ),
    2,
  ),
}
export interface TensordotOptions extends OptionsOf<typeof tensordotOptions> {}
const meshgridOptions = {
  /** Whether the first vector runs along rows ('ij') or columns ('xy'); default 'ij'. */
  indexing: optional(oneOf('ij', 'xy'), 'ij'),
}
export interface MeshgridOptions extends OptionsOf<typeof meshgridOptions> {}
const two = { a: operand, b: operand }
const twoTensors = { a: tensor, b: tensor }

export const CAT = /* @__PURE__ */ signature('cat', { tensors: several }, alongOptions)
export const STACK = /* @__PURE__ */ signature('stack', { tensors: several }, alongOptions)
export const HSTACK = /* @__PURE__ */ signature('hstack', { tensors: several })
export const VSTACK = /* @__PURE__ */ signature('vstack', { tensors: several })
export const WHERE = /* @__PURE__ */ signature('where', { condition: tensor, ...two })
export const EINSUM = /* @__PURE__ */ signature('einsum', { equation: string, operands: rest(tensor) })
export const TENSORDOT = /* @__PURE__ */ signature('tensordot', twoTensors, tensordotOptions)
export const BROADCAST_TENSORS = /* @__PURE__ */ signature('broadcastTensors', { tensors: rest(tensor) })
export const MESHGRID = /* @__PURE__ */ signature('meshgrid', { vectors: several }, meshgridOptions)
export const MATMUL = /* @__PURE__ */ signature('matmul', twoTensors)
export const OUTER = /* @__PURE__ */ signature('outer', twoTensors)
export const ALLCLOSE = /* @__PURE__ */ signature('allclose', twoTensors, closeOptions)
export const IS_TENSOR = /* @__PURE__ */ signature('isTensor', { value: optional(any<unknown>(), null) })

/** Tensors joined along an existing dimension; dtypes promote. Source: https://pytorch.org/docs/stable/generated/torch.cat.html */
export function cat<const L extends readonly Tensor[], R extends number = 0>(
  tensors: L,
  options?: AlongOptions<R>,
): Tensor<Resized<ShapeOf<L[number]>, R, number>, PromoteAll<L>>
export function cat(joined: readonly Tensor[]): Tensor {
  return one(arrangement.cat, { dim: CAT.read(arguments).dim }, ...joined)
}
/** Tensors of one shape joined along a new dimension. Source: https://pytorch.org/docs/stable/generated/torch.stack.html */
export function stack<const L extends readonly Tensor[], R extends number = 0>(
  tensors: L,
  options?: AlongOptions<R>,
): Tensor<Inserted<ShapeOf<L[number]>, R, L['length']>, PromoteAll<L>>
export function stack(joined: readonly Tensor[]): Tensor {
  return one(arrangement.stack, { dim: STACK.read(arguments).dim }, ...joined)
}
/**
 * Joined along the second dimension; vectors along their only one.
 * Source: https://pytorch.org/docs/stable/generated/torch.hstack.html
 */
export function hstack(tensors: readonly Tensor[]): Tensor {
  HSTACK.read(arguments)
  return called('hstack', () => one(arrangement.cat, { dim: tensors[0]!.shape.length < 2 ? 0 : 1 }, ...tensors))
}
/** Joined along the first dimension; vectors as rows. Source: https://pytorch.org/docs/stable/generated/torch.vstack.html */
export function vstack(tensors: readonly Tensor[]): Tensor {
  VSTACK.read(arguments)
  const rows = tensors.map((x) => (x.shape.length < 2 ? x.reshape([1, x.numel()]) : x))
  return called('vstack', () => one(arrangement.cat, { dim: 0 }, ...rows))
}

/**
 * Elements of `a` where the condition is true, else of `b`; numbers may stand for either.
 * Source: https://pytorch.org/docs/stable/generated/torch.where.html
 */
export function where<C extends Tensor, A extends Operand, B extends Operand>(
  condition: C,
  a: A & Fits<'where', C, A>,
  b: B & Fits<'where', C, B>,
): Tensor<Broadcast<Broadcast<OperandShape<A>, OperandShape<B>>, ShapeOf<C>>, Promoted<A, B>>
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  WHERE.read(arguments)
  return one(arithmetic.where, NONE, condition, a as Arg, b as Arg)
}
/**
 * Sums of products by Einstein's convention, `'bij,bjk->bik'`.
 * Source: https://pytorch.org/docs/stable/generated/torch.einsum.html
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  EINSUM.read(arguments)
  return one(einsumOp, { equation }, ...operands)
}

/**
 * Sums of products over the last `dims` dimensions of `a` and the first of `b`, or over those named.
 * Source: https://pytorch.org/docs/stable/generated/torch.tensordot.html
 */
export function tensordot(a: Tensor, b: Tensor, options?: TensordotOptions): Tensor
export function tensordot(a: Tensor, b: Tensor): Tensor {
  const { dims } = TENSORDOT.read(arguments)
  const [rank, otherRank] = [a.shape.length, b.shape.length]
  if (typeof dims === 'number' && dims > Math.min(rank, otherRank))
    throw new OptionError('tensordot', `dims must be at most ${Math.min(rank, otherRank)} here (got ${dims})`)
  const pairs: readonly [readonly number[], readonly number[]] =
    typeof dims === 'number'
      ? [Array.from({ length: dims }, (_, i) => rank - dims + i), Array.from({ length: dims }, (_, i) => i)]
      : dims
  const left = pairs[0].map((dim) => normalizeDim('tensordot', dim, rank))
  const right = pairs[1].map((dim) => normalizeDim('tensordot', dim, otherRank))
  if (left.length !== right.length) throw new OptionError('tensordot', 'needs as many dimensions of both')
  return called('tensordot', () => one(tensordotOp, { left, right }, a, b))
}

/**
 * The tensors expanded to their common shape; views.
 * Source: https://pytorch.org/docs/stable/generated/torch.broadcast_tensors.html
 */
export function broadcastTensors(...tensors: readonly Tensor[]): Tensor[] {
  BROADCAST_TENSORS.read(arguments)
  return broadcast('broadcastTensors', tensors)
}
function broadcast(operation: string, tensors: readonly Tensor[]): Tensor[] {
  const shape = broadcastShapes(
    operation,
    tensors.map((x) => x.shape),
  )
  return called(operation, () => tensors.map((x) => x.expand(shape)))
}
/**
 * Grids of the coordinates in vectors: 'ij' (the default) with the first one along rows, 'xy' along columns.
 * Source: https://pytorch.org/docs/stable/generated/torch.meshgrid.html
 */
export function meshgrid(vectors: readonly Tensor[], options?: MeshgridOptions): Tensor[]
export function meshgrid(vectors: readonly Tensor[]): Tensor[] {
  const { indexing } = MESHGRID.read(arguments)
  const place = (axis: number): number => (indexing === 'xy' && axis < 2 && vectors.length > 1 ? 1 - axis : axis)
  const lines = vectors.map((x, axis) => {
    if (x.shape.length > 1) throw new ShapeError('meshgrid', [x.shape], 'needs vectors')
    return x.reshape(vectors.map((_, other) => (other === place(axis) ? x.numel() : 1)))
  })
  return broadcast('meshgrid', lines)
}

// ---- Methods as functions --------------------------------------------------------------------------------------------

function binary<F>(name: string, op: Op): F {
  const takes = signature(name, two)
  return function (a: Operand, b: Operand): Tensor {
    takes.read(arguments)
    return one(op, NONE, a as Arg, b as Arg)
  } as F
}
type Binary<N extends string> = <A extends Operand, B extends Operand>(a: A, b: B & Fits<N, A, B>) => Combined<A, B>
/**
 * a + b. In these functions the first operand may be a number: `sub(1, x)`.
 * Source: https://pytorch.org/docs/stable/generated/torch.add.html
 */
export const add: Binary<'add'> = /* @__PURE__ */ binary('add', arithmetic.add)
/** a - b. Source: https://pytorch.org/docs/stable/generated/torch.sub.html */
export const sub: Binary<'sub'> = /* @__PURE__ */ binary('sub', arithmetic.sub)
/**
 * a b, element by element; `matmul` is the product of matrices.
 * Source: https://pytorch.org/docs/stable/generated/torch.mul.html
 */
export const mul: Binary<'mul'> = /* @__PURE__ */ binary('mul', arithmetic.mul)
/** a / b; integers become float32. Source: https://pytorch.org/docs/stable/generated/torch.div.html */
export const div: <A extends Operand, B extends Operand>(a: A, b: B & Fits<'div', A, B>) => RealCombined<A, B> =
  /* @__PURE__ */ binary('div', arithmetic.div)
/** a to the power b. Source: https://pytorch.org/docs/stable/generated/torch.pow.html */
export const pow: Binary<'pow'> = /* @__PURE__ */ binary('pow', arithmetic.pow)
/** The remainder of a / b, with the sign of b. Source: https://pytorch.org/docs/stable/generated/torch.remainder.html */
export const remainder: Binary<'remainder'> = /* @__PURE__ */ binary('remainder', arithmetic.rem)
/** The greater element; NaN where either is. Source: https://pytorch.org/docs/stable/generated/torch.maximum.html */
export const maximum: Binary<'maximum'> = /* @__PURE__ */ binary('maximum', arithmetic.maximum)
/** The lesser element; NaN where either is. Source: https://pytorch.org/docs/stable/generated/torch.minimum.html */
export const minimum: Binary<'minimum'> = /* @__PURE__ */ binary('minimum', arithmetic.minimum)

/**
 * The matrix product; vectors, batches and broadcasting as the method.
 * Source: https://pytorch.org/docs/stable/generated/torch.matmul.html
 */
export function matmul<A extends Tensor, B extends Tensor>(
  a: A,
  b: B & Multiplies<'matmul', ShapeOf<A>, ShapeOf<B>>,
): Multiplied<A, B>
export function matmul(a: Tensor, b: Tensor): Tensor {
  MATMUL.read(arguments)
  return a.matmul(b)
}
/** [n] and [m] to [n, m], all products. Source: https://pytorch.org/docs/stable/generated/torch.outer.html */
export function outer<A extends Tensor, B extends Tensor>(
  a: A,
  b: B,
): Tensor<Outer<ShapeOf<A>, ShapeOf<B>>, Promoted<A, B>>
export function outer(a: Tensor, b: Tensor): Tensor {
  OUTER.read(arguments)
  return a.outer(b)
}

type Unary = 'abs' | 'exp' | 'log' | 'sqrt' | 'sin' | 'cos' | 'tanh' | 'sigmoid' | 'relu'
function unary<F>(name: Unary): F {
  const takes = signature(name, { x: tensor })
  return function (x: Tensor): Tensor {
    takes.read(arguments)
    return x[name]()
  } as F
}
type Keeping = <T extends Tensor>(x: T) => Tensor<ShapeOf<T>, DTypeOf<T>>
type Realizing = <T extends Tensor>(x: T) => Tensor<ShapeOf<T>, Real<DTypeOf<T>>>
/**
 * |x|, the size of each element. This and the functions below are the methods of the same name.
 * Source: https://pytorch.org/docs/stable/generated/torch.abs.html
 */
export const abs: Keeping = /* @__PURE__ */ unary('abs')
/** The exponential e^x of each element. Source: https://pytorch.org/docs/stable/generated/torch.exp.html */
export const exp: Realizing = /* @__PURE__ */ unary('exp')
/** The natural logarithm; -infinity at 0 and NaN below. Source: https://pytorch.org/docs/stable/generated/torch.log.html */
export const log: Realizing = /* @__PURE__ */ unary('log')
/** The square root; NaN below 0. Source: https://pytorch.org/docs/stable/generated/torch.sqrt.html */
export const sqrt: Realizing = /* @__PURE__ */ unary('sqrt')
/** The sine of angles in radians. Source: https://pytorch.org/docs/stable/generated/torch.sin.html */
export const sin: Realizing = /* @__PURE__ */ unary('sin')
/** The cosine of angles in radians. Source: https://pytorch.org/docs/stable/generated/torch.cos.html */
export const cos: Realizing = /* @__PURE__ */ unary('cos')
/** The hyperbolic tangent of each element. Source: https://pytorch.org/docs/stable/generated/torch.tanh.html */
export const tanh: Realizing = /* @__PURE__ */ unary('tanh')
/** The logistic function 1 / (1 + exp(-x)). Source: https://pytorch.org/docs/stable/generated/torch.sigmoid.html */
export const sigmoid: Realizing = /* @__PURE__ */ unary('sigmoid')
/** max(x, 0). NaN stays; the gradient at 0 is 0. */
export const relu: Keeping = /* @__PURE__ */ unary('relu')

/**
 * Whether all elements are close: |a - b| <= atol + rtol |b|. Waits for the answer.
 * Source: https://pytorch.org/docs/stable/generated/torch.allclose.html
 */
export function allclose(a: Tensor, b: Tensor, options?: CloseOptions): Promise<boolean>
export async function allclose(a: Tensor, b: Tensor, options?: CloseOptions): Promise<boolean> {
  ALLCLOSE.read(arguments)
  return a.allclose(b, options)
}
/**
 * Whether something is a tensor of any copy of this library.
 * Source: https://pytorch.org/docs/stable/generated/torch.is_tensor.html
 */
export function isTensor(value: unknown): value is Tensor {
  IS_TENSOR.read(arguments)
  return tensor.accepts(value)
}
