/** Kernels and programs that keep something of an earlier run. */
import type { Executable, HostArray, Kernels, Slice } from '@glissade/core/backend'
import { backend, clone, kernel, type Mutant } from './mutant.ts'

type Op = keyof Kernels
/** An operand as it was when the prepared node first ran. */
const keeps = (op: Op, operand: number): Mutant =>
  kernel(
    `${op} keeps operand ${operand} of its first run`,
    op,
    ({ attrs, args, results }, original) => {
      const loop = original(attrs, args, results)
      let kept: HostArray | null = null
      return (from, to) => {
        kept ??= clone(from[operand]!)
        loop(from.with(operand, kept), to)
      }
    },
    `eager/${op}/*`,
  )
/** What it gave at first. */
const repeats = (op: Op): Mutant =>
  kernel(
    `${op} gives what its first run gave`,
    op,
    ({ attrs, args, results }, original) => {
      const loop = original(attrs, args, results)
      let kept: HostArray | null = null
      return (from, to) => {
        loop(from, to)
        kept ??= clone(to[0]!)
        to[0]!.set(kept)
      }
    },
    `eager/${op}/*`,
  )
/** Sums on top of what the run before left. */
const piles = (op: Op): Mutant =>
  kernel(
    `${op} adds to what its last run gave`,
    op,
    ({ attrs, args, results }, original) => {
      const loop = original(attrs, args, results)
      let before: HostArray | null = null
      return (from, to) => {
        loop(from, to)
        const own = clone(to[0]!)
        if (before !== null) for (let i = 0; i < own.length; i++) to[0]![i] = own[i]! + before[i]!
        before = own
      }
    },
    `eager/${op}/*`,
  )
/** The second run alone is wrong: two buffers in turn, of which one is never filled. */
const everyOther = (op: Op): Mutant =>
  kernel(
    `${op} leaves every other run undone`,
    op,
    ({ attrs, args, results }, original) => {
      const loop = original(attrs, args, results)
      let runs = 0
      return (from, to) => {
        if (runs++ % 2 === 0) loop(from, to)
      }
    },
    `eager/${op}/*`,
  )
/** From its fourth run on it forgets its operands. */
const tires = (op: Op): Mutant =>
  kernel(
    `${op} gives zeros from its third run on`,
    op,
    ({ attrs, args, results }, original) => {
      const loop = original(attrs, args, results)
      let runs = 0
      return (from, to) => {
        loop(from, to)
        if (runs++ >= 2) to[0]!.fill(0)
      }
    },
    `eager/${op}/*again and again`,
  )

/** What becomes of the numbers of a run. */
type Change = (scalars: Float64Array, run: number, before: readonly Float64Array[]) => Float64Array
const numbers = (name: string, change: Change): Mutant =>
  backend(name, ['compiled/order/*', 'compiled/sgd/*'], (right) => ({
    prepare(program): Executable {
      const executable = right.prepare(program)
      const before: Float64Array[] = []
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          const own = change(scalars.slice(), before.length, before)
          before.push(scalars.slice())
          executable.run(inputs, outputs, own)
        },
      }
    },
  }))
/** What becomes of the places of a run. */
const places = (
  name: string,
  only: string,
  change: (slices: readonly Slice[], before: (readonly Slice[])[]) => readonly Slice[],
  which: 'inputs' | 'outputs',
): Mutant =>
  backend(name, only, (right) => ({
    prepare(program): Executable {
      const executable = right.prepare(program)
      const before: (readonly Slice[])[] = []
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          const given = which === 'inputs' ? inputs : outputs
          const own = change(given, before)
          before.push(given)
          executable.run(which === 'inputs' ? own : inputs, which === 'outputs' ? own : outputs, scalars)
        },
      }
    },
  }))

