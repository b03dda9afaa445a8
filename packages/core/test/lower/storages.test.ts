/** Backends that can bind few storages at a time get loops that touch no more. */
import { expect, test } from 'vitest'
import type { Node, Program, Shape } from '../../src/contract/contract.ts'
import { LOOP } from '../../src/contract/loop.ts'
import { valuesOf } from '../../src/contract/values.ts'
import { Builder, type Sym } from '../../src/ir/builder.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import { randomProgram } from '../../src/ir/random-program.ts'
import { donations } from '../../src/lower/donation.ts'
import { fuse } from '../../src/lower/fuse.ts'
import { layout } from '../../src/lower/layout.ts'
import { lower } from '../../src/lower/lower.ts'

const float = (shape: Shape): { dtype: 'float32'; shape: Shape } => ({ dtype: 'float32', shape })
const runs = new Set([LOOP])
const LIMITS = { allocationBytes: 2 ** 30, alignment: 1 }
const loopsOf = ({ nodes }: Program): Node[] => nodes.filter(({ op }) => op === LOOP)

/** The most storages that a loop touches, wherever its values may be placed. */
function most(program: Program): number {
  const { starts } = valuesOf(program)
  const plans = [layout(program), layout(program, { alignment: 256, inPlace: ['scatterAdd'] })]
  return Math.max(
    0,
    ...plans.flatMap(({ places }) =>
      program.nodes.map(({ op, args, types }, i) => {
        const values = [...args, ...types.map((_, k) => starts[i]! + k)]
        return op === LOOP ? new Set(values.map((value) => `${places[value]!.of} ${places[value]!.index}`)).size : 0
      }),
    ),
  )
}

/** x0 + x1 + ... of so many inputs. */
function sum(count: number): Program {
  const builder = new Builder()
  const inputs = Array.from({ length: count }, () => builder.input(float([16])))
  return builder.finish([inputs.reduce((total, x) => total.add(x))])
}

test('a sum of twelve touches thirteen storages, in two loops of at most eight', () => {
  const [free, bound] = [lower(sum(12), { runs }), lower(sum(12), { runs, limits: { ...LIMITS, storages: 8 } })]
  expect([loopsOf(free).length, most(free)]).toEqual([1, 13])
  expect([loopsOf(bound).length, most(bound)]).toEqual([2, 8])
  const values = Array.from({ length: 12 }, (_, i) => Array.from({ length: 16 }, () => i))
  expect(evaluate(bound, values)).toEqual(evaluate(free, values))
})
test('what lies in scratch is one storage, however many values it is', () => {
  const builder = new Builder()
  const x = builder.input(float([8, 8]))
  const products = Array.from({ length: 12 }, (_, i) => x.mul(i + 2).dot(x))
  const program = builder.finish([products.reduce((total, y) => total.add(y)).sum([0, 1])])
  expect(fuse(program, { storages: 4 })).toEqual(fuse(program))
})
test('an update of an optimizer, with its numbers, stays one loop of eight', () => {
  const builder = new Builder()
  const [p, m, v, g] = Array.from({ length: 4 }, () => builder.input(float([32]))) as [Sym, Sym, Sym, Sym]
  const [b1, b2, lr, eps] = Array.from({ length: 4 }, () => builder.scalar('float32').expand([32])) as [
    Sym,
    Sym,
    Sym,
    Sym,
  ]
  const next = m.mul(b1).add(g)
  const square = v.mul(b2).add(g.mul(g))
  const program = builder.finish([p.sub(next.mul(lr).div(square.sqrt().add(eps))), next, square])
  expect(loopsOf(fuse(program, { storages: 8 })).length).toBe(1)
  expect(loopsOf(fuse(program, { storages: 7 })).length).toBeGreaterThan(1)
})
test.each([4, 5, 6])('loops of random programs touch at most %i storages, and mean the same', (storages) => {
  let beyond = 0
  for (let seed = 0; seed < 400; seed++) {
    const { program, inputs, scalars } = randomProgram(seed, { maxNodes: 40 })
    const free = lower(program, { runs })
    const bound = lower(program, { runs, limits: { ...LIMITS, storages } })
    beyond += Number(most(free) > storages)
    const donated = {
      ...bound,
      donated: donations(
        bound,
        bound.outputs.map((_, i) => (i < program.inputs.length ? i : null)),
      ),
    }
    expect(Math.max(most(bound), most(donated)), `seed ${seed}`).toBeLessThanOrEqual(storages)
    if (most(free) > storages || seed % 8 === 0)
      expect(evaluate(bound, inputs, scalars), `seed ${seed}`).toEqual(evaluate(free, inputs, scalars))
  }
  // Without the bound many would touch more.
  expect(beyond).toBeGreaterThan(5)
})
