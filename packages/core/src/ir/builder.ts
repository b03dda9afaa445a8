/**
 * Writes programs. Values are `Sym`s with the primitives as methods; equal nodes are one node, nodes that change nothing
 * vanish as they are written, and `finish` drops what no output needs.
 */
import {
  BINARY_NUMBER,
  COMPARISON,
  LOGIC,
  UNARY_FLOAT,
  UNARY_NUMBER,
  type Attributes,
  type DType,
  type Node,
  type Primitive,
  type Program,
  type Refusal,
  type Shape,
  type TensorType,
} from '../contract/contract.ts'
import { infer } from './infer.ts'
import { intern, sameShape, typeOf, type Type } from './type.ts'

type Unary = (typeof UNARY_NUMBER | typeof UNARY_FLOAT)[number] | 'not'
type Binary = (typeof BINARY_NUMBER | typeof COMPARISON | typeof LOGIC)[number]

/** A number stands for a constant of the other operand's dtype; it and 0-d operands are expanded. */
export type Operand = Sym | number

export interface Sym extends Record<Unary, () => Sym>, Record<Binary, (other: Operand) => Sym> {}

/** A value of a program being written. */
export class Sym {
  readonly builder: Builder
  readonly id: number
  readonly type: Type
  constructor(builder: Builder, id: number, type: Type) {
    this.builder = builder
    this.id = id
    this.type = type
  }
  get shape(): Shape {
    return this.type.shape
  }
  get dtype(): DType {
    return this.type.dtype
  }
  get rank(): number {
    return this.type.shape.length
  }

