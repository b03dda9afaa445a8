/** The Tensor that users hold: a handle with the methods. */
import { checkOptions } from './by-name.ts'
import type { Backend, DType, Shape } from '../backend/contract.ts'
import type { HostArray } from '../backend/dtype.ts'
import { DTypeError, ShapeError, StateError } from '../backend/errors.ts'
import { rootGradient, runBackward, type BackwardOptions } from './backward.ts'
import { deviceOf } from './device.ts'
import { makeHandlesWith, type Arg } from './door.ts'
import { LeafNode } from './grad-node.ts'
import type { Handle } from './handle.ts'
import { isFloat, sameShape } from '../ir/type.ts'
import { download, downloadSync, elementOf, nested, readsSync } from './host.ts'
import type { CloseOptions } from './methods/arithmetic.ts'
import { IN_PLACE, type InPlace } from './methods/in-place.ts'
import { Random } from './methods/random.ts'
import { moved } from './move.ts'
import { one } from './one.ts'
import * as arithmetic from './ops/arithmetic.ts'
import * as fills from './ops/fill.ts'
import { normalizeDim } from './ops/axes.ts'
import { same, expand } from './ops/movement.ts'
import { printTensor } from './print.ts'
import { currentTracer, structureChanged } from './tracer.ts'
import type { ElementsOf } from './static-dtype.ts'
import type { NestedOf } from './static-data.ts'

/** More elements than this are not read just to print them. */
const PRINTED = 2 ** 20
/** Kinds of dtypes, from the lowest. */
const KIND: { readonly [D in DType]: number } = { bool: 0, uint8: 1, int32: 1, float32: 2, float64: 2 }

// oxlint-disable-next-line no-unused-vars -- an interface merges with a class of the same type parameters
export interface Tensor<S extends Shape = Shape, D extends DType = DType> extends InPlace {}

/**
 * Numbers in a box of some shape, on a device. Methods have PyTorch's names in camelCase; options are by name.
 * `Tensor<[2, 3], 'float32'>` says what the compiler knows of shape and dtype: an unknown size is `number`, and a bare
 * `Tensor` is any tensor.
 * Source: https://pytorch.org/docs/stable/tensors.html
 */
export class Tensor<S extends Shape = Shape, D extends DType = DType> extends Random {
  /** Sizes per dimension, outermost first. */
  declare readonly shape: Readonly<S>
  declare readonly dtype: D
  /** Number of dimensions. */
  dim(): number {
    return this.shape.length
  }
  /** Number of elements. */
  numel(): number {
    return this.type.size
  }
  /** The shape, or one size of it. */
  size<T extends Tensor>(this: T): T['shape']
  size(dim: number): number
  size(dim?: number): Shape | number {
    return dim === undefined ? this.shape : this.shape[normalizeDim('size', dim, this.shape.length)]!
  }

  /**
   * Accumulates gradients into the `grad` of every leaf that this tensor came from.
   * @param gradient dL/dthis; needed unless this has one element, where it is 1
   * Errors: GradientError without history, StateError when the graph was freed by an earlier backward.
   * Source: https://pytorch.org/docs/stable/generated/torch.Tensor.backward.html
   */
  backward(gradient?: Tensor | null | BackwardOptions, options: BackwardOptions = {}): void {
    const given = gradient == null || gradient instanceof Tensor ? gradient : null
    const { createGraph = false, retainGraph = createGraph } =
      gradient == null || gradient instanceof Tensor ? options : gradient
    runBackward({
      roots: [this],
      grads: [rootGradient('backward', this, given)],
      inputs: null,
      createGraph,
      retainGraph,
    })
  }
  /** The same values without history; shares the elements with this tensor. */
  detach(): Tensor<S, D> {
    const result = new Tensor<S, D>(this.value)
    this.lend(result)
    return result
  }
  /** Keeps the gradient of this tensor although it is no leaf. */
  retainGrad(): void {
    if (this.node === null) throw new StateError('retainGrad', 'the tensor does not require gradients')
    if (!(this.node instanceof LeafNode)) (this.node.retained ??= [])[this.index] = this
  }
  /** Calls `hook` with the gradient of this tensor in every backward; what it returns, if anything, replaces it. */
  registerHook(hook: (grad: Tensor<S, D>) => Tensor | null | undefined | void): { remove(): void } {
    currentTracer()?.touch(this)
    const { node, index } = this
    if (node === null) throw new StateError('registerHook', 'the tensor does not require gradients')
    const hooks = ((node.hooks ??= node.outputs.map(() => []))[index] ??= [])
    const entry = hook as (grad: Handle) => Handle | null | undefined | void
    hooks.push(entry)
    structureChanged()
    const remove = (): void => {
      if (hooks.includes(entry)) hooks.splice(hooks.indexOf(entry), 1)
      structureChanged()
    }
    currentTracer()?.undo?.(remove)
    return { remove }
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
    const typed =
      typeof source === 'number'
        ? filledOf(this, source)
        : source.dtype === this.dtype
          ? source
          : one(arithmetic.cast, { dtype: this.dtype }, source)
    this.moveTo(
      typed.shape.length === this.shape.length && typed.numel() === this.numel()
        ? typed
        : one(expand.read, { shape: this.shape }, typed),
      'copy_',
    )
    return this
  }
  fill_(value: number): this {
    return this.copy_(value)
  }
  zero_(): this {
    return this.copy_(0)
  }
  /** @internal Moves to the result of `operation`, cast to this dtype. */
  become(result: Tensor, operation: string): this {
    if (KIND[result.dtype] > KIND[this.dtype])
      throw new DTypeError(operation, [result.dtype], `the result cannot be stored in a ${this.dtype} tensor`)
    this.moveTo(result.to(this.dtype), operation)
    return this
  }

