/** Windows and convolutions: every tap that meets an element is taken once, and no other. */
import { expect, test } from 'vitest'
import { planConv, planWindows, positionsInside, tapsInside } from '../src/index.ts'
import { infer } from '../../core/src/ir/infer.ts'
import { Random } from '../../core/src/ir/random-program/random.ts'
import { typeOf } from '../../core/src/ir/type.ts'

const random = new Random(3)
const from = (least: number, count: number): number => least + random.integer(0, count - 1)

test('taps inside are those that meet an element', () => {
  for (let i = 0; i < 500; i++) {
    const axis = { size: from(1, 6), taps: from(1, 4), stride: from(1, 3), dilation: from(1, 3), low: from(-2, 5) }
    for (let position = 0; position < 6; position++) {
      const meets = [...Array(axis.taps).keys()].filter((t) => {
        const at = position * axis.stride - axis.low + t * axis.dilation
        return at >= 0 && at < axis.size
      })
      const { first, count, at } = tapsInside(axis, position)
      expect([...Array(count).keys()].map((t) => first + t)).toEqual(meets)
      if (count > 0) expect(at).toBe(position * axis.stride - axis.low + first * axis.dilation)
    }
  }
})
test('positions inside miss no tap, and all others do', () => {
  const window = { window: [3], strides: [2], padding: [[3, 3]], dilation: [2] } as const
  const x = typeOf('float32', [2, 11])
  const { planes, axes } = planWindows(window, x, infer('windowSum', window, [x])[0]!)
  expect(planes).toBe(2)
  const [begin, end] = positionsInside(axes[0]!)
  for (let position = 0; position < axes[0]!.positions; position++)
    expect(tapsInside(axes[0]!, position).count === 3).toBe(position >= begin && position < end)
})

test('the parts of a convolution multiply every element under a tap once', () => {
  let split = 0
  for (let i = 0; i < 300; i++) {
    const attrs = {
      strides: [from(1, 2), from(1, 2)],
      padding: [[from(-1, 4), from(0, 3)], [from(0, 3), from(0, 3)]], // prettier-ignore
      dilation: [from(1, 2), from(1, 2)],
      inputDilation: [from(1, 3), from(1, 3)],
      groups: 1,
    } as const
    const [x, w] = [
      typeOf('float32', [2, 1, from(3, 4), from(3, 4)]),
      typeOf('float32', [1, 1, from(1, 3), from(1, 3)]),
    ]
    let out
    try {
      out = infer('conv', attrs, [x, w])[0]!
    } catch {
      continue
    }
    const plan = planConv(attrs, x, w, out, from(0, 2) * 20)
    split += Number(plan.isSplit)
    for (const axis of [0, 1]) {
      const met = new Map<string, number>()
      const { phases, low, by, padded } = plan.axes[axis]!
      for (const { positions, taps, at } of phases)
        for (let p = 0; p < positions.count; p++)
          for (let t = 0; t < taps.count; t++) {
            const position = positions.first + p * positions.step
            // Element of the padded copy, as the tables of a backend find it.
            const place = at + p * attrs.strides[axis]! + t * attrs.dilation[axis]!
            expect(place >= 0 && place < padded).toBe(true)
            const source = (place - low) / by
            if (Number.isInteger(source) && source >= 0 && source < x.shape[axis + 2]!)
              met.set(`${position},${taps.first + t * taps.step}`, source)
          }
      for (let position = 0; position < out.shape[axis + 2]!; position++)
        for (let tap = 0; tap < w.shape[axis + 2]!; tap++) {
          const at = position * attrs.strides[axis]! - attrs.padding[axis]![0] + tap * attrs.dilation[axis]!
          const source = at / attrs.inputDilation[axis]!
          const meets = Number.isInteger(source) && source >= 0 && source < x.shape[axis + 2]!
          expect(met.get(`${position},${tap}`)).toBe(meets ? source : undefined)
        }
    }
  }
  expect(split).toBeGreaterThan(20)
})
