/** Loops that a backend runs itself, and runs wrong. */
import type { Attributes, Backend, Executable, Node, Program, Slice } from '@glissade/core/backend'
import { DTYPES, LOOP, numel, REDUCTION } from '@glissade/core/backend'
import { inline, type Builder, type Sym } from '@glissade/core/ir'
import { hostBackend } from '../host-backend.ts'
import type { Mutant } from './mutant.ts'
import { rewritten } from './rewritten.ts'

/** A backend that runs `loop`, by the nodes of its body; its programs rewritten, and whole with the identity. */
export function looping(rewrite: (program: Program) => Program, right: Backend = hostBackend()): Backend {
  return {
    ...right,
    capabilities: { ...right.capabilities, runs: new Set([LOOP]) },
    prepare(program) {
      const inlined = inline(rewrite(program))
      return program.donated.every((input) => input === null) ? right.prepare(inlined) : apart(right, inlined)
    },
  }
}

/** A loop reads an element of all operands before it writes any; its nodes one by one do not, so they write elsewhere. */
function apart(right: Backend, program: Program): Executable {
  const nowhere = program.donated.map(() => null)
  const executable = right.prepare({ ...program, donated: nowhere })
  return {
    ...executable,
    run(inputs, outputs, scalars) {
      const slices = outputs.map(({ type }): Slice => {
        const byteLength = numel(type.shape) * DTYPES[type.dtype].bytes
        return { storage: right.allocate(byteLength), byteOffset: 0, type }
      })
      executable.run(inputs, slices, scalars)
      const types = slices.map(({ type }) => type)
      const copy = { inputs: types, scalars: [], nodes: [], outputs: types.map((_, i) => i), donated: nowhere }
      right.prepare(copy).run(slices, outputs, scalars)
      for (const { storage } of slices) right.release(storage)
    },
  }
}

/** How loops go wrong: what a node of a body becomes, and what the results do. */
interface Fault {
  readonly node?: (node: Node, args: readonly Sym[], builder: Builder, right: () => readonly Sym[]) => readonly Sym[]
  readonly results?: (results: readonly Sym[], loop: Node, args: readonly Sym[], program: Program) => readonly Sym[]
  readonly only: string
}

const faulty = (name: string, { node, results, only }: Fault): Mutant => ({
  name,
  only,
  create: () =>
    looping((program) =>
      rewritten(program, (loop, args, builder, copied) => {
        if (loop.op !== LOOP) return copied()
        const values: Sym[] = [...args]
        for (const inner of loop.body!.nodes) {
          const own = inner.args.map((arg) => values[arg]!)
          const right = (): readonly Sym[] => builder.node(inner.op, inner.attrs, own, inner.types)
          values.push(...(node?.(inner, own, builder, right) ?? right()))
        }
        const written = loop.body!.outputs.map((value) => values[value]!)
        return results?.(written, loop, args, program) ?? written
      }),
    ),
})

const LANES = 4
const flat = (x: Sym): Sym => x.reshape([numel(x.shape)])
/** 0, 1, 2, ... row by row. */
const positions = (x: Sym): Sym => x.builder.iota('int32', [numel(x.shape)], 0).reshape(x.shape)
const whole = (n: number): number => n - (n % LANES)
const isNumber = (x: Sym): boolean => x.dtype !== 'bool'

/** Only some of what a reduction goes over, the rest being what changes nothing. */
const NEUTRAL: Readonly<Record<string, number>> = { sum: 0, prod: 1, max: -Infinity, min: Infinity }
const isReduction = (node: Node): boolean => (REDUCTION as readonly string[]).includes(node.op)
const over = (node: Node, x: Sym, kept: (x: Sym) => Sym): readonly Sym[] => {
  const { axes } = node.attrs as Attributes['sum']
  const float = x.dtype === 'float32' || x.dtype === 'float64'
  const least = x.dtype === 'uint8' ? 0 : -(2 ** 31)
  const neutral = NEUTRAL[node.op]!
  const own =
    float || Number.isFinite(neutral) ? neutral : neutral < 0 ? least : x.dtype === 'uint8' ? 255 : 2 ** 31 - 1
  return x.builder.node(node.op, { axes }, [kept(x).where(x, own)], node.types)
}
const reduction = (
  name: string,
  change: (node: Node, x: Sym) => readonly Sym[],
  only = 'compiled/loop/*small integers',
): Mutant =>
  faulty(name, {
    node: (node, [x], _, right) => (isReduction(node) ? change(node, x!) : right()),
    only,
  })
