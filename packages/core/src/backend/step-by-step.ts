/**
 * From a table of kernels to `prepare`: a program runs node by node over host memory, intermediate values in
 * scratch, whose parts are reused as soon as their last reader has run. It refuses composites that the table does not have:
 * core inlines their bodies before `prepare`.
 */
import type { CompositeAttributes, CompositeName } from '../contract/composites.ts'
import type {
  Attributes,
  Executable,
  KernelTime,
  Primitive,
  Program,
  Slice,
  Storage,
  TensorType,
} from '../contract/contract.ts'
import { DTYPES, numel, type HostArray } from '../contract/dtype.ts'
import { LOOP, type LoopAttributes } from '../contract/loop.ts'
import { UnsupportedError } from '../contract/errors.ts'
import { allocateScratch, layout } from '../lower/layout.ts'

declare const performance: { now(): number }

/**
 * Runs one node: reads the argument arrays, fills the result arrays. Called once per run. Where the primitive goes element by
 * element, a result may be the array of an operand: element i is read before it is written, and not later.
 */
export type Loop = (args: readonly HostArray[], results: readonly HostArray[]) => void
/** Called once per prepared node, with all that is known then; what it returns runs many times. */
export type Kernel<P extends Primitive> = (
  attrs: Attributes[P],
  args: readonly TensorType[],
  results: readonly TensorType[],
) => Loop
/** The same for a composite of core. */
export type CompositeKernel<N extends CompositeName> = (
  attrs: CompositeAttributes[N],
  args: readonly TensorType[],
  results: readonly TensorType[],
) => Loop
/** The same for what fusion makes, whose `body` says what is computed. */
export type LoopKernel = (
  attrs: LoopAttributes,
  args: readonly TensorType[],
  results: readonly TensorType[],
  body: Program,
) => Loop
/** A backend: one row per primitive. `reshape` has none, since a contiguous value keeps its bytes. */
export type Kernels = { readonly [P in Exclude<Primitive, 'reshape'>]: Kernel<P> }
/** Composites that it runs itself, which `capabilities.runs` lists: core's, fused loops, and `package/name`s of others. */
export interface CompositeKernels extends Readonly<Partial<{ [N in CompositeName]: CompositeKernel<N> }>> {
  readonly [LOOP]?: LoopKernel
  readonly [name: `${string}/${string}`]: (
    attrs: never,
    args: readonly TensorType[],
    results: readonly TensorType[],
  ) => Loop
}

export interface HostMemory {
  /** The most bytes of one storage. Default: any number. */
  readonly allocationBytes?: number
  allocate(byteLength: number): Storage
  release(storage: Storage): void
  /** The elements of a slice, whose offset is a multiple of their size, as a typed array over the same bytes. */
  array(slice: Slice): HostArray
}

const EMPTY: HostArray = new Uint8Array(0)

const sameElements = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && numel(a.shape) === numel(b.shape)

/** Any of these, as the table is looked into by name. */
type AnyKernel = (
  attrs: object,
  args: readonly TensorType[],
  results: readonly TensorType[],
  body: Program | undefined,
) => Loop

interface Step extends Pick<KernelTime, 'kernel' | 'nodes'> {
  readonly loop: Loop
  readonly args: HostArray[]
  readonly results: HostArray[]
}
interface Patch {
  readonly list: HostArray[]
  readonly at: number
  /** Which part of the operand it is; null for the whole of it. */
  readonly part: { readonly byteOffset: number; readonly type: TensorType } | null
}