  /** A constant of this value's dtype and shape. */
  like(value: number): Sym {
    return this.builder.fill(this.dtype, this.shape, value)
  }
  /** The value as another dtype. */
  cast(dtype: DType): Sym {
    return dtype === this.dtype ? this : this.builder.emit('cast', { dtype }, [this])
  }
  /** `a` where this value, a condition, is true, else `b`. */
  where(a: Operand, b: Operand): Sym {
    const typed = a instanceof Sym ? a : (b as Sym)
    const fit = (x: Operand): Sym => this.builder.fit(x, typed.dtype, this.shape)
    return this.builder.emit('where', NO_ATTRIBUTES, [this, fit(a), fit(b)])
  }
  /** The same elements in another shape. */
  reshape(shape: Shape): Sym {
    if (sameShape(shape, this.shape)) return this
    return this.builder.emit('reshape', { shape }, [this])
  }
  /** The axes in another order: axis i of the result is axis `order[i]`. */
  permute(order: readonly number[]): Sym {
    if (order.every((axis, i) => axis === i)) return this
    return this.builder.emit('permute', { order }, [this])
  }
  /** Swaps the last two axes. */
  transpose(): Sym {
    const order = this.shape.map((_, axis) => axis)
    return this.permute([...order.slice(0, -2), this.rank - 1, this.rank - 2])
  }
  /** Repeats axes of size 1 to `shape`, which has the same rank or new axes in front. */
  expand(shape: Shape): Sym {
    return sameShape(shape, this.shape) ? this : this.builder.emit('expand', { shape }, [this])
  }
  /** Every `step`-th element from `start` to before `stop`, along each axis. */
  slice(start: readonly number[], stop: readonly number[], step: readonly number[] = start.map(() => 1)): Sym {
    if (this.shape.every((size, axis) => start[axis] === 0 && stop[axis] === size && step[axis] === 1)) return this
    return this.builder.emit('slice', { start, stop, step }, [this])
  }
  /** Adds `low` elements of `value` before, `high` behind and `interior` between the elements of each axis. */
  pad(low: readonly number[], high: readonly number[], interior: readonly number[] = low.map(() => 0), value = 0): Sym {
    if ([...low, ...high, ...interior].every((amount) => amount === 0)) return this
    return this.builder.emit('pad', { low, high, interior, value }, [this])
  }
  /** The elements of these axes in reverse. */
  flip(axes: readonly number[]): Sym {
    return axes.length === 0 ? this : this.builder.emit('flip', { axes }, [this])
  }
  /** The sum over these axes, which go. */
  sum(axes: readonly number[]): Sym {
    return axes.length === 0 ? this : this.builder.emit('sum', { axes }, [this])
  }
  /** The product over these axes, which go. */
  prod(axes: readonly number[]): Sym {
    return axes.length === 0 ? this : this.builder.emit('prod', { axes }, [this])
  }
  /** The greatest element over these axes, which go; NaN where there is one. */
  max(axes: readonly number[]): Sym {
    return axes.length === 0 ? this : this.builder.emit('max', { axes }, [this])
  }
  /** The least element over these axes, which go; NaN where there is one. */
  min(axes: readonly number[]): Sym {
    return axes.length === 0 ? this : this.builder.emit('min', { axes }, [this])
  }
  /** The index of the first greatest element along an axis, as int32. */
  argmax(axis: number): Sym {
    return this.builder.emit('argmax', { axis }, [this])
  }
  /** Running sums along an axis, with `reverse` from its end. */
  cumsum(axis: number, reverse = false): Sym {
    return this.builder.emit('cumsum', { axis, reverse }, [this])
  }
  /** The product of matrices in the last two axes, each transposed first where it says so; axes before them are a batch. */
  dot(other: Sym, transposeA = false, transposeB = false): Sym {
    return this.builder.emit('dot', { transposeA, transposeB }, [this, other])
  }
  /** The convolution with `weight`, laid out as `Attributes` says. */
  conv(weight: Sym, attrs: Attributes['conv']): Sym {
    return this.builder.emit('conv', attrs, [this, weight])
  }
  /** The sum of every window, laid out as `Attributes` says. */
  windowSum(attrs: Attributes['windowSum']): Sym {
    return this.builder.emit('windowSum', attrs, [this])
  }
  /** The place of the greatest element of every window, as int32. */
  windowArgmax(attrs: Attributes['windowArgmax']): Sym {
    return this.builder.emit('windowArgmax', attrs, [this])
  }
  /** The elements at the places that `index` names along an axis. */
  gather(index: Sym, axis: number, says?: Refusal): Sym {
    return this.builder.emit('gather', says === undefined ? { axis } : { axis, says }, [this, index])
  }
  /** This value with `updates` added at the places that `index` names along an axis. */
  scatterAdd(index: Sym, updates: Sym, axis: number, says?: Refusal): Sym {
    return this.builder.emit('scatterAdd', says === undefined ? { axis } : { axis, says }, [this, index, updates])
  }
  /** The values in order along an axis, and the indices that they had. */
  sort(axis: number, descending = false): [Sym, Sym] {
    return this.builder.primitive('sort', { axis, descending }, [this]) as [Sym, Sym]
  }
  /** Puts axes of size 1 back where a reduction over `axes` took them, and repeats to `shape`. */
  restore(axes: readonly number[], shape: Shape): Sym {
    return this.reshape(shape.map((size, axis) => (axes.includes(axis) ? 1 : size))).expand(shape)
  }
}

for (const op of [...UNARY_NUMBER, ...UNARY_FLOAT, 'not'] as const) {
  Sym.prototype[op] = function (this: Sym): Sym {
    return this.builder.emit(op, NO_ATTRIBUTES, [this])
  }
}
for (const op of [...BINARY_NUMBER, ...COMPARISON, ...LOGIC] as const) {
  Sym.prototype[op] = function (this: Sym, other: Operand): Sym {
    const shape = other instanceof Sym && this.rank === 0 ? other.shape : this.shape
    return this.builder.emit(op, NO_ATTRIBUTES, [this.expand(shape), this.builder.fit(other, this.dtype, shape)])
  }
}

/** Of most nodes; one object, whose key is known. */
const NO_ATTRIBUTES = Object.freeze({})

