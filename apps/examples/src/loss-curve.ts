/**
 * Draws loss curves as one SVG document that needs nothing else: no script, no font, no style sheet. Each series is a
 * thin line of its raw values under a thick smoothed one. It draws numbers it is given and reads nothing.
 */
import { extent, maxIndex, minIndex, range } from 'd3-array'
import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from 'd3-scale'
import { line } from 'd3-shape'

/** A place on the horizontal axis (often the step), and the loss there. */
export type Point = readonly [x: number, loss: number]

export interface Series {
  readonly name: string
  readonly points: readonly Point[]
  /** False draws the values as they are, with a dot at each: for few points, such as one per epoch. */
  readonly smooth?: boolean
}

export interface LossCurveOptions {
  readonly title?: string
  readonly subtitle?: string
  readonly xLabel?: string
  readonly yLabel?: string
  readonly yScale?: 'linear' | 'log'
  readonly width?: number
  readonly height?: number
  /** How far the smoothed line looks to both sides, as a share of the whole curve; 0 is not at all. */
  readonly smoothing?: number
}

/** Okabe and Ito's colours, told apart by colour-blind eyes too. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9']
const INK = '#1f2933'
const QUIET = '#52606d'
const GRID = '#e4e7eb'
const MARGIN = { top: 64, right: 28, bottom: 56, left: 72 }

type Scale = ScaleContinuousNumeric<number, number>

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
const isDrawable = ([x, y]: Point): boolean => Number.isFinite(x) && Number.isFinite(y)

interface Sums {
  readonly losses: number
  readonly weights: number
}

/** Sums that forget: S' = b S + loss. A value that is not finite adds nothing. */
function decayingSums(points: readonly Point[], b: number): Sums[] {
  let sums = { losses: 0, weights: 0 }
  return points.map((point) => {
    const [loss, weight] = isDrawable(point) ? [point[1], 1] : [0, 0]
    sums = { losses: b * sums.losses + loss, weights: b * sums.weights + weight }
    return sums
  })
}

/**
 * An average in which a neighbour at distance d weighs b^d, on both sides, so that the line does not trail behind:
 * s_i = sum_j b^|i-j| loss_j / sum_j b^|i-j|. Values that are not finite take no part, and stay as they are.
 */
export function smoothed(points: readonly Point[], reach: number): Point[] {
  const b = reach > 0 ? Math.exp(-1 / reach) : 0
  const before = decayingSums(points, b)
  const after = decayingSums(points.toReversed(), b).toReversed()
  return points.map((point, i) => {
    const [left, right] = [before[i], after[i]]
    if (!left || !right || !isDrawable(point)) return point
    const [x, loss] = point
    // Both sums hold the point itself, which must count once.
    return [x, (left.losses + right.losses - loss) / (left.weights + right.weights - 1)]
  })
}

/** Keeps the lowest and the highest value of each of `columns` stretches: what a screen of that width can show. */
export function thinned(points: readonly Point[], columns: number): readonly Point[] {
  if (points.length <= 2 * columns) return points
  const size = Math.ceil(points.length / columns)
  return range(0, points.length, size).flatMap((start) => {
    const stretch = points.slice(start, start + size)
    const finite = (point: Point): number => (isDrawable(point) ? point[1] : NaN)
    // A stretch with a value that is not finite keeps one of them, as a gap in the line.
    const gap = stretch.findIndex((point) => !isDrawable(point))
    const kept = new Set([minIndex(stretch, finite), maxIndex(stretch, finite), gap])
    return stretch.filter((_, place) => kept.has(place))
  })
}

const label = (text: string, x: number, y: number, attributes: string): string =>
  `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escape(text)}</text>`

const round = (value: number): number => Math.round(value * 100) / 100

function verticalScale(losses: readonly number[], kind: 'linear' | 'log', span: readonly [number, number]): Scale {
  if (kind === 'log') {
    const [low = 0.1, high = 1] = extent(losses)
    return scaleLog([low, high > low ? high : low * 10], span)
  }
  const [low = 0, high = 1] = extent(losses)
  // Losses are measured from zero; only where some are negative does the axis start lower.
  const bottom = Math.min(0, low)
  return scaleLinear([bottom, high > bottom ? high : bottom + 1], span).nice(6)
}

interface Tick {
  readonly value: number
  readonly text: string
}

function linearTicks(scale: Scale, count: number, whole = false): readonly Tick[] {
  const values = scale.ticks(count).filter((value) => !whole || Number.isInteger(value))
  const format = whole ? scale.tickFormat(count, ',d') : scale.tickFormat(count)
  return values.map((value) => ({ value, text: format(value) }))
}

/** 1, 2 and 5 of every decade, or only 1 where there are many decades; of less than that, even steps. */
function logTicks(scale: Scale): readonly Tick[] {
  const [low = 1, high = 1] = scale.domain()
  const digits = Math.log10(high / low) > 3 ? [1] : [1, 2, 5]
  const decades = range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)) + 1)
  const candidates = decades.flatMap((decade) => digits.map((digit) => Number(`${digit}e${decade}`)))
  const values = candidates.filter((value) => low <= value && value <= high)
  return values.length > 1
    ? values.map((value) => ({ value, text: String(value) }))
    : linearTicks(scaleLinear().domain([low, high]), 6)
}

