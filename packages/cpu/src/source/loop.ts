/**
 * Writes a `loop` composite as one JavaScript function over typed arrays: nested loops over its space, neighbouring axes
 * merged where all operands allow it, every operand loaded once per element, reductions kept in double.
 */
import {
  DTYPES,
  numel,
  stridesOf,
  type Attributes,
  type DType,
  type LoopAttributes,
  type Node,
  type Shape,
  type TensorType,
} from '@glissade/core/backend'
import { expressions, literal } from './expressions.ts'

/** Strides of a value of `shape` over the axes of `space`, to which it is broadcast (aligned at the right). */
function stridesOver(shape: Shape, space: Shape): number[] {
  const own = stridesOf(shape)
  const lead = space.length - shape.length
  return space.map((_, axis) => (axis < lead || shape[axis - lead] === 1 ? 0 : own[axis - lead]!))
}

/** What is indexed along the space: an array element, or the coordinate of an iota. */
interface Access {
  readonly strides: number[]
}

interface Reduction {
  readonly op: 'sum' | 'prod' | 'max' | 'min'
  readonly value: number
  readonly type: TensorType
  /** Which result of the loop it is. */
  readonly result: number
}

const START: { readonly [O in Reduction['op']]: (dtype: DType) => string } = {
  sum: () => '0',
  prod: () => '1',
  max: (dtype) => (dtype === 'int32' ? '-2147483648' : dtype === 'uint8' ? '0' : '-Infinity'),
  min: (dtype) => (dtype === 'int32' ? '2147483647' : dtype === 'uint8' ? '255' : 'Infinity'),
}
const STEP: { readonly [O in Reduction['op']]: (acc: string, x: string, dtype: DType) => string } = {
  sum: (acc, x, dtype) => (DTYPES[dtype].kind === 'float' ? `${acc} + ${x}` : `(${acc} + ${x}) | 0`),
  prod: (acc, x, dtype) => (DTYPES[dtype].kind === 'float' ? `${acc} * ${x}` : `Math.imul(${acc}, ${x})`),
  max: (acc, x) => `Math.max(${acc}, ${x})`,
  min: (acc, x) => `Math.min(${acc}, ${x})`,
}

/** Axes of size 1 are dropped, and neighbours merged where every access steps through them as through one. */
function collapse(
  space: Shape,
  reduced: readonly boolean[],
  accesses: readonly Access[],
  apart: ReadonlySet<number>,
): { sizes: number[]; reduced: boolean[] } {
  const sizes: number[] = []
  const flags: boolean[] = []
  const strides: number[][] = accesses.map(() => [])
  let before = -1
  space.forEach((size, axis) => {
    if (size === 1) return
    const last = sizes.length - 1
    const merges =
      last >= 0 &&
      flags[last] === reduced[axis] &&
      !apart.has(axis) &&
      !apart.has(before) &&
      accesses.every(({ strides: own }, k) => strides[k]![last] === own[axis]! * size)
    if (merges) {
      sizes[last]! *= size
      accesses.forEach(({ strides: own }, k) => (strides[k]![last] = own[axis]!))
    } else {
      sizes.push(size)
      flags.push(reduced[axis]!)
      accesses.forEach(({ strides: own }, k) => strides[k]!.push(own[axis]!))
    }
    before = axis
  })
  accesses.forEach((access, k) => access.strides.splice(0, Infinity, ...strides[k]!))
  return { sizes, reduced: flags }
}

const index = (strides: readonly number[], depth: number): string => {
  const terms = strides
    .slice(0, depth)
    .flatMap((stride, axis) => (stride === 0 ? [] : [stride === 1 ? `i${axis}` : `i${axis} * ${stride}`]))
  return terms.length === 0 ? '0' : terms.join(' + ')
}

/** A piece of source over operands `a0, a1, ...` and results `r0, r1, ...`. */
export interface Piece {
  /** Arrays of doubles that it keeps from run to run. */
  readonly kept: readonly { readonly name: string; readonly length: number }[]
  readonly body: string
  readonly operands: number
  readonly results: number
}