/** Makes `Backend.prepare` from a kernel table. */
export function stepByStep(
  memory: HostMemory,
  kernels: Kernels & CompositeKernels,
): (program: Program) => Required<Executable> {
  const { allocationBytes = Infinity } = memory
  return (program) => {
    const { inputs, scalars, nodes, outputs } = program
    const { types, starts, places, silent, copies, scratch } = layout(program, { allocationBytes })
    let storages: readonly Storage[] | null = null
    const inputPatches: Patch[][] = inputs.map(() => [])
    const outputPatches: Patch[][] = outputs.map(() => [])
    const scalarArrays: HostArray[] = []
    const stored = scalars.map((dtype) => DTYPES[dtype].packing?.pack ?? Number)
    const steps: Step[] = []

    const bind = (): void => {
      const pieces = (storages = allocateScratch(scratch, memory))
      const inScratch = (value: number): HostArray => {
        const { index, byteOffset } = places[value]!
        return memory.array({ storage: pieces[index]!, byteOffset, type: types[value]! })
      }
      scalars.forEach((_, i) => scalarArrays.push(inScratch(inputs.length + i)))
      const list = (values: readonly number[]): HostArray[] => {
        const result = values.map((value) => (places[value]!.of === 'scratch' ? inScratch(value) : EMPTY))
        values.forEach((value, at) => {
          const { of, index, byteOffset } = places[value]!
          const type = types[value]!
          const whole = of === 'input' ? inputs[index]! : types[outputs[index]!]!
          const part = byteOffset === 0 && sameElements(type, whole) ? null : { byteOffset, type }
          if (of !== 'scratch') (of === 'input' ? inputPatches : outputPatches)[index]!.push({ list: result, at, part })
        })
        return result
      }
      for (const step of loops) steps.push({ ...step, args: list(step.args), results: list(step.results) })
      for (const { from, to } of copies) {
        const results: HostArray[] = [EMPTY]
        outputPatches[to]!.push({ list: results, at: 0, part: null })
        steps.push({ kernel: 'copy', nodes: [], loop: ([x], [out]) => out!.set(x!), args: list([from]), results })
      }
    }

    const loops = nodes.flatMap((node, i) => {
      const results = node.types.map((_, k) => starts[i]! + k)
      if (node.op === 'reshape') return []
      const kernel = (Object.hasOwn(kernels, node.op) ? kernels[node.op as keyof Kernels] : undefined) as
        | AnyKernel
        | undefined
      if (kernel === undefined)
        throw new UnsupportedError(node.op, 'this backend has no kernel of that name', node.origin)
      if (silent[i]) return []
      return [
        {
          kernel: node.op,
          nodes: [i],
          loop: kernel(
            node.attrs,
            node.args.map((arg) => types[arg]!),
            node.types,
            node.body,
          ),
          args: node.args,
          results,
        },
      ]
    })

    const patch = (patches: readonly Patch[], slice: Slice): void => {
      const { storage, byteOffset } = slice
      const whole = memory.array(slice)
      for (const { list, at, part } of patches)
        list[at] =
          part === null ? whole : memory.array({ storage, byteOffset: byteOffset + part.byteOffset, type: part.type })
    }
    const forget = (patches: readonly Patch[]): void => {
      for (const { list, at } of patches) list[at] = EMPTY
    }
    const perform = <T>(
      inputSlices: readonly Slice[],
      outputSlices: readonly Slice[],
      numbers: Float64Array,
      work: () => T,
    ): T => {
      if (storages === null) bind()
      for (let i = 0; i < inputSlices.length; i++) patch(inputPatches[i]!, inputSlices[i]!)
      for (let i = 0; i < outputSlices.length; i++) patch(outputPatches[i]!, outputSlices[i]!)
      for (let i = 0; i < scalarArrays.length; i++) scalarArrays[i]![0] = stored[i]!(numbers[i]!)
      const result = work()
      // A prepared program must not keep its last operands alive.
      for (let i = 0; i < inputSlices.length; i++) forget(inputPatches[i]!)
      for (let i = 0; i < outputSlices.length; i++) forget(outputPatches[i]!)
      return result
    }
    const inTurn = (): void => {
      for (const step of steps) step.loop(step.args, step.results)
    }
    const timed = (): KernelTime[] =>
      steps.map(({ kernel, nodes: own, loop, args, results }) => {
        const start = performance.now()
        loop(args, results)
        return { kernel, nodes: own, ns: (performance.now() - start) * 1e6 }
      })
    return {
      ready: Promise.resolve(),
      scratchBytes: scratch.reduce((sum, bytes) => sum + bytes, 0),
      run(inputSlices, outputSlices, numbers) {
        perform(inputSlices, outputSlices, numbers, inTurn)
      },
      async profile(inputSlices, outputSlices, numbers) {
        return perform(inputSlices, outputSlices, numbers, timed)
      },
      release() {
        storages?.forEach((storage) => memory.release(storage))
        storages = null
        steps.length = 0
        scalarArrays.length = 0
        for (const patches of [...inputPatches, ...outputPatches]) patches.length = 0
      },
    }
  }
}
