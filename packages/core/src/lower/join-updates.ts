/** Writes updates that are alike as one, over state and gradients that lie side by side. */
import type { Node, Program, Shape, TensorType } from '../contract/contract.ts'
import { bytesOf, DTYPES, numel } from '../contract/dtype.ts'
import { ELEMENTWISE } from '../contract/loop.ts'
import { valuesOf } from '../contract/values.ts'
import { Builder, type Sym } from '../ir/builder.ts'
import { sameShape } from '../ir/type.ts'

/** Inputs that have become one, and the outputs that replace them. */
export interface Row {
  /** By their numbers before, in the order in which they lie. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** Where each starts, in bytes. */
  readonly offsets: readonly number[]
  /** The type of the whole. */
  readonly type: TensorType
}

export interface Joined {
  /** Its inputs and outputs are those that are left, followed by one of each row. */
  readonly program: Program
  readonly rows: readonly Row[]
  /** What is left of the inputs and outputs, by their numbers before. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
}

/** What an operand of an update is: state that it replaces, a number of all updates, or a gradient. */
export type Role =
  | { readonly kind: 'state'; readonly input: number; readonly output: number; readonly result: number }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'gradient'; readonly value: number }

export interface Update {
  readonly index: number
  readonly node: Node
  readonly shape: Shape
  readonly roles: readonly Role[]
  /** The same for updates that can be one. */
  readonly key: string
}

/** Updates of all state of one kind, in the order of the program. */
export interface Group {
  readonly updates: readonly Update[]
  readonly rows: readonly (Row & { readonly place: number; readonly result: number })[]
  readonly size: number
}

/** The shape in place of `from` where a type has that one, 0-d where it is a number; null for others. */
const over = (shape: Shape, from: Shape, to: Shape): Shape | null =>
  sameShape(shape, from) ? to : shape.length === 0 ? shape : null

/** What a body does element by element over values of a shape, in text; null where it does something else. */
export function keyOver({ inputs, nodes, outputs }: Program, shape: Shape): string | null {
  let key = ''
  for (const type of inputs) {
    if (over(type.shape, shape, shape) === null) return null
    key += `${type.dtype}${type.shape.length === 0 ? '.' : '*'} `
  }
  for (const { op, args, types, attrs, body } of nodes) {
    const [type] = types
    const { value } = attrs as { readonly value?: number | readonly number[] }
    if (body !== undefined || over(type!.shape, shape, shape) === null || typeof value === 'object') return null
    if (op !== 'constant' && op !== 'expand' && !ELEMENTWISE.has(op)) return null
    const number = Object.is(value, -0) ? '-0' : String(value)
    key += `${op}${number}(${args.join()})${type!.dtype}${type!.shape.length === 0 ? '.' : '*'} `
  }
  return key + outputs.join()
}
/** The same body for another shape. */
function bodyOver(body: Program, from: Shape, to: Shape): Program {
  const moved = (type: TensorType): TensorType => ({ dtype: type.dtype, shape: over(type.shape, from, to)! })
  return {
    ...body,
    inputs: body.inputs.map(moved),
    nodes: body.nodes.map((node): Node => {
      const type = moved(node.types[0]!)
      const attrs = 'shape' in node.attrs ? { ...node.attrs, shape: type.shape } : node.attrs
      return { ...node, attrs, types: [type] }
    }),
  }
}

/** Values one after the other, with gaps between them where places are aligned. */
export function inRow(builder: Builder, values: readonly Sym[], { offsets, type }: Pick<Row, 'offsets' | 'type'>): Sym {
  const { dtype } = type
  const pieces = values.flatMap((value, i): Sym[] => {
    const end = offsets[i + 1] ?? bytesOf(type)
    const gap = (end - offsets[i]! - bytesOf(value.type)) / DTYPES[dtype].bytes
    return [value.reshape([numel(value.shape)]), ...(gap > 0 ? [builder.gap(dtype, gap)] : [])]
  })
  return builder.concat(pieces, 0)
}

/** The program in which every group is one update. */
export const joinUpdates = (program: Program, groups: readonly Group[]): Joined => new Joining(program, groups).write()

class Joining {
  readonly #program: Program
  readonly #groups: readonly Group[]
  readonly #rows: readonly Group['rows'][number][]
  readonly #builder = new Builder()
  /** By the numbers of the program before: values that are written, and parts of rows, written where they are first read. */
  readonly #values = new Map<number, Sym>()
  readonly #parts = new Map<number, () => Sym>()
  /** What every row is an operand as. */
  readonly #wholes: Sym[] = []
  readonly #producer = new Map<number, Node>()
  readonly #readers = new Map<number, number>()

  constructor(program: Program, groups: readonly Group[]) {
    this.#program = program
    this.#groups = groups
    this.#rows = groups.flatMap((group) => group.rows)
    for (const value of [...program.outputs, ...program.nodes.flatMap((node) => node.args)])
      this.#readers.set(value, (this.#readers.get(value) ?? 0) + 1)
  }

