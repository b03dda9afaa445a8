/** Modules whose one number needs no name: `new ELU(2)` is `new ELU({ alpha: 2 })`. */
import type { Rows, Signature, ValuesOf } from '../signature/signature.ts'

/** Reads the arguments of a constructor; a number in the place of the options is the option `key`. */
export function readNumber<R extends Rows>(
  signature: Signature<R>,
  args: ArrayLike<unknown>,
  key: keyof R & string,
): ValuesOf<R> {
  const [first, ...more] = Array.from(args)
  return signature.read(typeof first === 'number' ? [{ [key]: first }, ...more] : args)
}
