/** Every kernel against the definition of its primitive, in every dtype it takes. */
import { DTYPES, type Primitive } from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { kernels } from '../src/kernels/index.ts'
import { cases, type Case } from './cases.ts'
import { apply, define, type Operand } from './one-node.ts'
import { ulps } from './ulps.ts'

/** Functions that are not exact: they and the definition may each be wrong by one unit in the last place. */
const ROUNDED: Readonly<Partial<Record<Primitive, number>>> = { pow: 1, erf: 2 }

function show({ attrs, operands }: Case<Primitive>): string {
  const types = operands.map(({ dtype, shape }: Operand) => `${dtype}[${shape.join(',')}]`)
  return `${JSON.stringify(attrs)} ${types.join(' ')}`
}

test('the table has a kernel for every primitive, and each has cases', () => {
  expect(Object.keys(kernels).toSorted()).toEqual(Object.keys(cases).toSorted())
})

describe.each(Object.keys(cases) as Exclude<Primitive, 'reshape'>[])('%s', (op) => {
  const list = cases[op]() as Case<Primitive>[]
  const dtypes = [
    ...new Set(
      list.map(({ attrs, operands }) => ('dtype' in attrs && operands.length === 0 ? attrs.dtype : operands[0]!.dtype)),
    ),
  ]
  test.each(dtypes)('%s gives what the primitive means', (dtype) => {
    for (const item of list) {
      const { attrs, operands } = item
      if (dtype !== ('dtype' in attrs && operands.length === 0 ? attrs.dtype : operands[0]!.dtype)) continue
      const got = apply(op, attrs as never, ...operands)
      const want = define(op, attrs as never, ...operands)
      const allowed = DTYPES[dtype].kind === 'float' ? (ROUNDED[op] ?? 0) : 0
      expect(got.map((values) => values.length)).toEqual(want.map((values) => values.length))
      got.forEach((values, k) =>
        values.forEach((value, i) => {
          if (!(ulps(value, want[k]![i]!, dtype) <= allowed))
            expect.fail(
              `${op} ${show(item)}: result ${k}, index ${i} of ${values.length} is ${value}, want ${want[k]![i]}`,
            )
        }),
      )
    }
  })
})
