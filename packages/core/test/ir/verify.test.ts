/** Each rule on its own: one change to a program that passes. */
import { describe, expect, test } from 'vitest'
import type { Node, Program } from '../../src/contract/contract.ts'
import { isGlissadeError } from '../../src/contract/errors.ts'
import { randomProgram } from '../../src/ir/random-program.ts'
import { typeOf } from '../../src/ir/type.ts'
import { verify } from '../../src/composites/programs.ts'

const f = (...shape: number[]) => typeOf('float32', shape)
const body: Program = {
  inputs: [f(2, 3)],
  scalars: [],
  nodes: [{ op: 'exp', attrs: {}, args: [0], types: [f(2, 3)] }],
  outputs: [1],
  donated: [null],
}
const dot: Node = { op: 'dot', attrs: { transposeA: false, transposeB: false }, args: [0, 1], types: [f(2, 3)] }
const glow: Node = { op: 'test/glow', attrs: { warm: true }, args: [3], types: [f(2, 3)], body, origin: 'layers.0' }
/** %0, %1; %2 is the scalar; %3 = dot, %4 = glow */
const sound: Program = {
  inputs: [f(2, 4), f(4, 3)],
  scalars: ['float32'],
  nodes: [dot, glow],
  outputs: [4],
  donated: [null],
}

/** %5 is read, and put between two halves of a row. */
const gap = { dtype: 'float32', shape: [2], value: 0, unread: true } as const
const withGap = (attrs: object, reader: Partial<Node>, outputs = [4]): Program => ({
  ...sound,
  nodes: [
    dot,
    glow,
    { op: 'constant', attrs, args: [], types: [f(2)] },
    { op: 'concat', attrs: { axis: 0 }, args: [5, 5], types: [f(4)], ...reader },
  ],
  outputs,
})

const withDot = (change: Partial<Node>): Program => ({ ...sound, nodes: [{ ...dot, ...change }, glow] })
const withGlow = (change: Partial<Node>): Program => ({ ...sound, nodes: [dot, { ...glow, ...change }] })
const withBody = (change: Partial<Program>): Program => withGlow({ body: { ...body, ...change } })

test('the control passes', () => {
  expect(() => verify(sound)).not.toThrow()
  expect(() => verify(withGap(gap, {}))).not.toThrow()
})

