/** Windows as loops over their taps. */
import type { WindowAxis, WindowPlan } from '@glissade/codegen'
import { lines } from './kernel.ts'
import { over, placed, rest } from './text.ts'

/**
 * Walks over the taps `t0, t1, ...` of a window. `body` is at those that meet an element; `p0, p1, ...` (u32) is where.
 * @param indices of the position, one per axis
 */
export function overTaps(
  axes: readonly (Omit<WindowAxis, 'positions'> & { readonly apart: number })[],
  indices: readonly (string | number)[],
  body: string,
): string {
  const open = axes.map(({ taps, stride, dilation, low, size, apart }, axis) => {
    // Before the first element it wraps to more than there are.
    const place = `u32(i32(${indices[axis]}) * ${stride} + i32(t${axis}) * ${dilation} - (${low}))`
    const last = size === 0 ? 0 : (size - 1) * apart + 1
    const between = apart === 1 ? '' : ` || ${rest(`q${axis}`, apart)} != 0`
    return lines(
      `for (var t${axis} = 0u; t${axis} < ${taps}; t${axis}++) {`,
      `let q${axis} = ${place};`,
      `if (q${axis} >= ${last}${between}) { continue; }`,
      `let p${axis} = ${over(`q${axis}`, apart)};`,
    )
  })
  return lines(...open, body, ...axes.map(() => '}'))
}

/** Names of the variables of some axes. */
export const names = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, axis) => `${name}${axis}`)

/** The place of the element under a tap, in its plane. */
export const inPlane = ({ axes, strides }: WindowPlan): string => String(placed(names('p', axes.length), strides))
