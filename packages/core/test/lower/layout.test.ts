/** Where values lie: whatever shares bytes, every node finds its operands as they were computed. */
import { describe, expect, test } from 'vitest'
import type { Attributes, Node, Program, Shape, TensorType } from '../../src/contract/contract.ts'
import { bytesOf, numel } from '../../src/contract/dtype.ts'
import { layout, type LayoutOptions, type Place } from '../../src/lower/layout.ts'
import { contiguousStart } from '../../src/lower/sharing.ts'
import { donations } from '../../src/lower/donation.ts'
import { Builder, type Sym } from '../../src/ir/builder.ts'
import { fuse } from '../../src/lower/fuse.ts'
import { print } from '../../src/ir/print.ts'
import { randomProgram } from '../../src/ir/random-program.ts'
import { unreadProgram } from '../../src/ir/random-program/unread.ts'

const float = (shape: Shape): TensorType => ({ dtype: 'float32', shape })

const isContiguous = ({ attrs, types }: Node): boolean =>
  numel(types[0]!.shape.slice(0, (attrs as Attributes['concat']).axis)) === 1

const POISON = 'nothing'
const nodeOf = ({ inputs, scalars, nodes }: Program, value: number): Node | undefined => {
  let next = inputs.length + scalars.length
  return nodes.find(({ types }) => value < (next += types.length) && value >= next - types.length)
}

/** Runs a program on names instead of numbers: every byte holds which byte of which value was written there. */
function assertIntact(program: Program, options: LayoutOptions = {}): void {
  const { alignment } = options
  const { types, firstResult, places, silent, copies, scratch } = layout(program, options)
  for (const bytes of scratch) expect(bytes).toBeLessThanOrEqual(options.allocationBytes ?? Infinity)
  const gaps = new Set(
    [...types.keys()].filter((value) => {
      const node = nodeOf(program, value)
      return node?.op === 'constant' && 'unread' in node.attrs
    }),
  )
  const memory = new Map<string, string>()
  const key = ({ of, index, byteOffset }: Place, byte: number): string => {
    const input = of === 'output' ? (program.donated[index] ?? null) : of === 'input' ? index : null
    return input === null ? `${of} ${index} ${byteOffset + byte}` : `input ${input} ${byteOffset + byte}`
  }
  /** What stands for a byte of a value: that of the value from which it was taken without a copy; null where nobody reads it. */
  const sources = new Map<number, (byte: number) => string | null>()
  const source = (value: number): ((byte: number) => string | null) =>
    gaps.has(value) ? () => null : (sources.get(value) ?? ((byte) => `%${value} ${byte}`))
  const part = (values: readonly number[], byte: number): string | null => {
    let at = byte
    for (const value of values) {
      if (at < bytesOf(types[value]!)) return source(value)(at)
      at -= bytesOf(types[value]!)
    }
    throw new Error('past the end')
  }
  const write = (value: number): void => {
    const { of, index, byteOffset } = places[value]!
    if (of === 'scratch') expect(byteOffset + bytesOf(types[value]!)).toBeLessThanOrEqual(scratch[index]!)
    if (alignment !== undefined) expect(byteOffset % alignment).toBe(0)
    for (let byte = 0; byte < bytesOf(types[value]!); byte++)
      memory.set(key(places[value]!, byte), source(value)(byte) ?? POISON)
  }
  const assertBytes = (place: Place, value: number, reader: string): void => {
    for (let byte = 0; byte < bytesOf(types[value]!); byte++) {
      const [there, wanted] = [memory.get(key(place, byte)), source(value)(byte)]
      if (wanted !== null && there !== wanted)
        expect.fail(`${reader}, and finds ${there} for ${wanted}\n${print(program)}`)
    }
  }
  for (let value = 0; value < firstResult; value++) write(value)
  let next = firstResult
  program.nodes.forEach((node, i) => {
    const results = node.types.map((_, k) => next + k)
    next += results.length
    const args = node.args.map((arg) => types[arg]!)
    if (node.op === 'concat' && isContiguous(node)) sources.set(results[0]!, (byte) => part(node.args, byte))
    else if (silent[i]) {
      const start = contiguousStart(node, args) ?? 0
      sources.set(results[0]!, (byte) => source(node.args[0]!)(byte + start))
    }
    if (silent[i]) return
    for (const arg of node.args) assertBytes(places[arg]!, arg, `node ${i} (${node.op}) reads %${arg}`)
    for (const result of results) write(result)
  })
  for (const { from, to } of copies) {
    assertBytes(places[from]!, from, `output ${to} copies %${from}`)
    for (let byte = 0; byte < bytesOf(types[from]!); byte++)
      memory.set(key({ of: 'output', index: to, byteOffset: 0 }, byte), source(from)(byte) ?? POISON)
  }
  program.outputs.forEach((value, index) =>
    assertBytes({ of: 'output', index, byteOffset: 0 }, value, `output ${index}`),
  )
}

