/** Modules that the emitter writes: the engine accepts them, they mean what they say, and their text is as recorded. */
import { LOOP, type Program } from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { Builder } from '../../core/src/ir/builder.ts'
import { fuse } from '../../core/src/lower/fuse.ts'
import { typeOf } from '../../core/src/ir/type.ts'
import { traceComposite } from '../../core/src/ir/composite.ts'
import { softmaxOp } from '../../core/src/ops/softmax.ts'
import {
  add,
  at,
  bulk,
  f32,
  f64,
  i32,
  i64,
  i32x4,
  lane,
  op,
  select,
  shuffle,
  storeLane,
  type Code,
} from '../src/emitter/code.ts'
import type { Callee } from '../src/emitter/function.ts'
import { LANE, MEMORY, PLAIN, type instructionsOf, type Result, type ValueType } from '../src/emitter/instructions.ts'
import { ModuleWriter } from '../src/emitter/module.ts'
import { print } from '../src/emitter/text.ts'
import { printModule } from '../src/program.ts'
import { engine } from '../src/webassembly.ts'
import { allowRelaxedSimd } from './allow-relaxed-simd.ts'

allowRelaxedSimd()

const memory = new engine.Memory({ initial: 1, maximum: 2 })

function compile(module: ModuleWriter): Record<string, (...args: number[]) => number> {
  const bytes = module.bytes()
  expect(engine.validate(bytes)).toBe(true)
  return new engine.Instance(new engine.Module(bytes), { env: { memory } }).exports as never
}

const samples: { readonly [T in ValueType]: () => Code } = {
  i32: () => i32(3),
  i64: () => i64(5),
  f32: () => f32(1.5),
  f64: () => f64(2.5),
  v128: () => i32x4(7),
}

describe('every instruction', () => {
  const writers: [Parameters<typeof instructionsOf>[0], (name: string, args: Code[]) => Code][] = [
    [PLAIN, (name, args) => (op as unknown as (...all: unknown[]) => Code)(name, ...args)],
    [LANE, (name, args) => (lane as unknown as (...all: unknown[]) => Code)(name, 1, ...args)],
    [MEMORY, (name, args) => (at as unknown as (...all: unknown[]) => Code)(name, 8, ...args)],
  ]
  const rows = writers.flatMap(([table, write]) =>
    Object.entries(table).flatMap(([signature, names]) => {
      const [operands, result] = signature.split(' -> ') as [string, Result]
      const types = operands.split(' ') as ValueType[]
      return Object.keys(names).map((name) => ({
        name,
        result,
        make: () =>
          write(
            name,
            types.map((type) => samples[type]()),
          ),
      }))
    }),
  )
  test.each(rows)('$name is written as the engine reads it', ({ name, result, make }) => {
    const module = new ModuleWriter()
    const f = module.function('f', [], result)
    const code = make()
    if (result === 'void') f.emit(code as Code<'void'>)
    else f.return(code)
    expect(engine.validate(module.bytes())).toBe(true)
    expect(print(module)).toContain(name)
  })
})

describe('values', () => {
  test.each([0, 1, -1, 63, 64, -64, -65, 8191, -8192, 2 ** 31 - 1, -(2 ** 31)])(
    'the constant %i comes back',
    (value) => {
      const module = new ModuleWriter()
      const f = module.function('f', [], 'i32')
      f.return(i32(value))
      module.export(f)
      expect(compile(module)['f']!()).toBe(value)
    },
  )

  test('i64 constants reach their 53 digits', () => {
    const module = new ModuleWriter()
    const f = module.function('f', [], 'f64')
    // The bits of 1.5: exponent 1023, mantissa 1/2.
    f.return(op('f64.reinterpret_i64', op('i64.shl', i64(0x3ff8), i64(48))))
    module.export(f)
    expect(compile(module)['f']!()).toBe(1.5)
  })

  test('lanes are picked from two vectors, and one is stored alone', () => {
    const module = new ModuleWriter()
    const f = module.function('f', ['i32'], 'i32')
    f.emit(storeLane(0, 2, f.param(0, 'i32'), shuffle(i32x4(0, 1, 2, 3), i32x4(4, 5, 6, 7), 3, 0, 6, 1)))
    f.return(at('i32.load', 0, f.param(0, 'i32')))
    module.export(f)
    expect(compile(module)['f']!(256)).toBe(6)
  })

  test('a constant in an address becomes its offset', () => {
    const address = at('i32.load', 4, add(add(i32(0), select(i32(8), i32(16), i32(1))), 12))
    expect(address.offset).toBe(16)
  })
})

