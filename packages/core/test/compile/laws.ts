/** What every test of guards says: a compiled function gives what eager code gives, or throws an error of the library. */
import { expect } from 'vitest'
import { compile, isGlissadeError, Tensor, type CompileOptions } from '../../src/index.ts'

type Numbers = number | string | boolean | null | undefined | readonly Numbers[] | { readonly [key: string]: Numbers }

/** All numbers in a value, read at once. */
export function numbersOf(value: unknown): Numbers {
  if (value instanceof Tensor) return [...value.dataSync()].map(Number)
  if (Array.isArray(value)) return value.map(numbersOf)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, numbersOf(part)]))
  return value as Numbers
}

/** A world, what is called in it, and what it looks like afterwards. */
export interface World<A extends readonly unknown[]> {
  readonly step: (...args: A) => unknown
  /** What else the step has an effect on. */
  readonly state?: () => unknown
}

/**
 * Two equal worlds, one called eagerly and one compiled, with the same calls and changes.
 * @param calls each changes the world, if it likes, and gives the operands
 * @returns the error of the first call that was refused, or null
 */
export function compareWorlds<A extends readonly unknown[], W extends World<A>>(
  make: () => W,
  calls: readonly ((world: W) => A)[],
  options: CompileOptions = {},
): Error | null {
  const [eager, other] = [make(), make()]
  const compiled = compile(other.step, { gradients: true, ...options })
  for (const [i, operands] of calls.entries()) {
    const given = operands(eager)
    const wanted = numbersOf([eager.step(...given), given, eager.state?.()])
    const operandsThere = operands(other)
    let result: unknown
    try {
      result = compiled(...operandsThere)
    } catch (error) {
      if (!isGlissadeError(error)) throw error
      return error
    }
    expect(numbersOf([result, operandsThere, other.state?.()]), `call ${i}`).toEqual(wanted)
  }
  return null
}
export const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item)
