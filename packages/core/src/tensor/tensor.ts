/** The Tensor that users hold: a handle with the methods. */
import type { Backend, DType, Shape } from '../contract/contract.ts'
import { isHigherKind, type Elements } from '../contract/dtype.ts'
import { DTypeError, ShapeError, StateError } from '../contract/errors.ts'
import { BACKWARD, rootGradient, runBackward, type BackwardOptions } from './backward.ts'
import { deviceOf, withDevice } from '../engine/device.ts'
import { makeHandlesWith, type Arg } from '../engine/door.ts'
import { LeafNode, type Removable } from '../engine/grad-node.ts'
import { Handle } from '../engine/handle.ts'
import { isFloat, sameShape } from '../ir/type.ts'
import { called, named } from '../engine/called.ts'
import { boolean, device as deviceKind, dtype as dtypeKind, either, fn, isOptions } from '../signature/kind.ts'
import { bare, optional, signature } from '../signature/signature.ts'
import { download, downloadSync, elementOf, nested, readsSync } from '../engine/host.ts'
import { dim as dimKind, operand, tensor } from '../engine/kinds.ts'
import { closeOptions, type CloseOptions, type Operand } from './methods/arithmetic.ts'
import { IN_PLACE, type InPlace } from './methods/in-place.ts'
import { Random } from './methods/random.ts'
import { moved } from '../engine/move.ts'
import { one } from './one.ts'
import * as arithmetic from '../ops/arithmetic.ts'
import * as fills from '../ops/fill.ts'
import { normalizeDim } from '../ops/axes.ts'
import { same, expand } from '../ops/movement.ts'
import { printTensor } from './print.ts'
import { currentTracer, structureChanged } from '../engine/tracer.ts'
import type { AnyDType, DTypeOf, ElementsOf, GivenDType, ReadDType } from './static-dtype.ts'
import type { AnyShape, Fixed, ReadShape, ShapeOf } from './static-shape.ts'
import type { NestedOf } from './static-data.ts'

/** What takes no arguments. */
export const BARE = /* @__PURE__ */ bare(
  'dim',
  'numel',
  'detach',
  'retainGrad',
  'zero_',
  'clone',
  'contiguous',
  'half',
  'float',
  'double',
  'int',
  'long',
  'byte',
  'bool',
  'isFloatingPoint',
  'isContiguous',
  'data',
  'dataSync',
  'item',
  'itemSync',
  'toArray',
  'toArraySync',
  'format',
  'toString',
)
export const SIZE = /* @__PURE__ */ signature('size', { dim: optional(dimKind) })
export const REGISTER_HOOK = /* @__PURE__ */ signature('registerHook', { hook: fn() })
export const REQUIRES_GRAD_ = /* @__PURE__ */ signature('requiresGrad_', { wanted: optional(boolean) })
export const ASSIGN = /* @__PURE__ */ signature('assign', { source: tensor })
export const COPY_ = /* @__PURE__ */ signature('copy_', { source: operand })
export const FILL_ = /* @__PURE__ */ signature('fill_', { value: operand })
export const TO = /* @__PURE__ */ signature('to', { target: either(dtypeKind, deviceKind) })
export const TO_ASYNC = /* @__PURE__ */ signature('toAsync', { device: deviceKind })
export const TYPE_AS = /* @__PURE__ */ signature('typeAs', { other: tensor })
export const ALLCLOSE = /* @__PURE__ */ signature('allclose', { other: tensor }, closeOptions)
export const EQUAL = /* @__PURE__ */ signature('equal', { other: tensor })

/** More elements than this are not read just to print them. */
const PRINTED = 2 ** 20

// oxlint-disable-next-line no-unused-vars -- an interface merges with a class of the same type parameters
export interface Tensor<S extends Shape = AnyShape, D extends DType = AnyDType> extends InPlace {}

/**
 * Numbers in a box of some shape, on a device. Methods have PyTorch's names in camelCase; options are by name.
 * `Tensor<[2, 3], 'float32'>` says what the compiler knows of shape and dtype: an unknown size is `number`, and a bare
 * `Tensor` is any tensor, which fits everywhere.
 * Source: https://pytorch.org/docs/stable/tensors.html
 */
