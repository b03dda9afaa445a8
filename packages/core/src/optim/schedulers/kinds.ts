/** Kinds of argument that schedulers have in common. */
import { either, integer, kind, list, number, oneOf, type Kind } from '../../signature/kind.ts'
import { optional } from '../../signature/signature.ts'
import { isOptimizer, type AnyOptimizer } from '../optimizer.ts'
import { kindOf } from '../record.ts'

const optimizer: Kind<AnyOptimizer> = /* @__PURE__ */ kind(
  'an Optimizer',
  isOptimizer,
  (value) => `${kindOf(value)} is not an Optimizer`,
)
/** The arguments of a schedule. */
export const scheduled = { optimizer }
/** A value, or one per group. */
export const ratePerGroup: Kind<number | readonly number[]> = /* @__PURE__ */ either(number, list(number))
export type AnnealStrategy = 'cos' | 'linear'
/** A kind whose message ends with the sentence that PyTorch has for it. */
export const inWordsOf = <T>(of: Kind<T>, sentence: (value: unknown) => string): Kind<T> =>
  kind(of.wanted, of.accepts, sentence)
export const strategies: Kind<AnnealStrategy> = /* @__PURE__ */ inWordsOf(
  oneOf('cos', 'linear'),
  (value) => `anneal_strategy must be one of 'cos' or 'linear', instead got ${String(value)}`,
)
/** What every schedule takes, as the last of its options. */
export const scheduleRows = {
  /** The index of the last epoch when training resumes; then the groups must have `initialLr`. Default -1: the start. */
  lastEpoch: optional(integer, -1),
}
