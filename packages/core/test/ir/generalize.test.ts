/** Programs at several sizes become one for all sizes, exactly, or are refused with the place that cannot be general. */
import { describe, expect, test } from 'vitest'
import { assert, integer, property } from 'fast-check'
import type { Program, TensorType } from '../../src/contract/contract.ts'
import { Builder, fromJSON, GeneralProgram, generalize, print, toJSON, typeOf, type Sizes } from '../../src/ir.ts'
import { formulaAt, formulaText, type Formula } from '../../src/generalize/formula.ts'
import { Grid, solve } from '../../src/generalize/solve.ts'

const TRIED = { batch: [37, 102, 211] }
const f = (...shape: readonly number[]): TensorType => typeOf('float32', shape)
/** A program over one input. */
function program(
  shape: readonly number[],
  write: (x: ReturnType<Builder['input']>, builder: Builder) => ReturnType<Builder['input']>,
): Program {
  const builder = new Builder()
  return builder.finish([write(builder.input(f(...shape)), builder)])
}

describe('formulas', () => {
  const grid = new Grid({ n: [37, 102, 211], m: [41, 90, 150] })
  const solved = (of: (n: number, m: number) => number): string | null => {
    const found = solve(
      grid,
      grid.points.map(({ n, m }) => of(n!, m!)),
    )
    return found === null ? null : formulaText(found)
  }
  test('of the family', () => {
    expect(solved((n) => 4 * n)).toBe('4 n')
    expect(solved((n, m) => n * m - 3 * m + 7)).toBe('n m - 3 m + 7')
    expect(solved((n) => -n / 2)).toBe('-n / 2')
    expect(solved((n, m) => 1 / (n * m))).toBe('1 / (n m)')
    expect(solved((n) => 3 / n)).toBe('3 / n')
    expect(solved((n, m) => (n * m) / (n * m - 1))).toBe('n m / (n m - 1)')
    expect(solved((n) => (n - 1) / n)).toBe('(n - 1) / n')
    expect(solved((n) => Math.sqrt(n))).toBe('sqrt(n)')
    expect(solved((n, m) => 1 / Math.sqrt(n * m))).toBe('1 / sqrt(n m)')
  })
  test('outside of it there is none', () => {
    expect(solved((n) => Math.floor(n / 2))).toBeNull()
    expect(solved((n) => n * n)).toBeNull()
    expect(solved((n, m) => Math.min(n, m))).toBeNull()
    expect(solved((n) => Math.log(n))).toBeNull()
    // (56 - n) / (20 - n) goes through these.
    const few = new Grid({ n: [8, 11, 14] })
    expect(
      solve(
        few,
        few.points.map(({ n }) => Math.floor(n! / 2)),
      ),
    ).toBeNull()
  })
  test('four values of a size find squares', () => {
    const squares = new Grid({ n: [37, 102, 211, 150] })
    expect(squares.points.map(({ n }) => n)).toEqual([37, 102, 211, 150])
    expect(
      formulaText(
        solve(
          squares,
          squares.points.map(({ n }) => n! * n! + 1),
        )!,
      ),
    ).toBe('n n + 1')
  })
  test('what was solved holds at every size', () => {
    const small = integer({ min: -9, max: 9 })
    assert(
      property(small, small, small, small, integer({ min: 1, max: 6 }), (a, b, c, d, over) => {
        const of = ({ n, m }: Sizes): number => (a * n! * m! + b * n! + c * m! + d) / over
        const found: Formula | null = solve(grid, grid.points.map(of))
        // Where nothing depends on a size there is nothing to solve.
        if (found === null) return a === 0 && b === 0 && c === 0 && d === 0
        return [2, 3, 64, 1000].every((n) => [2, 5, 77].every((m) => formulaAt(found, { n, m }) === of({ n, m }) + 0))
      }),
    )
  })
})

