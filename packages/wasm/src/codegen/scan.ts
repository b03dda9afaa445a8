/** Primitives that go along one axis and keep something on the way: argmax and cumsum. */
import { around } from '@glissade/codegen'
import type { Attributes, TensorType } from '@glissade/core/backend'
import { add, at, f64, i32, mul, op, type Address, type Code } from '../emitter/code.ts'
import type { FunctionWriter } from '../emitter/function.ts'
import { lines } from './along-axis.ts'
import type { Division } from './division.ts'
import { isGreater, loadElement, storeElement, type Element } from './element.ts'
import { bytesOf, kindOf } from './stored.ts'

export function writeArgmax(
  f: FunctionWriter,
  division: Division,
  { axis }: Attributes['argmax'],
  x: Address,
  out: Address,
  { dtype, shape }: TensorType,
): void {
  const view = around(shape, axis)
  const bytes = bytesOf(dtype)
  const best = f.local(kindOf(dtype))
  const value = f.local(kindOf(dtype))
  const index = f.local('i32')
  const j = f.local('i32')
  const p = f.local('i32')
  lines(f, division, x, bytes, view, (first, line) => {
    f.set(best, loadElement(dtype, first))
    f.set(index, i32(0))
    f.set(j, i32(1))
    f.set(p, first)
    f.repeat(view.size - 1, () => {
      f.set(p, add(p, view.inner * bytes))
      f.set(value, loadElement(dtype, p))
      f.if(isGreater(value, best), () => {
        f.set(best, value)
        f.set(index, j)
      })
      f.set(j, add(j, 1))
    })
    f.emit(at('i32.store', 0, add(out, mul(line, 4)), index))
  })
}

export function writeCumsum(
  f: FunctionWriter,
  division: Division,
  { axis, reverse }: Attributes['cumsum'],
  x: Address,
  out: Address,
  { dtype, shape }: TensorType,
): void {
  const view = around(shape, axis)
  const bytes = bytesOf(dtype)
  const distance = f.let(op('i32.sub', out, x))
  const p = f.local('i32')
  const step = (reverse ? -1 : 1) * view.inner * bytes
  const along = (begin: () => void, take: (element: Element) => Element): void =>
    lines(f, division, x, bytes, view, (first) => {
      begin()
      f.set(p, add(first, reverse ? (view.size - 1) * view.inner * bytes : 0))
      f.repeat(view.size, () => {
        f.emit(storeElement(dtype, op('i32.add', p, distance), take(loadElement(dtype, p))))
        f.set(p, add(p, step))
      })
    })
  if (kindOf(dtype) === 'f32') {
    // In double, which takes no longer: every addition waits for the one before it in either.
    const total = f.local('f64')
    return along(
      () => f.set(total, f64(0)),
      (element) =>
        op('f32.demote_f64', f.tee(total, op('f64.add', total, op('f64.promote_f32', element as Code<'f32'>)))),
    )
  }
  const total = f.local('i32')
  along(
    () => f.set(total, i32(0)),
    (element) => f.tee(total, op('i32.add', total, element as Code<'i32'>)),
  )
}