/** Of an element, among those that go into the same result. */
const rank = (node: Node, x: Sym): Sym => {
  const { axes } = node.attrs as Attributes['sum']
  return axes.reduce(
    (at, axis) => at.mul(x.shape[axis]!).add(x.builder.iota('int32', x.shape, axis)),
    x.builder.fill('int32', x.shape, 0),
  )
}
const count = (node: Node, x: Sym): number =>
  numel((node.attrs as Attributes['sum']).axes.map((axis) => x.shape[axis]!))

/** Its sums start at what they were at the end of the run before: held in storages of the executable. */
const accumulating: Mutant = {
  name: 'a loop does not clear its sums between runs',
  only: 'compiled/loop/*run again *',
  create: () => {
    const right = hostBackend()
    const prepare: Backend['prepare'] = (program) => {
      const held: Slice[] = []
      const sums: Sym[] = []
      const inlined = rewritten(
        inline(program),
        (node, _, builder, copied) => {
          if (node.op !== 'sum' || node.types[0]!.dtype !== 'float32') return copied()
          const [type] = node.types
          const storage = right.allocate(4 * numel(type!.shape))
          right.write({ storage, byteOffset: 0, type: type! }, new Uint8Array(storage.byteLength))
          held.push({ storage, byteOffset: 0, type: type! })
          const sum = copied()[0]!.add(builder.input(type!))
          sums.push(sum)
          return [sum]
        },
        sums,
      )
      const executable = right.prepare(inlined)
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          // A sum may lie where it lay: every element is read before it is written.
          executable.run([...inputs, ...held], [...outputs, ...held], scalars)
        },
        release() {
          for (const { storage } of held) right.release(storage)
          executable.release()
        },
      }
    }
    return { ...looping((program) => program, right), prepare }
  },
}

