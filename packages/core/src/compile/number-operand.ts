/** A number among the operands while a function is recorded: it may be an operand of tensor operations, and nothing else. */
import { DTYPE_NAMES } from '../contract/contract.ts'
import { DTYPES } from '../contract/dtype.ts'
import { StateError } from '../contract/errors.ts'
import { LiveNumber } from '../engine/tracer.ts'

export const LIVE =
  'a number operand is live: use it in tensor operations (x.mul(k)); JavaScript arithmetic and choices would freeze its value. ' +
  'Pass a string or a boolean, or compute it outside'

/** What integer tensors make of a number: which integers have room for it, if it is one. */
export function kindOf(value: number): string {
  if (!Number.isInteger(value)) return 'a fraction'
  const roomy = DTYPE_NAMES.find((dtype) => DTYPES[dtype].kind === 'integer' && DTYPES[dtype].round(value) === value)
  return roomy === undefined ? 'an integer beyond int32' : `an integer of ${roomy}`
}

export class NumberOperand extends LiveNumber {
  readonly leaf: number
  readonly #value: number
  /** Whether somebody asked for it, so that the recording depends on its kind. */
  asked = false
  constructor(leaf: number, value: number) {
    super({ read: () => [value] }, 0)
    this.leaf = leaf
    this.#value = value
  }
  override ask(): number {
    this.asked = true
    return this.#value
  }
  get kind(): string {
    return kindOf(this.#value)
  }
  [Symbol.toPrimitive](): never {
    throw new StateError('compile', LIVE)
  }
  toJSON(): never {
    throw new StateError('compile', LIVE)
  }
}