/** The source of a `loop`; `name` is a prefix of its own for what it keeps. */
export function loopPiece(name: string, node: Node): Piece {
  const body = node.body!
  const { space, axes } = node.attrs as LoopAttributes
  const rank = space.length
  const types: TensorType[] = [...body.inputs, ...body.nodes.flatMap((inner) => inner.types)]
  const reducedAxes = space.map((_, axis) => axes.includes(axis))

  const inputs = body.inputs.map((type): Access => ({ strides: stridesOver(type.shape, space) }))
  const whole: Access = { strides: stridesOf(space) }
  // Strides of a reduced result over the space: 0 along the axes that it lost.
  const kept = stridesOf(space.filter((_, axis) => !axes.includes(axis)))
  let at = 0
  const lost: Access = { strides: space.map((_, axis) => (axes.includes(axis) ? 0 : kept[at++]!)) }
  const iotas = new Map<number, Access>()
  const apart = new Set<number>()
  body.nodes.forEach((inner, i) => {
    if (inner.op !== 'iota') return
    const { shape, axis } = inner.attrs as Attributes['iota']
    const along = axis + rank - shape.length
    iotas.set(body.inputs.length + i, {
      strides: space.map((_, other) => (other === along && shape[axis] !== 1 ? 1 : 0)),
    })
    apart.add(along)
  })
  const { sizes, reduced } = collapse(space, reducedAxes, [...inputs, whole, lost, ...iotas.values()], apart)
  const depth = sizes.length

  const reductions: Reduction[] = []
  const stores: { value: number; result: number; type: TensorType }[] = []
  const nodeOf = (value: number): Node | undefined => body.nodes[value - body.inputs.length]
  body.outputs.forEach((value, result) => {
    const inner = nodeOf(value)
    if (inner !== undefined && isReduction(inner))
      reductions.push({ op: inner.op as Reduction['op'], value: inner.args[0]!, type: inner.types[0]!, result })
    else stores.push({ value, result, type: types[value]! })
  })

  /** The outermost loop inside which a value can be computed: how many axes it varies over, from the first. */
  const level = new Map<number, number>()
  const deepest = (strides: readonly number[]): number =>
    strides.reduce((max, stride, axis) => (stride === 0 ? max : axis + 1), 0)
  const lines: string[][] = Array.from({ length: depth + 1 }, () => [])
  const text = new Map<number, string>()
  body.inputs.forEach((type, value) => {
    const own = deepest(inputs[value]!.strides)
    level.set(value, own)
    text.set(value, `v${value}`)
    const element = `a${value}[${index(inputs[value]!.strides, own)}]`
    lines[own]!.push(`const v${value} = ${type.dtype === 'bool' ? `${element} !== 0` : element}`)
  })
  body.nodes.forEach((inner, i) => {
    const value = body.inputs.length + i
    const { dtype } = inner.types[0]!
    if (inner.op === 'constant') {
      text.set(value, literal((inner.attrs as Attributes['constant']).value as number, dtype))
      level.set(value, 0)
    } else if (inner.op === 'expand') {
      text.set(value, text.get(inner.args[0]!)!)
      level.set(value, level.get(inner.args[0]!)!)
    } else if (inner.op === 'iota') {
      text.set(value, index(iotas.get(value)!.strides, depth))
      level.set(value, deepest(iotas.get(value)!.strides))
    } else if (!isReduction(inner)) {
      const own = Math.max(0, ...inner.args.map((arg) => level.get(arg)!))
      level.set(value, own)
      const from = types[inner.op === 'where' ? inner.args[1]! : inner.args[0]!]!.dtype
      const expression = expressions[inner.op as keyof typeof expressions](
        inner.args.map((arg) => text.get(arg)!),
        from,
        inner.attrs,
      )
      lines[own]!.push(`const v${value} = ${expression}`)
      text.set(value, `v${value}`)
    }
  })

  // Reductions over the innermost axes stay in a local; others are kept in an array of doubles until the end.
  const firstReduced = reduced.indexOf(true)
  const suffix =
    reductions.length === 0 || (firstReduced >= 0 && reduced.slice(firstReduced).every(Boolean)) || firstReduced < 0
  const open = firstReduced < 0 ? depth : firstReduced
  const before: string[] = []
  const after: string[] = []
  const opening: string[] = []
  const closing: string[] = []
  const element = (result: number, type: TensorType, value: string, where: string): string =>
    `r${result}[${where}] = ${type.dtype === 'bool' ? `${value} ? 1 : 0` : value}`
  for (const { op, value, type, result } of reductions) {
    const x = text.get(value)!
    if (suffix) {
      opening.push(`let s${result} = ${START[op](type.dtype)}`)
      lines[depth]!.push(`s${result} = ${STEP[op](`s${result}`, x, type.dtype)}`)
      closing.push(element(result, type, `s${result}`, index(lost.strides, open)))
    } else {
      const place = index(lost.strides, depth)
      // Plain loops: fill and set are calls, which cost more than the few elements that most of these have.
      before.push(`for (let i = 0; i < ${numel(type.shape)}; i++) s${result}[i] = ${START[op](type.dtype)}`)
      lines[depth]!.push(`{ const at = ${place}; s${result}[at] = ${STEP[op](`s${result}[at]`, x, type.dtype)} }`)
      after.push(`for (let i = 0; i < ${numel(type.shape)}; i++) r${result}[i] = s${result}[i]`)
    }
  }
  for (const { value, result, type } of stores)
    lines[depth]!.push(element(result, type, text.get(value)!, index(whole.strides, depth)))

  const nest = (axis: number): string => {
    const inner = [...(axis === open && suffix ? opening : []), ...lines[axis]!]
    if (axis === depth) return [...inner, ...(axis === open && suffix ? closing : [])].join('\n')
    return [
      ...inner,
      `for (let i${axis} = 0; i${axis} < ${sizes[axis]}; i${axis}++) {`,
      nest(axis + 1),
      '}',
      ...(axis === open && suffix ? closing : []),
    ].join('\n')
  }
  const accumulators = suffix
    ? []
    : reductions.map(({ result, type }) => ({ name: `${name}s${result}`, length: numel(type.shape) }))
  const lead = suffix ? [] : reductions.map(({ result }) => `const s${result} = ${name}s${result}`)
  return {
    kept: accumulators,
    body: [...lead, ...before, nest(0), ...after].filter((line) => line !== '').join('\n'),
    operands: body.inputs.length,
    results: node.types.length,
  }
}

const isReduction = (node: Node): boolean => node.op in START
