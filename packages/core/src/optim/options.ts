/** Checks of the options that constructors take. Groups are not checked, as in PyTorch. */
import { OptionError, StateError } from '../backend/errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { isPlain, isTensor, kindOf } from './record.ts'

/** The options of a constructor: as the optimizer's, but a learning rate may be a 1-element tensor. */
export type Options<O extends { lr: number }> = {
  readonly [K in keyof O]?: (K extends 'lr' ? number | Tensor : O[K]) | undefined
}

/** Defaults overridden by what was passed. Unknown options and other kinds of value throw OptionError. */
export function withDefaults<O extends { lr: number }>(operation: string, defaults: O, options: Options<O>): O {
  if (!isPlain(options))
    throw new OptionError(operation, `options are passed by name, in one object: { lr: 0.01 } (got ${kindOf(options)})`)
  const all = { ...defaults } as Record<string, unknown>
  for (const [key, value] of Object.entries(options as Record<string, unknown>)) {
    if (!(key in defaults))
      throw new OptionError(
        operation,
        `got an unexpected keyword argument '${key}'; the options are ${Object.keys(defaults).join(', ')}`,
      )
    if (value === undefined) continue
    assertKind(operation, key, value, all[key])
    all[key] = value
  }
  return all as O
}

/** A default of null is a switch that may be left open. */
function assertKind(operation: string, key: string, value: unknown, fallback: unknown): void {
  if (key === 'lr' && isTensor(value)) {
    if (value.numel() !== 1)
      throw new OptionError(operation, `Tensor lr must be 1-element (got [${value.shape.join(',')}])`)
    return
  }
  const wanted = fallback === null ? 'boolean' : Array.isArray(fallback) ? 'list' : typeof fallback
  if (wanted === 'list' ? Array.isArray(value) : typeof value === wanted || (fallback === null && value === null))
    return
  throw new OptionError(
    operation,
    `${key} must be a ${wanted}${key === 'lr' ? ' or a 1-element tensor' : ''} (got ${kindOf(value)})`,
  )
}

/** The sentence that PyTorch rejects a value with. */
export function reject(operation: string, what: string, value: unknown): never {
  throw new OptionError(operation, `Invalid ${what}: ${String(value)}`)
}

/** A tensor's value is not read, so it is not checked. */
export function assertNotNegative(operation: string, what: string, value: number): void {
  if (typeof value === 'number' && !(value >= 0)) reject(operation, what, value)
}

/** `fused` and `foreach` are accepted: every group is updated by one program. Their contradictions are PyTorch's. */
export function assertFused(
  operation: string,
  { fused, foreach, differentiable }: { fused: boolean | null; foreach: boolean | null; differentiable: boolean },
): void {
  if (fused !== true) return
  if (differentiable) throw new StateError(operation, '`fused` does not support `differentiable`')
  if (foreach === true) throw new StateError(operation, '`fused` and `foreach` cannot be `True` together.')
}
