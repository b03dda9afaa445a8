/**
 * What recurrent networks over a whole sequence share. The input's share of the gates, x w_ih' + b_ih, is one product for all
 * steps and stands outside of them; so do the gradients of the weights, over the gradients of all gates. What is inside is the
 * recurrence alone: a composite for each layer and direction, whose body is written out step by step.
 */
import type { CompositeAttributes } from '../../contract/composites.ts'
import type { Sym } from '../../ir/builder.ts'

/**
 * One layer in one direction: `reverse` is from the last step to the first, `bias` whether b_hh is among the operands, `keeps`
 * whether what the gradient reads is a result too, for all steps. Shapes say how long a sequence is.
 */
export type Recurrence = CompositeAttributes['lstm']
type Direction = Pick<Recurrence, 'reverse'>

/** The numbers of the steps of [length, ...], in the order in which they are taken. */
export function walk(sequence: Sym, { reverse }: Direction): number[] {
  const length = sequence.shape[0]!
  return Array.from({ length }, (_, i) => (reverse ? length - 1 - i : i))
}

/** Step `t` of [length, n, features]. */
export function step(sequence: Sym, t: number): Sym {
  const [, n, features] = sequence.shape as [number, number, number]
  return sequence.slice([t, 0, 0], [t + 1, n, features]).reshape([n, features])
}
/** Steps, in the order in which they were taken, as [length, n, features]. */
export const together = (steps: readonly Sym[], { reverse }: Direction): Sym =>
  steps[0]!.builder.concat(
    (reverse ? steps.toReversed() : steps).map((each) => each.reshape([1, ...each.shape])),
    0,
  )

/** `count` equal parts of [n, features]. */
export function parts(x: Sym, count: number): Sym[] {
  const [n, features] = x.shape as [number, number]
  const size = features / count
  return Array.from({ length: count }, (_, k) => x.slice([0, k * size], [n, (k + 1) * size]))
}

/** h w_hh' + b_hh */
export function hidden(h: Sym, weight: Sym, bias: Sym | undefined): Sym {
  const y = h.dot(weight, false, true)
  return bias === undefined ? y : y.add(bias.expand(y.shape))
}

/** Gradients of w_hh and, where there is one, of b_hh, from those of h w_hh' + b_hh of all steps. */
export function weightGradients(g: Sym, h0: Sym, outputs: Sym, { reverse, bias }: Omit<Recurrence, 'keeps'>): Sym[] {
  const [length, n, size] = outputs.shape as [number, number, number]
  const others = outputs.slice([reverse ? 1 : 0, 0, 0], [reverse ? length : length - 1, n, size])
  const first = h0.reshape([1, n, size])
  // The states from which the steps went.
  const before = g.builder.concat(length === 1 ? [first] : reverse ? [others, first] : [first, others], 0)
  const flat = (x: Sym): Sym => x.reshape([length * n, x.shape[2]!])
  return [flat(g).dot(flat(before), true, false), ...(bias ? [g.sum([0, 1])] : [])]
}

/** g f'(x) of a sigmoid, and of tanh, by their results. */
export const sigmoidSlope = (g: Sym, y: Sym): Sym => g.mul(y.mul(y.like(1).sub(y)))
export const tanhSlope = (g: Sym, y: Sym): Sym => g.mul(y.like(1).sub(y.mul(y)))

/** Gradients of results, zeros where there are none. null where something is asked for that only the body can answer. */
export function asked(
  grads: readonly (Sym | null)[],
  results: readonly Sym[],
  count: number,
  { keeps }: Recurrence,
): Sym[] | null {
  if (!keeps || grads.slice(count).some((g) => g !== null)) return null
  return results.slice(0, count).map((result, i) => grads[i] ?? result.like(0))
}
