import { describe, expect, test } from 'vitest'
import type { DType, Primitive, Program } from '../../src/contract/contract.ts'
import { DTYPES, numel } from '../../src/contract/dtype.ts'
import { definitions, evaluate, type Value } from '../../src/ir/evaluate.ts'
import { randomProgram, type RandomProgramOptions } from '../../src/ir/random-program.ts'
import { proposals } from '../../src/ir/random-program/proposals.ts'
import { isFloat } from '../../src/ir/type.ts'

const ALL: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool']
const PRIMITIVES = Object.keys(definitions) as Primitive[]
const many = (count: number, options: RandomProgramOptions = {}) =>
  Array.from({ length: count }, (_, seed) => randomProgram(seed, options))
const typesOf = ({ inputs, nodes }: Program) => [...inputs, ...nodes.flatMap((node) => node.types)]

test('there is a proposal for every primitive', () => {
  expect(Object.keys(proposals).toSorted()).toEqual(PRIMITIVES.toSorted())
})

test('a seed is a program', () => {
  expect(randomProgram(3)).toEqual(randomProgram(3))
  expect(randomProgram(3)).not.toEqual(randomProgram(4))
})

describe('2000 programs', () => {
  const programs = many(2000, { dtypes: ALL })
  const nodes = programs.flatMap(({ program }) => program.nodes)

  test('have every primitive, many times', () => {
    const counts = new Map(PRIMITIVES.map((op) => [op as string, 0]))
    for (const { op } of nodes) counts.set(op, counts.get(op)! + 1)
    expect([...counts].filter(([, count]) => count < 100)).toEqual([])
  })
  test('have every dtype and rank, empty values, and 3 to 30 nodes', () => {
    const types = programs.flatMap(({ program }) => typesOf(program))
    expect(new Set(types.map(({ dtype }) => dtype))).toEqual(new Set(ALL))
    expect(new Set(types.map(({ shape }) => shape.length))).toEqual(new Set([0, 1, 2, 3, 4]))
    const empty = types.filter(({ shape }) => numel(shape) === 0).length / types.length
    expect(empty).toBeGreaterThan(0.005)
    expect(empty).toBeLessThan(0.1)
    const lengths = programs.map(({ program }) => program.nodes.length)
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([3, 30])
  })
  test('have dead nodes and repeated nodes, scalars, several outputs, inputs as outputs, a value twice', () => {
    const shareOf = (holds: (program: Program) => boolean): number =>
      programs.filter(({ program }) => holds(program)).length / programs.length
    const signatures = ({ nodes: list }: Program): string[] =>
      list.map(({ op, args, attrs }) => JSON.stringify([op, args, attrs]))
    const shares = {
      dead: shareOf((program) => deadNodes(program) > 0),
      repeated: shareOf((program) => new Set(signatures(program)).size < program.nodes.length),
      scalars: shareOf(({ scalars }) => scalars.length > 0),
      several: shareOf(({ outputs }) => outputs.length > 1),
      inputs: shareOf(({ inputs, outputs }) => outputs.some((value) => value < inputs.length)),
      twice: shareOf(({ outputs }) => new Set(outputs).size < outputs.length),
    }
    for (const [what, share] of Object.entries(shares)) expect(share, `share of ${what}`).toBeGreaterThan(0.03)
    const dead = programs.reduce((sum, { program }) => sum + deadNodes(program), 0)
    expect(dead / nodes.length).toBeLessThan(0.4)
  })
  test('have inputs that their dtypes hold', () => {
    const holds: { readonly [D in DType]: (x: number) => boolean } = {
      float16: (x) => DTYPES.float16.round(x) === x,
      float32: (x) => Math.fround(x) === x,
      float64: Number.isFinite,
      int32: (x) => (x | 0) === x,
      uint8: (x) => (x & 255) === x,
      bool: (x) => x === 0 || x === 1,
    }
    for (const { program, inputs, scalars } of programs) {
      program.inputs.forEach(({ dtype }, i) => expect(inputs[i]!.every(holds[dtype])).toBe(true))
      program.scalars.forEach((dtype, i) => expect(holds[dtype](scalars[i]!)).toBe(true))
    }
  })
  test('keep floats ordinary', () => {
    for (const { program, inputs, scalars } of programs) {
      const onNode = (_: unknown, results: readonly Value[]): void => {
        for (const { type, data } of results)
          if (isFloat(type.dtype))
            expect(data.every((x) => x === 0 || (Math.abs(x) <= 1000 && Math.abs(x) >= 2 ** -20))).toBe(true)
      }
      evaluate(program, inputs, scalars, { onNode })
    }
  })
})