/** Writes one program, node by node; `finish` gives it. */
export class Builder {
  readonly inputs: Type[] = []
  readonly scalars: DType[] = []
  readonly nodes: Node[] = []
  /** Noted on every node written while it is set. */
  origin: string | undefined = undefined
  #values: Sym[] = []
  #known = new Map<string, Sym[]>()
  /** The node of each value. */
  #nodeOf: (Node | undefined)[] = []
  #inputIds: number[] = []
  #scalarIds: number[] = []
  /** The first result of each node. */
  #starts: number[] = []

  /** Inputs and scalars may be added at any time; `finish` numbers them before the nodes. */
  input(type: TensorType): Sym {
    const value = this.#value(intern(type), undefined)
    this.inputs.push(value.type)
    this.#inputIds.push(value.id)
    return value
  }
  /** A number that every run is given. */
  scalar(dtype: DType): Sym {
    const value = this.#value(typeOf(dtype, []), undefined)
    this.scalars.push(dtype)
    this.#scalarIds.push(value.id)
    return value
  }
  #value(type: Type, node: Node | undefined): Sym {
    const value = new Sym(this, this.#values.length, type)
    this.#values.push(value)
    this.#nodeOf.push(node)
    return value
  }
  /** A value by its number. */
  value(id: number): Sym {
    return this.#values[id]!
  }
  /** The node that computes a value; undefined for inputs and scalars. */
  nodeOf(value: Sym | number): Node | undefined {
    return this.#nodeOf[typeof value === 'number' ? value : value.id]
  }

