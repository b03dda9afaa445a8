/**
 * What depends on values and not on shapes is checked on the device, by the one thing there that checks: the indices of
 * `gather` and `scatterAdd`. Nothing is read for it, so it holds in compiled functions and on every backend.
 */
import type { Refusal } from '../contract/contract.ts'
import type { Sym } from '../ir/builder.ts'
import { Op } from '../engine/op.ts'

/** An index that is not in its dimension of `size`; `total` is the size of the axis in which it is looked up. */
export const notInDimension = (operation: string, dim: number, size: number, total: number = size): Refusal => ({
  kind: 'IndexError',
  operation,
  message: `index {index} is out of range for dimension ${dim} of size ${size}`,
  beyond: total - size,
})

/**
 * `place` where an index is in its axis of `size`; elsewhere what is no place among `total` either, as far beyond the end
 * (or before the start) as the index itself, so that a refusal of `notInDimension` names it. The greatest indices wrap: the
 * least negative numbers are theirs, and of negative indices those count as one.
 */
export function placeOf(index: Sym, size: number, place: Sym, total: number): Sym {
  const below = index.lt(0)
  const beyond = total - size
  const before = beyond > 0 ? index.maximum(beyond - 2 ** 31) : index
  return below
    .not()
    .and(index.lt(size))
    .where(place, below.where(before, index.add(beyond)))
}

/** Negative indices counted from the end; those before the start stay what they are. */
export const fromEnd = (index: Sym, size: number): Sym =>
  index.lt(0).and(index.lt(-size).not()).where(index.add(size), index)

/** A class that is none of `classes`, where it is looked up among `total`. */
export const noSuchClass = (operation: string, classes: number, total: number = classes): Refusal => ({
  kind: 'IndexError',
  operation,
  message: `class {index} is out of range for ${classes} classes`,
  beyond: total - classes,
})

/** Numbers from 0 to below `size`, each looked up among as many places: `says` makes the refusal of one that is not. */
export function checked(index: Sym, size: number, says: (total: number) => Refusal): Sym {
  const count = index.type.size
  if (count === 0) return index
  const list = index.reshape([count])
  const own = index.builder.iota('int32', [count], 0)
  return list.gather(placeOf(list, size, own, count), 0, says(count)).reshape(index.shape)
}

/** x, unless anything of `bad` is true. */
export function refuseWhere(bad: Sym, x: Sym, kind: Refusal['kind'], operation: string, message: string): Sym {
  const { size } = bad.type
  if (size === 0) return x
  // The only row of x is at 0; where something is bad, row 1 is asked for.
  const row = bad.reshape([size]).cast('int32').max([0])
  return x.reshape([1, ...x.shape]).gather(row, 0, { kind, operation, message, beyond: 0 })
}

/** Numbers of [0, 1], which chances are. */
export const probability: Op = /* @__PURE__ */ new Op('bernoulli', ([p]) => {
  const inside = p!.like(0).le(p!).and(p!.le(1))
  return [refuseWhere(inside.not(), p!, 'OptionError', 'bernoulli', 'probabilities must be from 0 to 1')]
})
