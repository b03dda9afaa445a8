/** When a recording holds: what its operands must be like, and what else it took for granted. */
import type { Device } from '../engine/device.ts'
import { LeafNode } from '../engine/grad-node.ts'
import type { Cell, Handle } from '../engine/handle.ts'
import { structureVersion } from '../engine/tracer.ts'
import type { Type } from '../ir/type.ts'
import { fromTo } from './fields.ts'
import { kindOf } from './number-operand.ts'
import type { Premise, Recording, Root } from './recording.ts'
import { operandName, type Structure } from './structure.ts'

const isBroken = ({ read, value }: Premise): boolean => !sameList(read(), value)
const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((part, i) => Object.is(part, b[i]))

/** What must be alike of a tensor operand. */
interface Known {
  readonly type: Type
  /** 0: no gradient wanted; 1: a leaf; 2: it has a history. */
  readonly tape: 0 | 1 | 2
  /** The first operand that holds the same elements. */
  readonly first: number
}
function tapeOf(handle: Handle): 0 | 1 | 2 {
  const { node } = handle
  return node === null ? 0 : node instanceof LeafNode ? 1 : 2
}
const hasHooks = (handle: Handle): boolean => handle.node?.hooks?.some((hooks) => hooks.length > 0) ?? false

/** Leaves of operands are plain values, functions and tensors; `instanceof` would climb the prototypes at every call. */
const isTensor = (leaf: unknown): leaf is Handle => typeof leaf === 'object' && leaf !== null

/** The first leaf whose tensor has this cell. */
function firstWith(cell: Cell, leaves: readonly unknown[]): number {
  for (let i = 0; i < leaves.length; i++) {
    const leaf = leaves[i]
    if (isTensor(leaf) && leaf.cell === cell) return i
  }
  return -1
}

export class Conditions {
  readonly recording: Recording
  readonly #device: Device
  readonly #structure: Structure
  /** Tensors are matched by what they are like; holding them would keep them alive. */
  readonly #known: readonly (Known | null)[]
  readonly #leaves: readonly unknown[]
  readonly #guarded: readonly unknown[]
  /**
   * The tensors that were operands while recording: they may have been meant as tensors from outside, too, which shows
   * when an operand is another one. null where it was.
   */
  readonly #suspects: (WeakRef<Cell> | null)[]
  #suspected: boolean
  /** Operands that are tensors from outside, too. */
  readonly #fixed = new Map<number, Cell>()
  /** The structure under which the premises held last. */
  #version: number

