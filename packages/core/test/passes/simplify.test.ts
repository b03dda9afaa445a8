import { describe, expect, test } from 'vitest'
import type { Shape } from '../../src/backend/contract.ts'
import { Builder, type Sym } from '../../src/ir/builder.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import { simplify } from '../../src/ir/passes/simplify.ts'
import { print } from '../../src/ir/print.ts'
import { randomProgram } from '../../src/ir/random-program.ts'
import { verify } from '../../src/ir/verify.ts'

test('simplified random programs are valid and give the same float32 numbers', () => {
  for (let seed = 5000; seed < 6000; seed++) {
    const { program, inputs, scalars } = randomProgram(seed)
    const simple = simplify(program)
    verify(simple)
    expect(
      evaluate(simple, inputs, scalars, { round: 'float32' }),
      `seed ${seed}\n${print(program)}\n${print(simple)}`,
    ).toEqual(evaluate(program, inputs, scalars, { round: 'float32' }))
  }
})

describe('before and after', () => {
  const float = (shape: Shape): { dtype: 'float32'; shape: Shape } => ({ dtype: 'float32', shape })
  const both = (write: (b: Builder) => Sym[]): string => {
    const builder = new Builder()
    const before = builder.finish(write(builder))
    return `${print(before)}\n=>\n${print(simplify(before))}`
  }
  test('constants', () => {
    expect(
      both((b) => [
        b
          .input(float([2]))
          .mul(b.fill('float32', [2], 1).div(3))
          .add(b.fill('float32', [2], 2).sqrt()),
      ]),
    ).toMatchSnapshot()
  })
  test('operations that change nothing', () => {
    expect(
      both((b) => {
        const x = b.input(float([2, 3]))
        return [x.mul(1).sub(0).neg().neg().div(1)]
      }),
    ).toMatchSnapshot()
  })
  test('division by a power of two is a product, and by another number it stays', () => {
    expect(
      both((b) => {
        const x = b.input(float([2]))
        return [x.div(8), x.div(3)]
      }),
    ).toMatchSnapshot()
  })
  test('transposes fold into dot', () => {
    expect(
      both((b) => {
        const [x, w] = [b.input(float([2, 4, 3])), b.input(float([2, 5, 4]))]
        return [x.permute([0, 2, 1]).dot(w.transpose()), x.dot(w.permute([1, 0, 2]).permute([1, 2, 0]), true)]
      }),
    ).toMatchSnapshot()
  })
  test('x + 0 stays, because it makes -0 into 0', () => {
    expect(both((b) => [b.input(float([2])).add(0)])).toMatchSnapshot()
  })
})
