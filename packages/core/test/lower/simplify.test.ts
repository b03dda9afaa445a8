import { describe, expect, test } from 'vitest'
import type { Program, Shape } from '../../src/contract/contract.ts'
import { Builder, type Sym } from '../../src/ir/builder.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import { inline } from '../../src/ir/inline.ts'
import { simplify } from '../../src/lower/simplify.ts'
import { print } from '../../src/ir/print.ts'
import { randomProgram } from '../../src/ir/random-program.ts'
import { verify } from '../../src/composites/programs.ts'

test('simplified random programs are valid and give the same float32 numbers', () => {
  for (let seed = 5000; seed < 6000; seed++) {
    const { program, inputs, scalars } = randomProgram(seed)
    const simple = simplify(program)
    verify(simple)
    expect(
      evaluate(simple, inputs, scalars, { round: true }),
      `seed ${seed}\n${print(program)}\n${print(simple)}`,
    ).toEqual(evaluate(program, inputs, scalars, { round: true }))
  }
})

test('bodies of composites that a backend does not run are written, also of those in bodies', () => {
  const type = { dtype: 'float32', shape: [3] } as const
  /** One of one operand and one result. */
  const composite = (write: (x: Sym) => Sym): Program => {
    const builder = new Builder()
    return builder.finish([write(builder.input(type))])
  }
  const inner = composite((x) => x.mul(1).exp())
  const outer = composite((x) => x.builder.node('inner', {}, [x.neg().neg()], [type], inner)[0]!.add(2))
  const builder = new Builder()
  const x = builder.input(type)
  builder.origin = 'layer'
  const [y] = builder.node('outer', {}, [x], [type], outer)
  builder.origin = undefined
  const [z] = builder.node('kept', {}, [y!], [type], inner)
  const program = builder.finish([z!])
  for (const runs of [new Set<string>(), new Set(['kept']), new Set(['inner', 'kept']), new Set(['outer'])]) {
    const simple = simplify(program, runs)
    expect(print(simple)).toBe(print(simplify(inline(program, runs))))
    expect(simple.nodes.map(({ origin }) => origin)).toEqual(
      simplify(inline(program, runs)).nodes.map(({ origin }) => origin),
    )
    expect(simple.nodes.every(({ op, body }) => body === undefined || runs.has(op))).toBe(true)
  }
  expect(print(simplify(program))).toBe(print(program))
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
        return [x.mul(1).sub(0).neg().neg().div(1).reshape([2, 1, 3]).flip([1])]
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
  test('a permutation that moves only axes of one element is a reshape', () => {
    expect(
      both((b) => {
        const x = b.input(float([2, 1, 3, 1]))
        return [x.permute([1, 0, 3, 2]), x.permute([2, 1, 0, 3])]
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
