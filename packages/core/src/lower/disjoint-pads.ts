/**
 * A sum of pads that do not overlap is a concatenation. Gradients of slices add up to such sums: of `split`, `chunk`, `unbind`
 * and of single slices, along one axis or several, in any order. They read and write everything once for each term; a
 * concatenation does it once, or not at all where the parts are computed in its place.
 *
 * Numbers stay what they were but for the sign of a zero: -0 + 0 is 0, and a concatenation keeps the -0, as PyTorch's
 * gradients of `split` and `unbind` do.
 */
import type { Attributes, Node, Primitive, Program, Shape } from '../contract/contract.ts'
import { numel } from '../contract/dtype.ts'
import { valuesOf } from '../contract/values.ts'
import { attributesKey, Builder, type Sym } from '../ir/builder.ts'
import { sameShape } from '../ir/type.ts'

/** A value that stands in another, from `start` to below `end`. */
interface Box {
  readonly value: number
  readonly start: readonly number[]
  readonly end: readonly number[]
}
/** A value of this shape that is 0 outside of its boxes, after it was moved by these nodes. */
interface Region {
  readonly shape: Shape
  readonly boxes: readonly Box[]
  readonly moves: readonly Node[]
}
/** Every element goes to a place of its own. */
const MOVES: ReadonlySet<string> = new Set<Primitive>(['reshape', 'permute', 'flip'])
/** A concatenation of more parts is not taken apart. */
const MANY = 4096

const shifted = (boxes: readonly Box[], by: readonly number[]): Box[] =>
  boxes.map(({ value, start, end }) => ({
    value,
    start: start.map((at, axis) => at + by[axis]!),
    end: end.map((at, axis) => at + by[axis]!),
  }))
const meet = (a: Box, b: Box): boolean =>
  a.start.every((from, axis) => from < b.end[axis]! && b.start[axis]! < a.end[axis]!)
const moveAlike = (a: readonly Node[], b: readonly Node[]): boolean =>
  a.length === b.length &&
  a.every(({ op, attrs }, i) => op === b[i]!.op && attributesKey(attrs) === attributesKey(b[i]!.attrs))

/** The program with concatenations in place of such sums; itself where there are none. */
export function joinPads(program: Program): Program {
  if (!program.nodes.some(({ op }) => op === 'pad')) return program
  const joins = found(program)
  if (joins.size === 0) return program
  const builder = new Builder()
  const values = [
    ...program.inputs.map((type) => builder.input(type)),
    ...program.scalars.map((dtype) => builder.scalar(dtype)),
  ]
  for (const { op, attrs, args, types, body, origin } of program.nodes) {
    builder.origin = origin
    const region = joins.get(values.length)
    const joined = region === undefined ? null : moved(region, values)
    const operands = args.map((arg) => values[arg]!)
    values.push(...(joined === null ? builder.node(op, attrs, operands, types, body) : [joined]))
  }
  builder.origin = undefined
  return builder.finish(
    program.outputs.map((value) => values[value]!),
    program.donated,
  )
}

