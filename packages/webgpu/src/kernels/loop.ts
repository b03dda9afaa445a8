/** Fused loops, and elementwise primitives and reductions as loops of one node. */
import {
  asLoop,
  computeLoop,
  nestOf,
  planLoop,
  type Axis,
  type Leaf,
  type LoopPlan,
  type Term,
} from '@glissade/codegen'
import { numel, type LoopAttributes, type Node, type Program, type TensorType } from '@glissade/core/backend'
import { EXPRESSIONS, literal } from '../wgsl/index.ts'
import { counted } from './counted.ts'
import { byLane, LANES, lines, type Access, type Work } from './kernel.ts'
import { reducing, together } from './reduction.ts'
import { indicesOf, placed } from './text.ts'

/**
 * Reductions of at least so many elements are done by a workgroup, each lane a part of them, where there are few of them; beyond the
 * second number they are wherever there are.
 */
const SHARED = 32
const LONG = 1024
const FEW = 1024

const sizesOf = (axes: readonly Axis[]): number[] => axes.map(({ size }) => size)

/** A loop's plan, and where everything in it lies. */
class LoopWriter {
  readonly plan: LoopPlan
  readonly kept: readonly Axis[]
  readonly reduced: readonly Axis[]
  readonly #nest: ReturnType<typeof nestOf>

  constructor(plan: LoopPlan) {
    this.plan = plan
    this.#nest = nestOf(plan)
    this.kept = this.#nest.axes.filter(({ reduced }) => !reduced)
    this.reduced = this.#nest.axes.filter(({ reduced }) => reduced)
  }

  /** Where a result is, from indices along the axes that are kept and, for what is stored at every element, those that are reduced. */
  placeOfResult(result: number, kept: readonly Term[], reduced: readonly Term[]): Term {
    return this.#place(this.#nest.resultAccess.get(result)!, kept, reduced)
  }

  /**
   * The statements of one element: loads, computes and stores.
   * @param use what else is done with the values, by their numbers
   */
  element(
    access: Access,
    kept: readonly Term[],
    reduced: readonly Term[],
    use: (valueOf: (value: number) => string) => readonly string[],
  ): string {
    const statements: string[] = []
    const loaded = new Map<number, string>()
    const read = (leaf: Leaf): string => {
      if (leaf.kind === 'fixed') return literal(leaf.value, leaf.dtype)
      const index = this.#nest.accessOf.get(leaf)!
      const at = this.#place(index, kept, reduced)
      if (leaf.kind === 'count') return counted(at, leaf.dtype)
      if (!loaded.has(index)) {
        statements.push(`let x${index} = ${access.load(leaf.input, at)};`)
        loaded.set(index, `x${index}`)
      }
      return loaded.get(index)!
    }
    const valueOf = computeLoop<string>(this.plan, read, ({ value, node: { op, args, attrs } }, operands) => {
      const { dtype } = this.plan.types[args[op === 'where' ? 1 : 0]!]!
      const expression = EXPRESSIONS[op as keyof typeof EXPRESSIONS](operands, dtype, attrs as never)
      statements.push(`let v${value} = ${expression};`)
      return `v${value}`
    })
    const stores = this.plan.stores.map(({ value, result }) =>
      access.store(result, this.placeOfResult(result, kept, reduced), valueOf(value)),
    )
    // Values that are leaves are loaded when they are first asked for.
    const used = use(valueOf)
    return lines(...statements, ...used, ...stores)
  }

  #place(access: number, kept: readonly Term[], reduced: readonly Term[]): Term {
    return placed(
      [...kept, ...reduced],
      [...this.kept, ...this.reduced].map(({ strides }) => strides[access]!),
    )
  }
}

/** Parts of a loop: rows of the leading axes of its space, if that many are none that it reduces. */
function rowsOf({ space, axes }: LoopPlan, { inputs }: Program, parts: number): readonly boolean[] | null {
  const leading = space.findIndex((_, axis) => numel(space.slice(0, axis + 1)) === parts) + 1
  if (leading === 0 || axes.some((axis) => axis < leading)) return null
  return inputs.map(
    ({ shape }) => shape.length === space.length && space.slice(0, leading).every((size, axis) => size === shape[axis]),
  )
}

/** The works of a `loop`. */
export function loop(attrs: LoopAttributes, body: Program): readonly Work[] {
  const plan = planLoop(attrs, body)
  const writer = new LoopWriter(plan)
  const cost = numel(attrs.space) * (plan.computed.length + body.inputs.length)
  const items = numel(sizesOf(writer.kept))
  const kept = indicesOf('c', 'i', sizesOf(writer.kept))
  const rows = (parts: number): readonly boolean[] | null => rowsOf(plan, body, parts)
  if (plan.reductions.length === 0) {
    const write = (access: Access): string =>
      lines(
        kept.text,
        writer.element(access, kept.indices, [], () => []),
      )
    return byLane(items, cost, write, { rows })
  }

  const length = numel(sizesOf(writer.reduced))
  const isShared = length >= LONG || (length >= SHARED && items <= FEW)
  const reduced = indicesOf('r', 'r', sizesOf(writer.reduced))
  const none = writer.reduced.map(() => 0)
  const totals = plan.reductions.map((each) => reducing(each, isShared ? length / LANES : length))
  const write = (access: Access): string => {
    const element = writer.element(access, kept.indices, reduced.indices, (valueOf) =>
      plan.reductions.map(({ value }, k) => totals[k]!.add(valueOf(value))),
    )
    const step = isShared ? `var r = lane; r < ${length}; r += ${LANES}` : `var r = 0u; r < ${length}; r++`
    const ends = plan.reductions.map((each, k) => {
      const store = (value: string): string =>
        access.store(each.result, writer.placeOfResult(each.result, kept.indices, none), value)
      return isShared ? together(each, totals[k]!.total, store) : store(totals[k]!.total)
    })
    const walk = length === 0 ? '' : lines(`for (${step}) {`, reduced.text, element, '}')
    return lines(kept.text, ...totals.map(({ open }) => open), walk, ...ends)
  }
  return isShared ? [{ items, cost, by: 'group', body: write, rows }] : byLane(items, cost, write, { rows })
}

/** The works of an elementwise primitive or of a reduction. */
export function loopOfNode(node: Pick<Node, 'op' | 'attrs' | 'types'>, args: readonly TensorType[]): readonly Work[] {
  const { attrs, body } = asLoop(node, args)
  return loop(attrs, body)
}