  /** A node of a primitive, its result types inferred. Errors: those of `infer`. */
  primitive<P extends Primitive>(op: P, attrs: Attributes[P], args: readonly Sym[]): Sym[] {
    return this.node(
      op,
      attrs,
      args,
      infer(
        op,
        attrs,
        args.map((arg) => arg.type),
      ),
    )
  }
  /** A primitive with one result. */
  emit<P extends Primitive>(op: P, attrs: Attributes[P], args: readonly Sym[]): Sym {
    return this.primitive(op, attrs, args)[0]!
  }
  /**
   * Any node, its result types known. Equal nodes are written once. Programs are written while a first step is waited for, by
   * code that has not run before: so it is plain, without iterators and copies of lists.
   */
  node(op: string, attrs: object, args: readonly Sym[], types: readonly TensorType[], body?: Program): Sym[] {
    let key = `${op}(`
    for (let i = 0; i < args.length; i++) key += `${args[i]!.id},`
    key += attributesKey(attrs)
    if (body !== undefined) key += programKey(body)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const node = nodeOf(op, attrs, args.map(idOf), types.map(intern), body, this.origin)
    this.nodes.push(node)
    this.#starts.push(this.#values.length)
    const results: Sym[] = []
    for (let i = 0; i < types.length; i++) results.push(this.#value(node.types[i] as Type, node))
    this.#known.set(key, results)
    return results
  }

  /** A constant of one value and some shape. */
  fill(dtype: DType, shape: Shape, value: number): Sym {
    return this.emit('constant', { dtype, shape: [], value }, []).expand(shape)
  }
  /** So many elements that nobody reads, between two parts of a concatenation. */
  gap(dtype: DType, size: number): Sym {
    return this.emit('constant', { dtype, shape: [size], value: 0, unread: true }, [])
  }
  /** A constant with its elements in row-major order. */
  data(dtype: DType, shape: Shape, value: readonly number[]): Sym {
    return this.emit('constant', { dtype, shape, value }, [])
  }
  /** The index along an axis, at every element of a shape. */
  iota(dtype: DType, shape: Shape, axis: number): Sym {
    return this.emit('iota', { dtype, shape, axis }, [])
  }
  /** The parts joined along an axis. */
  concat(parts: readonly Sym[], axis: number): Sym {
    return parts.length === 1 ? parts[0]! : this.emit('concat', { axis }, parts)
  }
  /** An operand of the wanted shape: numbers become constants. */
  fit(x: Operand, dtype: DType, shape: Shape): Sym {
    return (x instanceof Sym ? x : this.fill(dtype, [], x)).expand(shape)
  }

  /** Writes the nodes of `program` with these values in place of its inputs and scalars; gives its outputs. */
  inline(program: Program, args: readonly Sym[]): Sym[] {
    const values: Sym[] = args.slice()
    const valueOf = (value: number): Sym => values[value]!
    const outer = this.origin
    const { nodes } = program
    for (let i = 0; i < nodes.length; i++) {
      const { op, attrs, args: operands, types, body, origin } = nodes[i]!
      this.origin = outer ?? origin
      const results = this.node(op, attrs, operands.map(valueOf), types, body)
      for (let k = 0; k < results.length; k++) values.push(results[k]!)
    }
    this.origin = outer
    return program.outputs.map(valueOf)
  }

  /** The program of these outputs, without dead nodes. */
  finish(outputs: readonly Sym[], donated: readonly (number | null)[] = outputs.map(() => null)): Program {
    const live = new Uint8Array(this.#values.length)
    for (const output of outputs) live[output.id] = 1
    const starts = this.#starts
    const isLive = ({ types }: Node, start: number): boolean => {
      for (let k = 0; k < types.length; k++) if (live[start + k] === 1) return true
      return false
    }
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i]!
      if (isLive(node, starts[i]!)) for (let k = 0; k < node.args.length; k++) live[node.args[k]!] = 1
    }
    const renumbered = new Int32Array(this.#values.length)
    const numberOf = (id: number): number => renumbered[id]!
    let next = 0
    for (const id of this.#inputIds) renumbered[id] = next++
    for (const id of this.#scalarIds) renumbered[id] = next++
    const nodes: Node[] = []
    for (let i = 0; i < this.nodes.length; i++) {
      const node = this.nodes[i]!
      if (!isLive(node, starts[i]!)) continue
      for (let k = 0; k < node.types.length; k++) renumbered[starts[i]! + k] = next++
      nodes.push(nodeOf(node.op, node.attrs, node.args.map(numberOf), node.types, node.body, node.origin))
    }
    return {
      inputs: this.inputs,
      scalars: this.scalars,
      nodes,
      outputs: outputs.map(({ id }) => numberOf(id)),
      donated,
    }
  }
}

const idOf = ({ id }: Sym): number => id

function nodeOf(
  op: string,
  attrs: object,
  args: readonly number[],
  types: readonly TensorType[],
  body: Program | undefined,
  origin: string | undefined,
): Node {
  const node: { -readonly [K in keyof Node]: Node[K] } = { op, attrs, args, types }
  if (body !== undefined) node.body = body
  if (origin !== undefined) node.origin = origin
  return node
}

const keys = new WeakMap<object, string>()

/** A text that is equal for equal attributes. */
export function attributesKey(attrs: object): string {
  let key = keys.get(attrs)
  if (key === undefined) {
    key = keyOf(attrs)
    if (key === '{}') key = ''
    keys.set(attrs, key)
  }
  return key
}
/** Unlike JSON it tells -0 from 0, and NaN and the infinities from null; and it takes half the time. */
function keyOf(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(keyOf).join()}]`
  let key = '{'
  for (const name in value) key += `${name}:${keyOf((value as Record<string, unknown>)[name])},`
  return `${key}}`
}

/** A text that is equal for equal programs (origins apart). */
export function programKey(program: Program): string {
  let key = keys.get(program)
  if (key === undefined) {
    const nodes = program.nodes.map(
      (node) =>
        `${node.op}(${node.args.join()})${attributesKey(node.attrs)}${node.body === undefined ? '' : programKey(node.body)}`,
    )
    key = `{${program.inputs.map((type) => intern(type).id).join()};${program.scalars.join()};${nodes.join(';')};${program.outputs.join()}}`
    keys.set(program, key)
  }
  return key
}
