/** A case of loops: a program written for it, fused by core as for any backend that runs loops, and judged by its loops. */
import { valueTypes, type DType, type Program, type TensorType } from '@glissade/core/backend'
import type { Builder, Sym } from '@glissade/core/ir'
import { bounded } from '../bounds.ts'
import { inexact, lacking, type Case, type Measurement } from '../case.ts'
import { compare } from '../compare.ts'
import { draw, seedOf, show, type OperandSpec, type Special } from '../generators/sample.ts'
import { programOf } from '../laws/law.ts'
import { unheld, withSession, type Operand, type Session } from '../session.ts'
import { explained } from '../shrink.ts'
import { fused, fusedOrNull, withoutLoops } from './fused.ts'

export interface Call {
  readonly what: string
  readonly operands: readonly OperandSpec[]
  readonly write: (values: readonly Sym[], numbers: readonly Sym[], builder: Builder) => readonly Sym[]
  readonly scalars?: readonly number[]
  readonly donated?: readonly (number | null)[]
  /** Every partial result is exact, so nothing may be off. */
  readonly exact?: true
  readonly special?: Special
  /** Run twice, with other elements before. */
  readonly again?: true
}

export interface Whole {
  readonly program: Program
  readonly operands: readonly Operand[]
  readonly scalars: readonly number[]
  /** What the same executable runs with before. */
  readonly before?: readonly Operand[]
}

export const loopCase = (
  id: string,
  whole: () => Whole,
  dtypes: readonly DType[],
  {
    exact,
    special,
    isRandom,
    types = [],
  }: Pick<Call, 'exact' | 'special'> & { readonly isRandom?: true; readonly types?: readonly TensorType[] } = {},
): Case => ({
  id,
  level: special === 'signed zeros' ? 'should' : 'must',
  excuse: (backend) =>
    withoutLoops(backend) ??
    lacking(backend, dtypes) ??
    unheld(backend, types) ??
    (special === undefined ? null : inexact(backend, special, () => whole().program.nodes)),
  run: (backend) => {
    const { program, operands, scalars, before } = whole()
    const inputs = operands.map(({ data }) => data)
    const judge = async (session: Session): Promise<Measurement> => {
      const loops = fused(program, backend)
      const wanted = bounded(loops, inputs, scalars, backend.capabilities.accuracy).map(({ type, data, error }) => ({
        type,
        data,
        ...(exact ? {} : { error }),
        ...(special === 'signed zeros' ? { signed: true } : {}),
      }))
      const ops = loops.nodes.flatMap(({ body, op }) => body?.nodes.map((node) => node.op) ?? [`(${op})`]).join(' ')
      const got = await session.execute(loops, operands, scalars, before)
      return compare(wanted, got, (_, index) => `[${index}] of ${ops}`)
    }
    if (!isRandom) return withSession(backend, judge)
    return explained(backend, { program, inputs, scalars }, judge, (part) => fusedOrNull(part, backend))
  },
})

export function caseOf({ what, operands, write, scalars = [], donated, exact, special, again }: Call): Case {
  const types = operands.map(({ type }) => type)
  const { dtype } = types[0]!
  const id = `compiled/loop/${dtype}/${types.map(({ shape }) => show(shape)).join('x')}/${what}`
  const numbers = scalars.map(() => dtype)
  const options = { scalars: numbers, ...(donated === undefined ? {} : { donated }) }
  const whole = (): Whole => {
    const program = programOf(types, write, options)
    const before = again ? { before: draw(operands, seedOf(`${id} before`)) } : {}
    return { program, operands: draw(operands, seedOf(id)), scalars, ...before }
  }
  const values = valueTypes(programOf(types, write, options))
  return loopCase(id, whole, [...new Set(values.map((type) => type.dtype))], {
    types: values,
    ...(exact ? { exact } : {}),
    ...(special === undefined ? {} : { special }),
  })
}
