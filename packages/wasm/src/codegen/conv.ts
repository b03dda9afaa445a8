/**
 * Convolution as a product of matrices (implicit GEMM): row l of the second matrix is a channel and tap, column j an image
 * and position, and its element lies at rows[l] + columns[j] in the padded input, so packing gathers it and nothing is laid
 * out twice. Padding becomes a padded copy first, where there is any. Both gradients are convolutions too and come here.
 */
import {
  offsetOf,
  offsets,
  planConv,
  positionsOf,
  tapsOf,
  type ConvPlan,
  type GridAxis,
  type Phase,
} from '@glissade/codegen'
import { numel, stridesOf, type Attributes, type TensorType } from '@glissade/core/backend'
import { add, bulk, i32, type Address } from '../emitter/code.ts'
import type { FunctionWriter } from '../emitter/function.ts'
import type { ModuleWriter } from '../emitter/module.ts'
import { copyGrid, walk } from './copy.ts'
import { isDepthwise, isFilterGradient, writeDepthwise, writeFilterGradient } from './depthwise.ts'
import { bytesIn, startOf, undivided, type Division } from './division.ts'
import { productBytes, writeProduct, type Matrix } from './gemm.ts'

/** `swapped`: per operand, whether its first two axes lie the other way round in memory. */
export type ConvAttributes = Attributes['conv'] & { readonly swapped?: readonly boolean[] }

/**
 * To copy and pack one element of a filter takes as long as so many products. So borders of 7 x 7 images pay from 6 images on;
 * measured, with 64 and 256 channels: from more than 4 and less than 8.
 */
const PACKING = 20
const planOf = (attrs: Attributes['conv'], x: TensorType, w: TensorType, out: TensorType): ConvPlan =>
  planConv(attrs, x, w, out, PACKING)

const align = (bytes: number): number => Math.ceil(bytes / 16) * 16
const paddedBytes = (plan: ConvPlan): number => (plan.isPadded ? align(4 * numel(plan.padded)) : 0)
const isEmpty = (plan: ConvPlan): boolean => plan.n * plan.channels === 0 || numel(plan.padded) === 0
/** Elements of the weight that a part reads. */
const weightOf = ({ outputs, groups, channels }: ConvPlan, part: readonly Phase[]): number =>
  outputs * groups * channels * numel(tapsOf(part))
/** Weights of parts are copied together. */
const weightBytes = (plan: ConvPlan): number =>
  !plan.isSplit ? 0 : plan.parts.reduce((sum, part) => sum + align(4 * weightOf(plan, part)), 0)

const isDirect = (attrs: Attributes['conv'], x: TensorType, w: TensorType, out: TensorType): boolean =>
  isDepthwise(attrs, x, w) || isFilterGradient(attrs, w, out)

/** Filters of fewer taps would be packed in pieces too short. */
const TAPS = 16
/** Whether operand k may lie with its first two axes the other way round. */
export function readsPlaces(
  attrs: Attributes['conv'],
  [x, w]: readonly TensorType[],
  out: TensorType,
  k: number,
): boolean {
  if (attrs.groups !== 1 || isDirect(attrs, x!, w!, out)) return false
  if (k === 0) return true
  const counts = planOf(attrs, x!, w!, out).parts.map((part) => numel(tapsOf(part)))
  return counts.every((count) => count <= 1 || count >= TAPS)
}

/** Bytes of the workspace that it needs: of the padded input and of weights put together, and per thread. */
export function convBytes(
  attrs: Attributes['conv'],
  x: TensorType,
  w: TensorType,
  out: TensorType,
  threads: number,
): { shared: number; own: number } {
  if (isDirect(attrs, x, w, out)) return { shared: 0, own: 0 }
  const plan = planOf(attrs, x, w, out)
  if (isEmpty(plan) || numel(out.shape) === 0) return { shared: 0, own: 0 }
  const { outputs, n, channels } = plan
  return {
    shared: paddedBytes(plan) + weightBytes(plan),
    own: Math.max(
      ...plan.parts.map((part) =>
        productBytes(outputs, n * numel(positionsOf(part)), Math.max(1, channels * numel(tapsOf(part))), threads),
      ),
    ),
  }
}

/** Products of numbers, as many as packed panels do in its time. */
export const convCost = (attrs: Attributes['conv'], x: TensorType, w: TensorType, out: TensorType): number =>
  ((numel(out.shape) * numel(w.shape.slice(1))) / numel(attrs.inputDilation)) *
  (isDirect(attrs, x, w, out) ? DIRECT : 1)
/** So many times as long takes a product that is not in a panel (measured: 2 to 4 a nanosecond). */
const DIRECT = 8

/** Byte distances that the product of each part needs: per channel and tap, per image and position in the input, and in the result. */
export function convTables(
  attrs: ConvAttributes,
  x: TensorType,
  w: TensorType,
  out: TensorType,
): readonly Int32Array[] {
  if (isDirect(attrs, x, w, out)) return []
  const plan = planOf(attrs, x, w, out)
  const [, plane, ...space] = stridesOf(plan.padded).map((stride) => stride * 4) as [number, number, ...number[]]
  const isSwapped = attrs.swapped?.[0] ?? false
  const [image, channel] = isSwapped ? [plane, plan.n * plane] : [x.shape[1]! * plane, plane]
  const places = stridesOf(out.shape.slice(2)).map((stride) => stride * 4)
  return plan.parts.flatMap((part) => [
    offsets([plan.channels, ...tapsOf(part)], [channel, ...space.map((stride, i) => stride * attrs.dilation[i]!)]),
    offsets(
      [plan.n, ...positionsOf(part)],
      [image, ...space.map((stride, i) => stride * attrs.strides[i]!)],
      offsetOf(
        part.map((phase) => phase.at),
        space,
      ),
    ),
    offsets(
      [plan.n, ...positionsOf(part)],
      [4 * out.shape[1]! * plan.positions, ...places.map((stride, i) => stride * part[i]!.positions.step)],
      offsetOf(
        part.map(({ positions }) => positions.first),
        places,
      ),
    ),
  ])
}

