/**
 * One program of several: recorded at some sizes, they have the same structure, and the numbers in which they differ follow
 * formulas in the sizes. Formulas are solved at some of the sizes and tried at others, so none is a guess.
 */
import type { Node, Program, TensorType } from '../contract/contract.ts'
import { isGlissadeError, OptionError } from '../contract/errors.ts'
import { attributeToJSON } from '../ir/json.ts'
import type { Formula, Sizes } from './formula.ts'
import {
  GeneralProgram,
  isOnly,
  placeOf,
  type GeneralNode,
  type GeneralNumber,
  type GeneralPart,
  type GeneralType,
  type GeneralValue,
  type Names,
  type Unsolved,
} from './general-program.ts'
import { Grid, solve } from './solve.ts'

interface Named {
  readonly name: string
}
/** A program with names for what it reads and gives, as `record` makes it. */
export interface NamedProgram {
  readonly program: Program
  readonly inputs: readonly Named[]
  readonly scalars: readonly Named[]
  readonly outputs: readonly Named[]
}

/**
 * From programs at several sizes to one for all sizes.
 * @param at gives the program at some sizes: usually `record(model, ...)` with operands of those sizes; nothing runs
 * @param tried per size three values at least, none of them 1: programs are recorded at every combination of all but the last, and at
 *   the last ones. Formulas are solved at the first two (with four values also at the first three, for squares) and tried at all
 *   others: polynomials, and where numbers are no integers 1 / p, 1 + 1 / p and roots. Values far apart and unlike other sizes of the
 *   model are best: [37, 102, 211]
 * Errors: OptionError where the structure depends on a size (a loop, a choice, an axis of one element), with the module of the
 * first node that differs. A number that follows no formula, and a composite whose body has another structure, are refused where they
 * are needed: by `at`, which knows the bodies of core's own composites without them.
 *
 * @example
 * ```ts
 * import { generalize } from '@glissade/core/ir'
 * import * as nn from '@glissade/core/nn'
 * import { record } from '@glissade/core/record'
 *
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.BatchNorm1d(8))
 * const general = generalize(
 *   ({ batch }) => record(model, [{ dtype: 'float32', shape: [batch!, 4] }]),
 *   { batch: [37, 102, 211] },
 * )
 * console.log(general.unsolved.length) // 0
 * console.log(general.at({ batch: 5 }).inputs[0]!.shape) // [ 5, 4 ]
 * ```
 */
export function generalize(
  at: (sizes: Sizes) => Program | NamedProgram,
  tried: Readonly<Record<string, readonly number[]>>,
): GeneralProgram {
  assertSizes(tried)
  const grid = new Grid(tried)
  const given = grid.points.map((point) => at(point))
  const programs = given.map((one) => ('program' in one ? one.program : one))
  const unification = new Unification(grid)
  const names = given.map(namesOf)
  const program = unification.part(programs, '')
  names.forEach((other, i) => {
    if (JSON.stringify(other) !== JSON.stringify(names[0]))
      throw new OptionError(
        'generalize',
        `at ${show(grid.points[i]!)} what is read and given has other names than at ${show(grid.points[0]!)}`,
      )
  })
  return new GeneralProgram({
    format: 'glissade-general-program/1',
    sizes: Object.fromEntries(Object.entries(tried).map(([name, sizes]) => [name, [...sizes]])),
    names: names[0]!,
    ...program,
    bodies: unification.bodies,
  })
}

function assertSizes(tried: Readonly<Record<string, readonly number[]>>): void {
  if (Object.keys(tried).length === 0)
    throw new OptionError('generalize', 'name at least one size: { batch: [37, 102, 211] }')
  for (const [name, sizes] of Object.entries(tried))
    if (
      sizes.length < 3 ||
      new Set(sizes).size < sizes.length ||
      !sizes.every((size) => Number.isSafeInteger(size) && size > 1)
    )
      throw new OptionError(
        'generalize',
        `${name} needs at least three different integers from 2 (got [${sizes.join(', ')}])`,
      )
}

