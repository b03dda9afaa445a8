/** `Backend.prepare`, by source: programs of the same source share a function, and run over arrays that are bound at every run. */
import {
  allocateScratch,
  type Executable,
  type HostArray,
  type HostMemory,
  type Kernels,
  type Loop,
  type Program,
  type Slice,
  type Storage,
} from '@glissade/core/backend'
import { functionOf } from './code.ts'
import type { View } from './names.ts'
import { functions as sourceFunctions } from './packed.ts'
import { programSource, type Source } from './program.ts'
import { Stopwatch } from './stopwatch.ts'

/** Runs everything; `x` are the inputs, `y` the outputs, `v` parts of them. */
type Run = (
  x: readonly HostArray[],
  y: readonly HostArray[],
  v: readonly HostArray[],
  numbers: Float64Array,
  ...given: Given
) => void
/** What differs between programs of the same source: kernels, arrays in the scratch storage and beside it, sizes. */
type Given = readonly [readonly Loop[], readonly HostArray[], readonly Float64Array[], readonly number[]]

/** Generic functions, by dtypes and source. */
class Shared {
  readonly #runs = new Map<string, Run>()
  of({ source, names }: Source): Run {
    // With arrays of other types the same text would be slower for all.
    const key = names.dtypes + source
    let run = this.#runs.get(key)
    if (run === undefined) {
      if (this.#runs.size >= KEPT) this.#runs.clear()
      this.#runs.set(key, (run = functionOf('functions', source)(sourceFunctions) as Run))
    }
    return run
  }
}
const KEPT = 512

/** `Backend.prepare`, by source. */
export function bySource(memory: HostMemory, kernels: Kernels): (program: Program) => Required<Executable> {
  const shared = new Shared()
  return (program) => {
    const { allocationBytes = Infinity } = memory
    const written = programSource(program, kernels, { allocationBytes })
    const { source, isGeneric, sizes, loops, kept, names, scratch } = written
    let storages: readonly Storage[] | null = null
    let run: Run | null = null
    let timed: { readonly run: Run; readonly watch: Stopwatch } | null = null
    let given: Given = [[], [], [], []]
    const bind = (): Run => {
      const parts = (storages = allocateScratch(scratch, memory))
      const arrays = names.scratch.map((view) =>
        part({ storage: parts[view.index]!, byteOffset: 0, type: view.type }, view),
      )
      given = [loops, arrays, kept.map((length) => new Float64Array(length)), sizes]
      if (isGeneric) return shared.of(written)
      return functionOf(...GIVEN, source)(sourceFunctions, ...given) as Run
    }
    const bindTimed = (): NonNullable<typeof timed> => {
      run ??= bind()
      const watch = new Stopwatch()
      const { source: body } = programSource(program, kernels, { allocationBytes, isTimed: true })
      return { run: functionOf(...GIVEN, 'took', body)(sourceFunctions, ...given, watch.took) as Run, watch }
    }
    const part = ({ storage, byteOffset }: Slice, view: View): HostArray =>
      memory.array({ storage, byteOffset: byteOffset + view.byteOffset, type: view.type })
    const x = new Array<HostArray>(program.inputs.length)
    const y = new Array<HostArray>(program.outputs.length)
    /** Inputs in whose place an output may be written, all other inputs, and all other outputs. */
    const updated = program.donated.flatMap((input, output) =>
      input === null ? [] : [{ input, output, views: viewsOf(names.views, 'input', input) }],
    )
    const passing = [...program.inputs.keys()].filter((input) => !program.donated.includes(input))
    const fresh = [...program.outputs.keys()].filter((output) => program.donated[output] === null)
    const state = new Array<Slice | null>(updated.length).fill(null)
    const v = new Array<HostArray>(names.views.length)
    const stateViews = new Set(updated.flatMap(({ views }) => views))
    const passingViews = [...names.views.keys()].filter((i) => !stateViews.has(i))
    const perform = (body: Run, inputs: readonly Slice[], outputs: readonly Slice[], numbers: Float64Array): void => {
      for (let i = 0; i < passing.length; i++) x[passing[i]!] = memory.array(inputs[passing[i]!]!)
      for (let i = 0; i < updated.length; i++) {
        const { input, output, views } = updated[i]!
        const slice = inputs[input]!
        // State that is updated in place is the same slice in every run.
        if (slice !== state[i]) {
          state[i] = slice
          x[input] = memory.array(slice)
          for (const view of views) v[view] = part(slice, names.views[view]!)
        }
        y[output] = outputs[output] === slice ? x[input]! : memory.array(outputs[output]!)
      }
      for (let i = 0; i < fresh.length; i++) y[fresh[i]!] = memory.array(outputs[fresh[i]!]!)
      for (let i = 0; i < passingViews.length; i++) {
        const view = names.views[passingViews[i]!]!
        v[passingViews[i]!] = part((view.of === 'input' ? inputs : outputs)[view.index]!, view)
      }
      body(x, y, v, numbers, given[0], given[1], given[2], given[3])
      // A prepared program must not keep its last operands alive; what is updated in place is alive anyway.
      for (let i = 0; i < passing.length; i++) x[passing[i]!] = EMPTY
      for (let i = 0; i < fresh.length; i++) y[fresh[i]!] = EMPTY
      for (let i = 0; i < passingViews.length; i++) v[passingViews[i]!] = EMPTY
    }
    return {
      ready: Promise.resolve(),
      scratchBytes: scratch.reduce((sum, bytes) => sum + bytes, 0),
      run(inputs, outputs, numbers) {
        perform((run ??= bind()), inputs, outputs, numbers)
      },
      async profile(inputs, outputs, numbers) {
        timed ??= bindTimed()
        timed.watch.start()
        perform(timed.run, inputs, outputs, numbers)
        return timed.watch.times
      },
      release() {
        storages?.forEach((storage) => memory.release(storage))
        storages = null
        run = null
        timed = null
        given = [[], [], [], []]
        state.fill(null)
      },
    }
  }
}

/** The parameters of a program's module; those of a generic one go to its function. */
const GIVEN = ['functions', 'kernels', 'scratch', 'kept', 'sizes'] as const
const EMPTY: HostArray = new Uint8Array(0)
const viewsOf = (views: readonly View[], of: View['of'], index: number): number[] =>
  [...views.keys()].filter((i) => views[i]!.of === of && views[i]!.index === index)