  /** A copy with history. */
  clone(): Tensor<S, D> {
    return same(this) as Tensor<S, D>
  }
  /** Values are always contiguous. */
  contiguous(): this {
    return this
  }
  /**
   * As another dtype, or on another device; the tensor itself where it is there already. Gradients flow through. Nothing
   * else moves tensors. Errors: StateError where this device cannot be read at once; use toAsync then.
   */
  to<T extends Tensor, E extends DType>(this: T, dtype: E): Tensor<T['shape'], E>
  to<T extends Tensor>(this: T, device: Backend): Tensor<T['shape'], T['dtype']>
  to<T extends Tensor>(this: T, target: DType | Backend): Tensor<T['shape']>
  to(this: Tensor, target: DType | Backend): Tensor {
    if (typeof target === 'string') return target === this.dtype ? this : one(arithmetic.cast, { dtype: target }, this)
    const device = deviceOf(target)
    return device === this.value.device ? this : (moved(this, downloadSync('to', this), device) as Tensor)
  }
  /** As `to` for devices, waiting for the elements. */
  async toAsync(device: Backend): Promise<Tensor<S, D>> {
    const target = deviceOf(device)
    return target === this.value.device ? this : (moved(this, await download('toAsync', this), target) as Tensor<S, D>)
  }
  /** As another tensor's dtype. */
  typeAs<T extends Tensor, O extends Tensor>(this: T, other: O): Tensor<T['shape'], O['dtype']> {
    return this.to(other.dtype)
  }
  /** As float32. */
  float(): Tensor<S, 'float32'> {
    return this.to('float32')
  }
  /** As float64. */
  double(): Tensor<S, 'float64'> {
    return this.to('float64')
  }
  /** As int32, towards zero. */
  int(): Tensor<S, 'int32'> {
    return this.to('int32')
  }
  /** As int32, which stands for PyTorch's int64 here. */
  long(): Tensor<S, 'int32'> {
    return this.to('int32')
  }
  /** As uint8. */
  byte(): Tensor<S, 'uint8'> {
    return this.to('uint8')
  }
  /** true where it is not 0. */
  bool(): Tensor<S, 'bool'> {
    return this.to('bool')
  }
  isFloatingPoint(): boolean {
    return isFloat(this.dtype)
  }
  isContiguous(): boolean {
    return true
  }

  /** The elements, row-major, once the work issued before is done. */
  async data<T extends Tensor>(this: T): Promise<ElementsOf<T['dtype']>> {
    return (await download('data', this)) as ElementsOf<T['dtype']>
  }
  /** The elements at once; StateError where the backend cannot. */
  dataSync<T extends Tensor>(this: T): ElementsOf<T['dtype']> {
    return downloadSync('dataSync', this) as ElementsOf<T['dtype']>
  }
  /** The one element of this tensor as a number (bool as true or false counts 1 or 0). */
  async item(): Promise<number> {
    assertSingleOf(this, 'item')
    return (await download('item', this))[0]!
  }
  itemSync(): number {
    assertSingleOf(this, 'itemSync')
    return downloadSync('itemSync', this)[0]!
  }
  /** The elements as nested arrays, bool as booleans; a 0-d tensor gives its element. */
  async toArray<T extends Tensor>(this: T): Promise<NestedOf<T['shape'], T['dtype']>> {
    return nested(this.type, await download('toArray', this)) as NestedOf<T['shape'], T['dtype']>
  }
  toArraySync<T extends Tensor>(this: T): NestedOf<T['shape'], T['dtype']> {
    return nested(this.type, downloadSync('toArraySync', this)) as NestedOf<T['shape'], T['dtype']>
  }
  /** Whether all elements are close: |this - other| <= atol + rtol |other|. */
  async allclose(other: Tensor, options: CloseOptions = {}): Promise<boolean> {
    return (await this.isclose(other, options).all().item()) === 1
  }
  /** Whether the shapes and all elements are the same. */
  async equal(other: Tensor): Promise<boolean> {
    return sameShape(this.shape, other.shape) && (await this.eq(other).all().item()) === 1
  }

  /** The text that PyTorch prints, with the values. Waits for them. */
  async format(): Promise<string> {
    return printOf(this, await download('format', this))
  }
  /** As format where values can be read at once and are not too many; else the type. */
  override toString(): string {
    if (this.numel() > PRINTED || !readsSync(this)) return `Tensor(${String(this.type)})`
    return printOf(this, downloadSync('toString', this))
  }
}

checkOptions(Tensor.prototype)
const methods = Tensor.prototype as unknown as Record<string, (this: Tensor, ...args: readonly unknown[]) => Tensor>
for (const name of IN_PLACE) {
  methods[`${name}_`] = function (this: Tensor, ...args: readonly unknown[]): Tensor {
    return this.become(methods[name]!.apply(this, [...args]), `${name}_`)
  }
}
// What console.log shows in Node.
Object.defineProperty(Tensor.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: Tensor): string {
    return this.toString()
  },
})

makeHandlesWith((value, node, index) => new Tensor(value, node, index))

function filledOf(self: Tensor, value: number): Tensor {
  const number = typeof value === 'number' ? elementOf('fill_', value, self.dtype) : value
  return one(fills.full, { dtype: self.dtype, shape: self.shape }, number as Arg)
}

function assertSingleOf(self: Tensor, operation: string): void {
  if (self.numel() !== 1)
    throw new ShapeError(operation, [self.shape], 'only tensors with one element have an item; use data()')
}

function printOf(self: Tensor, elements: HostArray): string {
  return printTensor(self.type, elements, {
    operation: self.isLeaf ? null : self.node!.name,
    requiresGrad: self.requiresGrad,
  })
}