export const loops: readonly Mutant[] = [
  faulty('a loop drops its scalar tail', {
    only: 'compiled/loop/*small integers',
    results: (results, { types }) =>
      results.map((y, i) => {
        const n = numel(types[i]!.shape)
        if (!isNumber(y) || n < LANES) return y
        return positions(y).lt(whole(n)).where(y, y.like(0))
      }),
  }),
  faulty('a loop drops the tail of bytes alone', {
    only: 'compiled/loop/bool/*',
    results: (results) =>
      results.map((y) =>
        isNumber(y)
          ? y
          : positions(y)
              .lt(numel(y.shape) & -16)
              .and(y),
      ),
  }),
  reduction('a reduction forgets its first element', (node, x) => over(node, x, () => rank(node, x).eq(0).not())),
  reduction('a reduction forgets its tail', (node, x) =>
    over(node, x, () => {
      const n = count(node, x)
      return rank(node, x).lt(n < LANES ? n : whole(n))
    }),
  ),
  reduction('a reduction counts the last element twice', (node, x) => {
    const last = rank(node, x).eq(count(node, x) - 1)
    return node.op === 'sum'
      ? x.builder.node('sum', node.attrs, [last.where(x.add(x), x)], node.types)
      : x.builder.node(node.op, node.attrs, [x], node.types)
  }),
  reduction('the maximum of a loop starts at 0', (node, x) => {
    const [y] = x.builder.node(node.op, node.attrs, [x], node.types)
    return [node.op === 'max' ? y!.maximum(0) : y!]
  }),
  reduction(
    'the least of a loop drops a NaN',
    (node, x) =>
      node.op === 'min' ? over(node, x, () => x.eq(x)) : x.builder.node(node.op, node.attrs, [x], node.types),
    'compiled/loop/float32/[19]*',
  ),
  reduction(
    'a sum of int32 goes through float32',
    (node, x) => {
      const [y] = x.builder.node(node.op, node.attrs, [x], node.types)
      return [
        x.dtype === 'int32' && node.op === 'sum'
          ? x
              .cast('float32')
              .sum((node.attrs as Attributes['sum']).axes)
              .cast('int32')
          : y!,
      ]
    },
    'compiled/loop/int32/*',
  ),
  reduction('the sums of a loop are not cleared from row to row', (node, x) => {
    const [y] = x.builder.node(node.op, node.attrs, [x], node.types)
    return [node.op === 'sum' && y!.rank > 0 ? flat(y!).cumsum(0).reshape(y!.shape) : y!]
  }),
  reduction('a loop writes its reductions column by column', (node, x) => {
    const [y] = x.builder.node(node.op, node.attrs, [x], node.types)
    return [y!.permute(y!.shape.map((_, axis) => axis).toReversed()).reshape(y!.shape)]
  }),
  faulty('a loop repeats every operand along the leading axes', {
    only: 'compiled/loop/*repeated*',
    node: (node, [x], builder, right) => {
      if (node.op !== 'expand' || numel(x!.shape) < 2) return right()
      const { shape } = node.attrs as Attributes['expand']
      const index = builder.iota('int32', [numel(shape)], 0).mod(numel(x!.shape))
      return [flat(x!).gather(index, 0).reshape(shape)]
    },
  }),
  faulty('iota of a loop counts along the last axis', {
    only: 'compiled/loop/*repeated*',
    node: (node, _, builder, right) => {
      const { dtype, shape } = node.attrs as Attributes['iota']
      return node.op === 'iota' ? [builder.iota(dtype, shape, shape.length - 1)] : right()
    },
  }),
  faulty('a loop of float64 rounds to float32', {
    only: 'compiled/loop/float64/*',
    results: (results) => results.map((y) => (y.dtype === 'float64' ? y.cast('float32').cast('float64') : y)),
  }),
  faulty('exp over vectors is a short polynomial', {
    only: 'compiled/loop/*exp, tanh and their sum',
    node: (node, [x], _, right) => {
      const [y] = right()
      return [
        node.op === 'exp'
          ? positions(x!)
              .lt(whole(numel(x!.shape)))
              .where(y!.mul(1 + 1e-5), y!)
          : y!,
      ]
    },
  }),
  faulty('the last lane of float vectors is a tenth of a percent off', {
    only: 'compiled/loop/*small integers',
    results: (results) =>
      results.map((y) =>
        y.dtype === 'float32'
          ? positions(y)
              .mod(LANES)
              .eq(LANES - 1)
              .where(y.mul(1.001), y)
          : y,
      ),
  }),
  faulty('a loop contracts products and sums', {
    node: (node, [a, b], builder, right) => {
      const product = node.op === 'add' && a!.dtype === 'float32' ? builder.nodeOf(a!) : undefined
      if (product?.op !== 'mul') return right()
      const [x, y] = product.args.map((arg) => builder.value(arg).cast('float64'))
      return [x!.mul(y!).add(b!.cast('float64')).cast('float32')]
    },
    only: 'compiled/loop/*/sgd, *',
  }),
  faulty('neg in a loop is 0 - x', {
    only: 'compiled/loop/*signed zeros',
    node: (node, [x], _, right) => (node.op === 'neg' && x!.dtype === 'float32' ? [x!.like(0).sub(x!)] : right()),
  }),
  faulty('a number of the run is cut to an integer', {
    only: 'compiled/loop/*numbers of the run',
    node: (node, args, builder, right) =>
      args.some((arg) => arg.rank === 0 && arg.dtype === 'float32' && builder.nodeOf(arg) === undefined)
        ? builder.node(
            node.op,
            node.attrs,
            args.map((arg) =>
              arg.rank === 0 && arg.dtype === 'float32' && builder.nodeOf(arg) === undefined ? arg.floor() : arg,
            ),
            node.types,
          )
        : right(),
  }),
  faulty('a loop reads an operand after it wrote in its place', {
    only: 'compiled/loop/*in the place of *',
    results: (results, loop, args, program) => {
      const taken = program.donated[0] ?? null
      const inner = taken === null ? -1 : loop.args.indexOf(taken)
      if (inner < 0 || results.length < 2) return results
      // Every result but the first is computed from the first, where the operand was.
      const late = args.with(inner, results[0]!)
      const again = results[0]!.builder.inline(loop.body!, late)
      return [results[0]!, ...again.slice(1)]
    },
  }),
  accumulating,
]
