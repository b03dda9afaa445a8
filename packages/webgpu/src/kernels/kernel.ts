/** What a kernel is: the work of a node as pieces that do not depend on each other, and the WGSL of a piece. */
import type { Attributes, CompositeAttributes, CompositeName, Primitive, TensorType } from '@glissade/core/backend'
import type { Term } from '@glissade/codegen'

/** Lanes of a workgroup, as WebGPU counts invocations: every adapter has so many. */
export const LANES = 256

/** Workgroup memory that kernels use by these names, 13 KB of the 16 that every adapter has: a word for each lane, and tiles of products. */
export const SHARED = {
  lanes: `array<u32, ${LANES}>`,
  tile_a: 'array<vec4f, 512>',
  tile_b: 'array<vec4f, 256>',
} as const

/** What runs shaders: a GPU, or the processor in its place. Kernels may differ by it, their results only by rounding. */
export type Adapter = 'hardware' | 'software'

/** How the text of a kernel reaches memory. Places are in elements. */
export interface Access {
  /** The element of an operand, as an expression. */
  readonly load: (operand: number, at: Term) => string
  /** Writes an element of a result, as a statement. */
  readonly store: (result: number, at: Term, value: string) => string
  /** The element of the work's table, as an expression. */
  readonly table: (at: Term) => string
  /** Reports that an index (an expression of i32) is out of range, as a statement. */
  readonly fail: (index: string) => string
}

/** Pieces of work, in any order or at once. */
export interface Work {
  readonly items: number
  /** Whether one lane does a piece, or all lanes of a workgroup together. */
  readonly by: 'lane' | 'group'
  /** Operations on elements altogether, roughly. */
  readonly cost: number
  /** The operands that it reads, where those are not all. */
  readonly operands?: readonly number[]
  /** Numbers that it reads beside its operands, as elements of its first result. */
  readonly table?: readonly number[]
  /**
   * Where the pieces fall into so many parts, one after the other, whose results are so many parts likewise: per operand whether a part
   * of the pieces reads that part of it alone. Null or absent: they do not.
   */
  readonly rows?: (parts: number) => readonly boolean[] | null
  /** Statements of piece `i` (u32), for a group also over its `lane` (u32). */
  readonly body: (access: Access) => string
}

/** The works of a node, one after the other. */
export type Kernel<P extends Primitive> = (
  attrs: Attributes[P],
  args: readonly TensorType[],
  results: readonly TensorType[],
  adapter: Adapter,
) => readonly Work[]

/** The same for a composite of core. */
export type CompositeKernel<N extends CompositeName> = (
  attrs: CompositeAttributes[N],
  args: readonly TensorType[],
  results: readonly TensorType[],
) => readonly Work[]

/** Work of one lane per piece. */
export const byLane = (items: number, cost: number, body: Work['body'], more: Partial<Work> = {}): readonly Work[] =>
  items === 0 ? [] : [{ items, cost, by: 'lane', body, ...more }]

export const lines = (...statements: readonly string[]): string => statements.filter((text) => text !== '').join('\n')
