/** Every primitive against its definition, in every dtype of the backend, on the cases that the cpu backend is held to. */
import { DTYPES, type DType, type Primitive } from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { cases, type Case } from '../../cpu/test/cases.ts'
import { define, oneNode, run, type Operand } from '../../cpu/test/one-node.ts'
import { ulps } from '../../cpu/test/ulps.ts'
import { wasm } from '../src/index.ts'

const backend = await wasm()

/** The bounds of the conformance kit in units in the last place; the definition itself may be one off in erf. */
const ROUNDED: Readonly<Partial<Record<Primitive, number>>> = {
  exp: 4,
  expm1: 4,
  log: 4,
  log1p: 4,
  sin: 4,
  cos: 4,
  atan: 4,
  tanh: 4,
  erf: 4,
  pow: 4,
}

const dtypeOf = ({ attrs, operands }: Case<Primitive>): DType =>
  'dtype' in attrs && operands.length === 0 ? attrs.dtype : operands[0]!.dtype
const isDeclared = (item: Case<Primitive>): boolean =>
  [
    dtypeOf(item),
    ...item.operands.map(({ dtype }) => dtype),
    ...('dtype' in item.attrs ? [item.attrs.dtype] : []),
  ].every((dtype) => backend.capabilities.dtypes.has(dtype))

function show({ attrs, operands }: Case<Primitive>): string {
  const types = operands.map(({ dtype, shape }: Operand) => `${dtype}[${shape.join(',')}]`)
  return `${JSON.stringify(attrs)} ${types.join(' ')}`
}

describe.each(Object.keys(cases) as Exclude<Primitive, 'reshape'>[])('%s', (op) => {
  const list = (cases[op]() as Case<Primitive>[]).filter(isDeclared)
  test.each([...new Set(list.map(dtypeOf))])('%s gives what the primitive means', (dtype) => {
    for (const item of list) {
      const { attrs, operands } = item
      if (dtype !== dtypeOf(item)) continue
      const got = run(backend, oneNode(op, attrs as never, operands), operands)
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
