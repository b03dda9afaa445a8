/** Strided views of bytes, made contiguous. */

import type { OwnBytes } from '@glissade/core/backend'

export interface View {
  readonly shape: readonly number[]
  readonly count: number
  readonly strides: readonly number[]
  /** In elements, as the strides are. */
  readonly offset: number
}

type Words = new (buffer: ArrayBufferLike, offset?: number, length?: number) => Uint8Array | Uint16Array | Uint32Array

/** Elements are moved as bits, in units that the source's alignment allows. */
const units: Readonly<Record<number, Words>> = {
  1: Uint8Array,
  2: Uint16Array,
  4: Uint32Array,
}

/** The elements of a view in row-major order, as bytes of their own. */
export function gather(bytes: Uint8Array, width: number, { shape, strides, offset, count }: View): OwnBytes {
  // Dimensions of one element take no step, whatever their stride; without them every loop below does some work.
  const axes = [...shape.keys()].filter((axis) => shape[axis] !== 1)
  const sizes = axes.map((axis) => shape[axis]!)
  const steps = axes.map((axis) => strides[axis]!)
  if (count === 0) return new Uint8Array(0)
  if (steps.every((step, i) => step === product(sizes.slice(i + 1)))) {
    return new Uint8Array(bytes.subarray(offset * width, (offset + count) * width))
  }
  const unit = bytes.byteOffset % Math.min(width, 4) === 0 ? Math.min(width, 4) : 1
  const source = new units[unit]!(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / unit))
  const result = new Uint8Array(count * width)
  const out = new units[unit]!(result.buffer)
  const per = width / unit
  let at = 0
  const walk = (axis: number, start: number): void => {
    const step = steps[axis]! * per
    const isLast = axis === sizes.length - 1
    for (let i = 0, position = start; i < sizes[axis]!; i++, position += step) {
      if (!isLast) walk(axis + 1, position)
      else for (let k = 0; k < per; k++) out[at++] = source[position + k]!
    }
  }
  walk(0, offset * per)
  return result
}

export const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1)