export function writeConv(
  f: FunctionWriter,
  module: ModuleWriter,
  division: Division,
  attrs: ConvAttributes,
  args: readonly Address[],
  out: Address,
  { shared, own }: { readonly shared: Address; readonly own: Address },
  tables: readonly Address[],
  types: readonly TensorType[],
  result: TensorType,
): void {
  const [[x, w], [type, weight]] = [args, types]
  if (isDirect(attrs, type!, weight!, result)) {
    const write = isFilterGradient(attrs, weight!, result) ? writeFilterGradient : writeDepthwise
    return write(f, division, attrs, args, out, types, result)
  }
  const plan = planOf(attrs, type!, weight!, result)
  if (numel(result.shape) === 0) return
  const { parts } = plan
  const hasTaps = (part: readonly Phase[]): boolean => numel(tapsOf(part)) > 0
  const hasZeros = isEmpty(plan) || !parts.every(hasTaps)
  if (hasZeros) f.emit(bulk('memory.fill', out, i32(0), i32(4 * numel(result.shape))))
  if (isEmpty(plan) || !parts.some(hasTaps)) return
  const input = plan.isPadded ? f.let(shared) : x!
  if (plan.isPadded) writePadded(f, division, type!, plan, x!, input)
  const weights = writeWeights(f, division, weight!, plan, w!, add(shared, paddedBytes(plan)))
  if (plan.isPadded || plan.isSplit || hasZeros) division.barrier(f)
  const packed = f.let(own)
  const { channels, outputs, positions, groups } = plan
  const space = numel(plan.padded.slice(2))
  parts.forEach((part, p) => {
    const k = channels * numel(tapsOf(part))
    const [rows, columns, table] = tables.slice(3 * p) as [Address, Address, Address]
    if (k === 0) return
    const filters = (group: number): Matrix => {
      const start = add(weights[p]!, 4 * group * outputs * k)
      if (!attrs.swapped?.[1]) return { start, across: false, stride: 4 * k }
      const length = numel(tapsOf(part))
      if (length === 1) return { start, across: true, stride: 4 * outputs }
      return { start, across: false, stride: 4 * length, runs: { length, stride: 4 * outputs * length } }
    }
    for (let group = 0; group < groups; group++)
      writeProduct(f, module, division, {
        m: outputs,
        n: plan.n * numel(positionsOf(part)),
        k,
        a: filters(group),
        b: { start: add(input, 4 * group * channels * space), rows, columns },
        c: add(out, 4 * group * outputs * positions),
        row: 4 * positions,
        table,
        work: packed,
      })
  })
}

/** Where the weights of each part lie together. */
function writeWeights(
  f: FunctionWriter,
  division: Division,
  { shape }: TensorType,
  plan: ConvPlan,
  w: Address,
  to: Address,
): readonly Address[] {
  if (!plan.isSplit) return plan.parts.map(() => w)
  const window = stridesOf(shape.slice(2))
  let offset = 0
  return plan.parts.map((part) => {
    const start = f.let(add(to, offset))
    offset += align(4 * weightOf(plan, part))
    const counts = tapsOf(part)
    const packed = stridesOf(counts)
    const first = part.reduce((sum, { taps }, i) => sum + taps.first * window[i]!, 0)
    const axes = part.map(({ taps }, i): GridAxis => ({
      size: taps.count,
      from: 4 * taps.step * window[i]!,
      to: 4 * packed[i]!,
    }))
    const filters: GridAxis = {
      size: shape[0]! * shape[1]!,
      from: 4 * numel(shape.slice(2)),
      to: 4 * numel(counts),
    }
    copyGrid(f, division, 4, [filters, ...axes], add(w, 4 * first), start)
    return start
  })
}

/** The input with zeros around and between its elements, or without those that negative padding crops. */
function writePadded(
  f: FunctionWriter,
  division: Division,
  { shape }: TensorType,
  { padded, axes: plans }: ConvPlan,
  x: Address,
  to: Address,
): void {
  const planes = division.range(f, numel(padded.slice(0, 2)))
  const [plane, paddedPlane] = [numel(shape.slice(2)), numel(padded.slice(2))]
  f.emit(bulk('memory.fill', startOf(planes, to, 4 * paddedPlane), i32(0), bytesIn(planes, 4 * paddedPlane)))
  const [from, into] = [stridesOf(shape), stridesOf(padded)]
  let [first, start] = [0, 0]
  const axes = shape.slice(2).map((size, i): GridAxis => {
    const { low, by } = plans[i]!
    // Elements j with 0 <= j by + low < padded size.
    const least = Math.max(0, Math.ceil(-low / by))
    const end = Math.min(size, Math.floor((padded[i + 2]! - 1 - low) / by) + 1)
    first += least * from[i + 2]!
    start += (least * by + low) * into[i + 2]!
    return { size: Math.max(0, end - least), from: 4 * from[i + 2]!, to: 4 * by * into[i + 2]! }
  })
  if (axes.some((axis) => axis.size === 0)) return
  const rows: GridAxis = { size: numel(shape.slice(0, 2)), from: 4 * plane, to: 4 * paddedPlane }
  walk(f, [rows], add(x, 4 * first), add(to, 4 * start), (p, q) => copyGrid(f, undivided, 4, axes, p, q), rows, planes)
}