export class Tensor<S extends Shape = AnyShape, D extends DType = AnyDType> extends Random {
  /** The brand, with what the compiler knows. */
  declare readonly glissadeTensor: true & { readonly shape: S | Fixed<S>; readonly dtype: D }
  /** Sizes per dimension, outermost first. */
  declare readonly shape: ReadShape<S>
  declare readonly dtype: ReadDType<D>
  /** How many dimensions there are. */
  dim(): number {
    BARE.dim.read(arguments)
    return this.shape.length
  }
  /** How many elements there are, in all. */
  numel(): number {
    BARE.numel.read(arguments)
    return this.type.size
  }
  /** The shape, or one size of it. */
  size(): ReadShape<S>
  size(dim: number): number
  size(dim?: number): Shape | number {
    SIZE.read(arguments)
    return dim === undefined ? this.shape : this.shape[normalizeDim('size', dim, this.shape.length)]!
  }

  /**
   * Accumulates gradients into the `grad` of every leaf that this tensor came from.
   * @param gradient dL/dthis; needed unless this has one element, where it is 1
   * Errors: GradientError without history, StateError when the graph was freed by an earlier backward.
   * Source: https://pytorch.org/docs/stable/generated/torch.Tensor.backward.html
   */
  backward(options?: BackwardOptions): void
  backward(gradient: Tensor | null | undefined, options?: BackwardOptions): void
  backward(first?: Tensor | null | BackwardOptions): void {
    const args = isOptions(first) ? [null, ...arguments] : arguments
    const { createGraph, retainGraph = createGraph } = BACKWARD.read(args)
    const given = args[0] as Tensor | null | undefined
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
    BARE.detach.read(arguments)
    const result = new Tensor<S, D>(this.value)
    this.lend(result)
    return result
  }
  /** Keeps the gradient of this tensor although it is no leaf. */
  retainGrad(): void {
    BARE.retainGrad.read(arguments)
    if (this.node === null) throw new StateError('retainGrad', 'the tensor does not require gradients')
    if (!(this.node instanceof LeafNode)) (this.node.retained ??= [])[this.index] = this
  }
  /** Calls `hook` with the gradient of this tensor in every backward; what it returns, if anything, replaces it. */
  registerHook(hook: (grad: Tensor<S, D>) => Tensor | null | undefined | void): Removable {
    REGISTER_HOOK.read(arguments)
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
    REQUIRES_GRAD_.read(arguments)
    this.requiresGrad = wanted
    return this
  }

  /** Moves this tensor to the value of `source`, which must have its shape and dtype. The one mutation there is. */
  assign(source: Tensor): this {
    ASSIGN.read(arguments)
    this.moveTo(source, 'assign')
    return this
  }
  /** As assign, with `source` cast and broadcast to this tensor. */
  copy_(source: Operand): this {
    COPY_.read(arguments)
    return copied(this, source, 'copy_')
  }
  /** One number everywhere: itself or in a 0-d tensor. */
  fill_(value: Operand): this {
    FILL_.read(arguments)
    if (value instanceof Handle && value.shape.length > 0)
      throw new ShapeError('fill_', [value.shape], 'needs a number or a 0-d tensor; use copy_')
    return copied(this, value, 'fill_')
  }
  /** Zeros everywhere, in place. */
  zero_(): this {
    BARE.zero_.read(arguments)
    return copied(this, 0, 'zero_')
  }

