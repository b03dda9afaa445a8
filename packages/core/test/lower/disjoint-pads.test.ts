/** Sums of pads that do not overlap become concatenations, whatever is cut out of what in which order. */
import { expect, test } from 'vitest'
import type { Program, Shape } from '../../src/contract/contract.ts'
import { vjp } from '../../src/autograd/vjp.ts'
import { Builder, type Sym } from '../../src/ir/builder.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import { simplify } from '../../src/lower/simplify.ts'
import { print } from '../../src/ir/print.ts'
import { Random } from '../../src/ir/random-program/random.ts'
import { verify } from '../../src/composites/programs.ts'

interface Box {
  readonly start: readonly number[]
  readonly size: readonly number[]
}
/** Cut in two at random, and each part again. */
function cut(random: Random, box: Box, depth: number): Box[] {
  const axes = [...box.size.keys()].filter((axis) => box.size[axis]! > 1)
  if (depth === 0 || axes.length === 0) return [box]
  const axis = random.choose(axes)
  const at = random.integer(1, box.size[axis]! - 1)
  return [
    { start: box.start, size: box.size.with(axis, at) },
    { start: box.start.with(axis, box.start[axis]! + at), size: box.size.with(axis, box.size[axis]! - at) },
  ].flatMap((part) => cut(random, part, depth - random.integer(1, 2)))
}
/** Sums of two until there is one: a chain, or any tree. */
function summed(random: Random, terms: readonly Sym[]): Sym {
  const rest = [...terms]
  const isChain = random.chance(0.5)
  while (rest.length > 1) {
    const [a] = rest.splice(isChain ? 0 : random.integer(0, rest.length - 1), 1)
    const [b] = rest.splice(isChain ? 0 : random.integer(0, rest.length - 1), 1)
    rest.unshift(a!.add(b!))
  }
  return rest[0]!
}
const ops = (program: Program): string[] => program.nodes.map(({ op }) => op)
const numel = (shape: Shape): number => shape.reduce((a, b) => a * b, 1)
/** Movements that keep every element, of values of this shape. */
function movement(random: Random, shape: Shape): (x: Sym) => Sym {
  const axes = [...shape.keys()]
  const [order, flipped] = [random.shuffle(axes), axes.filter(() => random.chance(0.5))]
  const moves: readonly ((x: Sym) => Sym)[] = [
    (x) => x.permute(order),
    (x) => x.flip(flipped),
    (x) => x.reshape([1, ...x.shape.toReversed()]),
    (x) => x.reshape([x.type.size]),
  ]
  return random.choose([
    (x: Sym) => x,
    random.choose(moves),
    (x: Sym) => moves[0]!(moves[1]!(x)).reshape([x.type.size, 1]),
  ])
}

test('parts of random cuts, in random order, with gaps', () => {
  let gaps = 0
  for (let seed = 1; seed <= 400; seed++) {
    const random = new Random(seed)
    const shape = Array.from({ length: random.integer(1, 3) }, () => random.integer(1, 7))
    const all = cut(random, { start: shape.map(() => 0), size: shape }, random.integer(1, 5))
    const boxes = random.shuffle(all).filter((_, i) => i === 0 || random.chance(0.8))
    if (boxes.length < all.length) gaps++
    const builder = new Builder()
    const dtype = random.choose(['float32', 'int32', 'uint8'] as const)
    const parts = boxes.map(({ size }) => builder.input({ dtype, shape: size }))
    const move = movement(random, shape)
    const terms = parts.map((part, i) => {
      const { start, size } = boxes[i]!
      const high = shape.map((length, axis) => length - start[axis]! - size[axis]!)
      return move(part.pad(start, high))
    })
    const before = builder.finish([summed(random, terms)])
    const after = simplify(before)
    verify(after)
    const numbers = boxes.map(({ size }) => Array.from({ length: numel(size) }, () => random.integer(1, 99)))
    const name = `${print(before)}\n${print(after)}`
    const [got] = evaluate(after, numbers)
    expect([...got!], `seed ${seed}\n${name}`).toEqual([...evaluate(before, numbers)[0]!])
    expect(got!.filter((x) => x > 0).length, `seed ${seed}\n${name}`).toBe(numbers.flat().length)
    expect(ops(after), `seed ${seed}\n${name}`).not.toContain('add')
  }
  expect(gaps).toBeGreaterThan(50)
})