  /** @param guarded what the user's guards gave */
  constructor(structure: Structure, leaves: readonly unknown[], guarded: readonly unknown[], recording: Recording) {
    this.recording = recording
    this.#device = recording.device
    this.#structure = structure
    this.#guarded = guarded
    this.#known = leaves.map((leaf) =>
      isTensor(leaf) ? { type: leaf.type, tape: tapeOf(leaf), first: firstWith(leaf.cell, leaves) } : null,
    )
    this.#leaves = leaves.map((leaf) => (isTensor(leaf) ? null : leaf))
    this.#suspects = leaves.map((leaf) => (isTensor(leaf) ? new WeakRef(leaf.cell) : null))
    this.#suspected = this.#suspects.some((suspect) => suspect !== null)
    this.#version = recording.version
  }

  hold(structure: Structure, leaves: readonly unknown[], guarded: readonly unknown[]): boolean {
    if (leaves.length !== this.#known.length || !structure.equals(this.#structure)) return false
    for (let i = 0; i < leaves.length; i++) if (!this.#fits(leaves, i)) return false
    const { guards, roots, premises, fields } = this.recording
    if (!fields.hold()) return false
    const version = structureVersion()
    if (version !== this.#version) {
      // Premises first: asked for its state, an optimizer lets it follow parameters that were moved, which are roots.
      if (premises.some(isBroken) || roots.some(isMoved) || fields.grew()) return false
      this.#version = version
    }
    for (let i = 0; i < guards.length; i++) if (guards[i]!.read(leaves) !== guards[i]!.value) return false
    return guarded === this.#guarded || sameList(guarded, this.#guarded)
  }

  #fits(leaves: readonly unknown[], i: number): boolean {
    const leaf = leaves[i]
    const known = this.#known[i]!
    if (!isTensor(leaf)) {
      if (known !== null) return false
      if (typeof leaf !== 'number') return Object.is(leaf, this.#leaves[i])
      if (typeof this.#leaves[i] !== 'number') return false
      const { kinds } = this.recording
      return kinds.size === 0 || !kinds.has(i) || kinds.get(i) === kindOf(leaf)
    }
    if (known === null || leaf.type !== known.type || leaf.value.device !== this.#device) return false
    return tapeOf(leaf) === known.tape && (known.tape === 0 || !hasHooks(leaf)) && this.#isApart(leaves, leaf, i)
  }
  /** Whether it is the same as other operands and as tensors from outside just where it was while recording. */
  #isApart(leaves: readonly unknown[], leaf: Handle, i: number): boolean {
    const { cell } = leaf
    if (firstWith(cell, leaves) !== this.#known[i]!.first) return false
    if (cell.isCaptured && this.recording.outside.has(cell)) return false
    if (this.#fixed.size > 0 && this.#fixed.has(i) && this.#fixed.get(i) !== cell) return false
    // A view stands for itself: what it is a view of must not be written meanwhile, nor read where it is written itself.
    return leaf.root === leaf || overlap(this.recording, leaves, leaf, i) === null
  }

  /** Whether an operand that was perhaps meant as a tensor from outside, too, is now another one. */
  isUnsure(leaves: readonly unknown[]): boolean {
    if (!this.#suspected) return false
    for (let i = 0; i < leaves.length; i++) {
      const cell = this.#suspects[i]?.deref()
      if (cell !== undefined && cell !== (leaves[i] as Handle).cell) return true
    }
    return false
  }
  /**
   * After the function was recorded again with these operands: settles which of the first ones were meant as tensors from
   * outside, too. Gives whether the recording holds for these.
   */
  settle(leaves: readonly unknown[], again: Recording): boolean {
    let holds = true
    for (const [i, suspect] of this.#suspects.entries()) {
      const cell = suspect?.deref()
      if (suspect === null || cell === (leaves[i] as Handle).cell) continue
      this.#suspects[i] = null
      if (cell === undefined || !again.outside.has(cell)) continue
      this.#fixed.set(i, cell)
      holds = false
    }
    this.#suspected = this.#suspects.some((suspect) => suspect !== null)
    return holds
  }

  /** What does not hold, in words; null where everything does. */
  broken(structure: Structure, leaves: readonly unknown[], guarded: readonly unknown[]): string | null {
    if (leaves.length !== this.#known.length || !structure.equals(this.#structure))
      return 'the operands are arranged in another way'
    const at = leaves.findIndex((_, i) => !this.#fits(leaves, i))
    if (at >= 0) return this.#misfit(leaves, at)
    const { guards, roots, premises, fields } = this.recording
    const changed = fields.change()
    if (changed !== null) return changed
    const root = roots.find(isMoved)
    if (root !== undefined) return `a tensor from outside (${String(root.type)}) ${moveOf(root)}`
    const premise = premises.find(isBroken)
    if (premise !== undefined) return `${premise.what} changed`
    const guard = guards.find(({ read, value }) => read(leaves) !== value)
    if (guard !== undefined) return `${guard.what} changed`
    const other = guarded.findIndex((value, i) => !Object.is(value, this.#guarded[i]))
    return other < 0 ? null : `guard ${other} changed ${fromTo(this.#guarded[other], guarded[other])}`
  }
  #misfit(leaves: readonly unknown[], i: number): string {
    const leaf = leaves[i]
    const known = this.#known[i]!
    const what = operandName(this.#structure, i)
    if (!isTensor(leaf) || known === null) {
      const words = [known === null ? this.#leaves[i] : known.type, isTensor(leaf) ? leaf.type : leaf]
      const isNumber = words.every((word) => typeof word === 'number')
      const [before, now] = words.map((word) =>
        typeof word !== 'number' ? String(word) : isNumber ? kindOf(word) : 'a number',
      )
      return `${what} is ${now!} and not ${before!}`
    }
    if (leaf.type !== known.type) return `${what} is ${String(leaf.type)} and not ${String(known.type)}`
    if (leaf.value.device !== this.#device) return `${what} is on another device`
    if (tapeOf(leaf) !== known.tape)
      return `${what} ${['requires no gradients', 'is a leaf that requires gradients', 'has a history'][tapeOf(leaf)]!}`
    return `${what} is also another operand or a tensor from outside, or is it no more`
  }
}

function isMoved({ handle, type, isTracked, hooks, device }: Root): boolean {
  return (
    handle.isTracked !== isTracked ||
    handle.type !== type ||
    handle.cell.value.device !== device ||
    (isTracked && !sameList(handle.lastNode!.hooks?.flat() ?? [], hooks))
  )
}
function moveOf({ handle, type, isTracked, device }: Root): string {
  if (handle.type !== type) return `is ${String(handle.type)} now`
  if (handle.cell.value.device !== device) return 'is on another device'
  if (handle.isTracked === isTracked) return 'has other hooks'
  return isTracked ? 'requires gradients no more' : 'requires gradients now'
}

/** What forbids that this operand is a view, in words. */
export function overlap(
  { outside, written }: Pick<Recording, 'outside' | 'written'>,
  leaves: readonly unknown[],
  leaf: Handle,
  i: number,
): string | null {
  const { cell } = leaf.root
  const isWritten = written.has(i)
  if (outside.has(cell) && (isWritten || outside.get(cell) === true)) return 'a tensor from outside'
  const other = leaves.findIndex(
    (that, k) => k !== i && isTensor(that) && that !== leaf && that.root.cell === cell && (isWritten || written.has(k)),
  )
  return other < 0 ? null : `operand ${other}`
}