/** Every output in the place of the first input of its type that no other takes, where that is safe. */
function updating(program: Program): Program {
  const types = [...program.inputs, ...program.scalars.map((dtype) => ({ dtype, shape: [] }))].concat(
    program.nodes.flatMap((node) => [...node.types]),
  )
  const taken = new Set<number>()
  const own = program.outputs.map((output) => {
    const input = program.inputs.findIndex(
      ({ dtype, shape }, i) =>
        !taken.has(i) && dtype === types[output]!.dtype && shape.join() === types[output]!.shape.join(),
    )
    if (input < 0) return null
    taken.add(input)
    return input
  })
  return { ...program, donated: donations(program, own) }
}

test('random programs, fused or not, with donated inputs or without: nothing is overwritten before it was read', () => {
  let shared = 0
  let donated = 0
  for (let seed = 0; seed < 300; seed++) {
    const { program } = randomProgram(seed)
    for (const one of [program, fuse(program), updating(program), updating(fuse(program))]) {
      assertIntact(one)
      shared += layout(one).base.reduce((sum, base, value) => sum + (base === value ? 0 : 1), 0)
      donated += one.donated.filter((input) => input !== null).length
    }
    assertIntact(fuse(program), { alignment: 256 })
    assertIntact(fuse(program), { inPlace: ['scatterAdd', 'cumsum'] })
    assertIntact(program, { allocationBytes: 2048, scalars: 'apart' })
    assertIntact(updating(fuse(program)), { alignment: 256, allocationBytes: 2048, scalars: 'apart' })
  }
  expect(shared).toBeGreaterThan(500)
  expect(donated).toBeGreaterThan(100)
})

test('parts of a concatenation that nobody reads are written where nothing else lies', () => {
  const b = new Builder()
  const x = b.input(float([4]))
  const [first, second, third] = [x.neg(), x.exp(), x.abs()]
  const whole = b.finish([b.concat([third, first], 0), second.sum([0])])
  const program = { ...whole, outputs: [whole.outputs[1]!], donated: [null] }
  assertIntact(program)
  assertIntact(fuse(program))
})
test('random programs with nodes that nobody reads: what these write does not reach what others read', () => {
  for (let seed = 0; seed < 1000; seed++) {
    const { program } = unreadProgram(seed)
    assertIntact(program)
    assertIntact(updating(fuse(program)))
  }
})

