/** The gradient of max pooling: what windows add to the elements that were their greatest. */
import { numel, type CompositeAttributes, type TensorType } from '@glissade/core/backend'
import { add, at, bulk, i32, mul, type Address } from '../emitter/code.ts'
import type { FunctionWriter } from '../emitter/function.ts'
import { bytesIn, countOf, startOf, type Division } from './division.ts'
import { addElements, loadElement, storeElement } from './element.ts'
import { bytesOf } from './stored.ts'

/** Planes are divided, so every thread adds where no other does. The indices are those of `maxPool`, and lie in their plane. */
export function writeMaxPoolGrad(
  f: FunctionWriter,
  division: Division,
  { rank, space }: CompositeAttributes['maxPoolGrad'],
  [g, indices]: readonly Address[],
  out: Address,
  { dtype, shape }: TensorType,
): void {
  const bytes = bytesOf(dtype)
  const [lead, windows] = [numel(shape.slice(0, -rank)), numel(shape.slice(-rank))]
  const plane = numel(space) * bytes
  if (lead === 0) return
  const planes = division.range(f, lead)
  const to = f.let(startOf(planes, out, plane))
  const from = f.let(startOf(planes, g!, windows * bytes))
  const index = f.let(startOf(planes, indices!, windows * 4))
  f.emit(bulk('memory.fill', to, i32(0), bytesIn(planes, plane)))
  f.repeat(countOf(planes), () => {
    f.repeat(windows, () => {
      const place = f.let(add(to, mul(at('i32.load', 0, index), bytes)))
      f.emit(storeElement(dtype, place, addElements(loadElement(dtype, place), loadElement(dtype, from))))
      f.set(from, add(from, bytes))
      f.set(index, add(index, 4))
      f.free(place)
    })
    f.set(to, add(to, plane))
  })
  f.free(to, from, index)
}
