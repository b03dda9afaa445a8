/**
 * Composites of core: a backend that runs one itself must agree with the body, and a gradient of its own with the
 * gradient of the body, to the second order. A backend that runs none proves its primitives on them.
 */
import type { Backend, Program } from '@glissade/core/backend'
import { tensor, type Tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import { inline } from '@glissade/core/ir'
import { bounded } from './bounds.ts'
import { lacking, type Case, type Measurement } from './case.ts'
import { compare, type Wanted } from './compare.ts'
import { differentiable, DIFFERENCE_ERROR, gradientProgram } from './derivative.ts'
import { between, draw, listed, operand, seedOf, show, type Fill } from './generators/sample.ts'
import { surrounded, turnedElements, valueTypes } from './program.ts'
import { recorded } from './recording.ts'
import { withSession, type Operand } from './session.ts'

interface Call {
  readonly shapes: readonly (readonly number[])[]
  readonly run: (...tensors: Tensor[]) => Tensor
  readonly fill?: Fill
  /** Without kinks, so that the gradient has one too. */
  readonly smooth?: true
}

const ROWS: readonly (readonly number[])[] = [[5], [3, 7], [2, 3, 4], [4, 70]]
const calls: { readonly [name: string]: readonly Call[] } = {
  softmax: ROWS.flatMap((shape) =>
    shape.map((_, dim): Call => ({ shapes: [shape], run: (x) => F.softmax(x, { dim }), smooth: true })),
  ),
  logSoftmax: ROWS.flatMap((shape) =>
    shape.map((_, dim): Call => ({ shapes: [shape], run: (x) => F.logSoftmax(x, { dim }), smooth: true })),
  ),
  sigmoid: [[], [7], [3, 5], [0]].map((shape): Call => ({ shapes: [shape], run: (x) => F.sigmoid(x), smooth: true })),
  gelu: [[7], [3, 5]].map((shape): Call => ({ shapes: [shape], run: (x) => F.gelu(x), smooth: true })),
  silu: [[7], [3, 5]].map((shape): Call => ({ shapes: [shape], run: (x) => F.silu(x), smooth: true })),
  logSigmoid: [[7], [3, 5]].map((shape): Call => ({ shapes: [shape], run: (x) => F.logSigmoid(x) })),
  mish: [[7], [3, 5]].map((shape): Call => ({ shapes: [shape], run: (x) => F.mish(x), smooth: true })),
}
/** Far enough to overflow an exponential that is not shifted; and short of that, where nothing shifts. */
const FAR: Fill = listed(-90, 95, 3, -1, 100, 0.5, -100)
const NEARER: Fill = listed(-80, 85, 3, -1, 70, 0.5, -85)
const SHIFTED: ReadonlySet<string> = new Set(['softmax', 'logSoftmax'])

/** The one program of the call, composites kept; null where core made none for it (another call has it already). */
function programOfCall({ shapes, run }: Call): Program {
  const programs = recorded((device) => {
    run(...shapes.map((shape) => tensor(new Float32Array(shape.reduce((n, size) => n * size, 1)), { device, shape })))
  })
  const program = programs.at(-1)
  if (program === undefined) throw new Error('core prepared nothing for this call')
  return program
}

type What = 'ordinary' | 'far apart' | 'gradient' | 'second gradient'

/** What the bodies give, with the bounds of what runs. */
function agreed(own: Program, body: Program, inputs: readonly ArrayLike<number>[], backend: Backend): Wanted[] {
  const { accuracy } = backend.capabilities
  const want = bounded(inline(body), inputs, [], accuracy)
  return bounded(own, inputs, [], accuracy).map(({ type, error }, k) => ({
    type,
    data: want[k]!.data,
    error: error.map(
      (e, i) => e + want[k]!.error[i]! + (own === body ? 0 : DIFFERENCE_ERROR * Math.abs(want[k]!.data[i]!)),
    ),
  }))
}

function caseOf(mode: 'eager' | 'compiled', op: string, one: Call, what: What, dims: string): Case {
  const name = `${op}/float32/${one.shapes.map(show).join('x')}/${what}${dims}`
  return {
    id: `${mode}/${name}`,
    level: 'must',
    excuse: (backend) => lacking(backend, ['float32', 'bool']),
    run: (backend) =>
      withSession(backend, async (session): Promise<Measurement> => {
        const program = programOfCall(one)
        const fill = what === 'far apart' ? (SHIFTED.has(op) ? FAR : NEARER) : (one.fill ?? between(-3, 3))
        const inputs = draw(
          program.inputs.map(({ shape }) => operand('float32', shape, fill)),
          seedOf(name),
        )
        const call = (output: number, index: number): string => `the ${what} of ${op}, output ${output}[${index}]`
        const data = (list: readonly Operand[]): ArrayLike<number>[] => list.map((item) => item.data)
        const order = what === 'gradient' ? 1 : what === 'second gradient' ? 2 : 0
        if (order === 0 && mode === 'compiled') {
          const longer = surrounded(program)
          const turned = inputs.map(({ type, data: elements }): Operand => ({
            type,
            data: turnedElements(type, elements),
          }))
          return compare(agreed(longer, longer, data(turned), backend), await session.execute(longer, turned), call)
        }
        let [own, body, given]: [Program, Program, Operand[]] = [program, inline(program), inputs]
        for (let k = 0; k < order; k++) {
          const types = valueTypes(own)
          const cotangents = differentiable(own).given.map((i) =>
            operand('float32', types[own.outputs[i]!]!.shape, between(-2, 2)),
          )
          given = [...given, ...draw(cotangents, seedOf(`${name} ${k}`))]
          own = gradientProgram(own)
          body = gradientProgram(body)
        }
        return compare(
          agreed(own, order === 0 ? own : body, data(given), backend),
          await session.execute(own, given),
          call,
        )
      }),
  }
}

export function compositeCases(): Case[] {
  return (['eager', 'compiled'] as const).flatMap((mode) =>
    Object.entries(calls).flatMap(([op, list]) =>
      list.flatMap((one, i) => {
        const before = list.slice(0, i).filter(({ shapes }) => show(shapes) === show(one.shapes)).length
        const dims = list.some((other, k) => k !== i && show(other.shapes) === show(one.shapes))
          ? `, axis ${before}`
          : ''
        const whats: What[] =
          mode === 'eager'
            ? ['ordinary', 'far apart']
            : ['ordinary', 'far apart', 'gradient', ...(one.smooth ? ['second gradient' as const] : [])]
        return whats.map((what) => caseOf(mode, op, one, what, dims))
      }),
    ),
  )
}
