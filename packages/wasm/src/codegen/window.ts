/** What becomes of windows that slide: their sums, and the places of their greatest elements. */
import { planWindows } from '@glissade/codegen'
import { numel, type TensorType, type Window } from '@glissade/core/backend'
import { add, at, i32, i32x4, mul, op, select, storeLane, type Address, type Code } from '../emitter/code.ts'
import type { FunctionWriter } from '../emitter/function.ts'
import type { Division } from './division.ts'
import { addElements, isGreater, storeElement, zero } from './element.ts'
import { TERMS, WideSum } from './long-sum.ts'
import type { Vector } from './math.ts'
import { slide, type Folds, type Tap } from './sliding.ts'
import { bytesOf, kindOf } from './stored.ts'

/** Sums of more than TERMS float32, each of a term per tap. */
export function wideSums(
  f: FunctionWriter,
  place: (number: Code<'i32'>) => Address,
  term: (values: Vector, tap: Tap) => Vector,
): Folds {
  const [one, four] = [new WideSum(f, 1), new WideSum(f, 4)]
  return {
    one: {
      begin: () => one.clear(),
      take: (value, tap) => one.add(term(op('f32x4.splat', value as Code<'f32'>), tap)),
      end: (number) => f.emit(storeLane(0, 0, place(number), one.value())),
    },
    four: {
      begin: () => four.clear(),
      take: (values, tap) => four.add(term(values, tap)),
      end: (number) => f.emit(at('v128.store', 0, place(number), four.value())),
    },
  }
}

export function writeWindowSum(
  f: FunctionWriter,
  division: Division,
  attrs: Window,
  x: Address,
  out: Address,
  type: TensorType,
  result: TensorType,
): void {
  const { dtype } = type
  const place = (number: Code<'i32'>): Address => add(out, mul(number, bytesOf(dtype)))
  const windows = planWindows(attrs, type, result)
  if (kindOf(dtype) === 'f32' && numel(attrs.window) > TERMS)
    return slide(
      f,
      division,
      dtype,
      windows,
      x,
      wideSums(f, place, (values) => values),
    )
  const sum = f.local(kindOf(dtype))
  const sums = f.local('v128')
  slide(f, division, dtype, windows, x, {
    one: {
      begin: () => f.set(sum, zero(dtype)),
      take: (value) => f.set(sum, addElements(sum, value)),
      end: (number) => f.emit(storeElement(dtype, place(number), sum)),
    },
    four: {
      begin: () => f.set(sums, i32x4(0)),
      take: (values) => f.set(sums, op(kindOf(dtype) === 'f32' ? 'f32x4.add' : 'i32x4.add', sums, values)),
      end: (number) => f.emit(at('v128.store', 0, place(number), sums)),
    },
  })
}

/** `greatest`: where the elements are written whose places go to `out`, if they are wanted. */
export function writeWindowArgmax(
  f: FunctionWriter,
  division: Division,
  attrs: Window,
  x: Address,
  { greatest, out }: { readonly greatest?: Address; readonly out: Address },
  type: TensorType,
  result: TensorType,
): void {
  const { dtype } = type
  const stride = attrs.strides.at(-1)!
  const [best, value, chosen] = [f.local(kindOf(dtype)), f.local(kindOf(dtype)), f.local('i32')]
  const [bests, values, choices] = [f.local('v128'), f.local('v128'), f.local('v128')]
  /** NaN is greatest, and the first of them is kept. */
  const areGreater = (): Vector =>
    kindOf(dtype) === 'f32'
      ? op('v128.andnot', op('f32x4.eq', bests, bests), op('f32x4.le', values, bests))
      : op('i32x4.gt_s', values, bests)
  // Windows whose first element is not known by its place find it as they are read: as long as none is chosen.
  let hasFirst = false
  const begin = (): void => {
    hasFirst = false
    f.set(chosen, i32(-1))
    f.set(choices, i32x4(-1))
  }
  slide(f, division, dtype, planWindows(attrs, type, result), x, {
    one: {
      begin,
      take(element, { distance, isFirst }) {
        f.set(value, element)
        if (isFirst) {
          f.set(best, value)
          f.set(chosen, distance)
          hasFirst = true
          return
        }
        // Both ways are computed: a branch would be guessed wrong half of the time.
        const greater = isGreater(value, best)
        const better = f.let(hasFirst ? greater : op('i32.or', op('i32.lt_s', chosen, i32(0)), greater))
        f.set(best, select<'f32' | 'i32'>(value, best, better))
        f.set(chosen, select(distance, chosen, better))
        f.free(better)
      },
      end(number, corner) {
        f.emit(at('i32.store', 0, add(out, mul(number, 4)), op('i32.add', corner, chosen)))
        if (greatest !== undefined) f.emit(storeElement(dtype, add(greatest, mul(number, bytesOf(dtype))), best))
      },
    },
    four: {
      begin,
      take(elements, { distance, isFirst }) {
        f.set(values, elements)
        const distances = op('i32x4.splat', distance)
        if (isFirst) {
          f.set(bests, values)
          f.set(choices, distances)
          hasFirst = true
          return
        }
        const greater = areGreater()
        const better = f.let(hasFirst ? greater : op('v128.or', op('i32x4.lt_s', choices, i32x4(0)), greater))
        f.set(bests, op('v128.bitselect', values, bests, better))
        f.set(choices, op('v128.bitselect', distances, choices, better))
        f.free(better)
      },
      end(number, corner) {
        const first = op('i32x4.add', op('i32x4.splat', corner), i32x4(0, stride, 2 * stride, 3 * stride))
        f.emit(at('v128.store', 0, add(out, mul(number, 4)), op('i32x4.add', first, choices)))
        if (greatest !== undefined) f.emit(at('v128.store', 0, add(greatest, mul(number, 4)), bests))
      },
    },
  })
}
