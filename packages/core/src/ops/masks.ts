/** Reading and writing where a mask is true. */
import { OptionError, ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { sameShape } from '../ir/type.ts'
import { Op } from '../engine/op.ts'
import { assertMask } from './combination.ts'
import { castNumber } from './integers.ts'
import { broadcast, broadcastShapes } from './promotion.ts'
import { flat, type AlongAxis } from './reduction.ts'
import { refuseWhere } from './refusal.ts'

/** The first `count` elements where the mask is true. */
export const maskedSelect: Op<{ readonly count: number }> = new Op('maskedSelect', ([operand, chosen], { count }) => {
  assertMask('maskedSelect', chosen!)
  const [x, mask] = broadcast('maskedSelect', [operand!, chosen!])
  if (count > x!.type.size)
    throw new OptionError('maskedSelect', `count ${count} is more than the ${x!.type.size} elements there are`)
  // True first, each kind in its order.
  const [, order] = flat(mask!.not().cast('int32')).sort(0)
  const total = flat(mask!.cast('int32')).sum([0])
  const message = `the mask is not true at ${count} places, which is the count given`
  const first = refuseWhere(total.eq(count).not(), order.slice([0], [count]), 'OptionError', 'maskedSelect', message)
  return [flat(x!).gather(first, 0)]
})
/** (x, mask, value): the value, which broadcasts, where a mask over axes from `axis` on is true. */
export const maskPut: Op<AlongAxis> = new Op('setAt', ([x, mask, value], { axis }) => {
  const rest = x!.rank - axis - mask!.rank
  if (rest < 0 || !sameShape(mask!.shape, x!.shape.slice(axis, axis + mask!.rank)))
    throw new ShapeError(
      'setAt',
      [mask!.shape, x!.shape],
      `the mask must have the sizes of the tensor from dimension ${axis} on`,
    )
  const wide = mask!.reshape([...mask!.shape, ...Array.from({ length: rest }, () => 1)]).expand(x!.shape)
  return [wide.where(value!.cast(x!.dtype).expand(x!.shape), x!)]
})
/**
 * (x, values, mask): a mask over the first dimensions; the values, of which there must be one for every place where it is true or
 * one for all, in order at those places, or added there.
 */
export const maskedPut: Op<{ readonly accumulate: boolean }> = new Op(
  'indexPut',
  ([x, values, mask], { accumulate }) => {
    const rest = x!.shape.slice(mask!.rank)
    if (!sameShape(mask!.shape, x!.shape.slice(0, mask!.rank)))
      throw new ShapeError('indexPut', [mask!.shape, x!.shape], 'the mask must have the sizes of the first dimensions')
    const [chosen, places] = [flat(mask!), mask!.type.size]
    const lines = x!.reshape([places, ...rest])
    const typed = values!.rank === 0 ? castNumber('indexPut', values!, x!.dtype) : values!.cast(x!.dtype)
    const count = typed.rank > rest.length ? typed.shape[0]! : 1
    if (
      typed.rank > rest.length + 1 ||
      !sameShape(broadcastShapes('indexPut', [typed.shape, [count, ...rest]]), [count, ...rest])
    )
      throw new ShapeError(
        'indexPut',
        [typed.shape, [count, ...rest]],
        'the values do not broadcast to what the mask chooses',
      )
    const wide = chosen.reshape([places, ...rest.map(() => 1)]).expand(lines.shape)
    let given = typed
    if (count !== 1) {
      const rank = chosen.cast('int32').cumsum(0)
      const total = rank.slice([Math.max(0, places - 1)], [places])
      const message = `there are ${count} values, but another number of places where the mask is true`
      const at = refuseWhere(total.eq(count).not(), rank, 'OptionError', 'indexPut', message)
      given = typed.expand([count, ...rest]).gather(at.sub(1).maximum(0), 0)
    }
    const put = given.expand(lines.shape)
    return [wide.where(accumulate ? lines.add(put) : put, lines).reshape(x!.shape)]
  },
)
/** (x, mask, source): the source's elements in order where the mask is true. */
export const maskedScatter: Op = new Op('maskedScatter', ([operand, chosen, source]) => {
  assertMask('maskedScatter', chosen!)
  const [x, mask] = broadcast('maskedScatter', [operand!, chosen!])
  const { size } = source!.type
  const ones = flat(mask!.cast('int32'))
  if (ones.type.size === 0) return [x!]
  const message = `the mask is true at more places than the source has elements, ${size}`
  const refused = (result: Sym): Sym =>
    refuseWhere(
      result.builder.fill('int32', [], size).lt(ones.sum([0])),
      result,
      'OptionError',
      'maskedScatter',
      message,
    )
  if (size === 0) return [refused(x!)]
  const at = refused(
    ones
      .cumsum(0)
      .sub(1)
      .maximum(0)
      .minimum(size - 1),
  )
  return [mask!.where(flat(source!.cast(x!.dtype)).gather(at, 0).reshape(x!.shape), x!)]
})