describe('what shares bytes', () => {
  const build = (write: (b: Builder) => readonly Sym[]): Program => {
    const builder = new Builder()
    return builder.finish(write(builder))
  }
  const shown = (program: Program, alignment = 1): string[] => {
    assertIntact(program, alignment === 1 ? {} : { alignment })
    const { places, firstResult, silent, scratch } = layout(program, { alignment })
    return [
      ...places
        .slice(firstResult)
        .map(({ of, index, byteOffset }, i) => `%${firstResult + i} ${of} ${index} ${byteOffset}`),
      `silent ${silent.flatMap((is, i) => (is ? [i] : [])).join()}`,
      `${scratch.join()} bytes`,
    ]
  }
  test('a contiguous slice lies in its operand, another slice does not', () => {
    const rows = build((b) => [
      b
        .input(float([4, 3]))
        .slice([1, 0], [3, 3])
        .exp()
        .sum([0, 1]),
    ])
    expect(shown(rows)).toEqual(['%1 input 0 12', '%2 scratch 0 0', '%3 output 0 0', 'silent 0', '32 bytes'])
    const columns = build((b) => [
      b
        .input(float([4, 3]))
        .slice([0, 1], [4, 3])
        .exp()
        .sum([0, 1]),
    ])
    expect(shown(columns)[0]).toBe('%1 scratch 0 0')
    const one = build((b) => [
      b
        .input(float([4, 3]))
        .slice([2, 1], [3, 2])
        .exp(),
    ])
    expect(shown(one)[0]).toBe('%1 input 0 28')
    const everySecond = build((b) => [
      b
        .input(float([4, 3]))
        .slice([0, 0], [4, 3], [2, 1])
        .exp(),
    ])
    expect(shown(everySecond)[0]).toBe('%1 output 0 0')
  })
  test('where the backend wants places at multiples of 16 bytes, slices elsewhere are copied', () => {
    const program = build((b) => {
      const x = b.input(float([4, 3]))
      return [x.slice([1, 0], [2, 3]).exp().sum([0, 1]), x.slice([2, 0], [4, 3]).sum([0, 1])]
    })
    expect(contiguousStart(program.nodes[0]!, [program.inputs[0]!])).toBe(12)
    expect(shown(program, 16)[0]).toBe('%1 scratch 0 0')
  })
  test('what is concatenated is computed where the whole lies', () => {
    const program = build((b) => {
      const [x, y] = [b.input(float([2])), b.input(float([3]))]
      return [b.concat([x.exp(), y.exp()], 0).sum([0])]
    })
    expect(shown(program)).toEqual([
      '%2 scratch 0 0',
      '%3 scratch 0 8',
      '%4 scratch 0 0',
      '%5 output 0 0',
      'silent 2',
      '32 bytes',
    ])
  })
  test('what is an input or stands twice is copied into the whole', () => {
    const program = build((b) => {
      const [x, y] = [b.input(float([2])), b.input(float([3]))]
      const z = x.exp()
      return [b.concat([z, y, z], 0).sum([0])]
    })
    expect(shown(program)).toEqual(['%2 scratch 0 0', '%3 scratch 0 0', '%4 output 0 0', 'silent ', '32 bytes'])
  })
  test('a concatenation along an inner axis is a copy', () => {
    const program = build((b) => {
      const x = b.input(float([2, 2]))
      return [b.concat([x.exp(), x.neg()], 1).sum([0, 1])]
    })
    expect(shown(program).at(-2)).toBe('silent ')
  })
  test('an elementwise result takes the place of an operand that nobody reads any more', () => {
    const program = build((b) => {
      const x = b.input(float([4]))
      return [x.exp().neg().sqrt().sum([0])]
    })
    expect(shown(program).slice(0, 3)).toEqual(['%1 scratch 0 0', '%2 scratch 0 0', '%3 scratch 0 0'])
  })
  test('a chain to an output runs in the output', () => {
    const program = build((b) => [
      b
        .input(float([4]))
        .exp()
        .neg(),
    ])
    expect(shown(program)).toEqual(['%1 output 0 0', '%2 output 0 0', 'silent ', ' bytes'])
  })
  test('what is added to is added to in its place, if the backend can and nobody reads it any more', () => {
    const places = (write: (b: Builder) => readonly Sym[]): readonly Place[] => {
      const program = build(write)
      assertIntact(program, { inPlace: ['scatterAdd'] })
      return layout(program, { inPlace: ['scatterAdd'] }).places
    }
    const index = (b: Builder): Sym => b.input({ dtype: 'int32', shape: [4] })
    const written = (b: Builder): readonly Sym[] => {
      const x = b.input(float([4])).exp()
      return [x.scatterAdd(index(b), b.input(float([4])), 0).sum([0])]
    }
    const [from, into] = places(written).slice(3)
    expect(into).toEqual(from)
    expect(layout(build(written)).places.slice(3, 5)).toMatchObject([{ byteOffset: 0 }, { byteOffset: 16 }])
    const apart: readonly ((b: Builder) => readonly Sym[])[] = [
      (b) => {
        const x = b.input(float([4])).exp()
        const sum = x.scatterAdd(index(b), b.input(float([4])), 0)
        return [x, sum, sum.add(x)]
      },
      // What is added may be what is added to, and the places too.
      (b) => {
        const x = b.input(float([4])).exp()
        return [x.scatterAdd(index(b), x, 0)]
      },
      (b) => {
        const x = index(b).neg()
        return [x.scatterAdd(x, index(b), 0)]
      },
    ]
    for (const write of apart) {
      const sums = (b: Builder): Sym[] => write(b).map((value) => value.sum([0]))
      const results = places(sums)
      const { nodes, inputs } = build(sums)
      const at = nodes.findIndex(({ op }) => op === 'scatterAdd')
      expect(results[inputs.length + at]).not.toEqual(results[nodes[at]!.args[0]!])
    }
  })
  test('not before an input that is still read there', () => {
    const program = build((b) => {
      const [x, y] = [b.input(float([4])), b.input(float([4]))]
      const z = x.exp()
      return [y.mul(z).add(y.sub(z))]
    })
    const donated = { ...program, donated: [1] }
    expect(shown(donated).slice(0, 4)).toEqual(['%2 scratch 0 0', '%3 scratch 0 16', '%4 scratch 0 0', '%5 output 0 0'])
  })
})

