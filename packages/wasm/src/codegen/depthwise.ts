/**
 * Convolutions whose groups give one result each, and the gradients of their filters. As products of matrices they would
 * have one row, where packed panels have four.
 */
import { planWindows, tapsInside, offsetOf, type GridAxis } from '@glissade/codegen'
import { numel, stridesOf, type Attributes, type TensorType } from '@glissade/core/backend'
import { add, at, f32, i32, i32x4, mul, op, storeLane, type Address, type Code } from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import { addLanes } from './accumulator.ts'
import { walk } from './copy.ts'
import { countOf, startOf, type Division } from './division.ts'
import { LANES } from './line.ts'
import { endsOf, inRuns, TERMS, WideSum } from './long-sum.ts'
import type { Vector } from './math.ts'
import { loadApart, slide, type Tap } from './sliding.ts'
import { wideSums } from './window.ts'

const isPlain = ({ inputDilation, padding }: Attributes['conv']): boolean =>
  inputDilation.every((by) => by === 1) && padding.every(([low, high]) => low >= 0 && high >= 0)

/** Every channel has a filter of its own. */
export const isDepthwise = (attrs: Attributes['conv'], x: TensorType, w: TensorType): boolean =>
  attrs.groups === x.shape[1] && attrs.groups === w.shape[0] && isPlain(attrs)

/** Four positions at a time. */
export function writeDepthwise(
  f: FunctionWriter,
  division: Division,
  attrs: Attributes['conv'],
  [x, w]: readonly Address[],
  out: Address,
  [type, weight]: readonly TensorType[],
  result: TensorType,
): void {
  const { groups } = attrs
  const window = weight!.shape.slice(2)
  const sum = f.local('f32')
  const sums = f.local('v128')
  const filter = f.local('i32')
  const place = (number: Code<'i32'>): Address => add(out, mul(number, 4))
  const tapAddress = (tap: Code<'i32'>): Address => add(filter, mul(tap, 4))
  const plane = (number: Code<'i32'>): void =>
    f.set(filter, add(w!, mul(op('i32.rem_u', number, i32(groups)), 4 * numel(window))))
  const windows = planWindows({ ...attrs, window }, type!, result)
  if (numel(window) > TERMS) {
    const product = (values: Vector, { number }: Tap): Vector =>
      op('f32x4.mul', values, at('v128.load32_splat', 0, tapAddress(number)))
    return slide(f, division, 'float32', windows, x!, { plane, ...wideSums(f, place, product) })
  }
  slide(f, division, 'float32', windows, x!, {
    plane,
    one: {
      begin: () => f.set(sum, f32(0)),
      take: (value, { number }) =>
        f.set(sum, op('f32.add', sum, op('f32.mul', value as Code<'f32'>, at('f32.load', 0, tapAddress(number))))),
      end: (number) => f.emit(at('f32.store', 0, place(number), sum)),
    },
    four: {
      begin: () => f.set(sums, i32x4(0)),
      take: (values, { number }) =>
        f.set(sums, f.multiplyAdd(values, at('v128.load32_splat', 0, tapAddress(number)), sums)),
      end: (number) => f.emit(at('v128.store', 0, place(number), sums)),
    },
  })
}

/** So many positions are written one after the other. */
const FEW_POSITIONS = 25

/** The gradient of such filters: filters nearly as large as the input, at the few positions that were their taps. */
export const isFilterGradient = (attrs: Attributes['conv'], w: TensorType, out: TensorType): boolean =>
  attrs.groups === w.shape[0] &&
  isPlain(attrs) &&
  attrs.strides.every((stride) => stride === 1) &&
  numel(out.shape.slice(2)) <= FEW_POSITIONS &&
  w.shape.at(-1)! >= LANES

