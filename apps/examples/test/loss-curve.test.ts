import { expect, test } from 'vitest'
import { lossCurve, smoothed, thinned, type Point } from '../src/loss-curve.ts'

const falling = (length: number): Point[] => Array.from({ length }, (_, step) => [step + 1, 2 / (step + 1)])
const labels = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text)
const paths = (svg: string): string[] => [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, path = '']) => path)

test('a curve is one SVG document that refers to nothing outside', () => {
  const svg = lossCurve([{ name: 'train', points: falling(100) }])
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 860 480"/)
  expect(svg.trimEnd()).toMatch(/<\/svg>$/)
  expect(svg).not.toMatch(/href|url\(|<script|<style|NaN|undefined/)
})

test('title, axes, ticks and legend are labelled', () => {
  const svg = lossCurve([{ name: 'train', points: falling(100) }], { title: 'Digits', xLabel: 'batch', yLabel: 'nats' })
  expect(labels(svg)).toEqual(expect.arrayContaining(['Digits', 'batch', 'nats', 'train', '0.0', '2.0', '20', '100']))
})

test('text is escaped', () => {
  const svg = lossCurve([{ name: 'a < b & "c"', points: falling(3) }])
  expect(svg).toContain('a &lt; b &amp; &quot;c&quot;')
})

test('a smoothed series is two lines, an unsmoothed one has a dot at each point', () => {
  expect(paths(lossCurve([{ name: 'train', points: falling(10) }]))).toHaveLength(2)
  const svg = lossCurve([{ name: 'test', points: falling(10), smooth: false }])
  expect(paths(svg)).toHaveLength(1)
  expect(svg.match(/<circle/g)).toHaveLength(10)
})

test('a line ends where the loss is not finite and begins again after it', () => {
  const points: Point[] = [...falling(5), [6, NaN], [7, Infinity], [8, 1], [9, 1]]
  for (const path of paths(lossCurve([{ name: 'train', points }]))) expect(path.match(/M/g)).toHaveLength(2)
})

test('without one finite value the curve says so', () => {
  for (const points of [[], [[1, NaN]]] as Point[][]) {
    expect(labels(lossCurve([{ name: 'train', points }]))).toContain('no finite values')
  }
})

test('a logarithmic axis has 1, 2 and 5 of each decade, and leaves zero out', () => {
  const points: Point[] = [
    [1, 2.5],
    [2, 0],
    [3, 0.04],
  ]
  const svg = lossCurve([{ name: 'train', points, smooth: false }], { yScale: 'log' })
  expect(labels(svg)).toEqual(expect.arrayContaining(['0.05', '0.1', '0.2', '0.5', '1', '2']))
  expect(svg.match(/<circle/g)).toHaveLength(2)
})

test('smoothing keeps a straight line straight, away from its ends', () => {
  const straight = Array.from({ length: 101 }, (_, step): Point => [step, 3 - 0.01 * step])
  // The weights b^|i-j| are alike on both sides of the middle, so that the average there is the middle value.
  expect(smoothed(straight, 5)[50]?.[1]).toBeCloseTo(2.5, 12)
})

test('smoothing weighs a neighbour at distance d by b^d', () => {
  // reach 1 / ln 2, so b = 1/2: (1/2 * 1 + 4 + 1/2 * 1) / (1/2 + 1 + 1/2) = 2.5
  const points: Point[] = [
    [0, 1],
    [1, 4],
    [2, 1],
  ]
  expect(smoothed(points, 1 / Math.LN2)[1]?.[1]).toBeCloseTo(2.5, 12)
  expect(smoothed(points, 0)).toEqual(points)
})

test('thinning keeps the extremes and the gaps of a long curve', () => {
  const points = Array.from({ length: 100_000 }, (_, step): Point => [step, Math.sin(step / 5000)])
  points[777] = [777, 9]
  points[888] = [888, -9]
  points[50_000] = [50_000, NaN]
  const kept = thinned(points, 700)
  expect(kept.length).toBeLessThan(2200)
  expect(kept).toEqual(expect.arrayContaining([points[777], points[888], points[50_000]]))
  expect(kept.map(([step]) => step)).toEqual(kept.map(([step]) => step).toSorted((a, b) => a - b))
})

test('thinning a curve that never changes still thins it', () => {
  const flat = Array.from({ length: 100_000 }, (_, step): Point => [step, 1])
  expect(thinned(flat, 700).length).toBeLessThan(2200)
})