test('what overlaps, and what is padded with another number than 0, stays a sum', () => {
  let stays = 0
  for (let seed = 1; seed <= 500; seed++) {
    const random = new Random(seed)
    const builder = new Builder()
    const length = random.integer(2, 6)
    const terms = Array.from({ length: random.integer(2, 4) }, () => {
      const size = random.integer(1, length)
      const low = random.integer(0, length - size)
      const interior = size > 1 && random.chance(0.1) ? 1 : 0
      const part = builder.input({ dtype: 'float32', shape: [size - (interior === 1 ? Math.floor(size / 2) : 0)] })
      const high = length - low - part.type.size - interior * (part.type.size - 1)
      return high < 0 ? null : part.pad([low], [high], [interior], random.choose([0, 0, 0, -0, 1]))
    }).filter((term) => term !== null)
    if (terms.length < 2) continue
    const before = builder.finish([summed(random, terms)])
    const after = simplify(before)
    verify(after)
    const numbers = before.inputs.map(({ shape }) => Array.from({ length: shape[0]! }, () => random.integer(1, 99)))
    const name = `${print(before)}\n${print(after)}`
    expect([...evaluate(after, numbers)[0]!], `seed ${seed}\n${name}`).toEqual([...evaluate(before, numbers)[0]!])
    if (ops(after).includes('add')) stays++
  }
  expect(stays).toBeGreaterThan(50)
})

test('what is moved in different ways stays a sum, as far as the parts differ', () => {
  const builder = new Builder()
  const [a, b, c] = [1, 1, 2].map((size) => builder.input({ dtype: 'float32', shape: [size, 4] })) as [Sym, Sym, Sym]
  const flipped = a
    .pad([0, 0], [3, 0])
    .transpose()
    .add(b.pad([1, 0], [2, 0]).transpose())
  const after = simplify(builder.finish([flipped.add(c.pad([2, 0], [0, 0]))]))
  verify(after)
  expect(ops(after)).toEqual(['constant', 'expand', 'concat', 'permute', 'pad', 'add'])
})

test('NaN and infinities stay where they are, and so does -0, which a sum would make 0', () => {
  const builder = new Builder()
  const [a, b] = [builder.input({ dtype: 'float32', shape: [2] }), builder.input({ dtype: 'float32', shape: [2] })]
  const before = builder.finish([a.pad([0], [2]).add(b.pad([2], [0]))])
  const after = simplify(before)
  expect(ops(after)).toEqual(['concat'])
  expect([
    ...evaluate(after, [
      [NaN, -0],
      [-Infinity, 0],
    ])[0]!,
  ]).toEqual([NaN, -0, -Infinity, 0])
})

test('a value that is 0 everywhere is no part: x + 0 stays', () => {
  const builder = new Builder()
  const x = builder.input({ dtype: 'float32', shape: [2] })
  expect(ops(simplify(builder.finish([x.pad([0], [1]).add(builder.fill('float32', [3], 0))])))).toContain('add')
})

test.each([
  ['of a split', [3, 12], (x: Sym) => [0, 4, 8].map((at) => x.slice([0, at], [3, at + 4]))],
  ['of rows', [5, 3], (x: Sym) => [4, 0, 2, 1, 3].map((at) => x.slice([at, 0], [at + 1, 3]).reshape([3]))],
  [
    'of halves of halves',
    [4, 6],
    (x: Sym) =>
      [0, 2].flatMap((at) => {
        const half = x.slice([at, 0], [at + 2, 6])
        return [half.slice([0, 0], [2, 3]), half.slice([0, 3], [2, 6])]
      }),
  ],
] as const)('the gradient %s has neither pads nor sums', (_, shape, slices) => {
  const builder = new Builder()
  const x = builder.input({ dtype: 'float32', shape })
  const program = builder.finish(slices(x).map((part, i) => part.mul(i + 2)))
  const { program: backward } = vjp(
    program,
    [true],
    program.outputs.map(() => true),
  )
  const found = ops(simplify(backward))
  expect(found).not.toContain('add')
  expect(found).not.toContain('pad')
})

test('a thousand parts take no long time', () => {
  const builder = new Builder()
  const parts = Array.from({ length: 1000 }, (_, i) =>
    builder.input({ dtype: 'float32', shape: [1] }).pad([i], [999 - i]),
  )
  const program = builder.finish([parts.reduceRight((sum, part) => part.add(sum))])
  expect(ops(simplify(program))).toEqual(['concat'])
})

test('doubled again and again, with gaps or without, is not taken apart', () => {
  for (const gap of [0, 1]) {
    const builder = new Builder()
    const input = builder.input({ dtype: 'float32', shape: [1] })
    let x = input.pad([0], [gap])
    for (let k = 0; k < 18; k++) x = builder.concat([x, x], 0)
    const program = builder.finish([x.pad([0], [1]).add(input.pad([x.type.size], [0]))])
    expect(ops(simplify(program)).filter((op) => op === 'add').length).toBe(0)
  }
})

test('a partial sum that something else reads is a concatenation of its own', () => {
  const builder = new Builder()
  const [a, b, c] = [1, 2, 3].map((size) => builder.input({ dtype: 'float32', shape: [size] })) as [Sym, Sym, Sym]
  const partial = a.pad([0], [5]).add(b.pad([1], [3]))
  const program = simplify(builder.finish([partial.add(c.pad([3], [0])), partial.exp()]))
  verify(program)
  expect(ops(program)).toEqual(['constant', 'expand', 'concat', 'concat', 'exp'])
})