const namesOf = (given: Program | NamedProgram): Names => {
  const program = 'program' in given ? given.program : given
  const kind = (of: keyof Names, one: string): string[] =>
    'program' in given ? given[of].map(({ name }) => name) : program[of].map((_, i) => `${one} ${i}`)
  return { inputs: kind('inputs', 'input'), scalars: kind('scalars', 'scalar'), outputs: kind('outputs', 'output') }
}
const show = (sizes: Sizes): string =>
  Object.entries(sizes)
    .map(([name, size]) => `${name} ${size}`)
    .join(', ')

class Unification {
  readonly bodies: GeneralPart[] = []
  readonly #grid: Grid
  readonly #solved = new Map<string, Formula | null>()
  /** By its text: bodies that are alike are one. */
  readonly #numbers = new Map<string, number>()
  /** Bodies that were met, by that at the first sizes. */
  readonly #known = new WeakMap<Program, { readonly programs: readonly Program[]; readonly number: number }>()
  constructor(grid: Grid) {
    this.#grid = grid
  }

  /** @param programs one for each point @param within the place of the composite whose body they are */
  part(programs: readonly Program[], within: string): GeneralPart {
    const [first] = programs as readonly [Program, ...Program[]]
    const at = within === '' ? '' : `${within}: `
    const nodes: GeneralNode[] = []
    const longest = Math.max(...programs.map(({ nodes: list }) => list.length))
    for (let i = 0; i < longest; i++)
      nodes.push(
        this.#node(
          programs.map((program) => program.nodes[i]),
          i,
          at,
        ),
      )
    for (const list of ['scalars', 'outputs', 'donated'] as const)
      this.#same(programs, (program) => program[list].join(), `${at}${list}`)
    return {
      inputs: this.#types(
        programs.map(({ inputs }) => inputs),
        `${at}an input`,
      ),
      scalars: [...first.scalars],
      nodes,
      outputs: [...first.outputs],
      donated: [...first.donated],
    }
  }

  #node(all: readonly (Node | undefined)[], index: number, within: string): GeneralNode {
    const where =
      within +
      placeOf(
        all.find((node) => node !== undefined)!,
        index,
      )
    this.#same(
      all,
      (node) => (node === undefined ? 'not there' : `${node.op}(${node.args.map((arg) => `%${arg}`).join(', ')})`),
      where,
    )
    const nodes = all as readonly Node[]
    this.#same(nodes, ({ origin }) => origin ?? 'outside of modules', `${where}: the module`)
    this.#same(nodes, ({ body }) => body === undefined, `${where}: whether it is a composite`)
    const [first] = nodes as readonly [Node, ...Node[]]
    const { op, args, origin } = first
    const attrs = this.#value(
      nodes.map((node) => attributeToJSON(op, node.attrs)),
      where,
    ) as { readonly [name: string]: GeneralValue }
    return {
      op,
      args: [...args],
      types: this.#types(
        nodes.map(({ types }) => types),
        where,
      ),
      ...(Object.keys(attrs).length === 0 ? {} : { attrs }),
      ...(first.body === undefined
        ? {}
        : {
            body: this.#body(
              nodes.map(({ body }) => body!),
              where,
            ),
          }),
      ...(origin === undefined ? {} : { origin }),
    }
  }
  /** A body with another structure at other sizes (a sequence, step by step) is refused where it is needed, not here. */
  #body(programs: readonly Program[], where: string): number | Unsolved {
    const known = this.#known.get(programs[0]!)
    if (known?.programs.every((program, i) => program === programs[i]) === true) return known.number
    let part: GeneralPart
    try {
      part = this.part(programs, where)
    } catch (error) {
      if (!isGlissadeError(error) || error.operation !== 'generalize') throw error
      return { unsolved: error.message.slice('generalize: '.length) }
    }
    const text = JSON.stringify(part)
    const number = this.#numbers.get(text) ?? this.bodies.push(part) - 1
    this.#numbers.set(text, number)
    this.#known.set(programs[0]!, { programs, number })
    return number
  }
  #types(all: readonly (readonly TensorType[])[], where: string): GeneralType[] {
    this.#same(all, (types) => types.map(({ dtype, shape }) => `${dtype} of ${shape.length} axes`).join(), where)
    return all[0]!.map(({ dtype }, i) => ({
      dtype,
      shape: all[0]![i]!.shape.map((_, axis) => this.#number(all.map((types) => types[i]!.shape[axis]!))),
    }))
  }

  #number(values: readonly number[]): GeneralNumber {
    const [first] = values as readonly [number, ...number[]]
    if (values.every((value) => value === first)) return first
    const key = values.join()
    let formula = this.#solved.get(key)
    if (formula === undefined) this.#solved.set(key, (formula = solve(this.#grid, values)))
    return formula === null ? this.#unsolved(values) : { formula }
  }
  #unsolved(values: readonly unknown[]): { readonly unsolved: string } {
    return { unsolved: values.map((value, i) => `${String(value)} at ${show(this.#grid.points[i]!)}`).join('; ') }
  }

  /** Values of attributes, as JSON has them. */
  #value(values: readonly unknown[], where: string): GeneralValue {
    const [first] = values
    if (values.every((value) => typeof value === 'number')) return this.#number(values)
    if (values.every((value) => Array.isArray(value))) {
      const lists = values as readonly (readonly unknown[])[]
      if (lists.some(({ length }) => length !== lists[0]!.length))
        return this.#unsolved(lists.map(({ length }) => `a list of ${length}`))
      return lists[0]!.map((_, i) =>
        this.#value(
          lists.map((list) => list[i]),
          where,
        ),
      )
    }
    if (values.every((value) => typeof value === 'object' && value !== null)) {
      const objects = values as readonly { readonly [name: string]: unknown }[]
      this.#same(objects, (object) => Object.keys(object).join(), `${where}: attributes`)
      for (const key of ['formula', 'unsolved', 'text'])
        if (isOnly(first, key))
          throw new OptionError(
            'generalize',
            `${where}: an attribute that is { ${key} } would be taken for another thing`,
          )
      return Object.fromEntries(
        Object.keys(objects[0]!).map((name) => [
          name,
          this.#value(
            objects.map((object) => object[name]),
            where,
          ),
        ]),
      )
    }
    if (values.every((value) => typeof value === 'string') && values.some((value) => value !== first))
      return this.#text(values, where)
    this.#same(values, (value) => JSON.stringify(value), `${where}: an attribute`)
    return first as GeneralValue
  }
  /** Texts that differ in numbers only. */
  #text(texts: readonly string[], where: string): GeneralValue {
    const parts = texts.map((text) => text.split(/(\d+)/))
    this.#same(parts, (pieces) => pieces.map((piece, i) => (i % 2 === 0 ? piece : '0')).join(''), `${where}: a text`)
    return {
      text: parts[0]!.map((piece, i) => (i % 2 === 0 ? piece : this.#number(parts.map((pieces) => Number(pieces[i]))))),
    }
  }

  /** Throws where something that is no number differs. */
  #same<T>(values: readonly T[], of: (value: T) => unknown, where: string): void {
    const first = of(values[0]!)
    const at = values.findIndex((value) => of(value) !== first)
    if (at < 0) return
    const [one, other] = [this.#grid.points[0]!, this.#grid.points[at]!]
    throw new OptionError(
      'generalize',
      `the structure depends on a size: ${where} is ${String(first)} at ${show(one)} and ${String(of(values[at]!))} at ${show(other)}; ` +
        'a loop over a size, or a choice by one, cannot be general (if there is none, try sizes that nothing else in the model has)',
    )
  }
}
