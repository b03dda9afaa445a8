/** Backends that lose something between the runs of a program, its numbers, its indices and the bytes that are written. */
import { numel, type Program } from '@glissade/core/backend'
import type { Patterns } from '../../src/pattern.ts'
import { backend, type Mutant } from './mutant.ts'

/** What the executables of one program share though they should not. */
const shared = (name: string, only: Patterns, spoil: (n: number, program: Program) => boolean): Mutant =>
  backend(name, only, (right) => {
    const runs = new Map<string, number>()
    return {
      prepare(program) {
        const key = program.nodes.map(({ op, types }) => `${op}${types.map(({ shape }) => shape.join()).join()}`).join()
        const executable = right.prepare(program)
        return {
          ...executable,
          run(inputs, outputs, scalars) {
            const n = (runs.get(key) ?? 0) + 1
            runs.set(key, n)
            if (!spoil(n, program)) executable.run(inputs, outputs, scalars)
          },
        }
      },
    }
  })
export const programs: readonly Mutant[] = [
  shared('every fifth run of a program is dropped', '*/exp/*again and again', (n) => n % 5 === 0),
  shared('the second executable of a program runs once', '*/dot/*again and again', (n, { nodes }) => nodes.length === 1 && n === 4), // oxfmt-ignore
  backend('the third number of a run is that of the first run', 'compiled/order/*', (right) => ({
    prepare(program) {
      const executable = right.prepare(program)
      let third: number | null = null
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          const own = scalars.slice()
          if (own.length > 2) own[2] = third ??= own[2]!
          executable.run(inputs, outputs, own)
        },
      }
    },
  })),
  backend('numbers are uploaded when the last has changed', 'compiled/order/*', (right) => ({
    prepare(program) {
      const executable = right.prepare(program)
      let kept: Float64Array | null = null
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          if (kept === null || kept.at(-1) !== scalars.at(-1)) kept = scalars.slice()
          executable.run(inputs, outputs, kept)
        },
      }
    },
  })),
  backend('twenty numbers are the first sixteen', 'compiled/order/*', (right) => ({
    prepare(program) {
      const executable = right.prepare(program)
      return {
        ...executable,
        run: (inputs, outputs, scalars) => executable.run(inputs, outputs, scalars.map((x, i) => (i < 16 ? x : 0))), // oxfmt-ignore
      }
    },
  })),
  ...(['gather', 'scatterAdd'] as const).map((op) =>
    backend(`${op} takes what is last of thousands, between other nodes`, `compiled/${op}/*is an error*`, (right) => ({
      prepare(program) {
        const executable = right.prepare(program)
        if (program.nodes.length === 1) return executable
        return {
          ...executable,
          run(inputs, outputs, scalars) {
            try {
              executable.run(inputs, outputs, scalars)
            } catch (error) {
              if (numel(inputs[1]!.type.shape) < 50) throw error
            }
          },
        }
      },
    })),
  ),
  ...[1, 2, 3, 5].map((length) =>
    backend(`writes whose length is ${length} more than a multiple of 8 lose a byte`, 'eager/write/*', (right) => ({
      write: (slice, bytes) => right.write(slice, bytes.length % 8 === length % 8 ? bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte)) : bytes), // oxfmt-ignore
    })),
  ),
  ...[3, 13].map((offset) =>
    backend(`bytes that begin ${offset} into a buffer are those at its start`, 'eager/write/*', (right) => ({
      write: (slice, bytes) => right.write(slice, bytes.byteOffset === offset ? new Uint8Array(bytes.buffer, 0, bytes.length) : bytes), // oxfmt-ignore
    })),
  ),
]
