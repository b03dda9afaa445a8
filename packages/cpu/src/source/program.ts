/**
 * Prepares programs as JavaScript source: a function per loop and per small product, kernels of the table for the rest,
 * and one driver that calls them in order.
 */
import { plus, times, withoutSizes, type Term } from '@glissade/codegen'
import {
  DTYPES,
  LOOP,
  UnsupportedError,
  isFloat,
  allocateScratch,
  layout,
  numel,
  type Attributes,
  type Executable,
  type HostArray,
  type HostMemory,
  type Kernel,
  type Kernels,
  type Loop,
  type Node,
  type Primitive,
  type Program,
  type Slice,
  type Storage,
  type TensorType,
} from '@glissade/core/backend'
import { functionOf } from './code.ts'
import { literal } from './expressions.ts'
import { loopPiece, type Piece } from './loop.ts'
import { Names, type View } from './names.ts'
import { functions as sourceFunctions, isPacked, packedLines, stored } from './packed.ts'

/** Products of at most this many multiplications are written out; larger ones have kernels with blocking. */
const SMALL_PRODUCT = 8192

/** Programs of at most this many pieces are one function: calls cost more than the smallest loops. */
const ONE_FUNCTION = 48

/** Multiplications written out in one row of a result, and in one sum: beyond them loops are as fast and shorter. */
const ROW = 64
const SUM = 16

/** `a b` of fixed sizes, without blocking: every sum runs from its first term to its last, in double, from 0. */
function productPiece({ transposeA, transposeB }: Attributes['dot'], [a, b]: readonly TensorType[]): Piece | null {
  if (a!.shape.length !== 2 || !isFloat(a!.dtype) || isPacked(a!.dtype)) return null
  const [m, k] = transposeA ? [a!.shape[1]!, a!.shape[0]!] : [a!.shape[0]!, a!.shape[1]!]
  const n = b!.shape[transposeB ? 0 : 1]!
  if (m * n * k > SMALL_PRODUCT) return null
  const term = (j: Term, p: Term): string =>
    `a0[${transposeA ? plus(times(p, m), 'i') : plus(times('i', k), p)}] * ` +
    `a1[${transposeB ? plus(times(j, k), p) : plus(times(p, n), j)}]`
  const terms = (j: Term): string => ['0', ...Array.from({ length: k }, (_, p) => term(j, p))].join(' + ')
  const column = (j: Term): string => {
    const place = `r0[${plus(times('i', n), j)}]`
    if (k <= SUM || typeof j === 'number') return `${place} = ${terms(j)}`
    return `let s = 0\nfor (let p = 0; p < ${k}; p++) s += ${term(j, 'p')}\n${place} = s`
  }
  const columns =
    n * k <= ROW
      ? Array.from({ length: n }, (_, j) => column(j)).join('\n')
      : `for (let j = 0; j < ${n}; j++) {\n${column('j')}\n}`
  return { kept: [], body: `for (let i = 0; i < ${m}; i++) {\n${columns}\n}`, operands: 2, results: 1 }
}

/** One number everywhere. */
const fillPiece = (number: string, operands: number, { shape }: TensorType): Piece => ({
  kept: [],
  body: `for (let i = 0, x = ${number}; i < ${numel(shape)}; i++) r0[i] = x`,
  operands,
  results: 1,
})

/** What is written out, where it can be; kernels of the table do the rest. */
const pieces: {
  readonly [op: string]: (name: string, node: Node, operands: readonly TensorType[]) => Piece | null
} = {
  [LOOP]: (name, node) => loopPiece(name, node),
  dot: (_, { attrs }, operands) => productPiece(attrs as Attributes['dot'], operands),
  constant: (_, { attrs, types: [type] }) => {
    const { value } = attrs as Attributes['constant']
    if (typeof value !== 'number') return null
    const { packing } = DTYPES[type!.dtype]
    return fillPiece(packing === undefined ? literal(value, type!.dtype) : String(packing.pack(value)), 0, type!)
  },
  expand: (_, { types: [type] }, [x]) => (numel(x!.shape) === 1 ? fillPiece('a0[0]', 1, type!) : null),
}

