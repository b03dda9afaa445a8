/** Plans of loops, run element by element in float64, against what their bodies mean. */
import { describe, expect, test } from 'vitest'
import { apart, asLoop, computeLoop, identity, nestOf, offsets, planLoop, type LoopPlan } from '../src/index.ts'
import { fuse, LOOP, numel, valueTypes, type LoopAttributes, type Node, type Program } from '@glissade/core/backend'
import { evaluate } from '../../core/src/ir/evaluate.ts'
import { Builder } from '../../core/src/ir/builder.ts'
import { randomProgram } from '../../core/src/ir/random-program.ts'
import { typeOf } from '../../core/src/ir/type.ts'

/** One node on numbers, by its definition. */
function apply(node: Node, plan: LoopPlan, operands: readonly number[]): number {
  const scalar = (value: number) => typeOf(plan.types[value]!.dtype, [])
  const program: Program = {
    inputs: node.args.map(scalar),
    scalars: [],
    nodes: [{ ...node, args: node.args.map((_, i) => i), types: [typeOf(node.types[0]!.dtype, [])] }],
    outputs: [node.args.length],
    donated: [null],
  }
  return evaluate(program, operands.map((operand) => [operand]))[0]![0]! // prettier-ignore
}

/** A loop as its plan says: every element of the nest in turn. */
function runPlan(plan: LoopPlan, inputs: readonly (readonly number[])[], results: readonly Float64Array[]): void {
  const { accesses, accessOf, resultAccess, axes } = nestOf(plan)
  for (const { op, dtype, result } of plan.reductions) results[result]!.fill(identity(op, dtype))
  const sizes = axes.map(({ size }) => size)
  const places = accesses.map((_, k) => offsets(sizes, axes.map(({ strides }) => strides[k]!))) // prettier-ignore
  for (let i = 0; i < sizes.reduce((n, size) => n * size, 1); i++) {
    const valueOf = computeLoop<number>(
      plan,
      (leaf) => {
        if (leaf.kind === 'fixed') return leaf.dtype === 'float32' ? Math.fround(leaf.value) : leaf.value
        const at = places[accessOf.get(leaf)!]![i]!
        return leaf.kind === 'read' ? inputs[leaf.input]![at]! : at
      },
      ({ node }, operands) => apply(node, plan, operands),
    )
    for (const { value, result } of plan.stores)
      results[result]![places[resultAccess.get(result)!]![i]!] = valueOf(value)
    for (const { op, dtype, value, result } of plan.reductions) {
      const at = places[resultAccess.get(result)!]![i]!
      const [a, b] = [results[result]![at]!, valueOf(value)]
      const next = { sum: a + b, prod: dtype === 'int32' ? Math.imul(a, b) : a * b, max: Math.max(a, b), min: Math.min(a, b) }[op] // prettier-ignore
      results[result]![at] = dtype === 'int32' ? next | 0 : dtype === 'uint8' ? next & 255 : next
    }
  }
}

function check(node: Node, inputs: readonly (readonly number[])[], types = node.body!.inputs): void {
  const body = node.body!
  const want = evaluate({ ...body, inputs: types }, inputs)
  const results = node.types.map(({ shape }) => new Float64Array(numel(shape)))
  const whole = planLoop(node.attrs as LoopAttributes, body)
  const parts = apart(whole)
  expect(parts.flatMap(({ stores, reductions }) => [...stores, ...reductions]).length).toBe(node.types.length)
  for (const plan of parts) runPlan(plan, inputs, results)
  results.forEach((got, k) =>
    got.forEach((x, i) => {
      const y = want[k]![i]!
      if (!(Math.abs(x - y) <= 1e-9 * Math.abs(y)) && !Object.is(x, y) && x !== y)
        expect.fail(`result ${k} at ${i} is ${x}, want ${y}`)
    }),
  )
}

describe('loops of random programs', () => {
  test.each([0, 1, 2, 3])('from seed %i00 on', (hundred) => {
    let count = 0
    for (let seed = 100 * hundred; seed < 100 * hundred + 100; seed++) {
      const { program, inputs, scalars } = randomProgram(seed)
      const fused = fuse(program)
      const types = valueTypes(fused)
      for (const node of fused.nodes) {
        if (node.op !== LOOP) continue
        const outputs = [...node.args]
        const donated = outputs.map(() => null)
        const operands = evaluate({ ...fused, outputs, donated }, inputs, scalars).map((data) => [...data])
        check(node, operands, node.args.map((arg) => typeOf(types[arg]!.dtype, types[arg]!.shape))) // prettier-ignore
        count++
      }
    }
    expect(count).toBeGreaterThan(50)
  })
})

test('updates that share one number alone are loops of their own', () => {
  const builder = new Builder()
  const lr = builder.input(typeOf('float32', []))
  const pairs = Array.from({ length: 3 }, () => [
    builder.input(typeOf('float32', [4])),
    builder.input(typeOf('float32', [4])),
  ])
  const body = builder.finish(pairs.map(([p, g]) => p!.sub(g!.mul(lr.expand([4])))))
  const plan = planLoop({ space: [4], axes: [] }, body)
  expect(apart(plan).map(({ stores, computed }) => [stores.length, computed.length])).toEqual([[1, 2], [1, 2], [1, 2]]) // prettier-ignore
})
test('a reduction as a loop of its own, over axes that stay and go', () => {
  const x = typeOf('float32', [2, 3, 4])
  const node: Node = { op: 'sum', attrs: { axes: [1] }, args: [0], types: [typeOf('float32', [2, 4])] }
  const { attrs, body } = asLoop(node, [x])
  check({ ...node, op: LOOP, attrs, body }, [Array.from({ length: 24 }, (_, i) => i)])
  const { axes } = nestOf(planLoop(attrs, body))
  expect(axes.map(({ size, reduced }) => [size, reduced])).toEqual([[2, false], [3, true], [4, false]]) // prettier-ignore
})