export function lossCurve(series: readonly Series[], options: LossCurveOptions = {}): string {
  const { title = 'Loss', subtitle, xLabel = 'step', yLabel = 'loss', yScale = 'linear', smoothing = 0.01 } = options
  const { width = 860, height = 480 } = options
  const right = width - MARGIN.right
  const bottom = height - MARGIN.bottom
  const columns = Math.max(1, right - MARGIN.left)

  // Zero has no place on a logarithmic axis, so it is drawn as a gap.
  const hidden = (loss: number): boolean => yScale === 'log' && loss <= 0
  const visible = series.map(({ name, points, smooth = true }, place) => ({
    name,
    smooth,
    points: points.map(([step, loss]): Point => [step, hidden(loss) ? NaN : loss]),
    colour: COLOURS[place % COLOURS.length] ?? INK,
  }))

  const drawable = visible.flatMap(({ points }) => points.filter(isDrawable))
  const steps = drawable.map(([step]) => step)
  const [first = 0, last = 1] = extent(steps)
  const x = scaleLinear([first, last > first ? last : first + 1], [MARGIN.left, right])
  const losses = drawable.map(([, loss]) => loss)
  const y = verticalScale(losses, yScale, [bottom, MARGIN.top])
  const path = line<Point>(
    ([step]) => round(x(step)),
    ([, loss]) => round(y(loss)),
  ).defined(isDrawable)

  const grid = (yScale === 'log' ? logTicks(y) : linearTicks(y, 6)).map(({ value, text }) => {
    const at = round(y(value))
    const rule = `<line x1="${MARGIN.left}" x2="${right}" y1="${at}" y2="${at}" stroke="${GRID}"/>`
    return rule + label(text, MARGIN.left - 10, at + 4, `text-anchor="end" fill="${QUIET}"`)
  })
  const whole = steps.every((step) => Number.isInteger(step))
  const axis = linearTicks(x, 8, whole).map(({ value, text }) => {
    const at = round(x(value))
    const tick = `<line x1="${at}" x2="${at}" y1="${bottom}" y2="${bottom + 5}" stroke="${QUIET}"/>`
    return tick + label(text, at, bottom + 21, `text-anchor="middle" fill="${QUIET}"`)
  })

  const curves = visible.map(({ points, smooth, colour }) => {
    const raw = path(thinned(points, columns)) ?? ''
    if (!smooth) {
      const places = points.filter(isDrawable).map(([step, loss]) => [round(x(step)), round(y(loss))] as const)
      const dots = places.map(([across, down]) => `<circle cx="${across}" cy="${down}" r="3.5"/>`)
      return `<path d="${raw}" stroke="${colour}" stroke-width="2"/><g fill="${colour}">${dots.join('')}</g>`
    }
    const trend = path(thinned(smoothed(points, smoothing * points.length), columns)) ?? ''
    return (
      `<path d="${raw}" stroke="${colour}" stroke-width="1" stroke-opacity="0.3"/>` +
      `<path d="${trend}" stroke="${colour}" stroke-width="2.25"/>`
    )
  })

  // Names are measured by eye: 7 pixels a letter at this size, and 40 for the sample of the line and the gap.
  let legendEnd = right
  const legend = visible.toReversed().map(({ name, colour }) => {
    const start = legendEnd - name.length * 7
    legendEnd = start - 44
    const sample = `<line x1="${start - 26}" x2="${start - 6}" y1="42" y2="42" stroke="${colour}" stroke-width="2.25"/>`
    return sample + label(name, start, 46, `fill="${INK}"`)
  })

  const centre = (MARGIN.left + right) / 2
  const middle = (MARGIN.top + bottom) / 2
  const nothing = label('no finite values', centre, middle, `text-anchor="middle" fill="${QUIET}"`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" \
font-family="system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif" font-size="12.5" role="img">
<title>${escape(title)}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${label(title, MARGIN.left, 28, `font-size="18" font-weight="600" fill="${INK}"`)}
${subtitle === undefined ? '' : label(subtitle, MARGIN.left, 48, `fill="${QUIET}"`)}
<g>${legend.join('\n')}</g>
<g>${grid.join('\n')}</g>
<g>${axis.join('\n')}</g>
<line x1="${MARGIN.left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="${QUIET}"/>
${label(xLabel, centre, height - 14, `text-anchor="middle" fill="${INK}"`)}
${label(yLabel, 22, middle, `text-anchor="middle" fill="${INK}" transform="rotate(-90 22 ${round(middle)})"`)}
<g fill="none" stroke-linejoin="round" stroke-linecap="round">${curves.join('\n')}</g>
${drawable.length === 0 ? nothing : ''}
</svg>
`
}