const numbered = (letter: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${letter}${i}`)

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

interface Source {
  readonly source: string
  /** Whether programs that differ in sizes alone have the same source. */
  readonly isGeneric: boolean
  readonly sizes: readonly number[]
  readonly loops: readonly Loop[]
  /** Lengths of arrays of doubles that it keeps from run to run. */
  readonly kept: readonly number[]
  readonly names: Names
  /** Bytes of its pieces. */
  readonly scratch: readonly number[]
}

/** Programs of at most so many nodes, as most eager operations are, become generic source. */
const GENERIC_NODES = 16

/** The source of a program's module. Exported so that it can be looked at. */
export function programSource(program: Program, kernels: Kernels, allocationBytes?: number): Source {
  const placed = layout(program, { inPlace: ['scatterAdd'], ...(allocationBytes !== undefined && { allocationBytes }) })
  const { types, starts, silent, copies, scratch } = placed
  const { inputs, scalars, nodes } = program
  const names = new Names(program, placed)
  const name = (value: number): string => names.of(value)
  const functions: string[] = []
  const steps: string[] = []
  const loops: Loop[] = []
  const kept: Piece['kept'][number][] = []
  const inOne = silent.filter((is) => !is).length <= ONE_FUNCTION
  scalars.forEach((dtype, i) => {
    const number = isPacked(dtype) ? stored(`numbers[${i}]`, dtype) : `numbers[${i}]`
    steps.push(`${name(inputs.length + i)}[0] = ${number}`)
  })
  nodes.forEach((node, i) => {
    if (silent[i]) return
    const results = node.types.map((_, k) => name(starts[i]! + k))
    const args = node.args.map(name)
    const operands = node.args.map((arg) => types[arg]!)
    const piece = pieces[node.op]?.(`f${i}`, node, operands) ?? null
    if (piece !== null) {
      kept.push(...piece.kept)
      const own = [...numbered('a', piece.operands), ...numbered('r', piece.results)]
      const given = [...args, ...results]
      if (inOne) steps.push(`{\nconst ${own.map((local, k) => `${local} = ${given[k]}`).join(', ')}\n${piece.body}\n}`)
      else {
        functions.push(`function f${i}(${own.join(', ')}) {\n${piece.body}\n}`)
        steps.push(`f${i}(${given.join(', ')})`)
      }
      return
    }
    const kernel = kernels[node.op as keyof Kernels] as Kernel<Primitive> | undefined
    if (kernel === undefined)
      throw new UnsupportedError(node.op, 'this backend has no kernel of that name', node.origin)
    steps.push(`k${loops.length}([${args.join(', ')}], [${results.join(', ')}])`)
    loops.push(kernel(node.attrs, operands, node.types))
  })
  for (const { from, to } of copies) steps.push(`y${to}.set(${name(from)})`)
  const given = [
    ...names.scratch.map((view, i) => `const ${view.name} = scratch[${i}]`),
    ...kept.map((array, i) => `const ${array.name} = kept[${i}]`),
    ...loops.map((_, i) => `const k${i} = kernels[${i}]`),
  ]
  const body = [
    ...inputs.map((_, i) => `const x${i} = x[${i}]`),
    ...program.outputs.map((_, i) => `const y${i} = y[${i}]`),
    ...names.views.map((view, i) => `const ${view.name} = v[${i}]`),
    ...steps,
  ].join('\n')
  const generic = nodes.length <= GENERIC_NODES ? withoutSizes(body) : null
  const source = [
    "'use strict'",
    'const { fround } = Math',
    'const { roundToEven, power, integerPower, erf } = functions',
    ...packedLines([body, ...functions].join()),
    ...(generic === null ? given : []),
    ...functions,
    `return function run(x, y, v, numbers${generic === null ? '' : ', kernels, scratch, kept, sizes'}) {`,
    ...(generic === null
      ? [body]
      : [...given, ...generic.sizes.map((_, i) => `const n${i} = sizes[${i}]`), generic.text]),
    '}',
  ].join('\n')
  return {
    source,
    isGeneric: generic !== null,
    sizes: generic?.sizes ?? [],
    loops,
    kept: kept.map(({ length }) => length),
    names,
    scratch,
  }
}

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
export function bySource(memory: HostMemory, kernels: Kernels): (program: Program) => Executable {
  const shared = new Shared()
  return (program) => {
    const written = programSource(program, kernels, memory.allocationBytes)
    const { source, isGeneric, sizes, loops, kept, names, scratch } = written
    let storages: readonly Storage[] | null = null
    let run: Run | null = null
    let given: Given = [[], [], [], []]
    const bind = (): Run => {
      const parts = (storages = allocateScratch(scratch, memory))
      const arrays = names.scratch.map((view) =>
        part({ storage: parts[view.index]!, byteOffset: 0, type: view.type }, view),
      )
      given = [loops, arrays, kept.map((length) => new Float64Array(length)), sizes]
      if (isGeneric) return shared.of(written)
      return functionOf('functions', 'kernels', 'scratch', 'kept', source)(sourceFunctions, ...given) as Run
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
    return {
      ready: Promise.resolve(),
      scratchBytes: scratch.reduce((sum, bytes) => sum + bytes, 0),
      run(inputs, outputs, numbers) {
        run ??= bind()
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
        run(x, y, v, numbers, given[0], given[1], given[2], given[3])
        // A prepared program must not keep its last operands alive; what is updated in place is alive anyway.
        for (let i = 0; i < passing.length; i++) x[passing[i]!] = EMPTY
        for (let i = 0; i < fresh.length; i++) y[fresh[i]!] = EMPTY
        for (let i = 0; i < passingViews.length; i++) v[passingViews[i]!] = EMPTY
      },
      release() {
        storages?.forEach((storage) => memory.release(storage))
        storages = null
        run = null
        given = [[], [], [], []]
        state.fill(null)
      },
    }
  }
}

const EMPTY: HostArray = new Uint8Array(0)
const viewsOf = (views: readonly View[], of: View['of'], index: number): number[] =>
  [...views.keys()].filter((i) => views[i]!.of === of && views[i]!.index === index)
