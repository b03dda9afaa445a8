/**
 * Gathers chains of elementwise nodes, with the reductions at their ends, into `loop` composites: one pass over memory
 * each. A loop runs over a space (`attrs.space`); its body has only elementwise nodes of that shape, broadcasts
 * (`expand`, `constant`, `iota`) to it, and reductions of it over `attrs.axes`. A backend that lists `loop` in
 * `capabilities.runs` gets them; for all others the bodies stay inlined.
 */
import { REDUCTION, type Node, type Program, type Shape, type TensorType } from '../contract/contract.ts'
import { numel } from '../contract/dtype.ts'
import { ELEMENTWISE, LOOP, type LoopAttributes } from '../contract/loop.ts'
import { valuesOf, type Values } from '../contract/values.ts'
import { Builder, type Sym } from '../ir/builder.ts'
import { intern, sameShape } from '../ir/type.ts'
import { countStorages, storagesOf } from './storages.ts'

const REDUCES: ReadonlySet<string> = new Set(REDUCTION)
/** Made anew in every loop that reads them, instead of being stored. */
const FREE: ReadonlySet<string> = new Set(['expand', 'constant', 'iota'])

interface Unit {
  /** In the order of the program. */
  nodes: number[]
  /** Values that its nodes read, once free nodes are seen through, and values that reductions of it make. */
  readonly reads: Set<number>
  readonly reduced: Set<number>
  /** null: a node that is no loop. */
  readonly space: Shape | null
  axes: readonly number[] | null
  /** Units that must have run before. */
  needs: Set<Unit>
  /** The unit that it became part of. */
  merged: Unit | null
}

/** The unit that stands for this one today. */
function current(unit: Unit): Unit {
  let at = unit
  while (at.merged !== null) at = at.merged
  return at
}

/** What it needs, by the units that stand for those today. */
function refreshed(unit: Unit): Set<Unit> {
  const needs = new Set<Unit>()
  for (const need of unit.needs) {
    const now = current(need)
    if (now !== unit) needs.add(now)
  }
  return needs
}

const add = (values: number[], value: number): void => {
  if (!values.includes(value)) values.push(value)
}

/**
 * The program with elementwise nodes, and the reductions at their ends, joined into loops that backends run as one kernel.
 * @param options.storages that a loop may touch at most, 4 or more: inputs and outputs of the program are one each, scratch
 *   another. Default: no bound. It is for programs without repeated nodes, as `simplify` leaves them.
 */
