/** Sizes, counts and dimensions may be written as a list or one after the other: `x.view([2, 3])`, `x.view(2, 3)`. */
import type { Rows, Signature, ValuesOf } from '../signature/signature.ts'

/** The numbers that a call begins with as one list, where they are not one already. */
export function listed(args: ArrayLike<unknown>): ArrayLike<unknown> {
  if (typeof args[0] !== 'number') return args
  const all = Array.from(args)
  const end = all.findIndex((value) => typeof value !== 'number')
  return end < 0 ? [all] : [all.slice(0, end), ...all.slice(end)]
}

/** Reads a call that begins with numbers. */
export function sized<R extends Rows>(
  takes: Signature<R>,
  args: ArrayLike<unknown>,
): { readonly sizes: readonly number[]; readonly options: ValuesOf<R> } {
  const given = listed(args)
  const options = takes.read(given)
  return { sizes: given[0] as readonly number[], options }
}