describe('a general program', () => {
  const normed = (batch: number): Program =>
    program([batch, 4], (x) => {
      const mean = x.sum([0]).mul(1 / batch)
      return x
        .sub(mean.restore([0], x.shape))
        .mul(batch / (batch - 1))
        .reshape([batch * 4])
    })
  const general = generalize(({ batch }) => normed(batch!), TRIED)

  test('is at any size what was written there', () => {
    for (const batch of [2, 5, 64, 1000]) expect(toJSON(general.at({ batch }))).toEqual(toJSON(normed(batch)))
    expect(general.unsolved).toEqual([])
  })
  test('goes through JSON', () => {
    const again = new GeneralProgram(
      JSON.parse(JSON.stringify(general)) as ConstructorParameters<typeof GeneralProgram>[0],
    )
    expect(again.at({ batch: 9 })).toEqual(fromJSON(toJSON(normed(9))))
    expect(again).toEqual(general)
  })
  test('tells elements of equal size apart, and merges bodies that are alike', () => {
    const twice = (batch: number): Program => {
      const builder = new Builder()
      const body = program([batch], (x) => x.exp())
      const other = program([37], (x) => x.exp())
      const [x, y] = [builder.input(f(batch)), builder.input(f(37))]
      const inner = (of: Program, arg: typeof x): typeof x => builder.node('test/glow', {}, [arg], [arg.type], of)[0]!
      return builder.finish([inner(body, x), inner(body, inner(body, x)), inner(batch === 37 ? body : other, y)])
    }
    const glow = generalize(({ batch }) => twice(batch!), TRIED)
    expect(glow.bodies).toHaveLength(2)
    expect(print(glow.at({ batch: 5 }))).toBe(print(twice(5)))
  })
  test('has formulas in texts', () => {
    const picked = (batch: number): Program => {
      const builder = new Builder()
      const says = {
        kind: 'IndexError',
        operation: 'pick',
        message: `index {index} is not below ${batch}`,
        beyond: 0,
      } as const
      return builder.finish([builder.input(f(batch)).gather(builder.input(typeOf('int32', [2])), 0, says)])
    }
    expect(toJSON(generalize(({ batch }) => picked(batch!), TRIED).at({ batch: 3 }))).toEqual(toJSON(picked(3)))
  })
  test('refuses a number without a formula where it is needed, and names the module', () => {
    const pooled = generalize(({ batch }) => {
      const builder = new Builder()
      builder.origin = 'features.3'
      return builder.finish([builder.input(f(batch!)).slice([0], [Math.floor(batch! / 2)])])
    }, TRIED)
    expect(pooled.unsolved[0]).toBe('node 0, slice, in features.3: 18 at batch 37; 51 at batch 102; 105 at batch 211')
    expect(() => pooled.at({ batch: 4 })).toThrow(
      'at: not general over batch: node 0, slice, in features.3: 18 at batch 37; 51 at batch 102; 105 at batch 211',
    )
  })
  test('refuses lists whose length depends on a size', () => {
    const listed = generalize(
      ({ batch }) =>
        program([batch!], (x, b) =>
          x.add(
            b.data(
              'float32',
              [batch!],
              Array.from({ length: batch! }, (_, i) => i / 3),
            ),
          ),
        ),
      TRIED,
    )
    expect(() => listed.at({ batch: 4 })).toThrow('a list of 37 at batch 37; a list of 102 at batch 102')
  })
  test('refuses sizes that it does not know', () => {
    expect(() => general.at({})).toThrow("at: the size 'batch' is not given")
    expect(() => general.at({ batch: 2.5 })).toThrow('at: give an integer from 0 for each of batch (got batch: 2.5)')
    expect(() => general.at({ batch: 2, length: 3 })).toThrow(
      'at: give an integer from 0 for each of batch (got length: 3)',
    )
  })
  test('is looked at when it comes from outside', () => {
    const json = general.toJSON()
    const made = (changed: object) => () => new GeneralProgram({ ...json, ...changed })
    expect(made({ format: 'x' })).toThrow(`GeneralProgram: the format is "x", not 'glissade-general-program/1'`)
    expect(made({ sizes: { length: [2, 3, 4] } })).toThrow('is no formula in length')
    expect(made({ names: { inputs: [], scalars: [], outputs: [] } })).toThrow(
      'GeneralProgram: names.inputs must be a name for each',
    )
    expect(made({ nodes: null })).toThrow('GeneralProgram: a part of the program is no list')
    const shape = [
      { formula: { form: 'quotient', numerator: [{ times: 1, of: ['batch'] }], denominator: [{ times: 2, of: [] }] } },
    ]
    expect(() =>
      new GeneralProgram({ ...json, inputs: [{ dtype: 'float32', shape }] } as never).at({ batch: 5 }),
    ).toThrow('fromJSON: inputs[0].shape[0] must be an integer from 0 (got 2.5)')
  })
})

describe('a structure that depends on a size', () => {
  test('is refused with the module of the first node that differs', () => {
    const looped = (batch: number): Program => {
      const builder = new Builder()
      let x = builder.input(f(batch))
      builder.origin = 'rnn.cell'
      for (let i = 0; i < batch; i += 40) x = x.exp()
      return builder.finish([x.sum([0])])
    }
    expect(() => generalize(({ batch }) => looped(batch!), TRIED)).toThrow(
      'generalize: the structure depends on a size: node 1, sum, in rnn.cell is sum(%1) at batch 37 and exp(%1) at batch 102',
    )
  })
  test('also where a choice differs, and where the recordings have other names', () => {
    expect(() =>
      generalize(({ batch }) => program([batch!, 2], (x) => (batch! > 40 ? x.exp() : x.log())), TRIED),
    ).toThrow('generalize: the structure depends on a size')
    const named = (batch: number) => ({
      program: program([batch], (x) => x.exp()),
      inputs: [{ name: `x${batch}` }],
      scalars: [],
      outputs: [{ name: 'y' }],
    })
    expect(() => generalize(({ batch }) => named(batch!), TRIED)).toThrow('has other names than at batch 37')
  })
  test('sizes to record at are three, and none is 1', () => {
    const any = () => program([2], (x) => x)
    expect(() => generalize(any, {})).toThrow('generalize: name at least one size')
    for (const batch of [
      [2, 3],
      [1, 2, 3],
      [2, 3, 2],
    ])
      expect(() => generalize(any, { batch })).toThrow(
        'generalize: batch needs at least three different integers from 2',
      )
  })
})
