/** Writes what a loop does at each place of its line: operands are read, the body is computed, results are stored or summed. */
import type { Axis, Computed, Leaf, LoopPlan } from '@glissade/codegen'
import type { Node } from '@glissade/core/backend'
import { add, i32x4, mul, op, type Code } from '../emitter/code.ts'
import type { Local } from '../emitter/function.ts'
import type { Accumulator, Sums } from './accumulator.ts'
import {
  binary,
  cast,
  constantVector,
  loadSplat,
  loadVector,
  storeFirst,
  storeVector,
  UNARY,
  type BinaryOp,
  type Writing,
  type UnaryOp,
} from './lanes.ts'
import { LANES } from './line.ts'
import type { LoopLayout } from './loop-layout.ts'
import { anyUnusual, choose, usualExp, type Vector } from './math.ts'
import { bytesOf } from './stored.ts'

/** Several vectors at a time share its constants, and hide the time that one takes from step to step. */
export const isShared = ({ node }: Computed): boolean => node.op === 'exp'
/** Vectors of every value of a body. */
type Values = Map<number, readonly Vector[]>

export class LoopBody {
  readonly place: Writing
  readonly plan: LoopPlan
  readonly layout: LoopLayout
  readonly accumulators: readonly Accumulator[]
  readonly hoisted: Map<Leaf, Vector> = new Map()

  constructor(place: Writing, plan: LoopPlan, layout: LoopLayout, accumulators: readonly Accumulator[]) {
    this.place = place
    this.plan = plan
    this.layout = layout
    this.accumulators = accumulators
  }

  /** What every element of a line shares is read once. */
  hoist(pointers: readonly Code<'i32'>[], among: readonly Axis[]): void {
    const { f } = this.place
    for (const [leaf, i] of this.layout.pointerOf) {
      if (leaf.kind !== 'read' || !among.every((axis) => axis.strides[i] === 0)) continue
      this.hoisted.set(leaf, f.let(loadSplat(leaf.dtype, pointers[i]!)))
    }
  }
  unhoist(): void {
    this.place.f.free(...([...this.hoisted.values()] as Local[]))
    this.hoisted.clear()
  }

  /** Where pointer i is at v of the line. */
  address(pointers: readonly Code<'i32'>[], i: number, v: Code<'i32'>): Code<'i32'> {
    const { inner, unit } = this.layout
    const stride = inner.strides[i]!
    return stride === 0 ? pointers[i]! : add(pointers[i]!, mul(v, stride / unit))
  }

  /** Computes the body for `count` vectors (or one element) from v on, and does with the values what `use` says. */
  compute(
    pointers: readonly Code<'i32'>[],
    v: Code<'i32'>,
    count: number,
    lanes: number,
    use: (values: Values) => void,
  ): void {
    const { f } = this.place
    const { plan } = this
    const locals: Vector[] = []
    const keep = (value: Vector): Vector => {
      const local = f.let(value)
      locals.push(local)
      return local
    }
    const read = (leaf: Leaf, u: number): Vector => {
      if (leaf.kind === 'fixed') return constantVector(leaf.dtype, leaf.value)
      const known = this.hoisted.get(leaf)
      if (known !== undefined) return known
      const i = this.layout.pointerOf.get(leaf)!
      const moves = this.layout.inner.strides[i] !== 0
      const address = this.address(pointers, i, v)
      if (leaf.kind === 'count') {
        const first = op('i32x4.splat', address)
        const counted =
          moves && lanes > 1 ? op('i32x4.add', first, i32x4(4 * u, 4 * u + 1, 4 * u + 2, 4 * u + 3)) : first
        return keep(cast(keep(counted), 'int32', leaf.dtype))
      }
      const offset = moves ? u * LANES * bytesOf(leaf.dtype) : 0
      return keep(moves && lanes > 1 ? loadVector(leaf.dtype, address, offset) : loadSplat(leaf.dtype, address, offset))
    }
    const operandOf = (values: Values, value: number): readonly Vector[] => {
      const known = values.get(value)
      if (known !== undefined) return known
      const vectors = Array.from({ length: count }, (_, u) => read(plan.leaves.get(value)!, u))
      values.set(value, vectors)
      return vectors
    }
    const { computed } = plan
    const first = count > 1 ? computed.findIndex(isShared) : -1
    const from = (start: number, values: Values): void => {
      for (let i = start; i < computed.length; i++) {
        const { value, node } = computed[i]!
        const operands = node.args.map((arg) => operandOf(values, arg))
        if (i !== first) {
          values.set(value, this.apply(node, operands).map(keep))
          continue
        }
        // All that follows stands twice: where the ways met again, V8 would keep every value in memory.
        const way = (vectors: readonly Vector[]): void => from(i + 1, new Map(values).set(value, vectors))
        f.if(
          anyUnusual(f, operands[0]!),
          () => way(this.apply(node, operands).map(keep)),
          () => way(usualExp(f, operands[0]!)),
        )
        return
      }
      for (const { value } of plan.reductions) operandOf(values, value)
      for (const { value } of plan.stores) operandOf(values, value)
      use(values)
    }
    from(0, new Map())
    f.free(...(locals as Local[]))
  }