describe('scratch in pieces', () => {
  const three = (): Program => {
    const b = new Builder()
    const x = b.input(float([100]))
    const [p, q, r] = [x.exp(), x.sin(), x.cos()]
    return b.finish([p.cumsum(0).add(q.cumsum(0)).add(r.cumsum(0)).sum([0]), p.flip([0]), q.flip([0]), r.flip([0])])
  }
  test('none is larger than it may be, and one is enough where it may be of any size', () => {
    expect(layout(three()).scratch).toHaveLength(1)
    const { scratch } = layout(three(), { allocationBytes: 1000 })
    expect(scratch.length).toBeGreaterThan(1)
    expect(Math.max(...scratch)).toBeLessThanOrEqual(1000)
    assertIntact(three(), { allocationBytes: 1000 })
  })
  test('a value that is larger than a piece is refused, and named', () => {
    const b = new Builder()
    b.origin = 'layers.3'
    const program = b.finish([
      b
        .input(float([100]))
        .cumsum(0)
        .sum([0]),
    ])
    expect(() => layout(program, { allocationBytes: 256 })).toThrow(
      'cumsum: a result of 400 bytes (at layers.3) is more than the 256 of one storage; take smaller batches, or do it in parts',
    )
  })
})

describe('scalars apart', () => {
  test('have places of their own, and so have views of them', () => {
    const b = new Builder()
    const [x, k, m] = [b.input(float([1])), b.scalar('float32'), b.scalar('int32')]
    const row = m.reshape([1, 1])
    const program = b.finish([x.mul(k.reshape([1])), row.slice([0, 0], [1, 1]), k])
    const { places, silent, scratch } = layout(program, { scalars: 'apart' })
    const names = places.map(({ of, index }) => `${of} ${index}`)
    expect(names).toEqual(['input 0', 'scalar 0', 'scalar 1', 'scalar 1', 'scalar 0', 'output 0'])
    expect(silent).toEqual([true, true, false])
    expect(scratch).toEqual([])
    assertIntact(program, { scalars: 'apart' })
    expect(layout(program).scratch).toEqual([32])
  })
})

describe('gaps that nobody reads', () => {
  const rows = (copied: boolean): Program => {
    const b = new Builder()
    const [x, y] = [b.input(float([2])), b.input(float([3]))]
    const row = b.concat([x.exp(), b.gap('float32', 62), copied ? y : y.exp(), b.gap('float32', 62)], 0)
    const whole = row.neg()
    return b.finish([whole.slice([0], [2]).sum([0]), whole.slice([64], [67]).sum([0])])
  }
  test('are not written, whatever the alignment, and take no bytes', () => {
    for (const alignment of [1, 256]) {
      const { silent, scratch } = layout(rows(false), { alignment })
      const { nodes } = rows(false)
      expect(nodes.flatMap(({ op }, i) => (silent[i] ? [op] : []))).toEqual(['constant', 'concat', 'slice', 'slice'])
      expect(scratch).toEqual([alignment === 1 ? 528 : 768])
      assertIntact(rows(false), { alignment })
    }
  })
  test('have bytes where a copy reads them', () => {
    for (const alignment of [1, 256]) {
      const program = rows(true)
      const { silent, places } = layout(program, { alignment })
      const at = program.nodes.findIndex(({ op }) => op === 'constant')
      expect(silent[at]).toBe(true)
      expect(silent[program.nodes.findIndex(({ op }) => op === 'concat')]).toBe(false)
      expect(places[2 + at]!.byteOffset % alignment).toBe(0)
      assertIntact(program, { alignment })
    }
  })
})
