/** Matrix products. */
import { numel } from '../contract/dtype.ts'
import { ShapeError } from '../contract/errors.ts'
import { sameShape } from '../ir/type.ts'
import { NONE, Op } from '../engine/op.ts'
import { dotOf } from './integers.ts'
import { broadcastShapes, resultType, unify } from './promotion.ts'

/**
 * PyTorch's matmul: vectors are a row on the left and a column on the right and their axis vanishes; leading axes
 * broadcast. Source: https://pytorch.org/docs/stable/generated/torch.matmul.html
 */
const product = (name: string): Op =>
  new Op(name, ([left, right]) => {
    const shapes = [left!.shape, right!.shape]
    if (left!.rank === 0 || right!.rank === 0)
      throw new ShapeError(name, shapes, 'both operands need at least one axis')
    const dtype = resultType([left!, right!])
    const a = left!.rank === 1 ? left!.reshape([1, ...left!.shape]) : left!
    const b = right!.rank === 1 ? right!.reshape([...right!.shape, 1]) : right!
    const [m, k] = a.shape.slice(-2) as [number, number]
    const [l, n] = b.shape.slice(-2) as [number, number]
    if (k !== l)
      throw new ShapeError(
        name,
        shapes,
        `inner dimensions differ${k === n && b.rank === 2 ? '; did you mean b.transpose()?' : ''}`,
      )
    const batch = broadcastShapes(name, [a.shape.slice(0, -2), b.shape.slice(0, -2)])
    const shape = [...batch, ...(left!.rank === 1 ? [] : [m]), ...(right!.rank === 1 ? [] : [n])]
    // A batch against one matrix is one larger product.
    if (b.rank === 2)
      return [dotOf(name, a.cast(dtype).reshape([numel(a.shape.slice(0, -1)), k]), b.cast(dtype)).reshape(shape)]
    const wide = (x: typeof a): typeof a => {
      const full = [...batch, ...x.shape.slice(-2)]
      return sameShape(x.shape, full) ? x : x.expand(full)
    }
    return [dotOf(name, wide(a.cast(dtype)), wide(b.cast(dtype))).reshape(shape)]
  })

export const matmul: Op = product('matmul')
/** The same for operands of some ranks only, which the methods of these names ask for. */
export const strict = { mm: product('mm'), bmm: product('bmm'), mv: product('mv'), dot: product('dot') }

/** beta b + alpha (x y), by matmul's rules: (b, x, y, beta, alpha). The b broadcasts. */
export const addmm: Op = new Op('addmm', ([b, x, y, beta, alpha], _, builder) => {
  const xy = matmul.trace([x!, y!], NONE, builder)[0]!
  const [sum, offset] = unify('addmm', [xy.mul(alpha!.cast(xy.dtype)), b!])
  if (!sameShape(sum!.shape, xy.shape))
    throw new ShapeError('addmm', [b!.shape, xy.shape], 'the input does not broadcast to the product')
  return [offset!.mul(beta!.cast(offset!.dtype)).add(sum!)]
})
