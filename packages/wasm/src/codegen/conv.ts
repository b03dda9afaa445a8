/**
 * Convolution as a product of matrices (implicit GEMM): row l of the second matrix is a channel and tap, column j an image
 * and position, and its element lies at rows[l] + columns[j] in the padded input, so packing gathers it and nothing is laid
 * out twice. Padding, cropping and the zeros between input elements become a padded copy first, where there are any. Both
 * gradients are convolutions too and come here.
 */
import { numel, stridesOf, type Attributes, type Shape, type TensorType } from '@glissade/core/backend'
import { add, bulk, i32, type Code } from '../emitter/code.ts'
import type { FunctionWriter } from '../emitter/function.ts'
import type { ModuleWriter } from '../emitter/module.ts'
import { copyGrid, fill, type CopyAxis } from './copy.ts'
import { productBytes, writeProduct } from './gemm.ts'

type Address = Code<'i32'>

interface Plan {
  readonly n: number
  /** Channels of a group, in and out. */
  readonly channels: number
  readonly outputs: number
  readonly groups: number
  readonly positions: number
  readonly taps: number
  /** Shape of the input with its padding; null when it is used as it is. */
  readonly padded: Shape
  readonly isPadded: boolean
}

function planOf(
  { padding, inputDilation, groups }: Attributes['conv'],
  x: TensorType,
  w: TensorType,
  out: TensorType,
): Plan {
  const [n, , ...space] = x.shape as [number, number, ...number[]]
  const padded = [
    ...x.shape.slice(0, 2),
    ...space.map((size, i) =>
      Math.max(0, (size === 0 ? 0 : (size - 1) * inputDilation[i]! + 1) + padding[i]![0] + padding[i]![1]),
    ),
  ]
  const isPadded = padding.some(([low, high]) => low !== 0 || high !== 0) || inputDilation.some((by) => by !== 1)
  return {
    n,
    channels: w.shape[1]!,
    outputs: w.shape[0]! / groups,
    groups,
    padded,
    isPadded,
    positions: numel(out.shape.slice(2)),
    taps: numel(w.shape.slice(2)),
  }
}

const align = (bytes: number): number => Math.ceil(bytes / 16) * 16
const paddedBytes = (plan: Plan): number => (plan.isPadded ? align(4 * numel(plan.padded)) : 0)
const isEmpty = (plan: Plan): boolean => numel(plan.padded) === 0 || plan.channels * plan.taps === 0

/** Bytes of the workspace that it needs. */
export function convBytes(attrs: Attributes['conv'], x: TensorType, w: TensorType, out: TensorType): number {
  const plan = planOf(attrs, x, w, out)
  if (isEmpty(plan) || numel(out.shape) === 0) return 0
  return paddedBytes(plan) + productBytes(plan.outputs, plan.n * plan.positions, plan.channels * plan.taps)
}

/** Sums of index times stride, for all indices of a shape in row-major order. */
function distances(shape: Shape, strides: readonly number[]): Int32Array {
  let list = Int32Array.of(0)
  shape.forEach((size, axis) => {
    const next = new Int32Array(list.length * size)
    for (let i = 0; i < list.length; i++)
      for (let j = 0; j < size; j++) next[i * size + j] = list[i]! + j * strides[axis]!
    list = next
  })
  return list
}

/** Byte distances that the product needs: per channel and tap, per image and position in the input, and in the result. */
export function convTables(
  attrs: Attributes['conv'],
  x: TensorType,
  w: TensorType,
  out: TensorType,
): [Int32Array, Int32Array, Int32Array] {
  const plan = planOf(attrs, x, w, out)
  const [image, channel, ...space] = stridesOf(plan.padded).map((stride) => stride * 4) as [number, number, ...number[]]
  const positions = out.shape.slice(2)
  return [
    distances(
      [plan.channels, ...w.shape.slice(2)],
      [channel, ...space.map((stride, i) => stride * attrs.dilation[i]!)],
    ),
    distances([plan.n, ...positions], [image, ...space.map((stride, i) => stride * attrs.strides[i]!)]),
    distances([plan.n, plan.positions], [4 * out.shape[1]! * plan.positions, 4]),
  ]
}

export function writeConv(
  f: FunctionWriter,
  module: ModuleWriter,
  attrs: Attributes['conv'],
  [x, w]: readonly Address[],
  out: Address,
  work: Address,
  tables: readonly [number, number, number],
  [type, weight]: readonly TensorType[],
  result: TensorType,
): void {
  const plan = planOf(attrs, type!, weight!, result)
  if (numel(result.shape) === 0) return
  if (isEmpty(plan)) return f.emit(bulk('memory.fill', out, i32(0), i32(4 * numel(result.shape))))
  const input = plan.isPadded ? f.let(work) : x!
  if (plan.isPadded) writePadded(f, attrs, type!, plan, x!, input)
  const packed = f.let(add(work, paddedBytes(plan)))
  const { channels, outputs, positions, taps, groups } = plan
  const k = channels * taps
  const space = numel(plan.padded.slice(2))
  for (let group = 0; group < groups; group++)
    writeProduct(f, module, {
      m: outputs,
      n: plan.n * positions,
      k,
      a: { start: add(w!, 4 * group * outputs * k), across: false, stride: 4 * k },
      b: { start: add(input, 4 * group * channels * space), rows: i32(tables[0]), columns: i32(tables[1]) },
      c: add(out, 4 * group * outputs * positions),
      row: 4 * positions,
      table: i32(tables[2]),
      work: packed,
    })
}

/** The input with zeros around and between its elements, or without those that negative padding crops. */
function writePadded(
  f: FunctionWriter,
  { padding, inputDilation }: Attributes['conv'],
  { shape }: TensorType,
  { padded }: Plan,
  x: Address,
  to: Address,
): void {
  fill(f, 'float32', 0, numel(padded), to)
  const [from, into] = [stridesOf(shape), stridesOf(padded)]
  let [first, start] = [0, 0]
  const axes = shape.map((size, axis): CopyAxis => {
    if (axis < 2) return { size, from: 4 * from[axis]!, to: 4 * into[axis]! }
    const by = inputDilation[axis - 2]!
    const [low] = padding[axis - 2]!
    // Elements i with 0 <= i by + low < padded size.
    const least = Math.max(0, Math.ceil(-low / by))
    const end = Math.min(size, Math.floor((padded[axis]! - 1 - low) / by) + 1)
    first += least * from[axis]!
    start += (least * by + low) * into[axis]!
    return { size: Math.max(0, end - least), from: 4 * from[axis]!, to: 4 * by * into[axis]! }
  })
  if (axes.some((axis) => axis.size === 0)) return
  copyGrid(f, 4, axes, add(x, 4 * first), add(to, 4 * start))
}
