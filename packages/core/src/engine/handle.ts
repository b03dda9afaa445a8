/**
 * The handle under `Tensor`: a place that holds a value, with its place on the tape. Values never change; `assign` is the
 * only mutation there is: the handle moves to another value. A view remembers its base and how it was made, so that
 * writing to either is seen by both.
 */
import type { Backend, DType, Shape } from '../contract/contract.ts'
import { DTypeError, OptionError, ShapeError, StateError } from '../contract/errors.ts'
import type { Type } from '../ir/type.ts'
import { currentScope, encloses } from './scope.ts'
import { describe } from '../signature/describe.ts'
import { boolean, nullable } from '../signature/kind.ts'
import { signature } from '../signature/signature.ts'
import { tensor } from './kinds.ts'
import { isGradEnabled, LeafNode, noGrad, type GradNode } from './grad-node.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { currentTracer, structureChanged } from './tracer.ts'
import { Value } from './value.ts'

/** How a view follows from its base, and the base from what is written to the view. */
export interface View {
  readonly base: Handle
  readonly read: (base: Handle) => Handle
  readonly write: (base: Handle, update: Handle) => Handle
  /** The version of the base whose value the view holds. */
  version: number
}

/** @internal Where the value is. A tensor and what was detached from it share one, so that an assignment to either is seen by both. */
export class Cell {
  value: Value
  /** Counts assignments. */
  version = 0
  /** Whether some recorded function reads it as a tensor from outside. */
  isCaptured = false
  constructor(value: Value) {
    this.value = value
  }
  /** Moves to the value of another handle, which from now on lives as long as the old one did. */
  moveTo(fresh: Value): void {
    const before = this.value
    if (fresh.type !== before.type || fresh.device !== before.device) structureChanged()
    if (fresh.buffer !== before.buffer && before.sym === null) {
      adopt(fresh, before)
      disown(before)
    }
    this.value = fresh
    this.version++
  }
  /** Moves to a value that no other handle has seen; the old one is released at once where nobody else may see it. */
  replace(fresh: Value, owner: Cell): void {
    const [before, after] = [this.value.buffer, fresh.buffer]
    if (after !== null && before !== after) {
      after.device.move(after, owner.value.buffer?.scope ?? null)
      if (before !== null && !before.shared && !before.saved) before.device.release(before)
    }
    this.value = fresh
    this.version++
  }
}

export const REQUIRES_GRAD = /* @__PURE__ */ signature('requiresGrad', { value: boolean })
export const GRAD = /* @__PURE__ */ signature('grad', { value: nullable(tensor) })

export class Handle {
  /** The brand: present on tensors of every copy of this library. */
  readonly glissadeTensor = true
  #cell: Cell
  #node: GradNode | null
  #index: number
  #view: View | null = null
  #grad: Tensor | null = null
  #gradConsumed = false

  constructor(value: Value, node: GradNode | null = null, index = 0) {
    if (!(value instanceof Value))
      throw new OptionError(
        'Tensor',
        `tensors are made by functions: tensor(data), zeros(shape) (got ${describe(value)})`,
      )
    this.#cell = new Cell(value)
    this.#node = node
    this.#index = index
  }

