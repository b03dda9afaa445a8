/**
 * Operations that move elements and compute none, each a plan for one strided copy; and the two that make values from
 * nothing. They serve every dtype.
 */
import { around, movements, type Copies, type GridCopy, type Movement } from '@glissade/codegen'
import { DTYPES } from '@glissade/core/backend'
import type { Attributes, HostArray, Kernel, Kernels } from '@glissade/core/backend'
import { strided, type Copy } from './strided.ts'

interface Part extends GridCopy {
  readonly copy: Copy
}

/** A movement as its copies, one for each operand that has elements. */
const moved =
  <P extends Movement>(plan: Copies<P>, prepare?: (attrs: Attributes[P], out: HostArray) => void): Kernel<P> =>
  (attrs, args, [out]) => {
    const parts = plan(attrs, args, out!).map((part): Part => ({ ...part, copy: strided(part.axes) }))
    return (from, [to]) => {
      prepare?.(attrs, to!)
      for (let i = 0; i < parts.length; i++) {
        const { copy, operand, from: first, to: start } = parts[i]!
        copy(from[operand]!, first, to!, start)
      }
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
  const { size, inner } = around(shape, axis)
  return (_, [out]) => {
    for (let at = 0; at < out!.length;)
      for (let index = 0; index < size; index++) for (let i = 0; i < inner; i++) out![at++] = index
  }
}

export const movement: Pick<Kernels, 'permute' | 'expand' | 'slice' | 'pad' | 'flip' | 'concat' | 'constant' | 'iota'> =
  {
    permute: moved(movements.permute),
    expand: moved(movements.expand),
    slice: moved(movements.slice),
    pad: moved(movements.pad, ({ value }, out) => void out.fill(value)),
    flip: moved(movements.flip),
    concat: moved(movements.concat),
    constant,
    iota,
  }
