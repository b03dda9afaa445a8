/** Laws that are not about one primitive: written by hand, one case each. */
import type { Backend, DType, Program, TensorType } from '@glissade/core/backend'
import { Builder, typeOf, type Sym } from '@glissade/core/ir'
import { failed, lacking, messageOf, passed, type Case, type Measurement } from '../case.ts'
import { compare } from '../compare.ts'
import { withSession, type Session } from '../session.ts'

export interface LawOptions {
  readonly level?: 'must' | 'should'
  readonly fresh?: true
  readonly last?: true
  readonly dtypes?: readonly DType[]
  readonly excuse?: (backend: Backend) => string | null
}

/** `work` gives a text of what is wrong, a measurement, or null. */
export function law(
  id: string,
  work: (session: Session) => Promise<Measurement | string | null>,
  options: LawOptions = {},
): Case {
  const { level = 'must', fresh, last, dtypes = ['float32'], excuse } = options
  return {
    id,
    level,
    ...(fresh ? { fresh } : {}),
    ...(last ? { last } : {}),
    excuse: (backend) => lacking(backend, dtypes) ?? excuse?.(backend) ?? null,
    run: (backend) =>
      withSession(backend, async (session) => {
        const result = await work(session)
        if (result === null) return passed
        return typeof result === 'string' ? failed(result) : result
      }),
  }
}

export const f32 = (...shape: number[]): TensorType => typeOf('float32', shape)

/** A program over inputs of these types. */
export function programOf(
  inputs: readonly TensorType[],
  write: (values: readonly Sym[], numbers: readonly Sym[], builder: Builder) => readonly Sym[],
  {
    scalars = [],
    donated,
  }: { readonly scalars?: readonly DType[]; readonly donated?: readonly (number | null)[] } = {},
): Program {
  const builder = new Builder()
  const values = inputs.map((type) => builder.input(type))
  const numbers = scalars.map((dtype) => builder.scalar(dtype))
  return builder.finish(write(values, numbers, builder), donated)
}

/** Exact equality of one value. */
export const same = (
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  what: string,
  dtype: DType = 'float32',
): Measurement =>
  compare([{ type: { dtype, shape: [want.length] }, data: want, error: [] }], [got], (_, index) => `${what}[${index}]`)

/** The first failure. */
export const all = (...results: readonly Measurement[]): Measurement => results.find(({ ok }) => !ok) ?? passed

/** The message of what `work` throws, now or later; null where it does not. */
export async function thrown(work: () => unknown): Promise<{ error: unknown; message: string } | null> {
  try {
    await work()
    return null
  } catch (error) {
    return { error, message: messageOf(error) }
  }
}

/** 0, 1, 2, ... and so on, `n` numbers by a formula. */
export const list = (n: number, formula: (i: number) => number = (i) => i): number[] =>
  Array.from({ length: n }, (_, i) => formula(i))
