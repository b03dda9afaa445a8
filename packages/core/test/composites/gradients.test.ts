/** Gradients of their own are those of the bodies, in double, to the second order: which of the two a program has changes no number. */
import { describe, expect, test } from 'vitest'
import { compositeCalls } from '../../../conformance/src/composite-calls/index.ts'
import { gradientProgram } from '../../../conformance/src/derivative.ts'
import { draw, operand, seedOf } from '../../../conformance/src/generators/sample.ts'
import { compositeProgram } from '../../../conformance/src/composite-calls/program.ts'
import { composites } from '../../src/composites/index.ts'
import { COMPOSITES, type CompositeName } from '../../src/contract/composites.ts'
import type { Program } from '../../src/contract/contract.ts'
import { valueTypes } from '../../src/contract/values.ts'
import { evaluate } from '../../src/ir/evaluate.ts'
import { inline } from '../../src/ir/inline.ts'

/** Operands that are numbers of the call: no gradient of its own flows to them. */
const NUMBERS: readonly string[] = ['eps', 'beta', 'threshold', 'alpha', 'scale', 'inputScale']
/** Where the gradient is meant to be another than the body's. */
const OTHER: readonly CompositeName[] = ['embeddingPadded']
/** Constants are float32, and round otherwise in another formula; near kinks that is seen in the second derivative. */
const TOLERANCE = [3e-6, 2e-4]

const names = (Object.keys(COMPOSITES) as CompositeName[]).filter(
  (name) => composites[name].gradient !== null && !OTHER.includes(name),
)
const withCotangents = (program: Program, first: number, seed: string): number[][] =>
  draw(
    program.inputs.slice(first).map(({ dtype, shape }) => operand(dtype, shape)),
    seedOf(seed),
  ).map(({ data }) => Array.from(data))

describe.each(names)('%s', (name) => {
  const calls = compositeCalls[name].filter(({ valuesOnly }) => valuesOnly !== true)
  const numbers = (COMPOSITES[name].operands as readonly string[]).flatMap((each, i) =>
    NUMBERS.includes(each) ? [i] : [],
  )
  test.each([1, 2])('order %d', (order) => {
    expect(calls.length).toBeGreaterThan(0)
    for (const one of calls) {
      let [own, body] = [compositeProgram(name, one), inline(compositeProgram(name, one))]
      const seed = `${name} ${one.what} ${one.operands.map(({ type }) => type.shape.join()).join('x')}`
      let inputs = draw(one.operands, seedOf(seed)).map(({ data }) => Array.from(data))
      for (let k = 0; k < order; k++) {
        own = kept(gradientProgram(own), numbers)
        body = kept(gradientProgram(body), numbers)
        inputs = [...inputs, ...withCotangents(own, inputs.length, `${seed} ${k}`)]
      }
      const [got, want] = [own, body].map((program) => evaluate(inline(program), inputs))
      want!.forEach((list, output) =>
        list.forEach((value, i) => {
          const off = Math.abs(got![output]![i]! - value) / Math.max(1, Math.abs(value))
          // Where the body's is none (the deviation of one number) its own may be one.
          if (!(off <= TOLERANCE[order - 1]!) && !Number.isNaN(value))
            throw new Error(`${seed}: gradient ${output}[${i}] is ${got![output]![i]}, by the body ${value}`)
        }),
      )
    }
  })
})

/** Without the gradients of these inputs. */
function kept(program: Program, without: readonly number[]): Program {
  const floats = valueTypes(program).flatMap(({ dtype }, i) =>
    i < program.inputs.length && dtype === 'float32' ? [i] : [],
  )
  const outputs = program.outputs.filter((_, i) => !without.includes(floats[i]!))
  return { ...program, outputs, donated: outputs.map(() => null) }
}
