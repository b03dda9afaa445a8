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
  type Shape,
  type TensorType,
} from '../backend/contract.ts'
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
  cast(dtype: DType): Sym {
    return dtype === this.dtype ? this : this.builder.emit('cast', { dtype }, [this])
  }
  /** `this` is the condition. */
  where(a: Operand, b: Operand): Sym {
    const typed = a instanceof Sym ? a : (b as Sym)
    const fit = (x: Operand): Sym => this.builder.fit(x, typed.dtype, this.shape)
    return this.builder.emit('where', {}, [this, fit(a), fit(b)])
  }
  reshape(shape: Shape): Sym {
    if (sameShape(shape, this.shape)) return this
    return this.builder.emit('reshape', { shape }, [this])
  }
  permute(order: readonly number[]): Sym {
    if (order.every((axis, i) => axis === i)) return this
    return this.builder.emit('permute', { order }, [this])
  }
  /** Swaps the last two axes. */
  transpose(): Sym {
    const order = this.shape.map((_, axis) => axis)
    return this.permute([...order.slice(0, -2), this.rank - 1, this.rank - 2])
  }
  expand(shape: Shape): Sym {
    return sameShape(shape, this.shape) ? this : this.builder.emit('expand', { shape }, [this])
  }
  slice(start: readonly number[], stop: readonly number[], step: readonly number[] = start.map(() => 1)): Sym {
    if (this.shape.every((size, axis) => start[axis] === 0 && stop[axis] === size && step[axis] === 1)) return this
    return this.builder.emit('slice', { start, stop, step }, [this])
  }
  pad(low: readonly number[], high: readonly number[], interior: readonly number[] = low.map(() => 0), value = 0): Sym {
    if ([...low, ...high, ...interior].every((amount) => amount === 0)) return this
    return this.builder.emit('pad', { low, high, interior, value }, [this])
  }
  flip(axes: readonly number[]): Sym {
    return axes.length === 0 ? this : this.builder.emit('flip', { axes }, [this])
  }
  sum(axes: readonly number[]): Sym {
    return axes.length === 0 ? this : this.builder.emit('sum', { axes }, [this])
  }
  prod(axes: readonly number[]): Sym {
    return axes.length === 0 ? this : this.builder.emit('prod', { axes }, [this])
  }
  max(axes: readonly number[]): Sym {
    return axes.length === 0 ? this : this.builder.emit('max', { axes }, [this])
  }
  min(axes: readonly number[]): Sym {
    return axes.length === 0 ? this : this.builder.emit('min', { axes }, [this])
  }
  argmax(axis: number): Sym {
    return this.builder.emit('argmax', { axis }, [this])
  }
  cumsum(axis: number, reverse = false): Sym {
    return this.builder.emit('cumsum', { axis, reverse }, [this])
  }
  dot(other: Sym, transposeA = false, transposeB = false): Sym {
    return this.builder.emit('dot', { transposeA, transposeB }, [this, other])
  }
  conv(weight: Sym, attrs: Attributes['conv']): Sym {
    return this.builder.emit('conv', attrs, [this, weight])
  }
  windowSum(attrs: Attributes['windowSum']): Sym {
    return this.builder.emit('windowSum', attrs, [this])
  }
  windowArgmax(attrs: Attributes['windowArgmax']): Sym {
    return this.builder.emit('windowArgmax', attrs, [this])
  }
  gather(index: Sym, axis: number): Sym {
    return this.builder.emit('gather', { axis }, [this, index])
  }
  scatterAdd(index: Sym, updates: Sym, axis: number): Sym {
    return this.builder.emit('scatterAdd', { axis }, [this, index, updates])
  }
  /** [values, indices] */
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
    return this.builder.emit(op, {}, [this])
  }
}
for (const op of [...BINARY_NUMBER, ...COMPARISON, ...LOGIC] as const) {
  Sym.prototype[op] = function (this: Sym, other: Operand): Sym {
    const shape = other instanceof Sym && this.rank === 0 ? other.shape : this.shape
    return this.builder.emit(op, {}, [this.expand(shape), this.builder.fit(other, this.dtype, shape)])
  }
}

export class Builder {
  readonly inputs: Type[] = []
  readonly scalars: DType[] = []
  readonly nodes: Node[] = []
  /** Noted on every node written while it is set. */
  origin: string | undefined = undefined
  #types: Type[] = []
  #known = new Map<string, Sym[]>()
  #nodeOf = new Map<number, Node>()
  #inputIds: number[] = []
  #scalarIds: number[] = []
  /** The first result of each node. */
  #starts: number[] = []

