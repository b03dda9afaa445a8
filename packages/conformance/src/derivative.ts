/** Gradients of programs as programs, and by finite differences, which are what they are measured against. */
import { isFloat, valueTypes, type Program } from '@glissade/core/backend'
import { vjp } from '@glissade/core/autograd'
import { Builder, evaluate } from '@glissade/core/ir'
import { messageOf } from './case.ts'

/** The inputs that have gradients, and the outputs that take them. */
export interface Differentiable {
  readonly wanted: readonly number[]
  readonly given: readonly number[]
}
export function differentiable(program: Program): Differentiable {
  const types = valueTypes(program)
  return {
    wanted: program.inputs.flatMap((type, i) => (isFloat(type.dtype) ? [i] : [])),
    given: program.outputs.flatMap((value, i) => (isFloat(types[value]!.dtype) ? [i] : [])),
  }
}

export function derive(program: Program): ReturnType<typeof vjp> {
  const { wanted, given } = differentiable(program)
  try {
    return vjp(
      program,
      program.inputs.map((_, i) => wanted.includes(i)),
      program.outputs.map((_, i) => given.includes(i)),
    )
  } catch (error) {
    const ops = [...new Set(program.nodes.map((node) => node.op))].join(', ')
    throw new Error(`core has no gradient for ${ops}: ${messageOf(error)}`, { cause: error })
  }
}

/**
 * Inputs: those of `program`, then a gradient for each of its float outputs. Outputs: the gradient of each float input,
 * zeros where none flows.
 */
export function gradientProgram(program: Program): Program {
  const { wanted, given } = differentiable(program)
  const types = valueTypes(program)
  const builder = new Builder()
  const inputs = program.inputs.map((type) => builder.input(type))
  const cotangents = given.map((i) => builder.input(types[program.outputs[i]!]!))
  const scalars = program.scalars.map((dtype) => builder.scalar(dtype))
  const outputs = builder.inline(program, [...inputs, ...scalars])
  const { program: backward, savedInputs, savedOutputs, takes, gives } = derive(program)
  const found = builder.inline(backward, [
    ...savedInputs.map((i) => inputs[i]!),
    ...savedOutputs.map((i) => outputs[i]!),
    ...takes.map((i) => cotangents[given.indexOf(i)]!),
    ...scalars,
  ])
  return builder.finish(wanted.map((i) => (gives.includes(i) ? found[gives.indexOf(i)]! : inputs[i]!.like(0))))
}

type Elements = readonly ArrayLike<number>[]

/** Sum over all outputs of gradient times output: what the gradients are the derivative of. */
function weighted(program: Program, inputs: Elements, scalars: readonly number[], cotangents: Elements): number {
  const outputs = evaluate(program, inputs, scalars)
  const { given } = differentiable(program)
  let sum = 0
  for (const [k, i] of given.entries())
    for (let at = 0; at < outputs[i]!.length; at++) sum += outputs[i]![at]! * cotangents[k]![at]!
  return sum
}

/** Half of the central difference's width: its error is about STEP^2 by the third derivative. */
const STEP = 1e-4
/** The least error that a finite difference is trusted with, relative to the sizes involved. */
export const DIFFERENCE_ERROR = 2e-6

/** The derivative along `direction` (one list per float input). */
export function directional(
  program: Program,
  inputs: Elements,
  scalars: readonly number[],
  cotangents: Elements,
  direction: Elements,
  step: number = STEP,
): number {
  const { wanted } = differentiable(program)
  const moved = (by: number): Float64Array[] =>
    inputs.map((elements, i) => {
      const k = wanted.indexOf(i)
      return Float64Array.from(elements, (x, at) => (k < 0 ? x : x + by * direction[k]![at]!))
    })
  return (
    (weighted(program, moved(step), scalars, cotangents) - weighted(program, moved(-step), scalars, cotangents)) /
    (2 * step)
  )
}

/** The gradient of every float input, element by element. */
export function differences(
  program: Program,
  inputs: Elements,
  scalars: readonly number[],
  cotangents: Elements,
): Float64Array[] {
  const { wanted } = differentiable(program)
  const zero = wanted.map((i) => new Float64Array(inputs[i]!.length))
  return wanted.map((i, k) =>
    Float64Array.from({ length: inputs[i]!.length }, (_, at) => {
      const one = new Float64Array(inputs[i]!.length)
      one[at] = 1
      return directional(program, inputs, scalars, cotangents, zero.with(k, one))
    }),
  )
}
