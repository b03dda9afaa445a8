/**
 * What the device runs. Here stand the first kernels of its own; what has none runs by core's definition, in float64
 * and slowly, so that everything works from the first day. Replace one by one, and `byDefinition` last.
 */
import { stridesOf } from '@glissade/core/backend'
import type { Kernel, Kernels, Loop, Node, Shape, TensorType } from '@glissade/core/backend'
import { definitions, evaluate } from '@glissade/core/ir'
import { composites } from './composites.js'

const each = (f: (x: number, y: number) => number): Loop => ([x, y = x], [out]) => {
  for (let i = 0; i < out!.length; i++) out![i] = f(x![i]!, y![i]!)
}
/** The element of x that stands at an index of the result. */
const moved = (shape: Shape, strides: Shape): Loop => ([x], [out]) => {
  const steps = stridesOf(shape).map((step, axis) => [step, shape[axis]!, strides[axis]!] as const)
  for (let i = 0; i < out!.length; i++)
    out![i] = x![steps.reduce((place, [step, size, stride]) => place + (Math.floor(i / step) % size) * stride, 0)]!
}

const own: Partial<Kernels> = {
  add: () => each((x, y) => x + y),
  sub: () => each((x, y) => x - y),
  mul: (_, [x]) => each(x!.dtype === 'float32' ? (x, y) => x * y : Math.imul),
  maximum: () => each(Math.max),
  exp: () => each(Math.exp),
  permute: ({ order }, [x], [out]) => moved(out!.shape, order.map((axis) => stridesOf(x!.shape)[axis]!)),
  expand: ({ shape }, [x]) => {
    const strides = stridesOf(x!.shape).map((stride, axis) => (x!.shape[axis] === 1 ? 0 : stride))
    return moved(shape, [...shape.slice(strides.length).map(() => 0), ...strides])
  },
  dot: ({ transposeA, transposeB }, [a], [out]) => {
    const [m, n] = out!.shape.slice(-2) as [number, number]
    const k = a!.shape.at(transposeA ? -2 : -1)!
    const times = a!.dtype === 'float32' ? (x: number, y: number) => x * y : Math.imul
    const [[rowA, stepA], [stepB, columnB]] = [transposeA ? [1, m] : [k, 1], transposeB ? [1, k] : [n, 1]] as const
    return ([x, y], [to]) => {
      for (let p = 0; p < to!.length; p++) {
        const [batch, i, j] = [Math.floor(p / (m * n)), Math.floor(p / n) % m, p % n]
        let sum = 0
        for (let l = 0; l < k; l++)
          sum += times(x![batch * m * k + i * rowA + l * stepA]!, y![batch * k * n + l * stepB + j * columnB]!)
        to![p] = sum
      }
    }
  },
}
const kernels: { readonly [op: string]: Kernel<never> | undefined } = { ...own, ...composites } as never

/** Called when the program is compiled; what it gives runs many times. */
type Compile = (args: readonly TensorType[]) => Loop
/** Null where there is neither a kernel nor a definition. */
export function kernelOf(node: Node): Compile | null {
  const kernel = Object.hasOwn(kernels, node.op) ? kernels[node.op] : undefined
  if (kernel !== undefined) return (args) => kernel(node.attrs as never, args, node.types)
  return Object.hasOwn(definitions, node.op) ? (args) => byDefinition(node, args) : null
}
function byDefinition({ op, attrs, types }: Node, inputs: readonly TensorType[]): Loop {
  const [args, outputs] = [inputs.map((_, i) => i), types.map((_, k) => inputs.length + k)]
  const donated = types.map(() => null)
  const program = { inputs, scalars: [], nodes: [{ op, attrs, args, types }], outputs, donated }
  return (operands, results) => {
    for (const [k, values] of evaluate(program, operands, [], { round: true }).entries()) results[k]!.set(values)
  }
}
