import { describe, expect, test } from 'vitest'
import type { Program, Shape } from '../../src/contract/contract.ts'
import { layout } from '../../src/lower/layout.ts'
import { Builder, type Sym } from '../../src/ir/builder.ts'
import { traceComposite, type CompositeDefinition } from '../../src/ir/composite.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import type { Joined } from '../../src/lower/join-updates.ts'
import { sideBySide } from '../../src/lower/side-by-side.ts'
import { print } from '../../src/ir/print.ts'
import { verify } from '../../src/composites/programs.ts'

const float = (shape: Shape): { dtype: 'float32'; shape: Shape } => ({ dtype: 'float32', shape })

/** p' = p - lr g as a composite, as optimizers write it. */
const sgd: CompositeDefinition<object> = {
  name: 'test/sgd',
  trace: ([p, g, lr]) => [p!.sub(g!.mul(lr!.expand(p!.shape)))],
  gradient: null,
}
const update = (p: Sym, g: Sym, lr: Sym): Sym => traceComposite(sgd, p.builder, [p, g, lr], {})[0]!

interface Written {
  readonly outputs: readonly Sym[]
  readonly own: readonly (number | null)[]
}
function build(write: (b: Builder) => Written): { program: Program; own: readonly (number | null)[] } {
  const builder = new Builder()
  const { outputs, own } = write(builder)
  return { program: builder.finish(outputs), own }
}
const joinedOf = (
  write: (b: Builder) => Written,
  alignment = 1,
  mayJoin = true,
  allocationBytes = Infinity,
): Joined | null => {
  const { program, own } = build(write)
  return sideBySide(program, own, { alignment, allocationBytes, mayJoin: () => mayJoin })
}

/** Two parameters, the loss of both, their gradients and updates. */
const twoParameters = (b: Builder): Written => {
  const [x, w, c] = [b.input(float([2, 3])), b.input(float([3, 1])), b.input(float([2]))]
  const lr = b.scalar('float32')
  const y = x.dot(w)
  const loss = y.sum([0, 1]).add(c.mul(c).sum([0]))
  const gw = x.dot(y, true)
  const gc = c.add(c)
  return { outputs: [loss, update(w, gw, lr), update(c, gc, lr)], own: [null, 1, 2] }
}

/** x, w and c. */
const OPERANDS = [
  [1, 2, 3, 4, 5, 6],
  [0.5, -1, 2],
  [3, -4],
]

/** Operands of the joined program, from those of the program before. */
function flat(joined: Joined, before: readonly (readonly number[])[]): number[][] {
  return [
    ...joined.inputs.map((input) => [...before[input]!]),
    ...joined.rows.map(({ inputs, offsets, type }) => {
      const whole = new Array<number>(type.shape[0]!).fill(0)
      inputs.forEach((input, i) => before[input]!.forEach((x, at) => (whole[offsets[i]! / 4 + at] = x)))
      return whole
    }),
  ]
}

test('before and after, with places at multiples of 16 bytes', () => {
  const { program } = build(twoParameters)
  const joined = joinedOf(twoParameters, 16)!
  verify(joined.program)
  expect(`${print(program)}\n=>\n${print(joined.program)}`).toMatchSnapshot()
  expect(joined.rows.map(({ inputs, outputs, offsets }) => ({ inputs, outputs, offsets }))).toEqual([
    { inputs: [1, 2], outputs: [1, 2], offsets: [0, 16] },
  ])
  expect([joined.inputs, joined.outputs]).toEqual([[0], [0]])
})

test.each([1, 16])('it means the same, at multiples of %i bytes', (alignment) => {
  const { program } = build(twoParameters)
  const joined = joinedOf(twoParameters, alignment)!
  const wanted = evaluate(program, OPERANDS, [0.25])
  const got = evaluate(joined.program, flat(joined, OPERANDS), [0.25])
  joined.outputs.forEach((output, i) => expect(got[i]).toEqual(wanted[output]))
  const [row] = joined.rows
  row!.outputs.forEach((output, i) => {
    const start = row!.offsets[i]! / 4
    expect([...got.at(-1)!].slice(start, start + wanted[output]!.length)).toEqual([...wanted[output]!])
  })
})

