/**
 * Where two recordings of one function differ. A function that is recorded again under the same conditions must give the same
 * program over the same tensors; where it does not, it depends on something that nobody can see.
 */
import { attributesKey, programKey } from '../ir/builder.ts'
import { print } from '../ir/print.ts'
import { intern } from '../ir/type.ts'
import type { Program } from '../contract/contract.ts'
import { Generator } from '../random/generator.ts'
import { Handle } from '../engine/handle.ts'
import { hostArray } from '../engine/host.ts'
import type { HostEvent, TensorRef, Recording, ResultLeaf, Source, Target } from './recording.ts'

export interface Difference {
  readonly before: string
  readonly after: string
}

/** Numbers for texts and for objects: equal ones have the same. */
class Numbering {
  readonly #known = new Map<unknown, number>()
  of(value: unknown): number {
    let number = this.#known.get(value)
    if (number === undefined) this.#known.set(value, (number = this.#known.size))
    return number
  }
  /** From now on the other has the number of the one. */
  join(one: unknown, other: unknown): void {
    this.#known.set(other, this.of(one))
  }
}

class Comparison {
  readonly #numbers = new Numbering()
  readonly #leaves: readonly unknown[]
  /** @param leaves operands of the call, whose numbers one of the recordings has in it */
  constructor(before: Recording, after: Recording, leaves: readonly unknown[]) {
    this.#leaves = leaves
    // Of two first recordings each made state of its own.
    const others = [...after.made.keys()]
    ;[...before.made.keys()].forEach((cell, i) => this.#numbers.join(cell, others[i]))
  }

  #place(place: TensorRef): string {
    return typeof place === 'number' ? `operand ${place}` : `tensor ${this.#numbers.of(place)}`
  }
  source(source: Source, draw: number): string {
    if (source.kind === 'operand') return `operand ${source.leaf}`
    if (source.kind === 'cell') return `tensor from outside ${this.#numbers.of(source.cell)}`
    if (source.kind === 'gradient') return `gradient of ${this.#place(source.of)}`
    return `draw ${draw}`
  }
  target(target: Target): string {
    if (target.kind === 'cell') return `tensor from outside ${this.#numbers.of(target.cell)}`
    if (target.kind === 'operand') return `operand ${target.leaf}`
    if (target.kind === 'gradient' || target.kind === 'gradient value')
      return `${target.kind} of ${this.#place(target.of)}`
    if (target.kind === 'row') return 'row'
    return `${target.kind} ${target.index}`
  }
  result(leaf: ResultLeaf): string {
    if (leaf.kind === 'made') return `tensor ${leaf.index} of this call`
    const value = leaf.kind === 'constant' ? leaf.value : this.#leaves[leaf.leaf]
    if (value instanceof Handle) return `tensor ${this.#numbers.of(value.cell)}`
    if ((typeof value === 'object' && value !== null) || typeof value === 'function')
      return `${typeof value} ${this.#numbers.of(value)}`
    return typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : String(value)
  }
  marks({ marks, consumed, cleared }: Recording): string[] {
    return [
      ...marks.map(({ of, node }) => `${this.#place(of)} becomes ${node}`),
      ...consumed.map((of) => `gradient of ${this.#place(of)} is used up`),
      ...cleared.map((of) => `gradient of ${this.#place(of)} is dropped`),
    ]
  }

