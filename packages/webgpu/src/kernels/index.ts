/** A row per primitive. `reshape` has none, since a contiguous value keeps its bytes; loops are written from their bodies. */
import type { Reducer } from '@glissade/codegen'
import {
  ELEMENTWISE,
  LOOP,
  REDUCTION,
  UnsupportedError,
  type LoopAttributes,
  type Node,
  type Primitive,
  type TensorType,
} from '@glissade/core/backend'
import type { EXPRESSIONS } from '../wgsl/index.ts'
import { dot } from './dot/index.ts'
import { epilogue } from './epilogue.ts'
import { indexing } from './indexing.ts'
import type { Adapter, Kernel, Work } from './kernel.ts'
import { EPILOGUE, type Epilogue } from '../passes/epilogues.ts'
import { border } from './border.ts'
import { alongLines } from './lines.ts'
import { loop, loopOfNode } from './loop.ts'
import { movement } from './movement.ts'
import { sorting } from './sorting.ts'
import { pools, windows } from './window.ts'

/** What goes element by element, or reduces, is a loop of one node. */
type Looped = keyof typeof EXPRESSIONS | Reducer | 'reshape'
const KERNELS: { readonly [P in Exclude<Primitive, Looped>]: Kernel<P> } = {
  ...movement,
  ...alongLines,
  ...indexing,
  ...windows,
  ...dot,
}

/** Nodes that only passes make. */
const MADE = {
  unpack: (_: object, args: readonly TensorType[], results: readonly TensorType[]) => border.unpack(args, results),
  pack: (_: object, args: readonly TensorType[], results: readonly TensorType[]) => border.pack(args, results),
  ...sorting,
}
const ALL: {
  readonly [op: string]: (
    attrs: never,
    args: readonly TensorType[],
    results: readonly TensorType[],
    adapter: Adapter,
  ) => readonly Work[]
} = { ...KERNELS, ...pools, ...MADE }

/** Composites that are run as they are: what their bodies would be is nothing for a GPU. */
export const COMPOSITES: readonly string[] = [LOOP, ...Object.keys(pools)]

const LOOPED: ReadonlySet<string> = new Set([...ELEMENTWISE, ...REDUCTION])

/** The works of a node over operands of these types. */
export function worksOf(node: Node, args: readonly TensorType[], adapter: Adapter): readonly Work[] {
  const { op, attrs, types, body, origin } = node
  if (op === LOOP) return loop(attrs as LoopAttributes, body!)
  if (op === EPILOGUE) return epilogue(attrs as Epilogue, args, (first, its) => worksOf(first, its, adapter))
  if (LOOPED.has(op)) return loopOfNode(node, args)
  if (!Object.hasOwn(ALL, op)) throw new UnsupportedError(op, 'this backend has no kernel of that name', origin)
  return ALL[op]!(attrs as never, args, types, adapter)
}