export function fuse(program: Program, { storages = Infinity }: { readonly storages?: number } = {}): Program {
  const all = valuesOf(program)
  const { types, starts, producer } = all
  const isFree = (i: number): boolean => i >= 0 && isRepeatable(program.nodes[i]!)

  const unitOf: (Unit | undefined)[] = []
  const units: Unit[] = []
  /** Units by the values that they read, in the order in which they were made. */
  const readers = new Map<number, Unit[]>()
  const readsOf: number[][] = []
  for (const { args } of program.nodes) {
    const values: number[] = []
    for (const arg of args)
      if (!isFree(producer[arg]!)) add(values, arg)
      else for (const value of readsOf[producer[arg]!]!) add(values, value)
    readsOf.push(values)
  }
  const needed = (values: readonly number[]): Set<Unit> => {
    const found = new Set<Unit>()
    for (const value of values) {
      const unit = unitOf[producer[value]!]
      if (unit !== undefined) found.add(current(unit))
    }
    return found
  }
  /** Whether `from` waits for `target`, directly or through others. */
  const waitsFor = (from: Unit, target: Unit, seen: Set<Unit> | null = null): boolean => {
    if (from === target) return true
    // Whoever waits for it has a node after its first one.
    if (from.nodes.at(-1)! <= target.nodes[0]! || seen?.has(from) === true) return false
    const met = (seen ?? new Set()).add(from)
    for (const need of from.needs) if (waitsFor(current(need), target, met)) return true
    return false
  }
  /** Whether something that `a` waits for, other than `b`, waits for `b`. */
  const waitsAround = (a: Unit, b: Unit): boolean => {
    for (const need of a.needs) if (current(need) !== b && waitsFor(current(need), b)) return true
    return false
  }
  /** Whether `reader` reads a reduction of `unit`, whose value is there only when that loop is over. */
  const readsReduced = (reader: Unit, unit: Unit): boolean => {
    for (const value of unit.reduced) if (reader.reads.has(value)) return true
    return false
  }
  const fits = storages === Infinity ? (): boolean => true : fitting(program, { ...all, readsOf }, storages)
  /** Whether one loop can do the work of both: same space, and nothing between them has to wait for one of them. */
  const joins = (a: Unit, b: Unit): boolean =>
    a.space !== null &&
    b.space !== null &&
    sameShape(a.space, b.space) &&
    (a.axes === null || b.axes === null || sameShape(a.axes, b.axes)) &&
    !readsReduced(b, a) &&
    !readsReduced(a, b) &&
    !waitsAround(a, b) &&
    !waitsAround(b, a) &&
    fits([...a.nodes, ...b.nodes])
  // Loops that read the same values. (One number, a learning rate say, is no reason: loops over dozens of arrays are slower
  // than many loops over few.)
  const neighbours = (values: readonly number[]): Unit[] => {
    const found: Unit[] = []
    for (const value of values) {
      const known = readers.get(value)
      if (known === undefined || numel(types[value]!.shape) <= 1) continue
      for (const reader of known) {
        const unit = current(reader)
        if (unit.space !== null && !found.includes(unit)) found.push(unit)
      }
    }
    return found.length > 1 ? found.sort((a, b) => a.nodes[0]! - b.nodes[0]!) : found
  }

  program.nodes.forEach((node, i) => {
    const values = readsOf[i]!
    if (isFree(i)) return
    const place = spaceOf(node, types)
    const loops = place !== null && numel(place.space) > 0
    const unit: Unit = {
      nodes: [i],
      reads: new Set(values),
      reduced: new Set(REDUCES.has(node.op) ? [starts[i]!] : []),
      space: loops ? place.space : null,
      axes: loops ? place.axes : null,
      needs: needed(values),
      merged: null,
    }
    unitOf[i] = unit
    let own = unit
    // First the loops whose values it reads, then those beside it.
    if (loops)
      for (const other of [...unit.needs, ...neighbours(values)]) {
        const target = current(other)
        if (target === own || !joins(target, own)) continue
        const last = target.nodes.at(-1)!
        target.nodes.push(...own.nodes)
        if (own.nodes[0]! < last) target.nodes.sort((a, b) => a - b)
        target.axes ??= own.axes
        for (const value of own.reads) target.reads.add(value)
        for (const value of own.reduced) target.reduced.add(value)
        for (const need of own.needs) target.needs.add(need)
        own.merged = target
        target.needs = refreshed(target)
        own = target
      }
    for (const value of values) {
      const known = readers.get(value)
      if (known === undefined) readers.set(value, [own])
      else if (current(known.at(-1)!) !== own) known.push(own)
    }
    if (own === unit) units.push(unit)
  })
  const whole = units.filter((unit) => unit.merged === null)
  for (const unit of whole) unit.needs = refreshed(unit)
  return write(program, { ...all, readsOf }, sorted(whole), (i) => current(unitOf[i]!))
}

/** Whether a loop of these nodes would touch so many storages at most. */
function fitting(program: Program, facts: Facts, most: number): (nodes: readonly number[]) => boolean {
  const { producer, starts, readsOf } = facts
  const places = storagesOf(program)
  const readers = producer.reduce((lists, _, value) => lists.set(value, []), new Map<number, number[]>())
  readsOf.forEach((values, i) => values.forEach((value) => readers.get(value)!.push(i)))
  for (const output of program.outputs) readers.get(output)!.push(-1)
  return (nodes) => {
    const inside = new Set(nodes)
    const read = nodes.flatMap((i) => readsOf[i]!.filter((value) => !inside.has(producer[value]!)))
    const stored = nodes
      .map((i) => starts[i]!)
      .filter((value) => readers.get(value)!.some((reader) => !inside.has(reader)))
    return countStorages([...read, ...stored], places) <= most
  }
}

