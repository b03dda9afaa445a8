import { expect, test } from 'vitest'
import type { Node, Program } from '../../src/contract/contract.ts'
import { Builder } from '../../src/ir/builder.ts'
import { print } from '../../src/ir/print.ts'
import { randomProgram } from '../../src/ir/random-program.ts'
import { typeOf } from '../../src/ir/type.ts'

const f = (...shape: number[]) => typeOf('float32', shape)

test('a layer with its update', () => {
  const builder = new Builder()
  const [x, w] = [builder.input(f(2, 10)), builder.input(f(5, 10))]
  const lr = builder.scalar('float32')
  builder.origin = 'layers.0'
  const y = x.dot(w, false, true)
  builder.origin = undefined
  const loss = y.mul(y).sum([0, 1])
  const updated = w.sub(y.dot(x, true, false).mul(lr))
  const program = builder.finish([loss, updated], [null, 1])
  expect(print(program)).toBe(
    `
program(%0: float32[2,10], %1: float32[5,10]; %2: scalar float32)
  %3: float32[2,5] = dot(%0, %1) {transposeB}
  %4: float32[2,5] = mul(%3, %3)
  %5: float32[] = sum(%4) {axes: [0,1]}
  %6: float32[5,10] = dot(%3, %0) {transposeA}
  %7: float32[5,10] = expand(%2)
  %8: float32[5,10] = mul(%6, %7)
  %9: float32[5,10] = sub(%1, %8)
  return %5, %9 (donated -, %1)`.trimStart(),
  )
  expect(print(program, { origins: true })).toContain('%3: float32[2,5] = dot(%0, %1) {transposeB}  # layers.0\n')
})

test('attributes: several results, numbers that JSON lacks, what the type already says', () => {
  const builder = new Builder()
  const x = builder.input(f(3))
  const [values, order] = x.sort(0, true)
  const padded = x.pad([1], [0], [0], -0)
  const cast = order.cast('float32')
  const list = builder.data('float64', [3], [NaN, -Infinity, 0.5])
  const iota = builder.iota('int32', [2, 3], 1)
  expect(print(builder.finish([values, padded, cast, list, iota]))).toBe(
    `
program(%0: float32[3])
  %1: float32[3], %2: int32[3] = sort(%0) {axis: 0, descending}
  %3: float32[4] = pad(%0) {low: [1], high: [0], interior: [0], value: -0}
  %4: float32[3] = cast(%2)
  %5: float64[3] = constant() {value: [NaN,-Infinity,0.5]}
  %6: int32[2,3] = iota() {axis: 1}
  return %1, %3, %4, %5, %6`.trimStart(),
  )
})

test('a body is printed once, below its first use, and counted where it is used again', () => {
  const body: Program = {
    inputs: [f(2)],
    scalars: [],
    nodes: [{ op: 'exp', attrs: {}, args: [0], types: [f(2)] }],
    outputs: [1],
    donated: [null],
  }
  const glow = (arg: number, attrs: object): Node => ({
    op: 'test/glow',
    attrs,
    args: [arg],
    types: [f(2)],
    body: { ...body },
  })
  const outer: Program = { ...body, nodes: [glow(0, { mode: 'soft', colour: 'dark red' })] }
  const program: Program = {
    inputs: [f(2)],
    scalars: [],
    nodes: [
      glow(0, { amounts: [{ low: 1, off: false }] }),
      glow(1, {}),
      { ...glow(2, {}), op: 'test/halo', body: outer },
    ],
    outputs: [3, 3],
    donated: [0, null],
  }
  expect(print(program)).toBe(
    `
program(%0: float32[2])
  %1: float32[2] = test/glow(%0) {amounts: [{low: 1, off: false}]} body 0
    body 0(%0: float32[2])
      %1: float32[2] = exp(%0)
      return %1
  %2: float32[2] = test/glow(%1) body 0
  %3: float32[2] = test/halo(%2) body 1
    body 1(%0: float32[2])
      %1: float32[2] = test/glow(%0) {mode: soft, colour: "dark red"} body 0
      return %1
  return %3, %3 (donated %0, -)`.trimStart(),
  )
})

test('long constants are cut short, and still told apart', () => {
  const constant = (last: number): string => {
    const builder = new Builder()
    const elements = Array.from({ length: 100 }, (_, i) => (i === 99 ? last : i))
    return print(builder.finish([builder.data('float32', [100], elements)]))
  }
  expect(constant(99)).toContain('constant() {value: [0,1,2,3,4,5,6,7, ... 100 in all, hash ')
  expect(constant(99)).toBe(constant(99))
  expect(constant(99)).not.toBe(constant(98))
  expect(constant(0)).not.toBe(constant(-0))
})

test('random programs of different seeds print differently, of one seed alike', () => {
  const texts = Array.from({ length: 300 }, (_, seed) => print(randomProgram(seed).program))
  expect(new Set(texts).size).toBe(300)
  expect(print(randomProgram(7).program)).toBe(texts[7])
})