describe('verify names the node and what is wrong with it', () => {
  test.each<[string, Program, string]>([
    [
      'a gap that is read',
      withGap(gap, { op: 'neg', attrs: {}, args: [5], types: [f(2)] }),
      'neg reads %5, an unread constant: it may only be a part of a concat',
    ],
    ['a gap that is a result', withGap(gap, {}, [5]), 'output %5 is an unread constant'],
    [
      'a gap that is one or not',
      withGap({ ...gap, unread: false }, {}),
      '%5 = constant(): unread must be true, or nothing (got false)',
    ],
    ['an operand that comes later', withDot({ args: [0, 4] }), '%3 = dot(%0, %4): operand %4 is not defined before it'],
    ['itself as operand', withDot({ args: [3, 1] }), '%3 = dot(%3, %1): operand %3 is not defined before it'],
    [
      'an operand that is no number of a value',
      withDot({ args: [-1, 0.5] }),
      '%3 = dot(%-1, %0.5): operand %-1 is not defined before it',
    ],
    [
      'operands that do not fit',
      withDot({ args: [0, 0] }),
      '%3 = dot(%0, %0): dot: inner dimensions differ: 4 and 2 (got [2,4] and [2,4])',
    ],
    [
      'another result shape',
      withDot({ types: [f(3, 2)] }),
      '%3 = dot(%0, %1): its results are (float32[3,2]) but its operands give (float32[2,3])',
    ],
    [
      'another result dtype',
      withDot({ types: [typeOf('float64', [2, 3])] }),
      '%3 = dot(%0, %1): its results are (float64[2,3]) but its operands give (float32[2,3])',
    ],
    [
      'another number of results',
      withDot({ types: [f(2, 3), f(2, 3)] }),
      '%3, %4 = dot(%0, %1): its results are (float32[2,3], float32[2,3]) but its operands give (float32[2,3])',
    ],
    [
      'a shape of no size',
      withDot({ types: [{ dtype: 'float32', shape: [2, -3] }] }),
      '%3 = dot(%0, %1): result %3 has shape [2,-3]',
    ],
    [
      'an unknown dtype',
      withDot({ types: [{ dtype: 'float8' as 'float32', shape: [2, 3] }] }),
      '%3 = dot(%0, %1): result %3 has unknown dtype float8',
    ],
    [
      'a missing attribute',
      withDot({ attrs: { transposeA: false } }),
      '%3 = dot(%0, %1): transposeB must be true or false (got undefined)',
    ],
    [
      'an attribute too many',
      withDot({ attrs: { ...dot.attrs, transposeC: false } }),
      '%3 = dot(%0, %1): has no attribute transposeC',
    ],
    [
      'a stride of 0',
      withDot({ op: 'windowSum', args: [0], attrs: { window: [1], strides: [0], padding: [[0, 0]], dilation: [1] } }),
      '%3 = windowSum(%0): strides must be a list, each entry an integer from 1 (got [0])',
    ],
    ['a body under a primitive', withDot({ body }), '%3 = dot(%0, %1): a primitive has no body'],
    [
      'a composite without a body',
      { ...sound, nodes: [dot, { op: 'test/glow', attrs: {}, args: [3], types: [f(2, 3)], origin: 'layers.0' }] },
      '%4 = test/glow(%3) (at layers.0): is no primitive and has no body',
    ],
    [
      'other operands than the body takes',
      withGlow({ args: [0] }),
      '%4 = test/glow(%0) (at layers.0): it is given (float32[2,4]) but its body takes (float32[2,3])',
    ],
    [
      'other results than the body gives',
      withGlow({ types: [f(2, 3), f()] }),
      '%4, %5 = test/glow(%3) (at layers.0): its results are (float32[2,3], float32[]) but its body gives (float32[2,3])',
    ],
    [
      'scalars in a body',
      withBody({ scalars: ['float32'], outputs: [2] }),
      '%4 = test/glow(%3) (at layers.0): its body has scalars of its own',
    ],
    [
      'a fault in a body',
      withBody({ nodes: [{ ...body.nodes[0]!, args: [1] }] }),
      '%4 = test/glow(%3) (at layers.0): in its body, %1 = exp(%1): operand %1 is not defined before it',
    ],
    [
      'an output of a body',
      withBody({ outputs: [7] }),
      '%4 = test/glow(%3) (at layers.0): in its body, output %7 is not defined',
    ],
    [
      'an input of no type',
      { ...sound, inputs: [f(2, 4), { dtype: 'float32', shape: [NaN] }] },
      'input %1 has shape [NaN]',
    ],
    ['a scalar of no dtype', { ...sound, scalars: ['real' as 'float32'] }, 'scalar of unknown dtype real'],
    ['an undefined output', { ...sound, outputs: [5] }, 'output %5 is not defined'],
    ['donated of another length', { ...sound, donated: [] }, 'donated has 0 entries for 1 outputs'],
    [
      'a donated scalar',
      { ...sound, donated: [2] },
      'output 0 (%4) is to be written in place of %2, which is no input',
    ],
    [
      'a donation of another size',
      { ...sound, donated: [0] },
      'output 0 (%4) has 24 bytes, but input %0, donated to it, has 32',
    ],
    [
      'an input donated twice',
      { ...withGlow({}), inputs: [f(2, 4), f(4, 3), f(2, 3)], scalars: [], outputs: [3, 4], donated: [2, 2] },
      'input %2 is donated to two outputs',
    ],
    [
      'a donated input that is returned',
      { ...withGlow({}), inputs: [f(2, 4), f(4, 3), f(2, 3)], scalars: [], outputs: [4, 2], donated: [2, null] },
      'input %2 is donated to output 0 and returned as output 1',
    ],
  ])('%s', (_, program, message) => {
    let error: unknown
    try {
      verify(program)
    } catch (thrown) {
      error = thrown
    }
    expect(isGlissadeError(error, 'OptionError') && error.message).toBe(`verify: ${message}`)
  })
})

test('an input may be donated to itself, and to an output of the same size', () => {
  const donating: Program = {
    inputs: [f(2, 3), f(3, 2)],
    scalars: [],
    nodes: [{ ...body.nodes[0]! }],
    outputs: [0, 2],
    donated: [0, 1],
  }
  expect(() => verify(donating)).not.toThrow()
})

test('2000 random programs pass', () => {
  for (let seed = 0; seed < 2000; seed++) verify(randomProgram(seed).program)
})

test('a random program with one type or operand changed does not pass', () => {
  for (let seed = 0; seed < 200; seed++) {
    const { program } = randomProgram(seed)
    const i = seed % program.nodes.length
    const node = program.nodes[i]!
    const wider = { ...node, types: node.types.map(({ dtype, shape }) => typeOf(dtype, [...shape, 2])) }
    expect(() => verify({ ...program, nodes: program.nodes.with(i, wider) }), `seed ${seed}`).toThrow(
      'but its operands give',
    )
    const later = { ...node, args: [...node.args, 10_000] }
    expect(() => verify({ ...program, nodes: program.nodes.with(i, later) }), `seed ${seed}`).toThrow(
      'is not defined before it',
    )
  }
})
