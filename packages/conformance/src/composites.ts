/**
 * Composites of core: a backend that runs one itself must agree with the body, and a gradient of its own with the
 * gradient of the body, to the second order. A backend that runs none proves its primitives on them, and its loops.
 */
import { valueTypes, type Backend, type Program } from '@glissade/core/backend'
import { numel } from '@glissade/core/backend'
import { inline } from '@glissade/core/ir'
import { bounded } from './bounds.ts'
import { lacking, type Case, type Measurement } from './case.ts'
import { compare, type Wanted } from './compare.ts'
import { differentiable, DIFFERENCE_ERROR, gradientProgram } from './derivative.ts'
import { functions, recordingOf, type Call } from './functions.ts'
import { between, draw, operand, seedOf, show } from './generators/sample.ts'
import { fused, withoutLoops } from './loops/fused.ts'
import { idOf, surrounded, turnedElements, type Mode } from './program.ts'
import { withSession, type Operand } from './session.ts'

type What = 'ordinary' | 'far apart' | 'gradient' | 'second gradient'
const ORDERS: { readonly [W in What]: number } = { ordinary: 0, 'far apart': 0, gradient: 1, 'second gradient': 2 }

/** What the bodies give, with the bounds of what runs. */
export function agreed(
  own: Program,
  body: Program,
  inputs: readonly ArrayLike<number>[],
  scalars: readonly number[],
  backend: Backend,
): Wanted[] {
  const { accuracy } = backend.capabilities
  const want = bounded(inline(body), inputs, scalars, accuracy)
  if (own === body) return want.map(({ type, data, error }) => ({ type, data, error: error.map((e) => 2 * e) }))
  return bounded(own, inputs, scalars, accuracy).map(({ type, error }, k) => ({
    type,
    data: want[k]!.data,
    error: error.map((e, i) => e + want[k]!.error[i]! + DIFFERENCE_ERROR * Math.abs(want[k]!.data[i]!)),
  }))
}

function caseOf(mode: Mode, op: string, one: Call, what: What): Case {
  const shapes = one.operands.map(({ type }) => show(type.shape)).join('x')
  const full = one.what === undefined ? what : `${what}, ${one.what}`
  const name = `${op}/float32/${shapes}/${full}`
  return {
    id: idOf(mode, op, 'float32', shapes, full),
    level: 'must',
    excuse: (backend) =>
      (mode === 'fused' ? withoutLoops(backend) : null) ??
      lacking(backend, ['float32', 'bool', ...one.operands.map(({ type }) => type.dtype)]),
    run: (backend) =>
      withSession(backend, async (session): Promise<Measurement> => {
        const { program, scalars } = recordingOf(one)
        const specs = what === 'far apart' ? one.operands.map((spec) => ({ ...spec, fill: one.far! })) : one.operands
        const inputs = draw(specs, seedOf(name))
        const call = (output: number, index: number): string => `output ${output}[${index}] of ${op} (${what})`
        const judge = async (own: Program, body: Program, given: readonly Operand[]): Promise<Measurement> => {
          const data = given.map((item) => item.data)
          const runs = mode === 'fused' ? fused(own, backend) : own
          return compare(agreed(own, body, data, scalars, backend), await session.execute(runs, given, scalars), call)
        }
        const order = ORDERS[what]
        if (order === 0 && mode !== 'eager') {
          const longer = surrounded(program)
          const turned = inputs.map(({ type, data }): Operand => ({ type, data: turnedElements(type, data) }))
          return judge(longer, longer, turned)
        }
        if (order === 0) return judge(program, program, inputs)
        let [own, body, given]: [Program, Program, Operand[]] = [program, inline(program), inputs]
        for (let k = 0; k < order; k++) {
          const types = valueTypes(own)
          const cotangents = differentiable(own).given.map((i) => {
            const { dtype, shape } = types[own.outputs[i]!]!
            return operand(dtype, shape, between(-2, 2))
          })
          given = [...given, ...draw(cotangents, seedOf(`${name} ${k}`))]
          own = gradientProgram(own)
          body = gradientProgram(body)
        }
        return judge(own, body, given)
      }),
  }
}

function whatsOf(mode: Mode, { far, smooth, operands }: Call): What[] {
  // Core makes no loops of nothing.
  if (mode === 'fused' && operands.some(({ type }) => numel(type.shape) === 0)) return []
  return [
    'ordinary',
    ...(far === undefined ? [] : (['far apart'] as const)),
    ...(mode === 'eager' ? [] : (['gradient'] as const)),
    ...(mode === 'eager' || smooth === undefined ? [] : (['second gradient'] as const)),
  ]
}

export const compositeCases = (): Case[] =>
  (['eager', 'compiled', 'fused'] as const).flatMap((mode) =>
    Object.entries(functions).flatMap(([op, calls]) =>
      calls.flatMap((one) => whatsOf(mode, one).map((what) => caseOf(mode, op, one, what))),
    ),
  )
