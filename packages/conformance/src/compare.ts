/** Judges results element by element, and says where and by how much they are off. */
import { DTYPES, isFloat, type TensorType } from '@glissade/core/backend'
import type { Measurement } from './case.ts'
import { ulpOf } from './tolerance.ts'

export interface Wanted {
  readonly type: TensorType
  readonly data: ArrayLike<number>
  /** Greatest distance per element; without it, none. */
  readonly error?: ArrayLike<number>
  /** 0 and -0 are told apart. */
  readonly signed?: boolean
}

const number = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))
const short = (x: number): string => (Number.isFinite(x) ? String(Number(x.toPrecision(6))) : String(x))

/** The distance, in absolute terms; Infinity where no bound can excuse it. */
function distance(got: number, want: number, allowed: number, { type: { dtype }, signed }: Wanted): number {
  if (Number.isNaN(want)) return Number.isNaN(got) ? 0 : Infinity
  if (Number.isNaN(got)) return Infinity
  if (got === want) return signed && !Object.is(got, want) ? Infinity : 0
  if (Math.abs(got) === Infinity || Math.abs(want) === Infinity) {
    const overflow = isFloat(dtype) ? DTYPES[dtype].round : (x: number): number => x
    const [most, least] = [overflow(want + allowed), overflow(want - allowed)]
    return got === most || got === least ? 0 : Infinity
  }
  return Math.abs(got - want)
}

/**
 * @param show what was computed at an element: `max(NaN, 0)`
 */
export function compare(
  wanted: readonly Wanted[],
  got: readonly ArrayLike<number>[],
  show: (output: number, index: number) => string,
): Measurement {
  let worst = { ulp: 0, allowed: 0, output: 0, index: 0 }
  let first: { output: number; index: number } | null = null
  let differ = 0
  let worstOf = ''
  for (const [output, want] of wanted.entries()) {
    const results = got[output]!
    if (results.length !== want.data.length)
      return {
        ok: false,
        worstUlp: Infinity,
        allowedUlp: 0,
        detail: `output ${output} has ${results.length} elements, want ${want.data.length}`,
      }
    for (let i = 0; i < results.length; i++) {
      const w = want.data[i]!
      const allowed = want.error?.[i] ?? 0
      const off = distance(results[i]!, w, allowed, want)
      if (off === 0) continue
      const ulp = ulpOf(want.type.dtype, w)
      // A bound that is no number allows nothing.
      const wrong = !(off <= allowed)
      if (wrong) {
        differ++
        if (first === null) {
          // From here on only wrong elements count.
          first = { output, index: i }
          worst = { ulp: off / ulp, allowed: allowed / ulp, output, index: i }
        }
      }
      if (off / ulp > worst.ulp && (wrong || first === null))
        worst = { ulp: off / ulp, allowed: allowed / ulp, output, index: i }
    }
  }
  if (first === null) return { ok: true, worstUlp: worst.ulp, allowedUlp: worst.allowed, detail: '' }
  const place = (output: number): string => (wanted.length > 1 ? `output ${output}, ` : '')
  const { output, index } = first
  const total = wanted[output]!.data.length
  const elements = wanted.reduce((sum, { data }) => sum + data.length, 0)
  worstOf = `worst ${short(worst.ulp)} ulp at ${worst.output === output ? '' : place(worst.output)}${worst.index}, allowed ${short(worst.allowed)}`
  const detail =
    `${place(output)}index ${index} of ${total}: ${show(output, index)} = ${number(got[output]![index]!)}, ` +
    `want ${number(wanted[output]!.data[index]!)} | ${worstOf} | ${differ} of ${elements} differ`
  return { ok: false, worstUlp: worst.ulp, allowedUlp: worst.allowed, detail }
}