/** Four taps at a time, with sums of their own for every channel. */
export function writeFilterGradient(
  f: FunctionWriter,
  division: Division,
  attrs: Attributes['conv'],
  [x, w]: readonly Address[],
  out: Address,
  [type, weight]: readonly TensorType[],
  result: TensorType,
): void {
  const { dilation, groups } = attrs
  const window = weight!.shape.slice(2)
  const windows = planWindows({ ...attrs, window }, type!, result)
  const { space, positions, strides: spaceStrides } = windows
  const windowStrides = stridesOf(window)
  const channels = weight!.shape[1]!
  const planes = division.range(f, type!.shape[0]! * groups)
  const number = f.let(startOf(planes, i32(0), 1))
  const from = f.let(startOf(planes, x!, 4 * channels * numel(space)))
  const to = f.let(startOf(planes, out, 4 * numel(positions)))
  const filter = f.local('i32')
  const last = space.length - 1
  const apart = dilation[last]!
  const total = new WideSum(f, 4)
  // What one channel gives is too much for a sum in single precision.
  const isLong = numel(window) > 2 * LANES * TERMS

  /** `place`: the number of the position, and its indices. */
  const position = (place: number, indices: readonly number[]): void => {
    total.clear()
    const axes = indices.map((p, i) => tapsInside(windows.axes[i]!, p))
    if (channels > 0 && axes.every(({ count }) => count > 0)) {
      const own = axes.map(({ at: index }) => index)
      const p = f.let(add(from, 4 * offsetOf(own, spaceStrides)))
      const firsts = axes.map(({ first }) => first)
      const q = f.let(add(filter, 4 * offsetOf(firsts, windowStrides)))
      const lines = axes.slice(0, -1).map(({ count }, i): GridAxis => ({
        size: count,
        from: 4 * dilation[i]! * spaceStrides[i]!,
        to: 4 * windowStrides[i]!,
      }))
      f.repeat(channels, () => {
        const sums = [f.let(i32x4(0)), f.let(i32x4(0))] as const
        const take = (): void => total.add(op('f32x4.add', ...sums))
        walk(f, lines, p, q, (a, b) => {
          line(axes[last]!.count, a, b, sums)
          if (isLong) take()
        })
        if (!isLong) take()
        f.free(...sums)
        f.set(p, add(p, 4 * numel(space)))
        f.set(q, add(q, 4 * numel(window)))
      })
      f.free(p, q)
    }
    const sum = f.let(total.value())
    addLanes(f, sum)
    f.emit(storeLane(4 * place, 0, to, sum))
    f.free(sum)
  }
  /** Products along the last axis, taken into two sums in turn, since each addition waits for the one before. */
  const line = (count: number, a: Address, b: Address, sums: readonly [Local<'v128'>, Local<'v128'>]): void => {
    const take = (v: Code<'i32'>, u: 0 | 1): void => {
      const values = loadApart(add(add(a, mul(v, 4 * apart)), 4 * u * LANES * apart), apart)
      f.set(sums[u], f.multiplyAdd(values, at('v128.load', 0, add(add(b, mul(v, 4)), 4 * u * LANES)), sums[u]))
    }
    const pairs = Math.floor(count / (2 * LANES))
    const run = (steps: number, start: number | Address): void => {
      const [begin, end] = endsOf(steps, start, 2 * LANES)
      f.for(begin, end, 2 * LANES, (v) => {
        take(v, 0)
        take(v, 1)
      })
    }
    if (isLong) inRuns(f, pairs, sums, run)
    else run(pairs, 0)
    let done = 2 * LANES * pairs
    if (count - done >= LANES) {
      take(i32(done), 0)
      done += LANES
    }
    for (; done < count; done++)
      f.set(
        sums[0],
        f.multiplyAdd(at('v128.load32_zero', 4 * apart * done, a), at('v128.load32_zero', 4 * done, b), sums[0]),
      )
  }

  f.repeat(countOf(planes), () => {
    f.set(filter, add(w!, mul(op('i32.rem_u', number, i32(groups)), 4 * channels * numel(window))))
    let indices: (readonly number[])[] = [[]]
    for (const size of positions)
      indices = indices.flatMap((lead) => Array.from({ length: size }, (_, i) => [...lead, i]))
    indices.forEach((list, place) => position(place, list))
    f.set(number, add(number, 1))
    f.set(from, add(from, 4 * channels * numel(space)))
    f.set(to, add(to, 4 * numel(positions)))
  })
}
