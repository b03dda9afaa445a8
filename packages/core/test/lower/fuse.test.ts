import { describe, expect, test } from 'vitest'
import { Builder } from '../../src/ir/builder.ts'
import { LOOP } from '../../src/contract/loop.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import { inline } from '../../src/ir/inline.ts'
import { fuse } from '../../src/lower/fuse.ts'
import { print } from '../../src/ir/print.ts'
import { randomProgram } from '../../src/ir/random-program.ts'
import { verify } from '../../src/composites/programs.ts'
import type { Shape } from '../../src/contract/contract.ts'

const float = (shape: Shape): { dtype: 'float32'; shape: Shape } => ({ dtype: 'float32', shape })

test('fused random programs are valid and mean the same, and inlining undoes the fusion', () => {
  let loops = 0
  for (let seed = 0; seed < 1000; seed++) {
    const { program, inputs, scalars } = randomProgram(seed)
    const fused = fuse(program)
    verify(fused)
    loops += fused.nodes.filter((node) => node.op === LOOP).length
    const wanted = evaluate(program, inputs, scalars)
    expect(evaluate(fused, inputs, scalars), `seed ${seed}\n${print(program)}\n${print(fused)}`).toEqual(wanted)
    expect(evaluate(inline(fused), inputs, scalars)).toEqual(wanted)
  }
  expect(loops).toBeGreaterThan(500)
})

describe('what becomes one loop', () => {
  const build = (write: (b: Builder) => ReturnType<Builder['input']>[]): string => {
    const builder = new Builder()
    const outputs = write(builder)
    return print(fuse(builder.finish(outputs)))
  }
  test('a chain with broadcasts and constants', () => {
    expect(
      build((b) => {
        const [x, bias] = [b.input(float([4, 3])), b.input(float([3]))]
        const y = x.add(bias.expand([4, 3]))
        return [y.le(0).where(0, y)]
      }),
    ).toMatchSnapshot()
  })
  test('a chain with the reduction at its end', () => {
    expect(
      build((b) => {
        const [x, y] = [b.input(float([4, 3])), b.input(float([4, 3]))]
        const d = x.sub(y)
        return [d.mul(d).sum([0, 1]).div(12)]
      }),
    ).toMatchSnapshot()
  })
  test('softmax is three loops: the maximum, the exponentials with their sum, the quotient', () => {
    expect(
      build((b) => {
        const x = b.input(float([4, 3]))
        const e = x.sub(x.max([1]).restore([1], [4, 3])).exp()
        return [e.div(e.sum([1]).restore([1], [4, 3]))]
      }),
    ).toMatchSnapshot()
  })
  test('nothing moves across a matrix product that needs it', () => {
    expect(
      build((b) => {
        const [x, w] = [b.input(float([2, 2])), b.input(float([2, 2]))]
        const y = x.mul(2)
        return [y.dot(w).add(y)]
      }),
    ).toMatchSnapshot()
  })
})
