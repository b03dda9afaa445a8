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
import { copyGrid, walk, type CopyAxis } from './copy.ts'
import { bytesIn, startOf, undivided, type Division } from './division.ts'
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

/** Bytes of the workspace that it needs: of the padded input, and per thread. */
export function convBytes(
  attrs: Attributes['conv'],
  x: TensorType,
  w: TensorType,
  out: TensorType,
  threads: number,
): { shared: number; own: number } {
  const plan = planOf(attrs, x, w, out)
  if (isEmpty(plan) || numel(out.shape) === 0) return { shared: 0, own: 0 }
  const { outputs, n, positions, channels, taps } = plan
  return { shared: paddedBytes(plan), own: productBytes(outputs, n * positions, channels * taps, threads) }
}

/** Products of numbers. */
export const convCost = (w: TensorType, out: TensorType): number => numel(out.shape) * numel(w.shape.slice(1))

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
  division: Division,
  attrs: Attributes['conv'],
  [x, w]: readonly Address[],
  out: Address,
  { shared, own }: { readonly shared: Address; readonly own: Address },
  tables: readonly Address[],
  [type, weight]: readonly TensorType[],
  result: TensorType,
): void {
  const plan = planOf(attrs, type!, weight!, result)
  if (numel(result.shape) === 0) return
  if (isEmpty(plan)) return f.emit(bulk('memory.fill', out, i32(0), i32(4 * numel(result.shape))))
  const input = plan.isPadded ? f.let(shared) : x!
  if (plan.isPadded) {
    writePadded(f, division, attrs, type!, plan, x!, input)
    division.barrier(f)
  }
  const packed = f.let(own)
  const { channels, outputs, positions, taps, groups } = plan
  const k = channels * taps
  const space = numel(plan.padded.slice(2))
  for (let group = 0; group < groups; group++)
    writeProduct(f, module, division, {
      m: outputs,
      n: plan.n * positions,
      k,
      a: { start: add(w!, 4 * group * outputs * k), across: false, stride: 4 * k },
      b: { start: add(input, 4 * group * channels * space), rows: tables[0]!, columns: tables[1]! },
      c: add(out, 4 * group * outputs * positions),
      row: 4 * positions,
      table: tables[2]!,
      work: packed,
    })
}

/** The input with zeros around and between its elements, or without those that negative padding crops. */
function writePadded(
  f: FunctionWriter,
  division: Division,
  { padding, inputDilation }: Attributes['conv'],
  { shape }: TensorType,
  { padded }: Plan,
  x: Address,
  to: Address,
): void {
  const planes = division.range(f, numel(padded.slice(0, 2)))
  const [plane, paddedPlane] = [numel(shape.slice(2)), numel(padded.slice(2))]
  f.emit(bulk('memory.fill', startOf(planes, to, 4 * paddedPlane), i32(0), bytesIn(planes, 4 * paddedPlane)))
  const [from, into] = [stridesOf(shape), stridesOf(padded)]
  let [first, start] = [0, 0]
  const axes = shape.slice(2).map((size, i): CopyAxis => {
    const by = inputDilation[i]!
    const [low] = padding[i]!
    // Elements j with 0 <= j by + low < padded size.
    const least = Math.max(0, Math.ceil(-low / by))
    const end = Math.min(size, Math.floor((padded[i + 2]! - 1 - low) / by) + 1)
    first += least * from[i + 2]!
    start += (least * by + low) * into[i + 2]!
    return { size: Math.max(0, end - least), from: 4 * from[i + 2]!, to: 4 * by * into[i + 2]! }
  })
  if (axes.some((axis) => axis.size === 0)) return
  const rows: CopyAxis = { size: numel(shape.slice(0, 2)), from: 4 * plane, to: 4 * paddedPlane }
  walk(f, [rows], add(x, 4 * first), add(to, 4 * start), (p, q) => copyGrid(f, undivided, 4, axes, p, q), rows, planes)
}