/** The space of a node that can be part of a loop; null for all others. */
function spaceOf(node: Node, types: readonly TensorType[]): { space: Shape; axes: readonly number[] | null } | null {
  if (ELEMENTWISE.has(node.op)) return { space: node.types[0]!.shape, axes: null }
  if (REDUCES.has(node.op))
    return { space: types[node.args[0]!]!.shape, axes: (node.attrs as { axes: readonly number[] }).axes }
  return null
}

/** Constants of one number and broadcasts; a table of numbers is memory like any other. */
function isRepeatable(node: Node): boolean {
  return FREE.has(node.op) && (node.op !== 'constant' || typeof (node.attrs as { value: unknown }).value === 'number')
}

/** Every unit after those that it needs; otherwise in the order of the program. */
function sorted(units: readonly Unit[]): Unit[] {
  const done = new Set<Unit>()
  const result: Unit[] = []
  const visit = (unit: Unit): void => {
    if (done.has(unit)) return
    done.add(unit)
    for (const need of unit.needs) visit(need)
    result.push(unit)
  }
  for (const unit of units.toSorted((a, b) => a.nodes.at(-1)! - b.nodes.at(-1)!)) visit(unit)
  return result
}

/** What is known of a program's values and nodes. */
interface Facts extends Values {
  readonly readsOf: readonly (readonly number[])[]
}

function write(
  program: Program,
  { types, producer, starts, readsOf }: Facts,
  units: readonly Unit[],
  unitOf: (node: number) => Unit,
): Program {
  // Values that are read outside of their loop, or returned.
  const wanted = new Set(program.outputs)
  for (const unit of units)
    for (const i of unit.nodes)
      for (const arg of readsOf[i]!) if (producer[arg]! < 0 || unitOf(producer[arg]!) !== unit) wanted.add(arg)

  const builder = new Builder()
  const values = new Map<number, Sym>()
  program.inputs.forEach((type, value) => values.set(value, builder.input(type)))
  program.scalars.forEach((dtype, i) => values.set(program.inputs.length + i, builder.scalar(dtype)))
  /** A value outside of loops; free nodes are written where they are read. */
  const outside = (value: number): Sym => {
    const known = values.get(value)
    if (known !== undefined) return known
    const node = program.nodes[producer[value]!]!
    const [sym] = builder.node(node.op, node.attrs, node.args.map(outside), node.types, node.body)
    values.set(value, sym!)
    return sym!
  }
  for (const unit of units) {
    const last = program.nodes[unit.nodes.at(-1)!]!
    builder.origin = last.origin
    if (unit.space === null) {
      const node = program.nodes[unit.nodes[0]!]!
      const results = builder.node(node.op, node.attrs, node.args.map(outside), node.types, node.body)
      results.forEach((sym, k) => values.set(starts[unit.nodes[0]!]! + k, sym))
      continue
    }
    writeLoop(unit)
  }
  builder.origin = undefined
  return builder.finish(program.outputs.map(outside), program.donated)

  function writeLoop(unit: Unit): void {
    const body = new Builder()
    const inner = new Map<number, Sym>()
    const args: Sym[] = []
    const operand = (value: number): Sym => {
      const known = inner.get(value)
      if (known !== undefined) return known
      const from = producer[value]!
      let sym: Sym
      if (from >= 0 && isRepeatable(program.nodes[from]!)) {
        const node = program.nodes[from]!
        sym = body.node(node.op, node.attrs, node.args.map(operand), node.types)[0]!
      } else {
        sym = body.input(types[value]!)
        args.push(outside(value))
      }
      inner.set(value, sym)
      return sym
    }
    for (const i of unit.nodes) {
      const node = program.nodes[i]!
      inner.set(starts[i]!, body.node(node.op, node.attrs, node.args.map(operand), node.types)[0]!)
    }
    const results = unit.nodes.map((i) => starts[i]!).filter((value) => wanted.has(value))
    // A reduction that nobody reads is dropped with the body's dead nodes.
    const reduces = results.some((value) => REDUCES.has(program.nodes[producer[value]!]!.op))
    const attrs: LoopAttributes = { space: unit.space!, axes: reduces ? (unit.axes ?? []) : [] }
    const outs = builder.node(
      LOOP,
      attrs,
      args,
      results.map((value) => intern(types[value]!)),
      body.finish(results.map((value) => inner.get(value)!)),
    )
    results.forEach((value, k) => values.set(value, outs[k]!))
  }
}
