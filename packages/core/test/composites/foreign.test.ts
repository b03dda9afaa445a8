/** Programs from outside: what claims the name of a composite of core is that, or is refused; what comes back is whole. */
import { describe, expect, test } from 'vitest'
import { compositeCalls } from '../../../conformance/src/composite-calls/index.ts'
import { compositeProgram } from '../../../conformance/src/composite-calls/program.ts'
import { composites } from '../../src/composites/index.ts'
import { fromJSON, verify } from '../../src/composites/programs.ts'
import { COMPOSITES, type CompositeName } from '../../src/contract/composites.ts'
import type { Node, Program } from '../../src/contract/contract.ts'
import { LOOP } from '../../src/contract/loop.ts'
import { vjp } from '../../src/autograd/vjp.ts'
import { Builder, programKey, type Sym } from '../../src/ir/builder.ts'
import { definitionOf, stays } from '../../src/ir/composite.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import { inline } from '../../src/ir/inline.ts'
import { toJSON } from '../../src/ir/json.ts'
import { typeOf } from '../../src/ir/type.ts'
import { simplify } from '../../src/lower/simplify.ts'

const NAMES = Object.keys(COMPOSITES) as CompositeName[]
const withNode = (program: Program, change: Partial<Node>): Program => ({
  ...program,
  nodes: [{ ...program.nodes[0]!, ...change }],
})
/** The same types by another program: its outputs come through one more node each. */
function otherBody({ body }: Node): Program {
  const builder = new Builder()
  const outputs = builder.inline(
    body!,
    body!.inputs.map((type) => builder.input(type)),
  )
  return builder.finish(outputs.map((y) => (y.dtype === 'bool' ? y.not() : y.mul(2))))
}
/** What is no value of an attribute, whatever it is. */
const WRONG = [undefined, null, 'text', -1.5, [0.5], [[1]], {}]

describe.each(NAMES)('%s', (name) => {
  const calls = compositeCalls[name].map((one) => ({ ...one, program: compositeProgram(name, one) }))
  test('as core writes it passes, and comes back from JSON as core wrote it', () => {
    for (const { program } of calls) {
      verify(program)
      const json = toJSON(program)
      const back = fromJSON(JSON.parse(JSON.stringify(json)))
      expect(toJSON(back)).toEqual(json)
      expect(definitionOf(back.nodes[0]!)).toBe(composites[name])
      const all = program.inputs.map(() => true)
      const given = program.outputs.map(() => true)
      if (name !== 'embeddingPadded' && !program.inputs.every(({ dtype }) => dtype === 'float32')) continue
      expect(programKey(vjp(back, all, given).program)).toBe(programKey(vjp(program, all, given).program))
    }
  })
  test('over another body it is refused by name, and run and differentiated by that body', () => {
    for (const { program } of calls) {
      const body = otherBody(program.nodes[0]!)
      const foreign = withNode(program, { body })
      expect(() => verify(foreign)).toThrow(`= ${name}(`)
      expect(() => verify(foreign)).toThrow(`its body is not the one that defines ${name} here`)
      expect(() => fromJSON(toJSON(foreign))).toThrow(`its body is not the one that defines ${name} here`)
      const everything = new Set([name])
      expect(inline(foreign, everything)).toEqual(inline(foreign))
      expect(simplify(foreign, everything).nodes.some(({ op }) => op === name)).toBe(false)
      expect(definitionOf(foreign.nodes[0]!)).toBe(null)
    }
  })
  test('with other attributes it is refused by name', () => {
    for (const { program, attrs } of calls) {
      const [node] = program.nodes
      expect(() => verify(withNode(program, { attrs: { ...attrs, surplus: 1 } }))).toThrow('has no attribute surplus')
      for (const attribute of Object.keys(attrs)) {
        const { [attribute as never]: _, ...rest } = attrs
        expect(() => verify(withNode(program, { attrs: rest }))).toThrow(`${attribute} must be `)
        for (const wrong of WRONG) {
          const kind = (COMPOSITES[name].attributes as Record<string, string>)[attribute]
          if (kind === 'number' && typeof wrong === 'number') continue
          expect(() => verify(withNode(program, { attrs: { ...attrs, [attribute]: wrong } }))).toThrow(
            `${attribute} must be `,
          )
        }
      }
      // What the node says and what its body was written for are compared too.
      expect(stays(withNode(program, { attrs: { ...attrs } }).nodes[0]!, new Set([name]))).toBe(false)
      expect(stays(node!, new Set([name]))).toBe(true)
    }
  })
  test('with an operand more or less it is refused', () => {
    for (const { program, operands } of calls.slice(0, 3)) {
      const builder = new Builder()
      const args: Sym[] = operands.map(({ type }) => builder.input(type))
      const more = builder.input(typeOf('float32', []))
      const { body, attrs, types } = program.nodes[0]!
      const longer = {
        ...body!,
        inputs: [...body!.inputs, more.type],
        nodes: shifted(body!),
        outputs: body!.outputs.map((id) => (id < body!.inputs.length ? id : id + 1)),
      }
      const [first] = builder.node(name, attrs, [...args, more], types, longer)
      expect(() => verify(builder.finish([first!]))).toThrow(/has \d+ operands: .* \(got \d+\)/)
    }
  })
})
const shifted = ({ inputs, nodes }: Program): Node[] =>
  nodes.map((node) => ({ ...node, args: node.args.map((id) => (id < inputs.length ? id : id + 1)) }))