  declare readonly shape: Shape
  declare readonly dtype: DType
  static {
    // Accessors that are declared as properties, so that Tensor may declare them more narrowly.
    Object.defineProperties(this.prototype, {
      shape: {
        get(this: Handle) {
          return this.#cell.value.type.shape
        },
      },
      dtype: {
        get(this: Handle) {
          return this.#cell.value.type.dtype
        },
      },
    })
  }
  /** @internal */
  get type(): Type {
    return this.#cell.value.type
  }
  /** The backend that holds it. */
  get device(): Backend {
    return this.#cell.value.device.backend
  }
  /** @internal */
  get value(): Value {
    if (this.#view !== null) this.#look()
    return this.#cell.value
  }
  /** @internal The handle whose cell holds this tensor's elements: its own, or that of what it is a view of. */
  get root(): Handle {
    return this.#view === null ? this : this.#view.base.root
  }
  /** @internal The node that made it; a leaf's own node; null when no gradient is wanted. */
  get node(): GradNode | null {
    if (this.#view !== null) this.#look()
    return this.#node
  }
  /** @internal The node as it was when the tensor was read last. */
  get lastNode(): GradNode | null {
    return this.#node
  }
  /** @internal Whether gradients flow to it and not only to what it is a view of. */
  get isTracked(): boolean {
    return this.#view === null ? this.#node !== null : this.#node instanceof LeafNode
  }
  /** @internal Which result of its node it is. */
  get index(): number {
    return this.#index
  }
  /** @internal */
  get cell(): Cell {
    return this.#cell
  }
  /** @internal The handles whose cells hold this tensor's elements, after which a view is read anew. */
  eachRoot(visit: (root: Handle) => void): void {
    if (this.#view === null) return visit(this)
    this.#view.base.eachRoot(visit)
    this.#view.version = -1
  }
  /** @internal Grows with every assignment that this handle sees. */
  get version(): number {
    return this.#view === null ? this.#cell.version : this.#cell.version + this.#view.base.version
  }
  /** Whether gradients flow to it. Settable on leaves only. */
  get requiresGrad(): boolean {
    return this.node !== null
  }
  set requiresGrad(wanted: boolean) {
    REQUIRES_GRAD.read([wanted])
    currentTracer()?.touch(this)
    if (wanted === this.requiresGrad) return
    if (!this.isLeaf)
      throw new StateError(
        'requiresGrad',
        'you can only change it on leaf tensors; use detach() to get one without history',
      )
    if (wanted && this.type.kind !== 'float')
      throw new DTypeError('requiresGrad', [this.dtype], 'only floating-point tensors can require gradients')
    this.#node = wanted ? new LeafNode(this) : null
    structureChanged()
    this.#index = 0
  }
  /** True for tensors without history: made by the user, or without gradients. */
  get isLeaf(): boolean {
    const node = this.node
    return node === null || node instanceof LeafNode
  }

  /** The gradient that `backward` accumulated; null before, and after zeroGrad(). Shape and dtype of the tensor. */
  get grad(): Tensor | null {
    currentTracer()?.touchGrad?.(this, 'read')
    if (this.#gradConsumed)
      throw new StateError(
        'grad',
        'a compiled step used this gradient up; keep it with compile(fn, { gradients: true })',
      )
    return this.#grad
  }
  set grad(grad: Tensor | null) {
    GRAD.read([grad])
    if (grad !== null) this.#assertGrad(grad)
    const tracer = currentTracer()
    if (tracer !== null) {
      tracer.touchGrad?.(this, 'write')
      this.restoreGrad(grad)
      return
    }
    this.#gradConsumed = false
    if (this.#grad !== null && this.#grad !== grad) disown(this.#grad.#cell.value)
    if (grad !== null) adopt(grad.#cell.value, this.#cell.value)
    this.#grad = grad
  }

  #assertGrad(grad: Tensor): void {
    if (grad === (this as Handle)) throw new StateError('grad', 'a tensor cannot be its own gradient')
    assertLike('grad', grad, this, 'a gradient', 'its tensor')
  }

  /** @internal Declares this handle a view. */
  markView(view: View): void {
    this.#view = view
  }
  /** @internal From now until the returned function is called a view stands for itself. */
  standAlone(): () => void {
    void this.value
    const view = this.#view
    this.#view = null
    return () => {
      if (view !== null) view.version = -1
      this.#view = view
    }
  }
  /** @internal Makes `copy` (which holds this value) share this tensor's elements, without its history. */
  lend(copy: Handle): void {
    const view = this.#view
    currentTracer()?.lent?.(copy)
    if (view === null) copy.#cell = this.#cell
    else copy.markView({ ...view, read: (base) => noGrad(() => view.read(base)) })
  }

  /** While a function is recorded, a view from outside is read anew there: an operation, of which its base is an operand. */
  #look(): void {
    if (this.#cell.value.sym === null) currentTracer()?.touch(this)
    this.#refresh()
  }
  #refresh(): void {
    const view = this.#view!
    // A value made in an inner scope may be gone while its base lives on.
    if (view.version === view.base.version && !(this.#cell.value.buffer?.released ?? false)) return
    const fresh = view.read(view.base)
    this.#cell.value = fresh.#cell.value
    // A leaf stays one: its elements are the base's, its gradient is its own.
    if (!(this.#node instanceof LeafNode)) {
      this.#node = fresh.#node
      this.#index = fresh.#index
    }
    view.version = view.base.version
  }

  /** @internal Moves the handle to another value of the same type; history goes along where gradients are recorded. */
  moveTo(source: Handle, operation: string): void {
    currentTracer()?.touch(this)
    currentTracer()?.touch(source)
    if (source.type !== this.type) {
      if (source.dtype !== this.dtype)
        throw new DTypeError(operation, [source.dtype, this.dtype], 'the new value must have the dtype of the tensor')
      throw new ShapeError(operation, [source.shape, this.shape], 'the new value must have the shape of the tensor')
    }
    if (this.#cell.value.device !== source.value.device)
      throw new StateError(operation, 'the new value is on another device; move it with to()')
    const leaf = this.node instanceof LeafNode
    if (leaf && isGradEnabled())
      throw new StateError(
        operation,
        'a leaf tensor that requires gradients cannot be changed in place while gradients are recorded; use noGrad(() => ...)',
      )
    if (this.#view !== null) {
      const { base, write } = this.#view
      base.moveTo(write(base, source), operation)
      this.#refresh()
      return
    }
    this.#cell.moveTo(source.value)
    if (!leaf) {
      if ((source.node === null) !== (this.#node === null)) structureChanged()
      this.#node = source.node
      this.#index = source.index
    }
  }

  /** @internal For the recorder: the gradient as it is, without asking. */
  get rawGrad(): Tensor | null {
    return this.#grad
  }
  /** @internal */
  get gradConsumed(): boolean {
    return this.#gradConsumed
  }
  /** @internal */
  restoreGrad(grad: Tensor | null, consumed = false): void {
    this.#grad = grad
    this.#gradConsumed = consumed
  }
  /** @internal */
  restoreNode(node: GradNode | null, index: number): void {
    this.#node = node
    this.#index = index
  }
}

/** Throws where one tensor has not the device, dtype and shape of another. */
export function assertLike(operation: string, x: Handle, like: Handle, what: string, whose: string): void {
  if (x.device !== like.device)
    throw new StateError(
      operation,
      `${what} is on the device of ${whose} (got ${x.device.name} and ${like.device.name}); move it with to()`,
    )
  if (x.dtype !== like.dtype)
    throw new DTypeError(operation, [x.dtype, like.dtype], `${what} has the dtype of ${whose}`)
  if (x.type !== like.type) throw new ShapeError(operation, [x.shape, like.shape], `${what} has the shape of ${whose}`)
}

/** What is assigned to a handle lives as long as the handle's own value did: it moves to that (outer) scope. */
function adopt(fresh: Value, owner: Value): void {
  const [buffer, outer] = [fresh.buffer, owner.buffer]
  if (buffer === null || outer === null) return
  if (encloses(buffer.scope, outer.scope)) buffer.shared = true
  else buffer.device.move(buffer, outer.scope)
}

/** The value that a handle left dies at the end of the current scope, unless another handle may see it. */
function disown(old: Value): void {
  const buffer = old.buffer
  if (buffer === null || buffer.shared) return
  const scope = currentScope()
  if (scope !== null && scope !== buffer.scope && encloses(buffer.scope, scope)) buffer.device.move(buffer, scope)
}
