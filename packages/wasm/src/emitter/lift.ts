/**
 * Takes the numbers that are sizes out of functions and puts loads in their place, so that programs that differ in sizes
 * alone become the same module. What counts as a size is a guess that only decides how often modules are alike: any
 * number may be taken out or left in.
 */
import { isReciprocal, SMALL } from '@glissade/codegen'
import { add, at, i32, type Code } from './code.ts'
import type { FunctionWriter } from './function.ts'

/** Up to here powers of two are the steps of loops more often than sizes. */
const STEP = 128
const isSize = (value: number): boolean => {
  const size = Math.abs(value)
  return size > SMALL && (size > STEP || (size & (size - 1)) !== 0)
}
/** Where a loop begins or ends, how often it runs. */
const LIMITS: ReadonlySet<string> = new Set(['local.set', 'i32.lt_u'])
/** Of the vectors that are read or written together. */
const OFFSET = 48
/** In all lanes there are masks and bits of floating-point numbers as well. */
const isPattern = ({ op, immediate }: Code): boolean =>
  op === 'i32.const' && (immediate! >= 2 ** 24 || (immediate! & (immediate! + 1)) === 0)
const SHIFTS: ReadonlySet<string> = new Set(['i32.shl', 'i32.shr_u', 'i32x4.shl', 'i32x4.shr_s', 'i32x4.shr_u'])

const floats = new DataView(new ArrayBuffer(4))

/**
 * @param slot where the address of the numbers is found when the function runs
 * @param numbers bit patterns of those taken out so far; this function's are added
 * @returns what the function is without them, as a key
 */
export function lift(f: FunctionWriter, slot: number, numbers: number[]): string {
  const before = numbers.length
  const table = f.fresh('i32')
  let key = `${f.params.join()}>${f.result}`
  const place = (pattern: number): number => 4 * (numbers.push(pattern) - 1)
  const taken = (value: number): Code<'i32'> => {
    key += ' size'
    return at('i32.load', place(value), table)
  }
  const lifted = (code: Code, isLimit: boolean, isFixed: boolean): Code => {
    const { op, immediate, bytes } = code
    if (op === 'i32.const' && !isFixed && (isLimit ? immediate! > 1 : isSize(immediate!))) return taken(immediate!)
    if (op === 'f32.const' && isReciprocal(immediate!)) {
      floats.setFloat32(0, immediate!)
      key += ' reciprocal'
      return at('f32.load', place(floats.getInt32(0)), table)
    }
    let { offset } = code
    // Addresses that are known are those of constants.
    const fixes = offset !== undefined || SHIFTS.has(op) || (op === 'i32x4.splat' && isPattern(code.args[0]!))
    let args = all(code.args, LIMITS.has(op), fixes)
    if (offset !== undefined && offset > OFFSET) {
      args = [add(args[0] as Code<'i32'>, taken(offset)), ...args.slice(1)]
      offset = 0
    }
    key += ` ${op}`
    if (immediate !== undefined) key += Object.is(immediate, -0) ? '-0' : immediate
    if (offset !== undefined) key += `+${offset}`
    if (bytes !== undefined) key += bytes.join()
    const body = code.body && block(code.body)
    const otherwise = code.otherwise && block(code.otherwise)
    if (args === code.args && body === code.body && otherwise === code.otherwise) return code
    return {
      ...code,
      args,
      ...(offset !== undefined && { offset }),
      ...(body && { body }),
      ...(otherwise && { otherwise }),
    }
  }
  /** The same list where nothing was taken out: codes are shared between functions. */
  const all = (codes: readonly Code[], isLimit = false, isFixed = false): readonly Code[] => {
    let changed: Code[] | null = null
    for (let i = 0; i < codes.length; i++) {
      const next = lifted(codes[i]!, isLimit, isFixed)
      if (next !== codes[i]) (changed ??= [...codes])[i] = next
    }
    return changed ?? codes
  }
  const block = (codes: readonly Code[]): readonly Code[] => {
    key += ' {'
    const lines = all(codes)
    key += ' }'
    return lines
  }
  const body = block(f.body)
  if (numbers.length > before) {
    f.body.splice(0, f.body.length, ...body)
    f.body.unshift({ type: 'void', op: 'local.set', args: [at('i32.load', slot, i32(0))], immediate: table.immediate })
  }
  return `${key} ${f.locals.join()}`
}
