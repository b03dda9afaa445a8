/**
 * What a product, a convolution or a movement makes is often read by one loop, element by element: then the loop is done where the
 * element is made, and the value never lies in memory.
 */
import { asLoop } from '@glissade/codegen'
import {
  ELEMENTWISE,
  LOOP,
  numel,
  valuesOf,
  type LoopAttributes,
  type Node,
  type Program,
  type TensorType,
} from '@glissade/core/backend'
import { rewritten } from './rewritten.ts'

/** A node that makes a value, and the loop that reads it, over the operands of both: the loop's without that value. */
export interface Epilogue {
  readonly first: Node
  readonly loop: LoopAttributes
  readonly body: Program
  /** The operands of the loop that are the value. */
  readonly made: ReadonlySet<number>
}
export const EPILOGUE = 'epilogue'

/** Those that write each element of their one result once. */
const MAKERS: ReadonlySet<string> = new Set(['dot', 'conv', 'windowSum', 'permute', 'flip', 'pad'])

/** A node as a loop without reductions, where it is one. */
function loopOf(node: Node, types: readonly TensorType[]): Pick<Epilogue, 'loop' | 'body'> | null {
  if (node.op === LOOP) {
    const loop = node.attrs as LoopAttributes
    return loop.axes.length === 0 ? { loop, body: node.body! } : null
  }
  if (!ELEMENTWISE.has(node.op)) return null
  const { attrs: loop, body } = asLoop(
    node,
    node.args.map((arg) => types[arg]!),
  )
  return { loop, body }
}

/** What one loop takes along: the node that makes its elements, and reshapes between them. */
interface Taking {
  readonly epilogue: Epilogue
  readonly first: number
  readonly dropped: readonly number[]
}

/** Per loop what it takes along. */
function takings(program: Program, storages: number): ReadonlyMap<number, Taking> {
  const { types, starts, producer } = valuesOf(program)
  const { nodes, outputs, donated } = program
  const readers = types.map((): Set<number> => new Set())
  nodes.forEach(({ args }, i) => {
    for (const arg of args) readers[arg]!.add(i)
  })
  const isOutput = new Set(outputs)
  // What takes an input's place may go over nothing but its own element of it.
  const replaces = new Set(outputs.filter((_, output) => donated[output] != null).map((value) => producer[value]!))
  /** The one node that reads a value, if there is one. */
  const readerOf = (value: number): number | null => {
    const [reader] = readers[value]!
    return readers[value]!.size === 1 && !isOutput.has(value) ? reader! : null
  }
  const found = new Map<number, Taking>()
  nodes.forEach((first, i) => {
    if (!MAKERS.has(first.op)) return
    const dropped = [i]
    let value = starts[i]!
    let at = readerOf(value)
    while (at !== null && nodes[at]!.op === 'reshape') {
      dropped.push(at)
      value = starts[at]!
      at = readerOf(value)
    }
    if (at === null || found.has(at) || replaces.has(at)) return
    const { args, types: results } = nodes[at]!
    const loop = loopOf(nodes[at]!, types)
    if (loop === null) return
    const made = new Set(args.flatMap((arg, operand) => (arg === value ? [operand] : [])))
    const touched = new Set([...first.args, ...args]).size - 1 + results.length
    if (touched <= storages && readsWhole(loop, made))
      found.set(at, { first: i, dropped, epilogue: { first, made, ...loop } })
  })
  return found
}

/** Whether these operands have the loop's space, and are broadcast nowhere. */
function readsWhole({ loop, body }: Pick<Epilogue, 'loop' | 'body'>, operands: ReadonlySet<number>): boolean {
  const isWhole = (operand: number): boolean => {
    const { shape } = body.inputs[operand]!
    return shape.length === loop.space.length && shape.every((size, axis) => size === loop.space[axis])
  }
  return (
    numel(loop.space) > 0 &&
    [...operands].every(isWhole) &&
    !body.nodes.some(({ op, args }) => op === 'expand' && args.some((arg) => operands.has(arg)))
  )
}

/** @param storages that a dispatch binds at most */
export function withEpilogues(program: Program, storages: number): Program {
  const found = takings(program, storages)
  if (found.size === 0) return program
  const dropped = new Set([...found.values()].flatMap((taking) => taking.dropped))
  const operands = new Map<number, readonly number[]>()
  return rewritten(program, (node, i, add) => {
    operands.set(i, node.args)
    if (dropped.has(i)) return -1
    const taking = found.get(i)
    if (taking === undefined) return add(node)
    const { first, epilogue } = taking
    const rest = node.args.filter((_, operand) => !epilogue.made.has(operand))
    const { body: _, ...plain } = node
    return add({ ...plain, op: EPILOGUE, attrs: epilogue, args: [...operands.get(first)!, ...rest] })
  })
}