describe('control flow', () => {
  test('a loop runs below its end, by its step, and not at all over nothing', () => {
    const module = new ModuleWriter()
    const f = module.function('sum', ['i32'], 'i32')
    const total = f.let(i32(0))
    f.for(0, f.param(0, 'i32'), 3, (i) => f.set(total, add(total, i)))
    f.return(total)
    module.export(f)
    const { sum } = compile(module)
    // 0 + 3 + 6 + 9
    expect([sum!(0), sum!(1), sum!(10)]).toEqual([0, 0, 18])
  })

  test('blocks are left, conditions choose, functions are called', () => {
    const module = new ModuleWriter()
    const halve = module.once('halve', ['i32'], 'i32', (g) => g.return(op('i32.shr_u', g.param(0, 'i32'), i32(1))))
    expect(module.once('halve', ['i32'], 'i32', () => expect.fail('written twice'))).toBe(halve)
    const f = module.function('collatz', ['i32'], 'i32')
    const n = f.param(0, 'i32')
    const steps = f.let(i32(0))
    f.block(() =>
      f.loop(() => {
        f.branchIf(1, op('i32.eq', n, i32(1)))
        f.if(
          op('i32.and', n, i32(1)),
          () => f.set(n, add(op('i32.mul', n, i32(3)), 1)),
          () => f.set(n, f.call(halve, n)),
        )
        f.set(steps, add(steps, 1))
        return i32(1)
      }),
    )
    f.return(steps)
    module.export(f)
    // 6 3 10 5 16 8 4 2 1
    expect(compile(module)['collatz']!(6)).toBe(8)
  })

  test('blocks of bytes are filled and copied', () => {
    const module = new ModuleWriter()
    const f = module.function('f', [], 'i32')
    f.emit(bulk('memory.fill', i32(512), i32(1), i32(4)))
    f.emit(bulk('memory.copy', i32(600), i32(512), i32(4)))
    f.return(at('i32.load', 0, i32(600)))
    module.export(f)
    expect(compile(module)['f']!()).toBe(0x01010101)
  })
})

const f32s = (...shape: number[]): ReturnType<typeof typeOf> => typeOf('float32', shape)
const programOf = (write: (builder: Builder) => ReturnType<Builder['input']>[]): Program => {
  const builder = new Builder()
  return fuse(builder.finish(write(builder)))
}

const models: Record<string, () => Program> = {
  'a chain over ten elements': () =>
    programOf((b) => [
      b
        .input(f32s(10))
        .mul(2)
        .add(b.input(f32s(10))),
    ]),
  'a bias added to rows, then relu': () =>
    programOf((b) => [
      b
        .input(f32s(4, 8))
        .add(b.input(f32s(8)).expand([4, 8]))
        .maximum(0),
    ]),
  'a comparison of bytes': () => programOf((b) => [b.input(typeOf('uint8', [9])).lt(b.input(typeOf('uint8', [9])))]),
  'sums of rows': () => programOf((b) => [b.input(f32s(3, 20)).sum([1])]),
  'sums of columns': () => programOf((b) => [b.input(f32s(3, 20)).sum([0])]),
  'a small product': () => programOf((b) => [b.input(f32s(2, 3)).dot(b.input(f32s(3, 5)))]),
  'a product of contiguous rows': () => programOf((b) => [b.input(f32s(2, 5)).dot(b.input(f32s(3, 5)), false, true)]),
  'a packed product': () => programOf((b) => [b.input(f32s(32, 32)).dot(b.input(f32s(32, 32)), true, false)]),
  'a convolution': () =>
    programOf((b) => [
      b.input(f32s(1, 2, 5)).conv(b.input(f32s(3, 2, 3)), {
        strides: [1],
        padding: [[1, 1]],
        dilation: [1],
        inputDilation: [1],
        groups: 1,
      }),
    ]),
  'greatest of windows': () =>
    programOf((b) => [
      b.input(f32s(2, 13)).windowArgmax({ window: [2], strides: [2], padding: [[1, 0]], dilation: [1] }),
    ]),
  'a transposition': () => programOf((b) => [b.input(f32s(5, 6)).permute([1, 0])]),
  'a gather of rows': () => programOf((b) => [b.input(f32s(7, 4)).gather(b.input(typeOf('int32', [3])), 0)]),
  exp: () => programOf((b) => [b.input(f32s(4)).exp()]),
  softmax: () => programOf((b) => [...traceComposite(softmaxOp, b, [b.input(f32s(3, 5))], { axis: 1 })]),
}

describe('the text of', () => {
  test.each(Object.entries(models))('%s is as recorded', async (name, make) => {
    await expect(printModule(make())).toMatchFileSnapshot(`modules/${name}.wat`)
  })
})

test('the text of a module without sizes is as recorded', async () => {
  const mean = programOf((b) => [
    b
      .input(f32s(60, 70))
      .sum([1])
      .mul(1 / 70),
  ])
  await expect(printModule(mean, { genericNodes: 2 })).toMatchFileSnapshot('modules/means of rows without sizes.wat')
})

test('the text of a program that two threads divide is as recorded', async () => {
  // The product and the sums of its rows are divided; the sum of all is the first thread's.
  const program = programOf((b) => {
    const product = b.input(f32s(64, 64)).dot(b.input(f32s(64, 64)))
    return [product.sum([1]).mul(product.sum([0, 1]).expand([64]))]
  })
  await expect(printModule(program, { threads: 2, worth: 0 })).toMatchFileSnapshot(
    'modules/a program of two threads.wat',
  )
})

test('a loop is one function', () => {
  const program = programOf((b) => [b.input(f32s(10)).exp().sum([0])])
  expect(program.nodes.map((node) => node.op)).toEqual([LOOP])
  expect(printModule(program).match(/\(func \$loop/g)).toHaveLength(1)
})

test('a parameter is asked for by its type', () => {
  const f = new ModuleWriter().function('f', ['f32'], 'void')
  expect(() => f.param(0, 'i32')).toThrow('parameter 0 of f is f32, not i32')
  const callee: Callee = f
  expect(callee.index).toBe(0)
})
