/**
 * Every call of the generators as two cases: alone, and inside a longer program that core inlined. What loops are made of
 * has a third one, where that program is fused.
 */
import { ELEMENTWISE, numel, REDUCTION, valueTypes, type Primitive, type Program } from '@glissade/core/backend'
import { evaluate } from '@glissade/core/ir'
import { bounded } from './bounds.ts'
import { inexact, lacking, type Case, type Measurement } from './case.ts'
import { compare, type Wanted } from './compare.ts'
import { generators } from './generators/index.ts'
import { draw, longer, repeated, seedOf, show, type Sample } from './generators/sample.ts'
import { fused, withoutLoops } from './loops/fused.ts'
import { followed, idOf, single, surrounded, turnedElements, type Mode } from './program.ts'
import { reversed, unheld, withSession, type Operand } from './session.ts'
import type { Accuracy } from './tolerance.ts'

const REDUCES: ReadonlySet<string> = new Set(REDUCTION)
const number = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))

/** Elements of operands around which others still go: several times as many. */
const SURROUNDED = 20_000
const sizeOf = (operands: Sample['operands']): number => operands.reduce((n, { type }) => n + numel(type.shape), 0)
/** What is wanted of operands that are so many times as long. */
const timesOver = ({ type, data, error, ...rest }: Wanted, times: number): Wanted => ({
  ...rest,
  type,
  data: repeated(data, times * data.length),
  ...(error === undefined ? {} : { error: repeated(error, times * data.length) }),
})

/** `max(NaN, 0)`, or `sum[3]` where an element has no operands of its own. */
function showCall(op: string, operands: readonly Operand[]): (output: number, index: number) => string {
  return (_, index) => {
    if (!ELEMENTWISE.has(op)) return `${op}[${index}]`
    return `${op}(${operands.map(({ data }) => number(data[index]!)).join(', ')})`
  }
}

/** The float64 answer, with bounds; none where all is exact. */
function wantedOf(
  program: Program,
  inputs: readonly ArrayLike<number>[],
  { exact, special }: Sample,
  accuracy: Accuracy,
): Wanted[] {
  if (!exact)
    return bounded(program, inputs, [], accuracy).map((value) => ({ ...value, signed: special === 'signed zeros' }))
  const types = valueTypes(program)
  return evaluate(program, inputs).map((data, i) => ({ type: types[program.outputs[i]!]!, data }))
}

function caseOf(mode: Mode, op: Primitive, sample: Sample): Case {
  const { what, attrs, operands, special, times } = sample
  const all = times === undefined ? operands : longer(operands, times)
  const types = all.map(({ type }) => type)
  const dtype = sample.dtype ?? types[0]!.dtype
  const shapes = types.map(({ shape }) => show(shape)).join('x') || '-'
  const name = `${op}/${dtype}/${shapes}/${what}`
  const program = single(op, attrs as never, types)
  const dtypes = valueTypes(program).map((type) => type.dtype)
  return {
    id: idOf(mode, op, dtype, shapes, what),
    level: special === 'signed zeros' || special === 'subnormals' ? 'should' : 'must',
    excuse: (backend) =>
      (mode === 'fused' ? withoutLoops(backend) : null) ??
      lacking(backend, dtypes) ??
      unheld(backend, valueTypes(program)) ??
      (special === undefined ? null : inexact(backend, special, () => program.nodes)),
    run: (backend) =>
      withSession(backend, async (session): Promise<Measurement> => {
        const few = draw(operands, seedOf(name))
        const given = few.map(({ data }, i): Operand => {
          const type = types[i]!
          return { type, data: times === undefined ? data : repeated(data, numel(type.shape)) }
        })
        const { accuracy } = backend.capabilities
        const isLarge = sizeOf(all) > SURROUNDED
        const written = (one: Program): Program => (mode === 'eager' ? one : isLarge ? followed(one) : surrounded(one))
        const whole = written(program)
        const runs = mode === 'fused' ? fused(whole, backend) : whole
        const turned =
          mode === 'eager' || isLarge
            ? given
            : given.map(({ type, data }): Operand => ({ type, data: turnedElements(type, data) }))
        const wanted =
          times === undefined
            ? wantedOf(runs, turned.map(({ data }) => data), sample, accuracy) // oxfmt-ignore
            : wantedOf(
                written(single(op, attrs as never, operands.map(({ type }) => type))), // oxfmt-ignore
                few.map(({ data }) => data),
                sample,
                accuracy,
              ).map((value) => timesOver(value, times))
        const got = await session.execute(runs, turned, [], reversed(turned))
        const results = program.outputs.length
        const alone = showCall(op, given)
        return compare(wanted, got, (output, index) => {
          if (output < results) return alone(output, index)
          return output < 2 * results ? `what reads ${alone(output, index)}` : `what repeats ${op}[${index}]`
        })
      }),
  }
}

/** The names of all primitives. */
export const primitives: readonly string[] = Object.keys(generators)

export function primitiveCases(): Case[] {
  const samples = Object.entries(generators).flatMap(([op, generator]) =>
    generator().map((sample) => ({ op: op as Primitive, sample })),
  )
  const calls = (mode: Mode, some: typeof samples): Case[] => some.map(({ op, sample }) => caseOf(mode, op, sample))
  const surroundable = samples.filter(
    ({ sample }) => sample.times === undefined && sizeOf(sample.operands) <= SURROUNDED,
  )
  // Core makes no loops of nothing.
  const looped = samples.filter(
    ({ op, sample }) =>
      (ELEMENTWISE.has(op) || REDUCES.has(op)) && sample.operands.every(({ type }) => numel(type.shape) > 0),
  )
  return [...calls('eager', samples), ...calls('compiled', surroundable), ...calls('fused', looped)]
}