  /** For every value of the program a number that is equal for equal computations. */
  values({ program, sources, events }: Recording): number[] {
    let draws = 0
    const keys = program.inputs.map(
      (type, i) => `${this.source(sources[i]!, sources[i]!.kind === 'draw' ? draws++ : 0)} ${intern(type).id}`,
    )
    const ids = [...keys, ...this.#scalars(program, events)].map((key) => this.#numbers.of(key))
    for (const { op, attrs, args, types, body } of program.nodes) {
      const key = `${op}(${args.map((arg) => ids[arg]).join()})${attributesKey(attrs)}${body === undefined ? '' : programKey(body)}`
      types.forEach((_, k) => ids.push(this.#numbers.of(k === 0 ? key : `${key} result ${k}`)))
    }
    return ids
  }
  /** A live number of the operands is the constant that it is in this call. */
  #scalars(program: Program, events: readonly HostEvent[]): string[] {
    const keys: string[] = []
    events.forEach((event, at) => {
      if (event.kind === 'operand')
        keys[event.scalar] =
          `constant()${attributesKey({ dtype: program.scalars[event.scalar]!, shape: [], value: this.#leaves[event.leaf] })}`
      else if (event.kind === 'numbers')
        for (const { index, scalar } of event.reads)
          keys[scalar] =
            `number ${events.slice(0, at).filter(({ kind }) => kind === 'numbers').length} ${index} ${program.scalars[scalar]!}`
    })
    return keys
  }
}

/** The text of each node that the other program does not have. */
function strangers(program: Program, ids: readonly number[], others: readonly number[]): string[] {
  const lines = print(program).split('\n')
  const known = new Set(others)
  let value = program.inputs.length + program.scalars.length
  return program.nodes.flatMap(({ types }) => {
    const start = value
    value += types.length
    if (known.has(ids[start]!)) return []
    const line = lines.find((text) => text.startsWith(`  %${start}:`))
    return line === undefined ? [] : [line.trim()]
  })
}

/** The first input or output that is another tensor. */
function differentPlaces(comparison: Comparison, before: Recording, after: Recording): Difference {
  const words = ({ program, sources, targets }: Recording): string[] => [
    ...sources.map((source, i) => `%${i}: ${String(intern(program.inputs[i]!))} is ${comparison.source(source, 0)}`),
    ...targets.map((target, i) => `%${program.outputs[i]!} goes to ${comparison.target(target)}`),
  ]
  const found = firstOther(words(before), words(after))
  if (found === null) return { before: 'an order of results', after: 'another order of results' }
  // The numbers of tensors mean nothing to anybody.
  const [first, second] = [found.before, found.after].map((text) =>
    text.replace(/tensor( from outside)? \d+$/, 'a tensor$1'),
  )
  return { before: first!, after: first === second ? second!.replace(/a tensor/, 'another tensor') : second! }
}

const END = '(nothing)'
const firstOther = (before: readonly string[], after: readonly string[]): Difference | null => {
  const at = Array.from({ length: Math.max(before.length, after.length) }).findIndex((_, i) => before[i] !== after[i])
  return at < 0 ? null : { before: before[at] ?? END, after: after[at] ?? END }
}

/** What is drawn of which generator, in order; and what would be, from generators of their own that start at the same seed. */
function differentDraw(before: Recording, after: Recording): Difference | null {
  const [a, b] = [before, after].map(({ events }) => events.filter((event) => event.kind === 'draw'))
  for (const [i, first] of a!.entries()) {
    const second = b![i]!
    const [x, y] = [first, second].map(({ type, fill }) => {
      const out = hostArray(type.dtype, type.size)
      fill(new Generator(), out)
      return out
    })
    const at = first.generator === second.generator ? x!.findIndex((value, k) => !Object.is(value, y![k])) : 0
    if (at >= 0)
      return {
        before: `draw ${i} (${String(first.type)}): ${x![at]!}`,
        after: `draw ${i} (${String(second.type)}): ${y![at]!}`,
      }
  }
  return null
}

/** The first difference; null where there is none. */
export function difference(before: Recording, after: Recording, leaves: readonly unknown[]): Difference | null {
  const comparison = new Comparison(before, after, leaves)
  const [a, b] = [comparison.values(before), comparison.values(after)]
  const ends = (recording: Recording, ids: readonly number[]): Map<string, number> =>
    new Map(recording.targets.map((target, i) => [comparison.target(target), ids[recording.program.outputs[i]!]!]))
  const [x, y] = [ends(before, a), ends(after, b)]
  const differs = x.size !== y.size || [...x].some(([target, id]) => y.get(target) !== id)
  if (differs) {
    const [first = END] = strangers(before.program, a, b)
    const [second = END] = strangers(after.program, b, a)
    return first === second ? differentPlaces(comparison, before, after) : { before: first, after: second }
  }
  if (!before.results.structure.equals(after.results.structure))
    return { before: `results ${shapeOf(before)}`, after: `results ${shapeOf(after)}` }
  const names = before.results.structure.paths()
  const results = (recording: Recording): string[] =>
    recording.results.leaves.map((leaf, i) => `result${names[i]!}: ${comparison.result(leaf)}`)
  return (
    firstOther(results(before), results(after)) ??
    firstOther(comparison.marks(before), comparison.marks(after)) ??
    differentDraw(before, after)
  )
}
const shapeOf = ({ results }: Recording): string => results.structure.paths().join(' ') || '(one)'
