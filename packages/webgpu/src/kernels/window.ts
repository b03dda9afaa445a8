/** Windows and convolutions: one lane per position, which walks over the taps. */
import { convSizes, planWindows, type WindowAxis, type WindowPlan } from '@glissade/codegen'
import { numel, stridesOf, type DType, type TensorType, type Window } from '@glissade/core/backend'
import { EXPRESSIONS, greater, literal } from '../wgsl/index.ts'
import { byLane, lines, type Kernel } from './kernel.ts'
import { sumOf } from './sum.ts'
import { indicesOf, over, placed, rest } from './text.ts'

/**
 * Walks over the taps `t0, t1, ...` of a window. `body` is at those that meet an element; `p0, p1, ...` (u32) is where.
 * @param indices of the position, one per axis
 */
function overTaps(
  axes: readonly (WindowAxis & { readonly apart: number })[],
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

const names = (name: string, count: number): string[] => Array.from({ length: count }, (_, axis) => `${name}${axis}`)

/** The place of the element under a tap, in its plane. */
const inPlane = ({ axes, strides }: WindowPlan): string => String(placed(names('p', axes.length), strides))

/** What is done with the elements of a window: `x`, which is at `f` in its plane. */
interface Walk {
  readonly open: string
  readonly step: string
  readonly result: string
}
const windowed =
  (walkOf: (dtype: DType, taps: number) => Walk) =>
  (attrs: Window, [x]: readonly TensorType[], [out]: readonly TensorType[]) => {
    const plan = planWindows(attrs, x!, out!)
    const items = numel(out!.shape)
    const taps = numel(attrs.window)
    const positions = numel(plan.positions)
    const { open, step, result } = walkOf(x!.dtype, taps)
    return byLane(items, items * taps, ({ load, store }) => {
      const { indices, text } = indicesOf('c', rest('i', positions), plan.positions)
      const axes = plan.axes.map((axis) => ({ ...axis, apart: 1 }))
      return lines(
        text,
        `let plane = ${over('i', positions)} * ${numel(plan.space)};`,
        open,
        overTaps(axes, indices, lines(`let f = ${inPlane(plan)};`, `let x = ${load(0, 'plane + f')};`, step)),
        store(0, 'i', result),
      )
    })
  }

const windowSum: Kernel<'windowSum'> = windowed((dtype, taps) => {
  const { open, add, total } = sumOf(dtype, taps)
  return { open, step: add('x'), result: total }
})
// A window without elements has no maximum: 0, so that gathering by it stays inside.
const windowArgmax: Kernel<'windowArgmax'> = windowed((dtype) => ({
  open: `var best = ${literal(0, dtype)}; var found = -1i;`,
  step: `if (found < 0 || ${greater(dtype, 'x', 'best')}) { best = x; found = i32(f); }`,
  result: 'max(found, 0)',
}))

const conv: Kernel<'conv'> = (attrs, [x, w], [out]) => {
  const { channels, outputs, groups } = convSizes(attrs, x!, w!, out!)
  const window = w!.shape.slice(2)
  const { dtype } = x!
  const plan = planWindows({ ...attrs, window }, x!, out!)
  const axes = plan.axes.map((axis, i) => ({ ...axis, apart: attrs.inputDilation[i]! }))
  const space = numel(plan.space)
  const taps = numel(window)
  const positions = numel(plan.positions)
  const items = numel(out!.shape)
  const sum = sumOf(dtype, channels * taps)
  return byLane(items, items * channels * taps, ({ load, store }) => {
    const { indices, text } = indicesOf('c', rest('i', positions), plan.positions)
    const product = EXPRESSIONS.mul(
      [load(0, `image + channel * ${space}`), load(1, `weights + channel * ${taps}`)],
      dtype,
      {},
    )
    return lines(
      text,
      `let o = ${rest(over('i', positions), outputs * groups)};`,
      `let planes = ${over('i', positions * outputs * groups)} * ${channels * groups} + ${over('o', outputs)} * ${channels};`,
      sum.open,
      overTaps(
        axes,
        indices,
        lines(
          `let image = planes * ${space} + ${inPlane(plan)};`,
          `let weights = o * ${channels * taps} + ${placed(names('t', axes.length), stridesOf(window))};`,
          `for (var channel = 0u; channel < ${channels}; channel++) {`,
          sum.add(product),
          '}',
        ),
      ),
      store(0, 'i', sum.total),
    )
  })
}

export const windows: { readonly [P in 'windowSum' | 'windowArgmax' | 'conv']: Kernel<P> } = {
  windowSum,
  windowArgmax,
  conv,
}
