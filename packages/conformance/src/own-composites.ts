/**
 * Composites over the whole table: values against the body, alone and between other nodes, and with the gradient beside them, which
 * reads what the kernel gave. A backend that has no kernel of a composite runs its body, as core gives it: so primitives are tried in
 * company, on the calls where composites go wrong, and nobody is excused.
 */
import {
  COMPOSITES,
  LOOP,
  numel,
  valueTypes,
  type Backend,
  type CompositeName,
  type Program,
} from '@glissade/core/backend'
import { evaluate, inline } from '@glissade/core/ir'
import { failed, inexact, lacking, passed, type Case, type Measurement } from './case.ts'
import { compare } from './compare.ts'
import { agreed } from './composites.ts'
import { whole, type CompositeCall } from './composite-calls/call.ts'
import { compositeCalls } from './composite-calls/index.ts'
import { compositeProgram } from './composite-calls/program.ts'
import { gradientProgram, differentiable } from './derivative.ts'
import { between, draw, isFloat, operand, repeated, seedOf, show } from './generators/sample.ts'
import { surrounded, turnedElements } from './program.ts'
import { withSession, type Operand } from './session.ts'

type What = 'alone' | 'between others' | 'with its gradient'

/** Whether every value is finite, also on the way. */
function isFinite(program: Program, inputs: readonly Operand[]): boolean {
  const data = inputs.map((input) => input.data)
  const outputs = valueTypes(program).map((_, value) => value)
  const values = evaluate({ ...program, outputs, donated: outputs.map(() => null) }, data)
  return values.every((elements) => Array.from(elements).every(Number.isFinite))
}

function caseOf(name: CompositeName, one: CompositeCall, what: What): Case {
  const { times, operands } = one
  const shapes = whole(one)
    .operands.map(({ type }) => show(type.shape))
    .join('x')
  const dtype = one.operands.find(({ type }) => isFloat(type.dtype))!.type.dtype
  const id = `${what === 'alone' ? 'eager' : 'compiled'}/${name}/${dtype}/${shapes}/of the table, ${what}, ${one.what}`
  return {
    id,
    level: 'must',
    excuse: (backend) =>
      lacking(backend, ['bool', ...one.operands.map(({ type }) => type.dtype)]) ??
      inexact(backend, 'NaN and infinities', () => {
        const body = inline(compositeProgram(name, one))
        return isFinite(body, draw(operands, seedOf(id))) ? [] : body.nodes
      }),
    run: (backend) =>
      withSession(backend, async (session): Promise<Measurement> => {
        const alone = compositeProgram(name, one)
        const inputs = draw(operands, seedOf(id))
        const [program, given] = operandsOf(alone, inputs, what, id)
        const data = given.map((item) => item.data)
        const wanted = agreed(program, program, data, [], backend)
        const call = (output: number, index: number): string => `${name} ${what}, output ${output}[${index}]`
        if (times === undefined) return compare(wanted, await session.execute(program, given), call)
        const all = whole(one)
        const many = all.operands.map(({ type }, i): Operand => ({
          type,
          data: repeated(given[i]!.data, numel(type.shape)),
        }))
        return compare(
          wanted.map(({ type, data: want, error }) => ({
            type,
            data: repeated(want, times * want.length),
            error: repeated(error!, times * want.length),
          })),
          await session.execute(compositeProgram(name, all), many),
          call,
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

/** What is many times the same goes alone. */
const whatsOf = ({ valuesOnly, times }: CompositeCall): What[] => [
  'alone',
  ...(times === undefined ? (['between others'] as const) : []),
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
