import { describe, expect, test } from 'vitest'
import type { Node, Program } from '../../src/contract/contract.ts'
import { isGlissadeError } from '../../src/contract/errors.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import { fromJSON } from '../../src/composites/programs.ts'
import { toJSON } from '../../src/ir/json.ts'
import { print } from '../../src/ir/print.ts'
import { randomProgram } from '../../src/ir/random-program.ts'
import { typeOf } from '../../src/ir/type.ts'

const f = (...shape: number[]) => typeOf('float32', shape)
const throughText = (program: Program): Program => fromJSON(JSON.parse(JSON.stringify(toJSON(program))))

test('500 random programs come back the same', () => {
  for (let seed = 0; seed < 500; seed++) {
    const { program, inputs, scalars } = randomProgram(seed, {
      dtypes: ['float32', 'float64', 'int32', 'uint8', 'bool'],
    })
    const back = throughText(program)
    expect(back).toEqual(program)
    expect(print(back)).toBe(print(program))
    expect(evaluate(back, inputs, scalars)).toEqual(evaluate(program, inputs, scalars))
  }
})

test('numbers that JSON lacks survive, in constants and in the attributes of composites', () => {
  const value = [NaN, Infinity, -Infinity, -0, 0, 1e-320]
  const constant: Node = {
    op: 'constant',
    attrs: { dtype: 'float64', shape: [6], value },
    args: [],
    types: [typeOf('float64', [6])],
  }
  const body: Program = { inputs: [f(2)], scalars: [], nodes: [], outputs: [0], donated: [null] }
  const attrs = { floor: -Infinity, text: 'NaN', nested: { list: [-0, { number: 4 }], nothing: null, yes: true } }
  const glow: Node = { op: 'test/glow', attrs, args: [0], types: [f(2)], body, origin: 'head' }
  const program: Program = {
    inputs: [f(2)],
    scalars: ['int32'],
    nodes: [constant, glow],
    outputs: [2, 3],
    donated: [null, 0],
  }
  expect(throughText(program)).toEqual(program)
})

test('attributes that are undefined are left out, and what JSON cannot hold is refused', () => {
  const body: Program = { inputs: [f(2)], scalars: [], nodes: [], outputs: [0], donated: [null] }
  const program = (attrs: object): Program => ({
    ...body,
    nodes: [{ op: 'test/glow', attrs, args: [0], types: [f(2)], body }],
  })
  expect(throughText(program({ a: undefined, b: 1 })).nodes[0]!.attrs).toEqual({ b: 1 })
  expect(() => toJSON(program({ a: () => 1 }))).toThrow('toJSON: an attribute of test/glow is a function')
})

test('a body that nodes share is written once and shared again', () => {
  const inner: Program = {
    inputs: [f(2)],
    scalars: [],
    nodes: [{ op: 'exp', attrs: {}, args: [0], types: [f(2)] }],
    outputs: [1],
    donated: [null],
  }
  const glow = (arg: number): Node => ({ op: 'test/glow', attrs: {}, args: [arg], types: [f(2)], body: inner })
  const outer: Program = { ...inner, nodes: [glow(0)] }
  const program: Program = {
    inputs: [f(2)],
    scalars: [],
    nodes: [{ ...glow(0), op: 'test/halo', body: outer }, glow(1), glow(2)],
    outputs: [3],
    donated: [null],
  }
  expect(toJSON(program).bodies).toHaveLength(2)
  const back = throughText(program)
  expect(back).toEqual(program)
  expect(back.nodes[1]!.body).toBe(back.nodes[2]!.body)
  expect(back.nodes[0]!.body!.nodes[0]!.body).toBe(back.nodes[1]!.body)
})

describe('fromJSON says where what is wrong', () => {
  const good = {
    format: 'glissade-program/1',
    inputs: [{ dtype: 'float32', shape: [2, 3] }],
    scalars: [],
    nodes: [{ op: 'sum', args: [0], types: [{ dtype: 'float32', shape: [2] }], attrs: { axes: [1] } }],
    outputs: [1],
    donated: [null],
    bodies: [],
  }
  const [sum] = good.nodes
  const part = { inputs: [], scalars: [], nodes: [], outputs: [], donated: [] }
  test('the control is read', () => {
    expect(print(fromJSON(good))).toBe('program(%0: float32[2,3])\n  %1: float32[2] = sum(%0) {axes: [1]}\n  return %1')
  })
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'fromJSON: the program must be an object (got undefined)'],
    ['a list', [], 'fromJSON: the program must be an object (got [])'],
    [
      'another format',
      { ...good, format: 'glissade-program/2' },
      `fromJSON: the format is "glissade-program/2", not 'glissade-program/1'`,
    ],
    ['no inputs', { ...good, inputs: undefined }, 'fromJSON: inputs must be a list (got undefined)'],
    [
      'a dtype',
      { ...good, inputs: [{ dtype: 'real', shape: [] }] },
      'fromJSON: inputs[0].dtype must be one of bool, uint8, int32, float16, float32, float64 (got "real")',
    ],
    [
      'a size',
      { ...good, inputs: [{ dtype: 'bool', shape: [1.5] }] },
      'fromJSON: inputs[0].shape[0] must be an integer from 0 (got 1.5)',
    ],
    ['a scalar', { ...good, scalars: [3] }, 'fromJSON: scalars[0] must be a text (got 3)'],
    ['a node', { ...good, nodes: [null] }, 'fromJSON: nodes[0] must be an object (got null)'],
    ['an op', { ...good, nodes: [{ ...sum, op: 1 }] }, 'fromJSON: nodes[0].op must be a text (got 1)'],
    [
      'an operand',
      { ...good, nodes: [{ ...sum, args: ['0'] }] },
      'fromJSON: nodes[0].args[0] must be an integer from 0 (got "0")',
    ],
    [
      'attributes',
      { ...good, nodes: [{ ...sum, attrs: [1] }] },
      'fromJSON: nodes[0].attrs must be an object (got [1])',
    ],
    ['an origin', { ...good, nodes: [{ ...sum, origin: {} }] }, 'fromJSON: nodes[0].origin must be a text (got {})'],
    [
      'a body that is not there',
      { ...good, nodes: [{ ...sum, op: 'test/glow', body: 0 }] },
      'fromJSON: nodes[0].body must be the number of a body before this one (got 0)',
    ],
    [
      'a body within itself',
      { ...good, bodies: [{ ...part, nodes: [{ op: 'test/glow', args: [], types: [], body: 0 }] }] },
      'fromJSON: bodies[0].nodes[0].body must be the number of a body before this one (got 0)',
    ],
    [
      'a malformed body',
      { ...good, bodies: [{ ...part, outputs: null }] },
      'fromJSON: bodies[0].outputs must be a list (got null)',
    ],
    ['what is donated', { ...good, donated: ['0'] }, 'fromJSON: donated[0] must be an integer from 0 (got "0")'],
    [
      'the meaning, which verify judges',
      { ...good, nodes: [{ ...sum, attrs: { axes: [2] } }] },
      'verify: %1 = sum(%0): sum: axis 2 is not in a tensor of rank 2',
    ],
    [
      'an attribute of a primitive',
      { ...good, nodes: [{ ...sum, attrs: { axes: 1 } }] },
      'verify: %1 = sum(%0): axes must be a list, each entry an integer from 0 (got 1)',
    ],
  ])('%s', (_, json, message) => {
    let error: unknown
    try {
      fromJSON(json)
    } catch (thrown) {
      error = thrown
    }
    expect(isGlissadeError(error, 'OptionError') && error.message).toBe(message)
  })
})
