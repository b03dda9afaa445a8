/** Matrix products. */
import type { Shape } from '../../contract/contract.ts'
import { numel } from '../../contract/dtype.ts'
import { ShapeError } from '../../contract/errors.ts'
import { called } from '../../engine/called.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../../signature/signature.ts'
import { scalar, tensor } from '../../engine/kinds.ts'
import { one } from '../one.ts'
import { NONE } from '../../engine/op.ts'
import { addmm, matmul, strict } from '../../ops/product.ts'
import type { Matmul, Multiplies, ShapeOf } from '../static-shape.ts'
import type { Tensor } from '../tensor.ts'
import type { Promoted } from './arithmetic.ts'
import { Arrangement } from './arrangement.ts'

const productOptions = {
  /** Factor of the input; default 1. With 0 the input is not read. */
  beta: optional(scalar, 1),
  /** Factor of the product; default 1. */
  alpha: optional(scalar, 1),
}
export interface ProductOptions extends OptionsOf<typeof productOptions> {}

const withOther = { other: tensor }
const factors = { x: tensor, y: tensor }
export const MATMUL = /* @__PURE__ */ signature('matmul', withOther)
export const MM = /* @__PURE__ */ signature('mm', withOther)
export const BMM = /* @__PURE__ */ signature('bmm', withOther)
export const MV = /* @__PURE__ */ signature('mv', withOther)
export const DOT = /* @__PURE__ */ signature('dot', withOther)
export const INNER = /* @__PURE__ */ signature('inner', withOther)
export const OUTER = /* @__PURE__ */ signature('outer', withOther)
export const ADDMM = /* @__PURE__ */ signature('addmm', factors, productOptions)
export const ADDMV = /* @__PURE__ */ signature('addmv', factors, productOptions)
export const BADDBMM = /* @__PURE__ */ signature('baddbmm', factors, productOptions)

/** The matrix product of two tensors. */
export type Multiplied<A extends Tensor, B extends Tensor> = Tensor<Matmul<ShapeOf<A>, ShapeOf<B>>, Promoted<A, B>>
/** All products of two vectors. */
export type Outer<A extends Shape, B extends Shape> = A extends readonly [infer N extends number]
  ? B extends readonly [infer M extends number]
    ? readonly [N, M]
    : readonly [number, number]
  : readonly [number, number]

function assertRanks(operation: string, operands: readonly Tensor[], ranks: readonly number[]): void {
  if (operands.some((x, i) => x.shape.length !== ranks[i]))
    throw new ShapeError(
      operation,
      operands.map((x) => x.shape),
      `needs operands of ${ranks.join(' and ')} dimensions; use matmul for others`,
    )
}