  apply(node: Node, [x, y, z]: readonly (readonly Vector[])[]): readonly Vector[] {
    const { types, leaves } = this.plan
    const dtype = types[node.args[0]!]!.dtype
    if (y === undefined)
      return node.op === 'cast'
        ? x!.map((a) => cast(a, dtype, node.types[0]!.dtype))
        : x!.map((a) => UNARY[node.op as UnaryOp](this.place, a, dtype))
    if (node.op === 'where') return x!.map((a, u) => choose(a, y[u]!, z![u]!))
    const exponent = node.op === 'pow' ? leaves.get(node.args[1]!) : undefined
    // Exactly x x, as everywhere.
    const isSquare = exponent?.kind === 'fixed' && exponent.value === 2
    return x!.map((a, u) =>
      binary(isSquare ? 'mul' : (node.op as BinaryOp), this.place, a, isSquare ? a : y[u]!, dtype),
    )
  }

  store(
    pointers: readonly Code<'i32'>[],
    v: Code<'i32'>,
    lanes: number,
    values: ReadonlyMap<number, readonly Vector[]>,
  ): void {
    for (const { value, dtype, result } of this.plan.stores) {
      const address = this.address(pointers, this.layout.resultPointer.get(result)!, v)
      values
        .get(value)!
        .forEach((vector, u) =>
          this.place.f.emit((lanes > 1 ? storeVector : storeFirst)(dtype, address, u * LANES * bytesOf(dtype), vector)),
        )
    }
  }

  /** A vector (or one element) for each entry of `sums`: computed, stored, and taken into those sums. */
  elements(pointers: readonly Code<'i32'>[], v: Code<'i32'>, lanes: number, sums: readonly Sums[]): void {
    const { f } = this.place
    const { stores, computed } = this.plan
    const take = (k: number, u: number, x: Vector): void =>
      f.set(sums[u]![k]!, this.accumulators[k]!.take(this.place, sums[u]![k]!, x))
    // A sum that both ways of a fork went on with would lie in memory; what they stored is read back sooner.
    const forks = sums.length > 1 && computed.some(isShared)
    const storedAs = this.accumulators.map(({ value }) =>
      forks ? stores.find((store) => store.value === value) : undefined,
    )
    this.compute(pointers, v, sums.length, lanes, (values) => {
      this.store(pointers, v, lanes, values)
      this.accumulators.forEach(({ value }, k) => {
        if (storedAs[k] === undefined) values.get(value)!.forEach((x, u) => take(k, u, x))
      })
    })
    storedAs.forEach((store, k) => {
      if (store === undefined) return
      const { dtype } = this.accumulators[k]!
      const address = this.address(pointers, this.layout.resultPointer.get(store.result)!, v)
      sums.forEach((_, u) => take(k, u, loadVector(dtype, address, u * LANES * bytesOf(dtype))))
    })
  }
}
