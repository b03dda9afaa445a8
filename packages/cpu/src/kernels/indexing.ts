/** Operations whose indices are values: gather, scatterAdd, sort. */
import { around } from '@glissade/codegen'
import { outOfRange } from '@glissade/core/backend'
import type { Attributes, HostArray, Kernel, Kernels } from '@glissade/core/backend'

function assertInside(op: string, attrs: Attributes['gather'], indices: HostArray, size: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!
    if (index < 0 || index >= size) throw outOfRange(op, attrs, index, size)
  }
}

const gather: Kernel<'gather'> = (attrs, [x]) => {
  const { outer, size, inner } = around(x!.shape, attrs.axis)
  return ([from, indices], [out]) => {
    assertInside('gather', attrs, indices!, size)
    let at = 0
    for (let block = 0; block < outer; block++)
      for (let j = 0; j < indices!.length; j++) {
        const line = (block * size + indices![j]!) * inner
        for (let i = 0; i < inner; i++) out![at++] = from![line + i]!
      }
  }
}

const scatterAdd: Kernel<'scatterAdd'> = (attrs, [x]) => {
  const { outer, size, inner } = around(x!.shape, attrs.axis)
  return ([from, indices, updates], [out]) => {
    assertInside('scatterAdd', attrs, indices!, size)
    out!.set(from!)
    let at = 0
    for (let block = 0; block < outer; block++)
      for (let j = 0; j < indices!.length; j++) {
        const line = (block * size + indices![j]!) * inner
        for (let i = 0; i < inner; i++) out![line + i]! += updates![at++]!
      }
  }
}

/** Whether `a` comes before `b` when the greatest comes first; NaN is greatest. */
const isGreater = (a: number, b: number): boolean => a > b || (a !== a && b === b)

/** Merges two sorted runs of `order`, `[from, middle)` and `[middle, to)`, into `target`; equal keys keep their order. */
function mergeRuns(
  keys: Float64Array,
  order: Int32Array,
  target: Int32Array,
  from: number,
  middle: number,
  to: number,
  descending: boolean,
): void {
  let left = from
  let right = middle
  for (let at = from; at < to; at++) {
    const isRight =
      left >= middle ||
      (right < to &&
        (descending
          ? isGreater(keys[order[right]!]!, keys[order[left]!]!)
          : isGreater(keys[order[left]!]!, keys[order[right]!]!)))
    target[at] = isRight ? order[right++]! : order[left++]!
  }
}

const sort: Kernel<'sort'> = ({ axis, descending }, [x]) => {
  const { outer, size, inner } = around(x!.shape, axis)
  const keys = new Float64Array(size)
  const buffers = [new Int32Array(size), new Int32Array(size)] as const
  return ([from], [values, indices]) => {
    for (let block = 0; block < outer; block++)
      for (let i = 0; i < inner; i++) {
        const first = block * size * inner + i
        let [order, spare] = buffers
        for (let j = 0; j < size; j++) {
          keys[j] = from![first + j * inner]!
          order[j] = j
        }
        for (let width = 1; width < size; width *= 2) {
          for (let start = 0; start < size; start += 2 * width)
            mergeRuns(
              keys,
              order,
              spare,
              start,
              Math.min(start + width, size),
              Math.min(start + 2 * width, size),
              descending,
            )
          ;[order, spare] = [spare, order]
        }
        for (let j = 0; j < size; j++) {
          values![first + j * inner] = keys[order[j]!]!
          indices![first + j * inner] = order[j]!
        }
      }
  }
}

export const indexing: Pick<Kernels, 'gather' | 'scatterAdd' | 'sort'> = { gather, scatterAdd, sort }