  /** Inputs and scalars may be added at any time; `finish` numbers them before the nodes. */
  input(type: TensorType): Sym {
    const value = this.#value(intern(type))
    this.inputs.push(value.type)
    this.#inputIds.push(value.id)
    return value
  }
  scalar(dtype: DType): Sym {
    const value = this.#value(typeOf(dtype, []))
    this.scalars.push(dtype)
    this.#scalarIds.push(value.id)
    return value
  }
  #value(type: Type): Sym {
    this.#types.push(type)
    return new Sym(this, this.#types.length - 1, type)
  }
  /** A value by its number. */
  value(id: number): Sym {
    return new Sym(this, id, this.#types[id]!)
  }
  /** The node that computes a value; undefined for inputs and scalars. */
  nodeOf(value: Sym | number): Node | undefined {
    return this.#nodeOf.get(typeof value === 'number' ? value : value.id)
  }

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
  /** Any node, its result types known. Equal nodes are written once. */
  node(op: string, attrs: object, args: readonly Sym[], types: readonly TensorType[], body?: Program): Sym[] {
    const key = `${op}(${args.map((arg) => arg.id).join()})${attributesKey(attrs)}${body === undefined ? '' : programKey(body)}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const node: Node = {
      op,
      attrs,
      args: args.map((arg) => arg.id),
      types: types.map(intern),
      ...(body === undefined ? {} : { body }),
      ...(this.origin === undefined ? {} : { origin: this.origin }),
    }
    this.nodes.push(node)
    this.#starts.push(this.#types.length)
    const results = types.map((type) => this.#value(intern(type)))
    for (const result of results) this.#nodeOf.set(result.id, node)
    this.#known.set(key, results)
    return results
  }

  fill(dtype: DType, shape: Shape, value: number): Sym {
    return this.emit('constant', { dtype, shape: [], value }, []).expand(shape)
  }
  data(dtype: DType, shape: Shape, value: readonly number[]): Sym {
    return this.emit('constant', { dtype, shape, value }, [])
  }
  iota(dtype: DType, shape: Shape, axis: number): Sym {
    return this.emit('iota', { dtype, shape, axis }, [])
  }
  concat(parts: readonly Sym[], axis: number): Sym {
    return parts.length === 1 ? parts[0]! : this.emit('concat', { axis }, parts)
  }
  /** An operand of the wanted shape: numbers become constants. */
  fit(x: Operand, dtype: DType, shape: Shape): Sym {
    return (x instanceof Sym ? x : this.fill(dtype, [], x)).expand(shape)
  }

  /** Writes the nodes of `program` with these values in place of its inputs and scalars; gives its outputs. */
  inline(program: Program, args: readonly Sym[]): Sym[] {
    const values: Sym[] = [...args]
    for (const node of program.nodes) {
      const outer = this.origin
      this.origin = outer ?? node.origin
      values.push(
        ...this.node(
          node.op,
          node.attrs,
          node.args.map((arg) => values[arg]!),
          node.types,
          node.body,
        ),
      )
      this.origin = outer
    }
    return program.outputs.map((value) => values[value]!)
  }

  /** The program of these outputs, without dead nodes. */
  finish(outputs: readonly Sym[], donated: readonly (number | null)[] = outputs.map(() => null)): Program {
    const live = new Uint8Array(this.#types.length)
    for (const output of outputs) live[output.id] = 1
    const starts = this.#starts
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i]!
      if (node.types.some((_, k) => live[starts[i]! + k] === 1)) for (const arg of node.args) live[arg] = 1
    }
    const renumbered = new Map<number, number>([...this.#inputIds, ...this.#scalarIds].map((id, value) => [id, value]))
    const nodes: Node[] = []
    let next = renumbered.size
    this.nodes.forEach((node, i) => {
      if (!node.types.some((_, k) => live[starts[i]! + k] === 1)) return
      node.types.forEach((_, k) => renumbered.set(starts[i]! + k, next++))
      nodes.push({ ...node, args: node.args.map((arg) => renumbered.get(arg)!) })
    })
    return {
      inputs: this.inputs,
      scalars: this.scalars,
      nodes,
      outputs: outputs.map((value) => renumbered.get(value.id)!),
      donated,
    }
  }
}

const keys = new WeakMap<object, string>()

/** A text that is equal for equal attributes; -0 and NaN are told apart. */
export function attributesKey(attrs: object): string {
  let key = keys.get(attrs)
  if (key === undefined) {
    key = JSON.stringify(attrs, (_, value: unknown) =>
      typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
        ? { number: Object.is(value, -0) ? '-0' : String(value) }
        : value,
    )
    if (key === '{}') key = ''
    keys.set(attrs, key)
  }
  return key
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
