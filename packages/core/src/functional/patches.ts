/** Windows of an image as columns and back, and channels as pixels and back. */
import { numel } from '../contract/dtype.ts'
import { ShapeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { windowPositions } from '../ir/infer.ts'
import { natural, positive } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import { Op } from '../engine/op.ts'
import { one } from '../tensor/one.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { assertRoom, each, perDimension, type Sizes } from './sizes.ts'

const SIZE = /* @__PURE__ */ perDimension(positive, 2)
export const patchOptions = {
  /** Distance of the elements of a patch. */
  dilation: optional(SIZE, 1),
  /** Zeros on both sides. */
  padding: optional(perDimension(natural, 2), 0),
  /** Distance of the patches. */
  stride: optional(SIZE, 1),
}
export interface PatchOptions extends OptionsOf<typeof patchOptions> {}
export const UNFOLD = /* @__PURE__ */ signature('unfold', { input: tensor, kernelSize: SIZE }, patchOptions)
export const FOLD = /* @__PURE__ */ signature(
  'fold',
  { input: tensor, outputSize: SIZE, kernelSize: SIZE },
  patchOptions,
)
export const PIXEL_SHUFFLE = /* @__PURE__ */ signature('pixelShuffle', { input: tensor, upscaleFactor: positive })
export const PIXEL_UNSHUFFLE = /* @__PURE__ */ signature('pixelUnshuffle', { input: tensor, downscaleFactor: positive })

interface Patches {
  readonly window: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: readonly number[]
  readonly strides: readonly number[]
}

function patches(kernelSize: Sizes, { dilation, padding, stride }: ValuesOf<typeof patchOptions>): Patches {
  return {
    window: each(kernelSize, 2),
    dilation: each(dilation, 2),
    padding: each(padding, 2),
    strides: each(stride, 2),
  }
}

function positions({ window, dilation, padding, strides }: Patches, space: readonly number[]): [number, number] {
  return space.map((length, i) =>
    windowPositions(length, window[i]!, strides[i]!, [padding[i]!, padding[i]!], dilation[i]!),
  ) as [number, number]
}

/** Offset of every window element, row-major. */
const offsets = ({ window, dilation }: Patches): [number, number][] =>
  Array.from({ length: window[0]! * window[1]! }, (_, k) => [
    Math.floor(k / window[1]!) * dilation[0]!,
    (k % window[1]!) * dilation[1]!,
  ])

/** The elements of [n, c, h, w] that lie under one window element at every position. */
function under(
  x: Sym,
  [top, left]: readonly [number, number],
  strides: readonly number[],
  [rows, columns]: readonly [number, number],
): Sym {
  const [n, c] = x.shape as [number, number]
  const stop = [n, c, top + (rows - 1) * strides[0]! + 1, left + (columns - 1) * strides[1]! + 1]
  return x.slice([0, 0, top, left], stop, [1, 1, strides[0]!, strides[1]!])
}

const unfoldOp: Op<Patches> = /* @__PURE__ */ new Op('unfold2d', ([x], attrs, builder) => {
  const [n, c, ...space] = x!.shape as [number, number, ...number[]]
  const places = positions(attrs, space)
  const margin = [0, 0, ...attrs.padding]
  const padded = x!.pad(margin, margin)
  const columns = offsets(attrs).map((offset) =>
    under(padded, offset, attrs.strides, places).reshape([n, c, 1, numel(places)]),
  )
  return [builder.concat(columns, 2).reshape([n, c * columns.length, numel(places)])]
})

const foldOp: Op<Patches & { space: readonly number[] }> = /* @__PURE__ */ new Op(
  'fold',
  ([x], { space, ...attrs }, builder) => {
    const [n, rows] = x!.shape as [number, number]
    const taps = offsets(attrs)
    const c = rows / taps.length
    const places = positions(attrs, space)
    const whole = space.map((length, i) => length + 2 * attrs.padding[i]!)
    const columns = x!.reshape([n, c, taps.length, ...places])
    const parts = taps.map(([top, left], k) => {
      const part = columns.slice([0, 0, k, 0, 0], [n, c, k + 1, ...places]).reshape([n, c, ...places])
      const span = places.map((count, i) => (count - 1) * attrs.strides[i]! + 1)
      return part.pad(
        [0, 0, top, left],
        [0, 0, whole[0]! - top - span[0]!, whole[1]! - left - span[1]!],
        [0, 0, ...attrs.strides.map((by) => by - 1)],
      )
    })
    const sum = parts.reduce((a, b) => a.add(b), builder.fill(x!.dtype, [n, c, ...whole], 0))
    return [sum.slice([0, 0, ...attrs.padding], [n, c, ...space.map((length, i) => attrs.padding[i]! + length)])]
  },
)

function withBatch(operation: string, input: Tensor, rank: number, run: (batch: Tensor) => Tensor): Tensor {
  if (input.shape.length === rank) return run(input)
  if (input.shape.length === rank - 1) return run(input.unsqueeze(0)).squeeze(0)
  throw new ShapeError(operation, [input.shape], `the input must have ${rank} axes, or ${rank - 1} without a batch`)
}

/**
 * Every window as a column.
 * @param input [n, c, height, width] or [c, height, width]
 * @returns [n, c * window elements, positions]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html
 */
export function unfold(input: Tensor, kernelSize: Sizes, options?: PatchOptions): Tensor
export function unfold(input: Tensor, kernelSize: Sizes): Tensor {
  const attrs = patches(kernelSize, UNFOLD.read(arguments))
  return withBatch('unfold', input, 4, (batch) => {
    const places = positions(attrs, batch.shape.slice(2))
    if (numel(places) === 0)
      throw new ShapeError(
        'unfold',
        [input.shape, attrs.window],
        'the window, dilated, is larger than the padded input',
      )
    assertRoom('unfold', batch, [batch.shape[0]!, batch.shape[1]! * numel(attrs.window), numel(places)])
    return one(unfoldOp, attrs, batch)
  })
}

/**
 * Adds columns back into an image of size `outputSize`: the transpose of unfold.
 * @param input [n, c * window elements, positions], or without n
 * @returns [n, c, height, width]
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.fold.html
 */
export function fold(input: Tensor, outputSize: Sizes, kernelSize: Sizes, options?: PatchOptions): Tensor
export function fold(input: Tensor, outputSize: Sizes, kernelSize: Sizes): Tensor {
  const attrs = patches(kernelSize, FOLD.read(arguments))
  const space = each(outputSize, 2)
  return withBatch('fold', input, 3, (batch) => {
    const [, rows, columns] = batch.shape as [number, number, number]
    const count = numel(positions(attrs, space))
    if (rows % numel(attrs.window) !== 0 || columns !== count)
      throw new ShapeError(
        'fold',
        [input.shape],
        `needs [n, c * ${numel(attrs.window)}, ${count}] for this output and window`,
      )
    return one(foldOp, { ...attrs, space }, batch)
  })
}

interface Factor {
  readonly factor: number
}
const shuffleOp: Op<Factor> = /* @__PURE__ */ new Op('pixelShuffle', ([x], { factor: r }) => {
  const [c, h, w] = x!.shape.slice(-3) as [number, number, number]
  const lead = x!.shape.slice(0, -3)
  const n = numel(lead)
  return [
    x!
      .reshape([n, c / (r * r), r, r, h, w])
      .permute([0, 1, 4, 2, 5, 3])
      .reshape([...lead, c / (r * r), h * r, w * r]),
  ]
})
const unshuffleOp: Op<Factor> = /* @__PURE__ */ new Op('pixelUnshuffle', ([x], { factor: r }) => {
  const [c, h, w] = x!.shape.slice(-3) as [number, number, number]
  const lead = x!.shape.slice(0, -3)
  return [
    x!
      .reshape([numel(lead), c, h / r, r, w / r, r])
      .permute([0, 1, 3, 5, 2, 4])
      .reshape([...lead, c * r * r, h / r, w / r]),
  ]
})

function assertImage(operation: string, input: Tensor): void {
  if (input.shape.length < 3)
    throw new ShapeError(operation, [input.shape], 'the input must be [..., c, height, width]')
}

/**
 * [..., c r^2, h, w] to [..., c, h r, w r]. Source: https://arxiv.org/abs/1609.05158
 */
export function pixelShuffle(input: Tensor, upscaleFactor: number): Tensor {
  PIXEL_SHUFFLE.read(arguments)
  assertImage('pixelShuffle', input)
  if (input.shape.at(-3)! % upscaleFactor ** 2 !== 0)
    throw new ShapeError('pixelShuffle', [input.shape], `channels must be a multiple of ${upscaleFactor ** 2}`)
  return one(shuffleOp, { factor: upscaleFactor }, input)
}
/**
 * [..., c, h r, w r] to [..., c r^2, h, w].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html
 */
export function pixelUnshuffle(input: Tensor, downscaleFactor: number): Tensor {
  PIXEL_UNSHUFFLE.read(arguments)
  assertImage('pixelUnshuffle', input)
  if (input.shape.slice(-2).some((size) => size % downscaleFactor !== 0))
    throw new ShapeError('pixelUnshuffle', [input.shape], `height and width must be multiples of ${downscaleFactor}`)
  return one(unshuffleOp, { factor: downscaleFactor }, input)
}
