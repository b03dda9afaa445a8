/** Rows by number, and numbers as rows. */
import { DTypeError, OptionError, ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { integer, positive } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import { Composite, NONE, Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import { oneHot as oneHotOf } from '../ops/arrangement.ts'
import { notInDimension } from '../ops/refusal.ts'
import type { Followed, ShapeOf } from '../tensor/static-shape.ts'
import type { DTypeOf } from '../tensor/static-dtype.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { assertRoom } from './sizes.ts'

const embeddingOp: Op = /* @__PURE__ */ new Op('embedding', ([index, weight]) => [rowsOf(index!, weight!)])
const rowsOf = (index: Sym, weight: Sym): Sym =>
  weight.gather(index, 0, notInDimension('embedding', 0, weight.shape[0]!))

// The row of `padding` gets no gradient.
export const paddedOp = /* @__PURE__ */ new Composite(
  'embeddingPadded',
  ([index, weight]) => [rowsOf(index!, weight!)],
  ([g], [index, weight], _, { padding }) => {
    const skipped = index!
      .eq(padding)
      .reshape([...index!.shape, 1])
      .expand(g!.shape)
    return [null, weight!.like(0).scatterAdd(index!, skipped.where(0, g!), 0)]
  },
)

export const embeddingOptions = {
  /** This row gets no gradient; null: all do. Negative ones count from the end. */
  paddingIdx: optional(integer, null),
}
export interface EmbeddingLookupOptions extends OptionsOf<typeof embeddingOptions> {}

export const EMBEDDING = /* @__PURE__ */ signature('embedding', { input: tensor, weight: tensor }, embeddingOptions)
export const ONE_HOT = /* @__PURE__ */ signature('oneHot', { input: tensor, numClasses: positive })

/** A row of `count` from 0; negative ones count from the end. */
export function paddingRow(operation: string, index: number, count: number): number {
  if (index < -count || index >= count)
    throw new OptionError(operation, `paddingIdx must be a row of the ${count} (got ${index})`)
  return index < 0 ? index + count : index
}

/**
 * The rows of `weight` that `input` names.
 * @param input int32, any shape
 * @param weight [rows, features]
 * @param options `paddingIdx`: this row gets no gradient
 * @returns [...input, features]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 */
export function embedding<T extends Tensor, W extends Tensor>(
  input: T,
  weight: W,
  options?: EmbeddingLookupOptions,
): Tensor<Followed<ShapeOf<T>, ShapeOf<W> extends readonly [number, infer N extends number] ? N : number>, DTypeOf<W>>
export function embedding(input: Tensor, weight: Tensor): Tensor {
  const { paddingIdx } = EMBEDDING.read(arguments)
  if (input.dtype !== 'int32')
    throw new DTypeError('embedding', [input.dtype], 'row numbers are int32; use to("int32")')
  if (weight.shape.length !== 2)
    throw new ShapeError('embedding', [weight.shape], 'the weight must be [rows, features]')
  if (paddingIdx === null) return one(embeddingOp, NONE, input, weight)
  return one(paddedOp, { padding: paddingRow('embedding', paddingIdx, weight.shape[0]!) }, input, weight)
}

/**
 * int32 [..., numClasses] with a 1 at each number. `numClasses` is needed: nothing here reads values to count them.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
 */
export function oneHot<T extends Tensor, N extends number>(
  input: T,
  numClasses: N,
): Tensor<Followed<ShapeOf<T>, N>, 'int32'>
export function oneHot(input: Tensor, numClasses: number): Tensor {
  ONE_HOT.read(arguments)
  if (input.dtype !== 'int32') throw new DTypeError('oneHot', [input.dtype], 'classes are int32; use to("int32")')
  assertRoom('oneHot', input, [...input.shape, numClasses])
  return one(oneHotOf, { classes: numClasses }, input)
}
