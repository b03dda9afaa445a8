/** The one way from a program as written to the program that a backend prepares. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Program, Shape } from '../../src/contract/contract.ts'
import { LOOP } from '../../src/contract/loop.ts'
import { Builder, type Sym } from '../../src/ir/builder.ts'
import { traceComposite, type CompositeDefinition } from '../../src/ir/composite.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import { randomProgram } from '../../src/ir/random-program.ts'
import { verify } from '../../src/composites/programs.ts'
import { lower, lowerWithState } from '../../src/lower/lower.ts'

const float = (...shape: Shape): { dtype: 'float32'; shape: Shape } => ({ dtype: 'float32', shape })
const LOOPS = { runs: new Set([LOOP]), limits: { allocationBytes: Infinity, alignment: 16 } }

/** Constants are folded as they are stored. */
const STORED = { round: true } as const

/** p' = p - lr g as a composite, as optimizers write it. */
const sgd: CompositeDefinition<object> = {
  name: 'test/sgd',
  trace: ([p, g, lr]) => [p!.sub(g!.mul(lr!.expand(p!.shape)))],
  gradient: null,
}
const update = (p: Sym, g: Sym, lr: Sym): Sym => traceComposite(sgd, p.builder, [p, g, lr], {})[0]!
/** A step with two parameters; gives its loss and them. */
function step(): Program {
  const builder = new Builder()
  const [x, w, c] = [builder.input(float(2, 3)), builder.input(float(3, 1)), builder.input(float(2))]
  const lr = builder.scalar('float32')
  const loss = x
    .dot(w)
    .sum([0, 1])
    .add(c.mul(c).sum([0]))
  return builder.finish([loss, update(w, x.dot(x.dot(w), true), lr), update(c, c.add(c), lr)])
}
const composites = ({ nodes }: Program): string[] => nodes.filter(({ body }) => body !== undefined).map(({ op }) => op)

describe('lower', () => {
  test.each([[], [LOOP], ['test/sgd'], ['test/sgd', LOOP]])(
    'leaves no other composites than those that run: %s %s',
    (...runs) => {
      expect(new Set(composites(lower(step(), { runs: new Set(runs) })))).toEqual(new Set(runs))
    },
  )
  test('means what was written, whatever runs', () => {
    for (let seed = 0; seed < 120; seed++) {
      const { program, inputs, scalars } = randomProgram(seed)
      for (const runs of [new Set<string>(), LOOPS.runs]) {
        const lowered = lower(program, { runs })
        verify(lowered)
        expect(evaluate(lowered, inputs, scalars, STORED), `seed ${seed}`).toEqual(
          evaluate(program, inputs, scalars, STORED),
        )
      }
    }
  })
})

describe('lowerWithState', () => {
  const replaces = [null, 1, 2]
  test('lays state side by side where it may, and writes it in its place', () => {
    const { program, inputs, outputs, rows } = lowerWithState(step(), LOOPS, { replaces, mayJoin: () => true })
    verify(program)
    expect([inputs, outputs]).toEqual([[0], [0]])
    expect(rows.map((row) => [row.inputs, row.outputs, row.offsets])).toEqual([
      [
        [1, 2],
        [1, 2],
        [0, 16],
      ],
    ])
    // The row is the input behind those that are left.
    expect(program.donated).toEqual([null, 1])
  })
  test.each([{ replaces }, { replaces, mayJoin: () => false }])(
    'elsewhere each is written in its own place',
    (state) => {
      const { program, inputs, outputs, rows } = lowerWithState(step(), LOOPS, state)
      expect([inputs, outputs, rows, program.donated]).toEqual([[0, 1, 2], [0, 1, 2], [], [null, 1, 2]])
    },
  )
})

test('nobody else puts passes together', () => {
  const source = join(import.meta.dirname, '../../src')
  const spelled = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('lower/') && file !== 'backend/index.ts')
    .filter((file) =>
      /from '[./]*lower\/(fuse|simplify|side-by-side|donation)\.ts'/.test(readFileSync(join(source, file), 'utf8')),
    )
  expect(spelled).toEqual([])
})