test('nothing is copied: parts of the row are read and gradients are computed where they lie', () => {
  const { silent } = layout(joinedOf(twoParameters, 16)!.program)
  const { nodes } = joinedOf(twoParameters, 16)!.program
  const working = nodes.filter((_, i) => !silent[i]).map(({ op }) => op)
  expect(working).not.toContain('slice')
  expect(working).not.toContain('concat')
  expect(working.filter((op) => op === 'test/sgd')).toHaveLength(1)
})

test('what is done to every gradient is done to all at once', () => {
  const clipped = (b: Builder): Written => {
    const [x, w, c] = [b.input(float([2, 3])), b.input(float([3, 1])), b.input(float([2]))]
    const [lr, factor] = [b.scalar('float32'), b.scalar('float32')]
    const gradients = [x.dot(x.dot(w), true), c.exp()]
    const scaled = gradients.map((g) => g.mul(factor.expand(g.shape)))
    return { outputs: [update(w, scaled[0]!, lr), update(c, scaled[1]!, lr)], own: [1, 2] }
  }
  const { program } = build(clipped)
  const joined = joinedOf(clipped, 16)!
  expect(joined.program.nodes.filter(({ op }) => op === 'mul')).toHaveLength(1)
  const wanted = evaluate(program, OPERANDS, [0.25, 0.5])
  const [got] = evaluate(joined.program, flat(joined, OPERANDS), [0.25, 0.5])
  const { offsets } = joined.rows[0]!
  wanted.forEach((values, i) =>
    expect([...got!].slice(offsets[i]! / 4, offsets[i]! / 4 + values.length)).toEqual([...values]),
  )
})

describe('what stays apart', () => {
  test('one parameter alone', () => {
    expect(
      joinedOf((b) => {
        const [p, x] = [b.input(float([2])), b.input(float([2]))]
        return { outputs: [update(p, x.exp(), b.scalar('float32'))], own: [0] }
      }),
    ).toBeNull()
  })
  test('updates with numbers of their own', () => {
    expect(
      joinedOf((b) => {
        const [p, q, x] = [b.input(float([2])), b.input(float([3])), b.input(float([2]))]
        const [a, c] = [b.scalar('float32'), b.scalar('float32')]
        return { outputs: [update(p, x.exp(), a), update(q, q.exp(), c)], own: [0, 1] }
      }),
    ).toBeNull()
  })
  test('a gradient that is an operand, or a result: it would have to be copied', () => {
    const write = (b: Builder, given: boolean): Written => {
      const [p, q, x] = [b.input(float([2])), b.input(float([3])), b.input(float([2]))]
      const lr = b.scalar('float32')
      const g = given ? x : x.exp()
      return { outputs: [update(p, g, lr), update(q, q.exp(), lr), ...(given ? [] : [g])], own: [0, 1, null] }
    }
    expect(joinedOf((b) => write(b, true))).toBeNull()
    expect(joinedOf((b) => write(b, false))).toBeNull()
  })
  test('where a new value is read before all are there', () => {
    expect(
      joinedOf((b) => {
        const [p, q] = [b.input(float([2])), b.input(float([3]))]
        const lr = b.scalar('float32')
        const next = update(p, p.exp(), lr)
        return { outputs: [next, update(q, next.sum([0]).expand([3]).exp(), lr)], own: [0, 1] }
      }),
    ).toBeNull()
  })
  test('a new value that is returned as well', () => {
    expect(
      joinedOf((b) => {
        const { outputs, own } = twoParameters(b)
        return { outputs: [...outputs, outputs[1]!], own: [...own, null] }
      }),
    ).toBeNull()
  })
  test('where the caller has other plans with the state', () => {
    expect(joinedOf(twoParameters, 1, false)).toBeNull()
  })
})

test('new values are read after all are there, as parts of the row', () => {
  const write = (b: Builder): Written => {
    const { outputs, own } = twoParameters(b)
    return { outputs: [...outputs, outputs[1]!.exp()], own: [...own, null] }
  }
  const { program } = build(write)
  const joined = joinedOf(write)!
  const wanted = evaluate(program, OPERANDS, [0.25])
  const got = evaluate(joined.program, flat(joined, OPERANDS), [0.25])
  joined.outputs.forEach((output, i) => expect(got[i]).toEqual(wanted[output]))
})