test("what stands below a name of others stays theirs, and what it holds of core is core's", () => {
  const builder = new Builder()
  const type = typeOf('float32', [3])
  const inner = compositeProgram('softmax', { what: '', attrs: { axis: 0 }, operands: [{ type, fill: () => 0 }] })
  const [y] = builder.node('others/soft', { warm: true }, [builder.input(type)], [type], inner)
  const program = builder.finish([y!])
  const back = fromJSON(toJSON(program))
  expect(definitionOf(back.nodes[0]!)).toBe(null)
  expect(definitionOf(back.nodes[0]!.body!.nodes[0]!)).toBe(composites.softmax)
  expect(inline(back, new Set(['others/soft', 'softmax'])).nodes.map(({ op }) => op)).toEqual(['softmax'])
})

test('a bare name that core does not have is refused', () => {
  const builder = new Builder()
  const type = typeOf('float32', [3])
  const x = builder.input(type)
  const inner = new Builder()
  const [y] = builder.node('glow', {}, [x], [type], inner.finish([inner.input(type).exp()]))
  expect(() => verify(builder.finish([y!]))).toThrow(
    "%1 = glow(%0): is no composite of this version of core; those of others are named 'package/name'",
  )
})

describe('a loop', () => {
  const type = typeOf('float32', [2, 3])
  const loop = (attrs: object, write: (x: Sym) => Sym): Program => {
    const builder = new Builder()
    const inner = new Builder()
    const y = write(inner.input(type))
    const [out] = builder.node(LOOP, attrs, [builder.input(type)], [y.type], inner.finish([y]))
    return builder.finish([out!])
  }
  test.each<[string, object, (x: Sym) => Sym, string | null]>([
    ['of its space', { space: [2, 3], axes: [] }, (x) => x.exp().mul(2), null],
    ['with a reduction', { space: [2, 3], axes: [1] }, (x) => x.exp().sum([1]), null],
    [
      'of another space',
      { space: [3, 2], axes: [] },
      (x) => x.exp(),
      'a loop over [3,2] and its axes [] cannot hold exp of float32[2,3]',
    ],
    ['over other axes', { space: [2, 3], axes: [0] }, (x) => x.sum([1]), 'cannot hold sum of float32[2]'],
    ['of movements', { space: [2, 3], axes: [] }, (x) => x.flip([0]), 'cannot hold flip'],
    ['without axes', { space: [2, 3] }, (x) => x.exp(), 'space and axes of a loop must be lists of integers from 0'],
  ])('%s', (_, attrs, write, message) => {
    const program = loop(attrs, write)
    if (message === null) verify(program)
    else expect(() => verify(program)).toThrow(message)
  })
})

test('a function that says softmax and doubles: 2, 4, 6 and 2, 2, 2, whoever runs it', () => {
  const type = typeOf('float32', [3])
  const inner = new Builder()
  const body = inner.finish([inner.input(type).mul(2)])
  for (const name of NAMES) {
    const builder = new Builder()
    const [y] = builder.node(name, { axis: 0 }, [builder.input(type)], [type], body)
    const program = builder.finish([y!])
    const lowered = simplify(program, new Set(NAMES))
    expect([...evaluate(lowered, [[1, 2, 3]])[0]!]).toEqual([2, 4, 6])
    const { program: backward } = vjp(program, [true], [true])
    expect([...evaluate(simplify(backward, new Set(NAMES)), [[1, 1, 1]])[0]!]).toEqual([2, 2, 2])
  }
})
