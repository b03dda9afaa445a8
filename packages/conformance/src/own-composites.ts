/**
 * Composites that a backend runs by kernels of its own, over the whole table: values against the body, alone and between
 * other nodes, and with the gradient beside them, which reads what the kernel gave. A backend that runs none is excused.
 */
import { COMPOSITES, LOOP, valueTypes, type Backend, type CompositeName, type Program } from '@glissade/core/backend'
import { failed, lacking, passed, type Case, type Measurement } from './case.ts'
import { compare } from './compare.ts'
import { agreed } from './composites.ts'
import { compositeCalls, type CompositeCall } from './composite-calls/index.ts'
import { compositeProgram } from './composite-calls/program.ts'
import { gradientProgram, differentiable } from './derivative.ts'
import { between, draw, isFloat, operand, seedOf, show } from './generators/sample.ts'
import { surrounded, turnedElements } from './program.ts'
import { withSession, type Operand } from './session.ts'

type What = 'alone' | 'between others' | 'with its gradient'

function caseOf(name: CompositeName, one: CompositeCall, what: What): Case {
  const shapes = one.operands.map(({ type }) => show(type.shape)).join('x')
  const dtype = one.operands.find(({ type }) => isFloat(type.dtype))!.type.dtype
  const id = `${what === 'alone' ? 'eager' : 'compiled'}/${name}/${dtype}/${shapes}/by its kernel, ${what}, ${one.what}`
  return {
    id,
    level: 'must',
    excuse: (backend) =>
      backend.capabilities.runs.has(name)
        ? lacking(backend, ['bool', ...one.operands.map(({ type }) => type.dtype)])
        : 'the backend runs no kernel of this composite',
    run: (backend) =>
      withSession(backend, async (session): Promise<Measurement> => {
        const alone = compositeProgram(name, one)
        const inputs = draw(one.operands, seedOf(id))
        const [program, given] = operandsOf(alone, inputs, what, id)
        const data = given.map((item) => item.data)
        return compare(
          agreed(program, program, data, [], backend),
          await session.execute(program, given),
          (output, index) => `${name} ${what}, output ${output}[${index}]`,
        )
      }),
  }
}

function operandsOf(alone: Program, inputs: readonly Operand[], what: What, id: string): [Program, readonly Operand[]] {
  if (what === 'alone') return [alone, inputs]
  if (what === 'between others')
    return [surrounded(alone), inputs.map(({ type, data }) => ({ type, data: turnedElements(type, data) }))]
  const types = valueTypes(alone)
  const cotangents = differentiable(alone).given.map((i) => {
    const { dtype, shape } = types[alone.outputs[i]!]!
    return operand(dtype, shape, between(-2, 2))
  })
  return [gradientProgram(alone), [...inputs, ...draw(cotangents, seedOf(`${id} cotangents`))]]
}

const whatsOf = ({ valuesOnly }: CompositeCall): What[] => [
  'alone',
  'between others',
  ...(valuesOnly === true ? [] : (['with its gradient'] as const)),
]

/** Names that no core of this version makes are kernels that never run, mostly misspelt. */
const unknown = (backend: Backend): string[] =>
  [...backend.capabilities.runs].filter(
    (name) => name !== LOOP && !Object.hasOwn(COMPOSITES, name) && !/^[^/\s]+(\/[^/\s]+)+$/.test(name),
  )

export const ownCompositeCases = (): Case[] => [
  {
    id: 'suite/declarations/-/-/runs lists composites of core, and of others by package/name',
    level: 'must',
    excuse: () => null,
    run: async (backend) => {
      const [name] = unknown(backend)
      return name === undefined
        ? passed
        : failed(`runs has '${name}', which is no composite of core; those of others are named 'package/name'`)
    },
  },
  ...(Object.keys(COMPOSITES) as CompositeName[]).flatMap((name) =>
    compositeCalls[name].flatMap((one) => whatsOf(one).map((what) => caseOf(name, one, what))),
  ),
]
