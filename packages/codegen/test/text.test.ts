import { expect, test } from 'vitest'
import { identity, place, plus, times, withoutSizes } from '../src/index.ts'

test('places are written without what changes nothing', () => {
  expect(place(['i0', 'i1', 'i2'], [12, 0, 1])).toBe('i0 * 12 + i2')
  expect(place(['i0'], [0])).toBe(0)
  expect(plus(times('i', 1), times(3, 4))).toBe('i + 12')
})
test('numbers that are no sizes stay', () => {
  const source =
    'for (let i0 = 0; i0 < 3; i0++) r12[i0 * 4 + 100] = (-0.5) * x1[0] + 1e-17 * 0.01 - fround(2147483648.5)'
  const { text, sizes } = withoutSizes(source)
  expect(text).toBe('for (let i0 = 0; i0 < n0; i0++) r12[i0 * 4 + n1] = (-0.5) * x1[0] + 1e-17 * n2 - fround(n3)')
  expect(sizes).toEqual([3, 100, 0.01, 2147483648.5])
})
test('a reduction of nothing is what changes nothing', () => {
  expect(identity('sum', 'int32')).toBe(0)
  expect(identity('prod', 'float32')).toBe(1)
  expect(identity('max', 'float32')).toBe(-Infinity)
  expect([identity('max', 'int32'), identity('min', 'int32')]).toEqual([-2147483648, 2147483647])
  expect([identity('max', 'uint8'), identity('min', 'uint8')]).toEqual([0, 255])
})
