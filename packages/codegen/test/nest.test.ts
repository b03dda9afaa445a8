/** Nests and grids against what they mean: every element is visited once, where its strides say. */
import { expect, test } from 'vitest'
import { broadcastStrides, keptStrides, mergeGrid, movements, nest, offsets, type Movement } from '../src/index.ts'
import { evaluate } from '../../core/src/ir/evaluate.ts'
import { Random } from '../../core/src/ir/random-program/random.ts'
import { Builder, type Sym } from '../../core/src/ir/builder.ts'
import { typeOf } from '../../core/src/ir/type.ts'

test('contiguous axes are one, axes of one element none', () => {
  expect(nest([2, 1, 3, 4], [[12, 99, 4, 1]])).toEqual([{ size: 24, reduced: false, strides: [1] }])
  expect(nest([1, 1], [[1, 1]])).toEqual([])
})
test('an operand that is broadcast keeps axes apart, and so does a reduction', () => {
  const whole = [12, 4, 1]
  expect(nest([2, 3, 4], [whole, broadcastStrides([4], [2, 3, 4])])).toEqual([
    { size: 6, reduced: false, strides: [4, 0] },
    { size: 4, reduced: false, strides: [1, 1] },
  ])
  expect(nest([2, 3, 4], [whole, keptStrides([2, 3, 4], [1, 2])], [1, 2])).toEqual([
    { size: 2, reduced: false, strides: [12, 1] },
    { size: 12, reduced: true, strides: [1, 0] },
  ])
})
test('axes that go stay apart from those that stay, also where every access steps through them as one', () => {
  expect(nest([2, 3], [[3, 1]], [1]).map(({ size, reduced }) => [size, reduced])).toEqual([
    [2, false],
    [3, true],
  ])
})
test('a nest visits what its space has, in the same order', () => {
  const random = new Random(1)
  for (let i = 0; i < 200; i++) {
    const space = Array.from({ length: random.integer(0, 5 - 1) }, () => 1 + random.integer(0, 3 - 1))
    const strides = space.map(() => random.integer(0, 4 - 1))
    const axes = nest(space, [strides])
    const sizes = axes.map(({ size }) => size)
    const merged = axes.map((axis) => axis.strides[0]!)
    expect(offsets(sizes, merged)).toEqual(offsets(space, strides))
  }
})

const moves: { readonly [P in Movement]: (x: Sym) => Sym } = {
  permute: (x) => x.permute([2, 0, 1]),
  expand: (x) => x.reshape([2, 1, 3, 4]).expand([5, 2, 6, 3, 4]),
  slice: (x) => x.slice([0, 1, 1], [2, 3, 4], [1, 1, 2]),
  pad: (x) => x.pad([1, 0, 2], [0, 1, 0], [0, 1, 2], 7),
  flip: (x) => x.flip([0, 2]),
  concat: (x) => x.builder.concat([x, x.slice([0, 0, 0], [2, 1, 4]), x], 1),
}
test.each(Object.keys(moves) as Movement[])('%s as copies between grids', (name) => {
  const builder = new Builder()
  const x = builder.input(typeOf('float32', [2, 3, 4]))
  const program = builder.finish([moves[name](x)])
  const values = [Array.from({ length: 24 }, (_, i) => i + 1)]
  const whole = evaluate(program, values)[0]!
  // The node itself, over its operands as they were computed before.
  const node = program.nodes.at(-1)!
  const operands = node.args.map((arg) => evaluate({ ...program, outputs: [arg], donated: [null] }, values)[0]!)
  const types = [...program.inputs, ...program.nodes.flatMap((each) => each.types)]
  const result = new Float64Array(whole.length).fill(name === 'pad' ? 7 : Number.NaN)
  const plan = movements[name](
    node.attrs as never,
    node.args.map((arg) => types[arg]!),
    node.types[0]!,
  )
  for (const { operand, from, to, axes } of plan) {
    expect(mergeGrid(axes)).toEqual(axes)
    const sizes = axes.map(({ size }) => size)
    const read = offsets(sizes, axes.map((axis) => axis.from), from) // prettier-ignore
    const written = offsets(sizes, axes.map((axis) => axis.to), to) // prettier-ignore
    read.forEach((place, i) => (result[written[i]!] = operands[operand]![place]!))
  }
  expect([...result]).toEqual([...whole])
})
test('of what is empty there are no copies', () => {
  const empty = typeOf('float32', [0, 3])
  expect(movements.flip({ axes: [1] }, [empty], empty)).toEqual([])
})