  write(): Joined {
    const { inputs: types, scalars, outputs: results, nodes } = this.#program
    const rows = this.#rows
    const replaced = new Set(rows.flatMap((row) => row.inputs))
    const replacing = new Set(rows.flatMap((row) => row.outputs))
    const inputs = [...types.keys()].filter((input) => !replaced.has(input))
    const outputs = [...results.keys()].filter((output) => !replacing.has(output))
    for (const input of inputs) this.#values.set(input, this.#builder.input(types[input]!))
    for (const row of rows) {
      const whole = this.#builder.input(row.type)
      this.#wholes.push(whole)
      this.#setParts(row, whole, row.inputs)
    }
    scalars.forEach((dtype, i) => this.#values.set(types.length + i, this.#builder.scalar(dtype)))

    const last = new Map(this.#groups.map((group) => [group.updates.at(-1)!.index, group]))
    const gone = new Set(this.#groups.flatMap(({ updates }) => updates.map(({ index }) => index)))
    const updated = new Map<Group['rows'][number], Sym>()
    const { starts, producer } = valuesOf(this.#program)
    producer.forEach((node, value) => {
      if (node >= 0) this.#producer.set(value, nodes[node]!)
    })
    nodes.forEach((node, i) => {
      this.#builder.origin = node.origin
      const group = last.get(i)
      if (!gone.has(i)) {
        const made = this.#builder.node(node.op, node.attrs, node.args.map(this.#valueOf), node.types, node.body)
        made.forEach((sym, k) => this.#values.set(starts[i]! + k, sym))
      } else if (group !== undefined) {
        const made = this.#update(group)
        for (const row of group.rows) {
          updated.set(row, made[row.result]!)
          this.#setParts(
            row,
            made[row.result]!,
            group.updates.map(({ index }) => starts[index]! + row.result),
          )
        }
      }
    })
    this.#builder.origin = undefined
    const all = [...outputs.map((output) => this.#valueOf(results[output]!)), ...rows.map((row) => updated.get(row)!)]
    return { program: this.#builder.finish(all), rows, inputs, outputs }
  }

  #valueOf = (value: number): Sym => this.#values.get(value) ?? this.#parts.get(value)!()
  /** These values are the parts of a whole. */
  #setParts({ inputs, offsets }: Row, whole: Sym, values: readonly number[]): void {
    values.forEach((value, i) => {
      const { shape, dtype } = this.#program.inputs[inputs[i]!]!
      const start = offsets[i]! / DTYPES[dtype].bytes
      this.#parts.set(value, () => whole.slice([start], [start + numel(shape)]).reshape(shape))
    })
  }

  #update(group: Group): Sym[] {
    const { size, updates } = group
    const { node } = updates[0]!
    const { dtype, shape } = node.types[0]!
    const args = node.args.map((_, place): Sym => {
      const role = updates[0]!.roles[place]!
      if (role.kind === 'number') return this.#valueOf(role.value)
      if (role.kind === 'state') return this.#wholes[this.#rows.findIndex((row) => row.inputs.includes(role.input))]!
      return this.#joined(
        updates.map((update) => (update.roles[place] as typeof role).value),
        group,
      )
    })
    const types = node.types.map(() => ({ dtype, shape: [size] }))
    return this.#builder.node(node.op, node.attrs, args, types, bodyOver(node.body!, shape, [size]))
  }

  /** Values of all updates as one. Where the same was done to each, clipping say, it is done to the whole. */
  #joined(values: readonly number[], group: Group): Sym {
    const row = this.#rows.findIndex(({ inputs }) => inputs.every((input, i) => input === values[i]))
    if (row >= 0) return this.#wholes[row]!
    const makers = values.map((value) => this.#producer.get(value))
    const [first] = makers
    const { dtype } = group.rows[0]!.type
    const isAlike =
      first !== undefined &&
      ELEMENTWISE.has(first.op) &&
      makers.every(
        (maker, i) =>
          maker?.op === first.op &&
          JSON.stringify(maker.attrs) === JSON.stringify(first.attrs) &&
          sameShape(maker.types[0]!.shape, group.updates[i]!.shape) &&
          maker.types[0]!.dtype === dtype &&
          this.#readers.get(values[i]!) === 1,
      )
    const args = isAlike
      ? first.args.map((_, place) =>
          this.#operand(
            makers.map((maker) => maker!.args[place]!),
            group,
          ),
        )
      : [null]
    if (args.includes(null)) return inRow(this.#builder, values.map(this.#valueOf), group.rows[0]!)
    const type = { dtype, shape: [group.size] }
    return this.#builder.node(first!.op, first!.attrs, args as Sym[], [type])[0]!
  }
  /** The operands of alike nodes as one; null where they would have to be copied. */
  #operand(values: readonly number[], group: Group): Sym | null {
    const numbers = values.map((value) => {
      const maker = this.#producer.get(value)
      return maker?.op === 'expand' && this.#valueOf(maker.args[0]!).rank === 0 ? maker.args[0]! : null
    })
    if (numbers[0] !== null && numbers.every((number) => number === numbers[0]))
      return this.#valueOf(numbers[0]!).expand([group.size])
    const isRow = this.#rows.some(({ inputs }) => inputs.every((input, i) => input === values[i]))
    const { dtype } = group.rows[0]!.type
    const isComputed = values.every((value) => this.#isComputed(value) && this.#valueOf(value).dtype === dtype)
    return isRow || isComputed ? this.#joined(values, group) : null
  }
  /** Whether it may be computed in its place in a whole. */
  #isComputed(value: number): boolean {
    const maker = this.#producer.get(value)
    if (maker === undefined || this.#program.outputs.includes(value)) return false
    return maker.op === 'reshape' ? this.#isComputed(maker.args[0]!) : !MADE_ELSEWHERE.has(maker.op)
  }
}

/** What lies in bytes that are not the node's own, so that it would be copied into a whole. */
const MADE_ELSEWHERE: ReadonlySet<string> = new Set(['slice', 'constant', 'iota', 'expand'])
