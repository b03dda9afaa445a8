/**
 * What tells one optimizer from another: numbers computed on the host in double at every step (`hyper`), and an update
 * recorded once over tensors and those numbers. So schedules and bias corrections stay alive in compiled steps.
 */
import type { Sym } from '../ir/builder.ts'
import { traceComposite, type CompositeDefinition } from '../ir/composite.ts'
import { Op } from '../engine/op.ts'

/** Structural options: they select the program, so they are part of its key. */
export type Structure = Readonly<Record<string, boolean>>

export interface Rule<O extends object, N extends readonly string[] = readonly string[]> {
  /** The composite's name, as backends list it in `capabilities.runs`. */
  readonly name: string
  /** State tensors per parameter, under PyTorch's names. */
  readonly state: (options: O) => readonly string[]
  /**
   * What new state holds, so that the first step is like all others. Where it is null there is none before the first
   * step, whose update runs with `first` in its structure and makes it.
   */
  readonly initial: (options: O) => number | null
  /** Parameters count their steps; the count is in the state dict as `step`. */
  readonly counts: boolean
  /** Asked at every run of a recorded step. */
  readonly structure: Readonly<Record<string, (options: O) => boolean>>
  /** What the numbers of `hyper` are: PyTorch's names of options, and formulas of these. */
  readonly numbers: N
  /** Numbers read anew at every step, in double. `step` counts from 1 for every parameter that counts. */
  readonly hyper: (options: O, step: number) => { readonly [K in keyof N]: number }
  /** The numbers that are proportional to lr: where lr is a tensor, it is multiplied in by the program. */
  readonly scaled: readonly N[number][]
  /** The update of one parameter: operands are p, g, the state of before and the numbers; gives p and the new state. */
  readonly update: CompositeDefinition
}

/** The structural options of a rule, by name: what selects its program. For who runs a rule without an optimizer. */
export const structureOf = <O extends object>({ structure }: Rule<O>, options: O): Structure =>
  Object.fromEntries(Object.entries(structure).map(([name, of]) => [name, of(options)]))

/** How one call of `groupOp` is laid out. */
export interface GroupAttributes {
  /** Parameters in the call. */
  readonly count: number
  /** Operands per parameter: p, g and its state. */
  readonly width: number
  /** The last operand is lr, a 1-element tensor. */
  readonly lrTensor: boolean
  readonly structure: Structure
}

/** Updates every parameter of a call in one program: operands are p, g and the state of each, then the numbers, then lr. */
export function groupOp<O extends object>(rule: Rule<O>): Op<GroupAttributes> {
  return new Op(
    `${rule.name}.group`,
    (args, { count, width, lrTensor, structure }, builder) => {
      const tensors = args.slice(0, count * width)
      const numbers = args.slice(count * width, lrTensor ? -1 : undefined)
      const lr = lrTensor ? args.at(-1)!.reshape([]) : null
      const results: Sym[] = []
      for (let at = 0; at < tensors.length; at += width) {
        const { dtype } = tensors[at]!
        const own = numbers.map((number, i) => {
          const typed = number.cast(dtype)
          return lr !== null && rule.scaled.includes(rule.numbers[i]!) ? typed.mul(lr.cast(dtype)) : typed
        })
        results.push(
          ...traceComposite(rule.update, builder, [...tensors.slice(at, at + width), ...own], structure as never),
        )
      }
      return results
    },
    { several: true },
  )
}
