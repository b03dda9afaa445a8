/** Windows and convolutions: one lane per position, which walks over the taps. */
import { convSizes, planWindows } from '@glissade/codegen'
import { numel, stridesOf, type DType, type TensorType, type Window } from '@glissade/core/backend'
import { EXPRESSIONS, greater, literal } from '../wgsl/index.ts'
import { byLane, lines, type CompositeKernel, type Kernel } from './kernel.ts'
import { sumOf } from './sum.ts'
import { inPlane, names, overTaps } from './taps.ts'
import { indicesOf, over, placed, rest } from './text.ts'

/** What is done with the elements of a window: `x`, which is at `f` in its plane. */
interface Walk {
  readonly open: string
  readonly step: string
  /** What it comes to, per result. */
  readonly results: readonly string[]
}
const windowed =
  (walkOf: (dtype: DType, taps: number) => Walk) =>
  (attrs: Window, [x]: readonly TensorType[], [out]: readonly TensorType[]) => {
    const plan = planWindows(attrs, x!, out!)
    const items = numel(out!.shape)
    const taps = numel(attrs.window)
    const positions = numel(plan.positions)
    const { open, step, results } = walkOf(x!.dtype, taps)
    return byLane(items, items * taps, ({ load, store }) => {
      const { indices, text } = indicesOf('c', rest('i', positions), plan.positions)
      const axes = plan.axes.map((axis) => ({ ...axis, apart: 1 }))
      return lines(
        text,
        `let plane = ${over('i', positions)} * ${numel(plan.space)};`,
        open,
        overTaps(axes, indices, lines(`let f = ${inPlane(plan)};`, `let x = ${load(0, 'plane + f')};`, step)),
        ...results.map((value, result) => store(result, 'i', value)),
      )
    })
  }

const windowSum: Kernel<'windowSum'> = windowed((dtype, taps) => {
  const { open, add, total } = sumOf(dtype, taps)
  return { open, step: add('x'), results: [total] }
})
// A window without elements has no maximum: 0, so that gathering by it stays inside.
const greatest = (dtype: DType, ...results: readonly string[]): Walk => ({
  open: `var best = ${literal(0, dtype)}; var found = -1i;`,
  step: `if (found < 0 || ${greater(dtype, 'x', 'best')}) { best = x; found = i32(f); }`,
  results,
})
const windowArgmax: Kernel<'windowArgmax'> = windowed((dtype) => greatest(dtype, 'max(found, 0)'))
const maxPool: CompositeKernel<'maxPool'> = windowed((dtype) => greatest(dtype, 'best', 'max(found, 0)'))

/** Every element looks at the windows that cover it, from the first to the last: tap by tap from behind. */
const maxPoolGrad: CompositeKernel<'maxPoolGrad'> = (attrs, [g], [dx]) => {
  const plan = planWindows(attrs, dx!, g!)
  const space = numel(plan.space)
  const windowsOfPlane = numel(plan.positions)
  const items = numel(dx!.shape)
  const taps = numel(attrs.window)
  const sum = sumOf(dx!.dtype, taps)
  const axes = plan.axes.map(({ positions, stride, dilation, low, taps: count }) => ({
    size: positions,
    apart: stride,
    taps: count,
    stride: 1,
    dilation,
    low: (count - 1) * dilation - low,
  }))
  return byLane(items, items * taps, ({ load, store }) => {
    const { indices, text } = indicesOf('c', `own`, plan.space)
    const window = placed(names('p', axes.length), stridesOf(plan.positions))
    return lines(
      `let own = ${rest('i', space)};`,
      text,
      `let plane = ${over('i', space)} * ${windowsOfPlane};`,
      sum.open,
      overTaps(
        axes,
        indices,
        lines(`let at = plane + ${window};`, `if (${load(1, 'at')} == i32(own)) { ${sum.add(load(0, 'at'))} }`),
      ),
      store(0, 'i', sum.total),
    )
  })
}

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

export const pools: { readonly [N in 'maxPool' | 'maxPoolGrad']: CompositeKernel<N> } = { maxPool, maxPoolGrad }
