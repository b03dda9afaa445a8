/** The Tensor that users hold: a handle with the methods. */
import type { Backend, DType } from '../backend/contract.ts'
import type { HostArray } from '../backend/dtype.ts'
import { ShapeError, StateError } from '../backend/errors.ts'
import { rootGradient, runBackward, type BackwardOptions } from './backward.ts'
import { deviceOf } from './device.ts'
import { makeHandlesWith, type Arg } from './door.ts'
import { LeafNode, noGrad } from './grad-node.ts'
import type { Handle } from './handle.ts'
import { download, downloadSync, upload } from './host.ts'
import { Movement } from './methods/movement.ts'
import { one } from './one.ts'
import { NONE } from './op.ts'
import * as arithmetic from './ops/arithmetic.ts'
import * as fills from './ops/fill.ts'
import { same, expand } from './ops/movement.ts'

export class Tensor extends Movement {
  /** Number of dimensions. */
  dim(): number {
    return this.shape.length
  }
  /** Number of elements. */
  numel(): number {
    return this.type.size
  }
  /** The shape, or one size of it. */
  size(): readonly number[]
  size(dim: number): number
  size(dim?: number): readonly number[] | number {
    return dim === undefined ? this.shape : this.shape.at(dim)!
  }

  /**
   * Accumulates gradients into the `grad` of every leaf that this tensor came from.
   * @param gradient dL/dthis; needed unless this has one element, where it is 1
   * Errors: GradientError without history, StateError when the graph was freed by an earlier backward.
   * Source: https://pytorch.org/docs/stable/generated/torch.Tensor.backward.html
   */
  backward(gradient?: Tensor | null | BackwardOptions, options: BackwardOptions = {}): void {
    const given = gradient == null || gradient instanceof Tensor ? gradient : null
    const { createGraph = false, retainGraph = createGraph } = gradient == null || gradient instanceof Tensor ? options : gradient
    runBackward({ roots: [this], grads: [rootGradient('backward', this, given)], inputs: null, createGraph, retainGraph })
  }
  /** The same values without history; shares the elements with this tensor. */
  detach(): Tensor {
    const result = new Tensor(this.value)
    this.lend(result)
    return result
  }
  /** Keeps the gradient of this tensor although it is no leaf. */
  retainGrad(): void {
    if (this.node === null) throw new StateError('retainGrad', 'the tensor does not require gradients')
    if (!(this.node instanceof LeafNode)) (this.node.retained ??= [])[this.index] = this
  }
  /** Calls `hook` with the gradient of this tensor in every backward; what it returns, if anything, replaces it. */
  registerHook(hook: (grad: Tensor) => Tensor | null | undefined | void): { remove(): void } {
    const { node, index } = this
    if (node === null) throw new StateError('registerHook', 'the tensor does not require gradients')
    const hooks = ((node.hooks ??= node.outputs.map(() => []))[index] ??= [])
    const entry = hook as (grad: Handle) => Handle | null | undefined | void
    hooks.push(entry)
    return { remove: () => void (hooks.includes(entry) && hooks.splice(hooks.indexOf(entry), 1)) }
  }
  /** Sets `requiresGrad` and gives the tensor back. */
  requiresGrad_(wanted = true): this {
    this.requiresGrad = wanted
    return this
  }

  /** Moves this tensor to the value of `source`, which must have its shape and dtype. The one mutation there is. */
  assign(source: Tensor): this {
    this.moveTo(source, 'assign')
    return this
  }
  /** As assign, with `source` cast and broadcast to this tensor. */
  copy_(source: Tensor | number): this {
    const typed = typeof source === 'number' ? this.#filled(source) : source.dtype === this.dtype ? source : one(arithmetic.cast, { dtype: this.dtype }, source)
    this.moveTo(typed.shape.length === this.shape.length && typed.numel() === this.numel() ? typed : one(expand.read, { shape: this.shape }, typed), 'copy_')
    return this
  }
  #filled(value: number): Tensor {
    return one(fills.full, { dtype: this.dtype, shape: this.shape }, value as Arg)
  }
  fill_(value: number): this {
    return this.copy_(value)
  }
  zero_(): this {
    return this.copy_(0)
  }
  add_(other: Tensor | number, options: { alpha?: number } = {}): this {
    return this.#become(this.add(other, options))
  }
  sub_(other: Tensor | number, options: { alpha?: number } = {}): this {
    return this.#become(this.sub(other, options))
  }
  mul_(other: Tensor | number): this {
    return this.#become(this.mul(other))
  }
  div_(other: Tensor | number): this {
    return this.#become(this.div(other))
  }
  #become(result: Tensor): this {
    if (result.type !== this.type)
      throw new ShapeError('in-place', [result.shape, this.shape], `the result is ${String(result.type)} and does not fit ${String(this.type)}`)
    return this.assign(result)
  }

  /** A copy with history. */
  clone(): Tensor {
    return same(this) as Tensor
  }
  /** Values are always contiguous. */
  contiguous(): Tensor {
    return this
  }
  /** As another dtype, on another device, or both. Gradients flow through. Nothing else moves tensors. */
  to(target: DType | Backend): Tensor {
    if (typeof target === 'string') return target === this.dtype ? this : one(arithmetic.cast, { dtype: target }, this)
    if (deviceOf(target) === this.value.device) return this
    const result = new Tensor(upload(this.type, deviceOf(target), downloadSync('to', this)))
    return result
  }

  /** The elements, row-major, once the work issued before is done. */
  async data(): Promise<HostArray> {
    return await download('data', this)
  }
  /** The elements at once; StateError where the backend cannot. */
  dataSync(): HostArray {
    return downloadSync('dataSync', this)
  }
  /** The one element of this tensor as a number (bool as true or false counts 1 or 0). */
  async item(): Promise<number> {
    this.#assertSingle('item')
    return (await download('item', this))[0]!
  }
  itemSync(): number {
    this.#assertSingle('itemSync')
    return downloadSync('itemSync', this)[0]!
  }
  #assertSingle(operation: string): void {
    if (this.numel() !== 1) throw new ShapeError(operation, [this.shape], 'only tensors with one element have an item; use data()')
  }
  override toString(): string {
    return `Tensor(${String(this.type)})`
  }
}

makeHandlesWith((value, node, index) => new Tensor(value, node, index))