  /** A copy with history. */
  clone(): Tensor<S, D> {
    BARE.clone.read(arguments)
    return same(this) as Tensor<S, D>
  }
  /** Values are always contiguous. */
  contiguous(): this {
    BARE.contiguous.read(arguments)
    return this
  }
  /**
   * As another dtype, or on another device; the tensor itself where it is there already. Gradients flow through. Nothing
   * else moves tensors. Errors: StateError where this device cannot be read at once; use toAsync then.
   */
  to<T extends Tensor, E extends DType>(this: T, dtype: E): Tensor<ShapeOf<T>, GivenDType<E>>
  to<T extends Tensor>(this: T, device: Backend): Tensor<ShapeOf<T>, DTypeOf<T>>
  to<T extends Tensor>(this: T, target: DType | Backend): Tensor<ShapeOf<T>>
  to(this: Tensor, target: DType | Backend): Tensor {
    TO.read(arguments)
    if (typeof target === 'string') return castOf(this, target)
    const device = deviceOf(target)
    return device === this.value.device ? this : (moved(this, downloadSync('to', this), device) as Tensor)
  }
  /** As `to` for devices, waiting for the elements. */
  async toAsync(device: Backend): Promise<Tensor<S, D>> {
    TO_ASYNC.read(arguments)
    const target = deviceOf(device)
    return target === this.value.device ? this : (moved(this, await download('toAsync', this), target) as Tensor<S, D>)
  }
  /** As another tensor's dtype. */
  typeAs<T extends Tensor, O extends Tensor>(this: T, other: O): Tensor<ShapeOf<T>, DTypeOf<O>> {
    TYPE_AS.read(arguments)
    return castOf(this, other.dtype, 'typeAs')
  }
  /** The tensor cast to float16; itself where it is. Errors: DTypeError where the device does not have it. */
  half(): Tensor<S, 'float16'> {
    BARE.half.read(arguments)
    return castOf(this, 'float16', 'half')
  }
  /** The tensor cast to float32; itself where it is. */
  float(): Tensor<S, 'float32'> {
    BARE.float.read(arguments)
    return castOf(this, 'float32', 'float')
  }
  /** The tensor cast to float64; itself where it is. */
  double(): Tensor<S, 'float64'> {
    BARE.double.read(arguments)
    return castOf(this, 'float64', 'double')
  }
  /** The tensor cast to int32, towards zero. */
  int(): Tensor<S, 'int32'> {
    BARE.int.read(arguments)
    return castOf(this, 'int32', 'int')
  }
  /** The tensor cast to int32, which stands for PyTorch's int64 here. */
  long(): Tensor<S, 'int32'> {
    BARE.long.read(arguments)
    return castOf(this, 'int32', 'long')
  }
  /** The tensor cast to uint8; itself where it is. */
  byte(): Tensor<S, 'uint8'> {
    BARE.byte.read(arguments)
    return castOf(this, 'uint8', 'byte')
  }
  /** The tensor cast to bool: true where it is not 0. */
  bool(): Tensor<S, 'bool'> {
    BARE.bool.read(arguments)
    return castOf(this, 'bool', 'bool')
  }
  /** Whether the dtype is a floating-point one. */
  isFloatingPoint(): boolean {
    BARE.isFloatingPoint.read(arguments)
    return isFloat(this.dtype)
  }
  /** True: values are always contiguous. */
  isContiguous(): boolean {
    BARE.isContiguous.read(arguments)
    return true
  }

  /** The elements, row-major, once the work issued before is done. */
  async data<T extends Tensor>(this: T): Promise<ElementsOf<DTypeOf<T>>> {
    BARE.data.read(arguments)
    return await download('data', this)
  }
  /** The elements at once; StateError where the backend cannot. */
  dataSync<T extends Tensor>(this: T): ElementsOf<DTypeOf<T>> {
    BARE.dataSync.read(arguments)
    return downloadSync('dataSync', this)
  }
  /** The one element of this tensor as a number (bool as true or false counts 1 or 0). */
  async item(): Promise<number> {
    BARE.item.read(arguments)
    assertSingleOf(this, 'item')
    return (await download('item', this))[0]!
  }
  /** The one element, at once. Errors: StateError where the device cannot be read at once; use `await item()` then. */
  itemSync(): number {
    BARE.itemSync.read(arguments)
    assertSingleOf(this, 'itemSync')
    return downloadSync('itemSync', this)[0]!
  }
  /** The elements as nested arrays, bool as booleans; a 0-d tensor gives its element. */
  async toArray<T extends Tensor>(this: T): Promise<NestedOf<ShapeOf<T>, DTypeOf<T>>> {
    BARE.toArray.read(arguments)
    return nested(this.type, await download('toArray', this)) as NestedOf<ShapeOf<T>, DTypeOf<T>>
  }
  /** The elements as nested arrays, at once. Errors: StateError where the device cannot be read at once; use `await toArray()`. */
  toArraySync<T extends Tensor>(this: T): NestedOf<ShapeOf<T>, DTypeOf<T>> {
    BARE.toArraySync.read(arguments)
    return nested(this.type, downloadSync('toArraySync', this)) as NestedOf<ShapeOf<T>, DTypeOf<T>>
  }
  /** Whether all elements are close: |this - other| <= atol + rtol |other|. */
  async allclose(other: Tensor, options?: CloseOptions): Promise<boolean> {
    ALLCLOSE.read(arguments)
    try {
      return (await this.isclose(other, options).all().item()) === 1
    } catch (error) {
      throw named(error, 'allclose')
    }
  }
  /** Whether the shapes and all elements are the same. */
  async equal(other: Tensor): Promise<boolean> {
    EQUAL.read(arguments)
    if (!sameShape(this.shape, other.shape)) return false
    return (await called('equal', () => this.eq(other).all()).item()) === 1
  }

