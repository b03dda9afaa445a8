/** What is asked of comments, and of the programs in them: each of it is broken once. */
import { expect, test } from 'vitest'
import { runPrograms } from '../docs/programs.mjs'
import { missingIn } from '../docs/rules.mjs'

/** @type {import('../docs/public.mjs').Name} */
const good = {
  name: '@glissade/core: add',
  kind: 'function',
  words: 'The sum of two tensors, element by element.\nSource: https://example.com',
  hasSource: true,
  isHidden: false,
  isDeclared: true,
  examples: [],
  bases: [],
}

test('a comment that says something is enough', () => {
  expect(missingIn(good)).toEqual([])
})

/** @type {[string, Partial<import('../docs/public.mjs').Name>, string][]} */
const BROKEN = [
  ['nothing', { words: '' }, 'has no comment'],
  ['the name again', { words: 'The add function adds.' }, 'says nothing'],
  ['no sentence', { words: 'the sum of two tensors' }, 'says nothing'],
  ['a source alone', { words: 'Source: https://example.com, somewhere in it.' }, 'says nothing'],
  ['a constructor in front', { kind: 'class', isHidden: true }, 'on its constructor'],
  ['no source of a module', { kind: 'class', bases: ['Swish', 'Module'], hasSource: false }, 'no source'],
  ['no source of a function', { name: '@glissade/core/functional: swish', hasSource: false }, 'no source'],
  ['no example of an optimizer', { kind: 'class', bases: ['Lion', 'Optimizer'] }, 'no @example'],
  ['no example of a scheduler', { kind: 'class', bases: ['Waltz', 'LRScheduler', 'Scheduler'] }, 'no @example'],
  ['no example of a loss', { kind: 'class', name: '@glissade/core/nn: DiceLoss' }, 'no @example'],
  ['no example of a backend', { name: '@glissade/cpu: cpu' }, 'no @example'],
]
test.each(BROKEN)('%s is missed', (_, change, what) => {
  expect(missingIn({ ...good, ...change })).toEqual([expect.stringContaining(what)])
})

test('programs that do not compile, throw or print something else are told, and others are not', async () => {
  const start = "import { tensor } from '@glissade/core'\n"
  const programs = {
    fine: 'for (const k of [1, 2]) console.log(tensor([k]).itemSync()) // 1, 2',
    untyped: 'const x: string = tensor([1]).itemSync()\nvoid x',
    throws: 'tensor([1]).reshape([2])',
    prints: 'console.log(tensor([1]).itemSync()) // 2',
    silent: 'console.log(tensor([1]).itemSync())',
  }
  const wrong = await runPrograms(
    Object.entries(programs).map(([name, code]) => ({ name, code: start + code, isWhole: false })),
  )
  expect(wrong.map((line) => line.split('\n')[0])).toEqual([
    expect.stringContaining("untyped: line 2: Type 'number' is not assignable to type 'string'"),
    expect.stringContaining('throws: ShapeError: reshape'),
    "prints: line 2 prints '1', but the comment says '2'",
    "silent: line 2 prints '1', but the comment says ''",
  ])
}, 120_000)
