/** Ways to break a correct backend in one place. */
import type { Attributes, Backend, HostArray, Kernel, Kernels, TensorType } from '@glissade/core/backend'
import { kernels as correct } from '../../../cpu/src/kernels/index.ts'
import { hostBackend } from '../host-backend.ts'
import { queued, type Omissions } from '../queued-backend.ts'
import type { Patterns } from '../../src/pattern.ts'

export interface Mutant {
  readonly name: string
  /** Cases among which the one that catches it is; the fewer, the sooner it is known. */
  readonly only: Patterns
  readonly create: () => Backend | Promise<Backend>
  /** The same without the change, where it stands in a text: it must pass the case that the mutant fails. */
  readonly right?: () => Promise<Backend>
}

type Op = keyof Kernels
interface Call<P extends Op> {
  readonly attrs: Attributes[P]
  readonly args: readonly TensorType[]
  readonly results: readonly TensorType[]
}

/** Replaces the kernel of one primitive. */
export const kernel = <P extends Op>(
  name: string,
  op: P,
  make: (call: Call<P>, original: Kernel<P>) => ReturnType<Kernel<P>>,
  only = `eager/${op}/*`,
): Mutant => ({
  name,
  only,
  create: () => {
    const original = correct[op] as Kernel<P>
    const mutant: Kernel<P> = (attrs, args, results) => make({ attrs, args, results }, original)
    return hostBackend({ ...correct, [op]: mutant })
  },
})
/** Other attributes than those asked for. */
export const attributes = <P extends Op>(name: string, op: P, change: (call: Call<P>) => Attributes[P]): Mutant =>
  kernel(name, op, (call, original) => original(change(call), call.args, call.results))
/** Spoils what the right kernel gave. */
export const after = <P extends Op>(
  name: string,
  op: P,
  spoil: (out: HostArray, args: readonly HostArray[], call: Call<P>) => void,
  only?: string,
): Mutant =>
  kernel(
    name,
    op,
    (call, original) => {
      const loop = original(call.attrs, call.args, call.results)
      return (args, results) => {
        loop(args, results)
        spoil(results[0]!, args, call)
      }
    },
    only,
  )
/** Element by element, another formula. */
export const formula = <P extends Op>(
  name: string,
  op: P,
  f: (x: number, y: number, was: number, dtype: string) => number,
): Mutant =>
  after(name, op, (out, [a, b], { args }) => {
    for (let i = 0; i < out.length; i++) out[i] = f(a![i]!, b?.[i] ?? 0, out[i]!, args[0]!.dtype)
  })
export const isFloat = (dtype: string): boolean => dtype.startsWith('float')
/** A correct backend with some of its members replaced. */
export const backend = (name: string, only: Patterns, change: (right: Backend) => Partial<Backend>): Mutant => ({
  name,
  only,
  create: () => {
    const right = hostBackend()
    return { ...right, ...change(right) }
  },
})
export const queue = (name: string, only: string, omissions: Omissions): Mutant => ({
  name,
  only,
  create: () => queued(hostBackend(), omissions),
})

/** For a kernel that spoils its operand. */
export const clone = (array: HostArray): HostArray => array.slice()
/** As if the mantissa had 10 bits. */
export const coarse = (x: number): number => {
  const scale = 2 ** (10 - Math.floor(Math.log2(Math.abs(x) || 1)))
  return Math.round(x * scale) / scale
}