  /** The text that PyTorch prints, with the values. Waits for them. */
  async format(): Promise<string> {
    BARE.format.read(arguments)
    return printOf(this, await download('format', this))
  }
  /** As format where values can be read at once and are not too many; else the type. */
  override toString(): string {
    BARE.toString.read(arguments)
    if (this.numel() > PRINTED || !readsSync(this)) return `Tensor(${String(this.type)})`
    return printOf(this, downloadSync('toString', this))
  }
}

const methods = Tensor.prototype as unknown as Record<string, (this: Tensor, ...args: readonly unknown[]) => Tensor>
for (const [name, takes] of Object.entries(IN_PLACE)) {
  const method = methods[name.slice(0, -1)]!
  methods[name] = function (this: Tensor, ...args: unknown[]): Tensor {
    takes.read(args, name)
    try {
      return become(this, method.apply(this, args), name)
    } catch (error) {
      throw named(error, name)
    }
  }
}
// What console.log shows in Node.
Object.defineProperty(Tensor.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: Tensor): string {
    return this.toString()
  },
})

// What arithmetic and comparisons of JavaScript ask for; texts stay what they are.
Object.defineProperty(Tensor.prototype, Symbol.toPrimitive, {
  value(this: Tensor, hint: string): string {
    if (hint === 'string') return this.toString()
    throw new StateError(
      'tensor',
      'a tensor is not a number: await loss.item(), or use its methods (x.add(1), x.lt(3))',
    )
  },
})

makeHandlesWith((value, node, index) => new Tensor(value, node, index))

/** Moves to the result of `operation`, cast to this dtype. */
function become(self: Tensor, result: Tensor, operation: string): Tensor {
  if (isHigherKind(result.dtype, self.dtype))
    throw new DTypeError(operation, [result.dtype], `the result cannot be stored in a ${self.dtype} tensor`)
  self.moveTo(castOf(result, self.dtype), operation)
  return self
}
/** `value` in the shape, dtype and place of a tensor. */
function filledOf({ dtype: type, shape, value: { device: place } }: Tensor, value: number, operation: string): Tensor {
  const number = typeof value === 'number' ? elementOf(operation, value, type) : value
  return withDevice(place, () => one(fills.full, { dtype: type, shape }, number as Arg))
}
/** Moves to `source`, cast and broadcast. */
function copied<T extends Tensor>(self: T, source: Operand, operation: string): T {
  called(operation, () => {
    const typed: Tensor = source instanceof Handle ? castOf(source, self.dtype) : filledOf(self, source, operation)
    const fits = typed.shape.length === self.shape.length && typed.numel() === self.numel()
    self.moveTo(fits ? typed : one(expand.read, { shape: self.shape }, typed), operation)
  })
  return self
}
function castOf<R>(self: Tensor, dtype: DType, operation = 'to'): R {
  return (dtype === self.dtype ? self : called(operation, () => one(arithmetic.cast, { dtype }, self))) as R
}

function assertSingleOf(self: Tensor, operation: string): void {
  if (self.numel() !== 1)
    throw new ShapeError(operation, [self.shape], 'only tensors with one element have an item; use data()')
}

function printOf(self: Tensor, elements: Elements): string {
  return printTensor(self.type, elements, {
    operation: self.isLeaf ? null : self.node!.name,
    requiresGrad: self.requiresGrad,
  })
}
