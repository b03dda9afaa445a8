/**
 * A program as JavaScript source: a function per loop and per small product, kernels of the table for the rest, and one driver
 * that calls them in order.
 */
import { plus, times, withoutSizes, type Term } from '@glissade/codegen'
import {
  DTYPES,
  LOOP,
  UnsupportedError,
  isFloat,
  layout,
  numel,
  type Attributes,
  type Kernel,
  type Kernels,
  type Loop,
  type Node,
  type Primitive,
  type Program,
  type TensorType,
} from '@glissade/core/backend'
import { literal } from './expressions.ts'
import { loopPiece, type Piece } from './loop.ts'
import { Names } from './names.ts'
import { isPacked, packedLines, stored } from './packed.ts'

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

export interface Source {
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

/**
 * The source of a program's module. Exported so that it can be looked at.
 * @param options.allocationBytes of a piece of scratch. Default: any number
 * @param options.isTimed whether it calls `took(kernel, nodes)` after each of its steps; then it has its sizes in it
 */
export function programSource(
  program: Program,
  kernels: Kernels,
  {
    allocationBytes = Infinity,
    isTimed = false,
  }: { readonly allocationBytes?: number; readonly isTimed?: boolean } = {},
): Source {
  const placed = layout(program, { inPlace: ['scatterAdd'], allocationBytes })
  const { types, starts, silent, copies, scratch } = placed
  const { inputs, scalars, nodes } = program
  const names = new Names(program, placed)
  const name = (value: number): string => names.of(value)
  const functions: string[] = []
  const steps: string[] = []
  const step = (text: string, kernel: string, of: readonly number[]): void => {
    steps.push(text)
    if (isTimed) steps.push(`took(${JSON.stringify(kernel)}, [${of.join()}])`)
  }
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
      if (!inOne) functions.push(`function f${i}(${own.join(', ')}) {\n${piece.body}\n}`)
      const inPlace = `{\nconst ${own.map((local, k) => `${local} = ${given[k]}`).join(', ')}\n${piece.body}\n}`
      return step(inOne ? inPlace : `f${i}(${given.join(', ')})`, node.op, [i])
    }
    const kernel = kernels[node.op as keyof Kernels] as Kernel<Primitive> | undefined
    if (kernel === undefined)
      throw new UnsupportedError(node.op, 'this backend has no kernel of that name', node.origin)
    step(`k${loops.length}([${args.join(', ')}], [${results.join(', ')}])`, node.op, [i])
    loops.push(kernel(node.attrs, operands, node.types))
  })
  for (const { from, to } of copies) step(`y${to}.set(${name(from)})`, 'copy', [])
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
  const generic = nodes.length <= GENERIC_NODES && !isTimed ? withoutSizes(body) : null
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
