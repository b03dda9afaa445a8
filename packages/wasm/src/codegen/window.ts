/** Windows that slide over the last axes. */
import { numel, stridesOf, type DType, type TensorType, type Window } from '@glissade/core/backend'
import { add, at, i32, mul, op, select, type Code } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import { countOf, startOf, type Division } from './division.ts'
import { bytesOf } from './lanes.ts'
import { addElements, isGreater, kindOf, loadElement, storeElement, zero } from './scan.ts'

type Address = Code<'i32'>

/** Up to so many taps are written one after the other. */
const UNROLLED = 16

interface Sliding {
  readonly dtype: DType
  readonly lead: number
  readonly space: readonly number[]
  readonly positions: readonly number[]
  readonly strides: readonly number[]
}

/**
 * Calls `begin` and `end` around every window, `end` with the number of the window, and `tap` for each of its elements
 * outside the padding: the address, the index within the space, and whether it is known to be the first of its window.
 */
function slide(
  f: FunctionWriter,
  division: Division,
  attrs: Window,
  x: Address,
  { dtype, lead, space, positions, strides }: Sliding,
  begin: () => void,
  tap: (address: Code<'i32'>, index: Code<'i32'>, isFirst: boolean) => void,
  end: (number: Local<'i32'>) => void,
): void {
  const bytes = bytesOf(dtype)
  const rank = space.length
  if (lead * numel(positions) === 0) return
  const planes = division.range(f, lead)
  const plane = f.let(startOf(planes, x, numel(space) * bytes))
  const number = f.let(startOf(planes, i32(0), numel(positions)))
  const mayMiss = space.map((size, i) => {
    const [low] = attrs.padding[i]!
    const last = (positions[i]! - 1) * attrs.strides[i]! - low + (attrs.window[i]! - 1) * attrs.dilation[i]!
    return low > 0 || last >= size
  })
  const isUnrolled = numel(attrs.window) <= UNROLLED
  let isFirst = true
  const corner = space.map(() => f.local('i32'))
  /** All taps from axis i on; `index` counts in the space. */
  const taps = (i: number, index: Code<'i32'>): void => {
    if (i === rank) {
      const known = f.let(index)
      tap(add(plane, mul(known, bytes)), known, isFirst && !mayMiss.includes(true) && isUnrolled)
      isFirst = false
      f.free(known)
      return
    }
    const one = (t: Code<'i32'>): void => {
      const position = f.let(add(corner[i]!, mul(t, attrs.dilation[i]!)))
      const inside = (): void => {
        const next = f.let(add(index, mul(position, strides[i]!)))
        taps(i + 1, next)
        f.free(next)
      }
      // Without sign a negative position is large.
      if (mayMiss[i]) f.if(op('i32.lt_u', position, i32(space[i]!)), inside)
      else inside()
      f.free(position)
    }
    if (isUnrolled) for (let t = 0; t < attrs.window[i]!; t++) one(i32(t))
    else f.for(0, attrs.window[i]!, 1, one)
  }
  const windows = (i: number): void => {
    if (i === rank) {
      begin()
      taps(0, i32(0))
      end(number)
      f.set(number, add(number, 1))
      return
    }
    f.set(corner[i]!, i32(-attrs.padding[i]![0]))
    f.repeat(positions[i]!, () => {
      windows(i + 1)
      f.set(corner[i]!, add(corner[i]!, attrs.strides[i]!))
    })
  }
  f.repeat(countOf(planes), () => {
    windows(0)
    f.set(plane, add(plane, numel(space) * bytes))
  })
}

function slidingOf({ window }: Window, { dtype, shape }: TensorType, result: TensorType): Sliding {
  const first = shape.length - window.length
  const space = shape.slice(first)
  return {
    dtype,
    lead: numel(shape.slice(0, first)),
    space,
    positions: result.shape.slice(first),
    strides: stridesOf(space),
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
  const sliding = slidingOf(attrs, type, result)
  const { dtype } = sliding
  const sum = f.local(kindOf(dtype))
  slide(
    f,
    division,
    attrs,
    x,
    sliding,
    () => f.set(sum, zero(dtype)),
    (address) => f.set(sum, addElements(sum, loadElement(dtype, address))),
    (number) => f.emit(storeElement(dtype, add(out, mul(number, bytesOf(dtype))), sum)),
  )
}

export function writeWindowArgmax(
  f: FunctionWriter,
  division: Division,
  attrs: Window,
  x: Address,
  out: Address,
  type: TensorType,
  result: TensorType,
): void {
  const sliding = slidingOf(attrs, type, result)
  const { dtype } = sliding
  const best = f.local(kindOf(dtype))
  const value = f.local(kindOf(dtype))
  const chosen = f.local('i32')
  // A window that may begin in the padding finds its first element as it runs.
  let hasFirst = false
  slide(
    f,
    division,
    attrs,
    x,
    sliding,
    () => f.set(chosen, i32(-1)),
    (address, index, isFirst) => {
      f.set(value, loadElement(dtype, address))
      if (isFirst) {
        f.set(best, value)
        f.set(chosen, index)
        hasFirst = true
        return
      }
      // Both ways are computed: a branch would be guessed wrong half of the time.
      const better = f.let(
        hasFirst ? isGreater(value, best) : op('i32.or', op('i32.lt_s', chosen, i32(0)), isGreater(value, best)),
      )
      f.set(best, select<'f32' | 'i32'>(value, best, better))
      f.set(chosen, select(index, chosen, better))
      f.free(better)
    },
    (number) => f.emit(at('i32.store', 0, add(out, mul(number, 4)), chosen)),
  )
}
