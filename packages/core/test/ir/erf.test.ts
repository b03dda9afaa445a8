import { expect, test } from 'vitest'
import { erf } from '../../src/ir/definitions/erf.ts'

/** By mpmath with 40 digits, rounded to float64; dense where the series hands over to the continued fraction. */
const table = [
  [0.0009765625, 0.0011019324300718147],
  [0.1015625, 0.11420819127001174],
  [0.375, 0.4041169094348223],
  [0.625, 0.623240882188418],
  [0.734375, 0.700992018342234],
  [0.7490234375, 0.7105273113963063],
  [0.75, 0.7111556336535151],
  [0.7509765625, 0.7117830361907261],
  [0.8125, 0.749464025586362],
  [0.9375, 0.8151024010343998],
  [1.125, 0.8883882317017078],
  [1.75, 0.9866716712191824],
  [2.5, 0.999593047982555],
  [3.5, 0.9999992569016276],
  [4.5, 0.9999999998033839],
  [5.5, 0.9999999999999927],
  [5.9375, 1.0],
] as const

test('erf is within one unit in the last place', () => {
  for (const [x, want] of table) {
    const ulp = 2 ** (Math.floor(Math.log2(want)) - 52)
    expect(Math.abs(erf(x) - want) / ulp, `erf(${x})`).toBeLessThanOrEqual(1)
  }
})

test('erf is odd, and grows', () => {
  for (let x = 0; x < 6.5; x += 0.001) {
    expect(erf(-x)).toBe(-erf(x))
    expect(erf(x + 0.001)).toBeGreaterThanOrEqual(erf(x))
  }
})