/** `n` numbers of a run, at most as many as there are slots, shared by runs that are issued together. */
const ring = (slots: number): Mutant =>
  backend(`numbers lie in a ring of ${slots} runs`, 'compiled/order/*', (right) => {
    const pending: (() => void)[] = []
    const slotsOf: Float64Array[] = []
    let next = 0
    const flush = (): void => {
      for (const job of pending.splice(0)) job()
    }
    return {
      async read(slice) {
        flush()
        return right.read(slice)
      },
      write(target, bytes) {
        flush()
        right.write(target, bytes)
      },
      release(storage) {
        flush()
        right.release(storage)
      },
      prepare(program): Executable {
        const executable = right.prepare(program)
        return {
          ...executable,
          run(inputs, outputs, scalars) {
            const slot = next++ % slots
            slotsOf[slot] = scalars.slice()
            const [from, to] = [[...inputs], [...outputs]]
            pending.push(() => executable.run(from, to, slotsOf[slot]!.slice(0, program.scalars.length)))
          },
          release() {
            flush()
            executable.release()
          },
        }
      },
    }
  })

export const runs: readonly Mutant[] = [
  ...(['dot', 'conv', 'gather', 'scatterAdd', 'where', 'add', 'concat'] as const).flatMap((op) => [keeps(op, 0), keeps(op, 1)]), // oxfmt-ignore
  ...(['permute', 'sum', 'sort', 'cumsum', 'cast', 'exp', 'argmax', 'windowSum', 'pad', 'slice'] as const).map(repeats),
  ...(['sum', 'dot', 'conv', 'scatterAdd', 'windowSum', 'cumsum', 'prod'] as const).map(piles),
  ...(['iota', 'constant', 'max', 'min', 'expand', 'flip', 'neg', 'mul'] as const).map(everyOther),
  ...(['iota', 'constant', 'dot', 'gather', 'add', 'sort'] as const).map(tires),
  numbers('numbers are uploaded only when the first has changed', (scalars, run, before) => {
    const last = before.at(-1)
    return last !== undefined && last[0] === scalars[0] ? last : scalars
  }),
  numbers('numbers are uploaded only when the last has changed', (scalars, run, before) => {
    const last = before.at(-1)
    return last !== undefined && last.at(-1) === scalars.at(-1) ? last : scalars
  }),
  numbers('numbers are those of the run before', (scalars, run, before) => before.at(-1) ?? scalars),
  numbers('numbers go through float32', (scalars) => scalars.map(Math.fround)),
  numbers('only eight numbers are uploaded', (scalars) => scalars.map((x, i) => (i < 8 ? x : 0))),
  numbers('numbers stay what they are after 100 runs', (scalars, run, before) => before[Math.min(run, 100)] ?? scalars),
  ...[1, 2, 4, 16, 64, 256].map(ring),
  places('inputs are bound once', 'eager/order/*', (slices, [first]) => first ?? slices, 'inputs'),
  places('outputs are bound once', 'eager/order/*', (slices, [first]) => first ?? slices, 'outputs'),
  places(
    'an input is bound anew only where its storage differs from the first',
    'eager/add/*again and again',
    (slices, before) => slices.map((slice, i) => (i > 0 && before.length > 0 ? before[0]![i]! : slice)),
    'inputs',
  ),
  backend('programs of one text share what they keep', 'eager/dot/*again and again', (right) => {
    const known = new Map<string, { first: readonly Slice[] | null }>()
    return {
      prepare(program): Executable {
        const key = JSON.stringify(program.nodes)
        const shared = known.get(key) ?? { first: null }
        known.set(key, shared)
        const executable = right.prepare(program)
        return {
          ...executable,
          run(inputs, outputs, scalars) {
            shared.first ??= inputs
            executable.run([inputs[0]!, ...shared.first.slice(1)], outputs, scalars)
          },
        }
      },
    }
  }),
  backend('release of one executable ends the others of its program', 'eager/add/*again and again', (right) => {
    const ended = new Set<string>()
    return {
      prepare(program): Executable {
        const key = JSON.stringify([program.inputs, program.nodes])
        ended.delete(key)
        const executable = right.prepare(program)
        return {
          ...executable,
          run(inputs, outputs, scalars) {
            if (!ended.has(key)) executable.run(inputs, outputs, scalars)
          },
          release() {
            ended.add(key)
            executable.release()
          },
        }
      },
    }
  }),
]