test('rounding every result to float32 changes no integer, no bool, and floats by little', () => {
  for (const [seed, { program, inputs, scalars }] of many(2000).entries()) {
    const exact: Value[] = []
    evaluate(program, inputs, scalars, { onNode: (_, results) => exact.push(...results) })
    let next = 0
    const compare = (_: unknown, results: readonly Value[]): void => {
      for (const { type, data } of results) {
        const want = exact[next++]!.data
        if (!isFloat(type.dtype)) expect(data, `seed ${seed}`).toEqual(want)
        else
          expect(
            data.every((x, i) => Math.abs(x - want[i]!) <= 1e-2 * Math.max(1, Math.abs(want[i]!))),
            `seed ${seed}`,
          ).toBe(true)
      }
    }
    evaluate(program, inputs, scalars, { round: true, onNode: compare })
  }
})

describe('options', () => {
  test('nodes, dtypes and primitives are kept to', () => {
    const dtypes: readonly DType[] = ['float32', 'bool']
    const primitives: readonly Primitive[] = ['add', 'lt', 'where', 'exp', 'dot']
    for (const { program } of many(100, { minNodes: 5, maxNodes: 7, dtypes, primitives })) {
      expect([5, 6, 7]).toContain(program.nodes.length)
      expect(program.nodes.every(({ op }) => (primitives as readonly string[]).includes(op))).toBe(true)
      expect(typesOf(program).every(({ dtype }) => dtypes.includes(dtype))).toBe(true)
    }
  })
  test.each(PRIMITIVES)('programs of %s alone', (op) => {
    for (const { program } of many(5, { primitives: [op], maxNodes: 6 }))
      expect(new Set(program.nodes.map((node) => node.op))).toEqual(new Set([op]))
  })
  test('what cannot be met is said', () => {
    expect(() => randomProgram(0, { primitives: ['not'], dtypes: ['float32'] })).toThrow(
      /^randomProgram: found 0 of \d+ nodes among not over float32$/,
    )
    expect(() => randomProgram(0, { differentiable: true, dtypes: ['int32'] })).toThrow(
      'randomProgram: differentiable needs a float dtype',
    )
  })
})

describe('differentiable programs', () => {
  // Central differences with steps h and h/2 of a function with bounded third derivative differ by O(h^2); across a
  // kink by O(1), across a jump by O(1/h).
  const h = 1e-5
  test('are smooth around their inputs, in a random direction', () => {
    const kinds = new Set<string>()
    let moved = 0
    for (const [seed, { program, inputs, scalars }] of many(600, { differentiable: true }).entries()) {
      const direction = inputs.map((data, i) =>
        data.map((_, k) => (isFloat(program.inputs[i]!.dtype) ? Math.sin(1 + i + 7 * k) : 0)),
      )
      const at = (t: number): Float64Array[] =>
        evaluate(
          program,
          inputs.map((data, i) => data.map((x, k) => x + t * direction[i]![k]!)),
          scalars,
        )
      const [wide, narrow, here] = [difference(at(h), at(-h), 2 * h), difference(at(h / 2), at(-h / 2), h), at(0)]
      here.forEach((data, i) => {
        data.forEach((x, k) => {
          const scale = 1 + Math.abs(x) + Math.abs(narrow[i]![k]!)
          expect(
            Math.abs(wide[i]![k]! - narrow[i]![k]!) / scale,
            `seed ${seed}, output ${i}, element ${k}`,
          ).toBeLessThan(1e-4)
        })
      })
      if (narrow.some((data) => data.some((x) => x !== 0))) moved++
      for (const { op } of program.nodes) kinds.add(op)
    }
    expect(kinds.size).toBe(PRIMITIVES.length)
    expect(moved).toBeGreaterThan(450)
  })
})

function difference(high: readonly Float64Array[], low: readonly Float64Array[], step: number): Float64Array[] {
  return high.map((data, i) => data.map((x, k) => (x - low[i]![k]!) / step))
}

function deadNodes({ inputs, scalars, nodes, outputs }: Program): number {
  const live = new Set(outputs)
  let next = inputs.length + scalars.length + nodes.reduce((sum, node) => sum + node.types.length, 0)
  let dead = 0
  for (const { args, types } of nodes.toReversed()) {
    next -= types.length
    const start = next
    if (types.some((_, i) => live.has(start + i))) args.forEach((arg) => live.add(arg))
    else dead++
  }
  return dead
}