export class Product extends Arrangement {
  /**
   * The matrix product: [..., n, k] by [..., k, m] gives [..., n, m]. Dimensions before the last two broadcast; a vector is a row on
   * the left and a column on the right, and its dimension goes. Errors: ShapeError where the inner sizes differ, or of 0-d tensors.
   * Source: https://pytorch.org/docs/stable/generated/torch.matmul.html
   */
  matmul<T extends Tensor, O extends Tensor>(
    this: T,
    other: O & Multiplies<'matmul', ShapeOf<T>, ShapeOf<O>>,
  ): Multiplied<T, O> {
    MATMUL.read(arguments)
    return one(matmul, NONE, this, other)
  }
  /** The matrix product of [n, k] and [k, m], without batches or broadcasting. */
  mm<T extends Tensor, O extends Tensor>(
    this: T,
    other: O & Multiplies<'mm', ShapeOf<T>, ShapeOf<O>>,
  ): Multiplied<T, O> {
    MM.read(arguments)
    return strictOf(this, 'mm', other, [2, 2])
  }
  /** The matrix products of a batch: [b, n, k] and [b, k, m] give [b, n, m]. */
  bmm<T extends Tensor, O extends Tensor>(
    this: T,
    other: O & Multiplies<'bmm', ShapeOf<T>, ShapeOf<O>>,
  ): Multiplied<T, O> {
    BMM.read(arguments)
    assertRanks('bmm', [this, other], [3, 3])
    if (this.shape[0] !== other.shape[0])
      throw new ShapeError('bmm', [this.shape, other.shape], 'the batches must be equal')
    return strictOf(this, 'bmm', other, [3, 3])
  }
  /** The product of a matrix [n, k] and a vector [k]. */
  mv<T extends Tensor, O extends Tensor>(
    this: T,
    other: O & Multiplies<'mv', ShapeOf<T>, ShapeOf<O>>,
  ): Multiplied<T, O> {
    MV.read(arguments)
    return strictOf(this, 'mv', other, [2, 1])
  }
  /** The sum of the products of two vectors. */
  dot<T extends Tensor, O extends Tensor>(
    this: T,
    other: O & Multiplies<'dot', ShapeOf<T>, ShapeOf<O>>,
  ): Multiplied<T, O> {
    DOT.read(arguments)
    return strictOf(this, 'dot', other, [1, 1])
  }
  /** Sums of products over the last dimensions. */
  inner(this: Tensor, other: Tensor): Tensor {
    INNER.read(arguments)
    return called('inner', () => {
      if (this.shape.length === 0 || other.shape.length === 0) return this.mul(other)
      const k = this.shape.at(-1)!
      if (other.shape.at(-1) !== k)
        throw new ShapeError('inner', [this.shape, other.shape], 'the last dimensions must be equal')
      const rows = this.reshape([numel(this.shape.slice(0, -1)), k])
      const columns = other.reshape([numel(other.shape.slice(0, -1)), k])
      return rows.matmul(columns.t()).reshape([...this.shape.slice(0, -1), ...other.shape.slice(0, -1)])
    })
  }
  /** [n] and [m] to [n, m], all products. */
  outer<T extends Tensor, O extends Tensor>(this: T, other: O): Tensor<Outer<ShapeOf<T>, ShapeOf<O>>, Promoted<T, O>>
  outer(this: Tensor, other: Tensor): Tensor {
    OUTER.read(arguments)
    assertRanks('outer', [this, other], [1, 1])
    return called('outer', () => this.reshape([this.numel(), 1]).mul(other))
  }
  /** beta this + alpha (x y), of matrices. */
  addmm(this: Tensor, x: Tensor, y: Tensor, options?: ProductOptions): Tensor
  addmm(this: Tensor, x: Tensor, y: Tensor): Tensor {
    return addOf(this, 'addmm', x, y, [2, 2], ADDMM.read(arguments))
  }
  /** beta this + alpha (x y), of a matrix and a vector. */
  addmv(this: Tensor, x: Tensor, y: Tensor, options?: ProductOptions): Tensor
  addmv(this: Tensor, x: Tensor, y: Tensor): Tensor {
    return addOf(this, 'addmv', x, y, [2, 1], ADDMV.read(arguments))
  }
  /** beta this + alpha (x y), of batches of matrices. */
  baddbmm(this: Tensor, x: Tensor, y: Tensor, options?: ProductOptions): Tensor
  baddbmm(this: Tensor, x: Tensor, y: Tensor): Tensor {
    return addOf(this, 'baddbmm', x, y, [3, 3], BADDBMM.read(arguments))
  }
}

function strictOf<R>(self: Tensor, operation: keyof typeof strict, other: Tensor, ranks: readonly number[]): R {
  assertRanks(operation, [self, other], ranks)
  return one(strict[operation], NONE, self, other)
}

function addOf(
  self: Tensor,
  operation: string,
  x: Tensor,
  y: Tensor,
  ranks: readonly number[],
  { beta, alpha }: ValuesOf<typeof productOptions>,
): Tensor {
  assertRanks(operation, [x, y], ranks)
  return called(operation, () => (beta === 0 ? x.matmul(y).mul(alpha) : one(addmm, NONE, self, x, y, beta, alpha)))
}