/** The sums that are one region, by their values; of a sum of sums the whole. */
function found(program: Program): Map<number, Region> {
  const { nodes, outputs } = program
  const { types, starts, producer } = valuesOf(program)

  const isZero = (value: number): boolean => {
    const node = nodes[producer[value]!]
    if (node?.op === 'constant') return Object.is((node.attrs as Attributes['constant']).value, 0)
    return (node?.op === 'expand' || node?.op === 'reshape') && isZero(node.args[0]!)
  }
  const regions = new Map<number, Region>()
  const regionOf = (value: number): Region => {
    let known = regions.get(value)
    if (known === undefined) regions.set(value, (known = partsOf(value)))
    return known
  }
  /** Itself where there is nothing to be told apart. */
  const partsOf = (value: number): Region => {
    const { shape } = types[value]!
    const region = (boxes: readonly Box[]): Region => ({ shape, boxes, moves: [] })
    const whole = region([{ value, start: shape.map(() => 0), end: shape }])
    if (numel(shape) === 0 || isZero(value)) return region([])
    const node = nodes[producer[value]!]
    if (node === undefined) return whole
    if (MOVES.has(node.op)) {
      const inner = regionOf(node.args[0]!)
      return isWhole(inner) ? whole : { ...inner, moves: [...inner.moves, node] }
    }
    if (node.op !== 'pad' && node.op !== 'concat') return whole
    const parts = node.args.map(regionOf)
    if (parts.some(({ moves }) => moves.length > 0)) return whole
    if (node.op === 'pad') {
      const { low, interior, value: around } = node.attrs as Attributes['pad']
      const isPlain = Object.is(around, 0) && interior.every((zeros) => zeros === 0)
      return isPlain ? region(shifted(parts[0]!.boxes, low)) : whole
    }
    const { axis } = node.attrs as Attributes['concat']
    let at = 0
    const boxes = parts.flatMap((part) => {
      const by = shape.map((_, i) => (i === axis ? at : 0))
      at += part.shape[axis]!
      return shifted(part.boxes, by)
    })
    return parts.every(isWhole) || boxes.length > MANY ? whole : region(boxes)
  }
  const sums = new Set<number>()
  const users: number[][] = types.map(() => [])
  for (const output of outputs) users[output]!.push(-1)
  nodes.forEach(({ op, args }, i) => {
    const value = starts[i]!
    for (const arg of args) users[arg]!.push(value)
    if (op === 'add') {
      const [a, b] = args.map(regionOf) as [Region, Region]
      // x + 0 is no such sum: it is there to make -0 into 0.
      const isSum =
        a.boxes.length > 0 && b.boxes.length > 0 && sameShape(a.shape, b.shape) && moveAlike(a.moves, b.moves)
      if (isSum && !a.boxes.some((box) => b.boxes.some((other) => meet(box, other)))) {
        sums.add(value)
        regions.set(value, { ...a, boxes: [...a.boxes, ...b.boxes] })
      }
    }
  })
  // What is read by nothing but sums of this kind is part of those.
  const last = [...sums].filter((sum) => users[sum]!.some((user) => !sums.has(user)))
  return new Map(last.map((sum) => [sum, regions.get(sum)!]))
}

/** Whether one box is all of it. */
const isWhole = ({ shape, boxes, moves }: Region): boolean =>
  moves.length === 0 && boxes.length === 1 && sameShape(boxes[0]!.end, shape) && boxes[0]!.start.every((at) => at === 0)

function moved({ shape, boxes, moves }: Region, values: readonly Sym[]): Sym | null {
  const whole = written(
    values,
    boxes,
    shape.map(() => 0),
    shape,
  )
  if (whole === null) return null
  return moves.reduce((x, { op, attrs, types }) => x.builder.node(op, attrs, [x], types)[0]!, whole)
}

/** The value of this shape whose first element is at `origin`, with these boxes in it; null where no cut parts them. */
function written(values: readonly Sym[], boxes: readonly Box[], origin: readonly number[], shape: Shape): Sym | null {
  const first = boxes[0]!
  if (boxes.length === 1)
    return values[first.value]!.pad(
      first.start.map((from, axis) => from - origin[axis]!),
      first.end.map((to, axis) => origin[axis]! + shape[axis]! - to),
    )
  const { builder, dtype } = values[first.value]!
  for (const axis of shape.keys()) {
    const groups = groupsAlong(boxes, axis)
    if (groups.length === 1) continue
    const parts: Sym[] = []
    let at = origin[axis]!
    const fillTo = (next: number): void => {
      if (next > at) parts.push(builder.fill(dtype, shape.with(axis, next - at), 0))
      at = next
    }
    for (const group of groups) {
      fillTo(group[0]!.start[axis]!)
      const end = Math.max(...group.map((box) => box.end[axis]!))
      const part = written(values, group, origin.with(axis, at), shape.with(axis, end - at))
      if (part === null) return null
      parts.push(part)
      at = end
    }
    fillTo(origin[axis]! + shape[axis]!)
    return builder.concat(parts, axis)
  }
  return null
}

/** In order along an axis, those together that no cut across it parts. */
function groupsAlong(boxes: readonly Box[], axis: number): Box[][] {
  const groups: Box[][] = []
  let end = 0
  for (const box of boxes.toSorted((a, b) => a.start[axis]! - b.start[axis]!)) {
    if (groups.length === 0 || box.start[axis]! >= end) groups.push([box])
    else groups.at(-1)!.push(box)
    end = Math.max(end, box.end[axis]!)
  }
  return groups
}
