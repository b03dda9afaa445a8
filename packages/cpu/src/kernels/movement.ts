/**
 * Operations that move elements and compute none, each a plan for one strided copy; and the two that make values from
 * nothing. They serve every dtype.
 */
import { DTYPES, numel, stridesOf } from '@glissade/core/backend'
import type { HostArray, Kernel, Kernels } from '@glissade/core/backend'
import { strided } from './strided.ts'

/** The element at `index`, counted in `strides`. */
const offsetOf = (index: readonly number[], strides: readonly number[]): number =>
  index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0)

const permute: Kernel<'permute'> = ({ order }, [x], [out]) => {
  const strides = stridesOf(x!.shape)
  const copy = strided(
    out!.shape,
    order.map((axis) => strides[axis]!),
    stridesOf(out!.shape),
  )
  return ([from], [to]) => copy(from!, 0, to!, 0)
}

const expand: Kernel<'expand'> = ({ shape }, [x]) => {
  const strides = stridesOf(x!.shape)
  const lead = shape.length - x!.shape.length
  const steps = shape.map((_, axis) => (axis < lead || x!.shape[axis - lead] === 1 ? 0 : strides[axis - lead]!))
  const copy = strided(shape, steps, stridesOf(shape))
  return ([from], [to]) => copy(from!, 0, to!, 0)
}

const slice: Kernel<'slice'> = ({ start, step }, [x], [out]) => {
  const strides = stridesOf(x!.shape)
  const first = offsetOf(start, strides)
  const copy = strided(
    out!.shape,
    strides.map((stride, axis) => stride * step[axis]!),
    stridesOf(out!.shape),
  )
  return ([from], [to]) => copy(from!, first, to!, 0)
}

const pad: Kernel<'pad'> = ({ low, interior, value }, [x], [out]) => {
  const strides = stridesOf(out!.shape)
  const first = offsetOf(low, strides)
  const steps = strides.map((stride, axis) => stride * (interior[axis]! + 1))
  const copy = strided(x!.shape, stridesOf(x!.shape), steps)
  return ([from], [to]) => {
    to!.fill(value)
    copy(from!, 0, to!, first)
  }
}

const flip: Kernel<'flip'> = ({ axes }, [x]) => {
  const strides = stridesOf(x!.shape)
  const last = offsetOf(
    axes.map((axis) => x!.shape[axis]! - 1),
    axes.map((axis) => strides[axis]!),
  )
  const copy = strided(
    x!.shape,
    strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    strides,
  )
  return ([from], [to]) => copy(from!, last, to!, 0)
}

const concat: Kernel<'concat'> = ({ axis }, args, [out]) => {
  const strides = stridesOf(out!.shape)
  let position = 0
  const parts = args.map(({ shape }) => {
    const first = position * strides[axis]!
    position += shape[axis]!
    return { first, copy: strided(shape, stridesOf(shape), strides) }
  })
  return (from, [to]) => {
    for (let i = 0; i < parts.length; i++) parts[i]!.copy(from[i]!, 0, to!, parts[i]!.first)
  }
}

const constant: Kernel<'constant'> = ({ dtype, value }) => {
  if (typeof value === 'number') return (_, [out]) => void out!.fill(value)
  const values: HostArray = new DTYPES[dtype].array(
    new ArrayBuffer(value.length * DTYPES[dtype].bytes),
    0,
    value.length,
  )
  values.set(value)
  return (_, [out]) => out!.set(values)
}

const iota: Kernel<'iota'> = ({ shape, axis }) => {
  const size = shape[axis]!
  const inner = numel(shape.slice(axis + 1))
  return (_, [out]) => {
    for (let at = 0; at < out!.length;)
      for (let index = 0; index < size; index++) for (let i = 0; i < inner; i++) out![at++] = index
  }
}

export const movement: Pick<Kernels, 'permute' | 'expand' | 'slice' | 'pad' | 'flip' | 'concat' | 'constant' | 'iota'> =
  { permute, expand, slice, pad, flip, concat, constant, iota }
