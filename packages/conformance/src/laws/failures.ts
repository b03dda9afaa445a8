/**
 * Runs that fail: who is told, when it is over, and that nothing else is wrong. On a device that answers at once `run` throws, and nobody
 * else hears of it; on one that answers late all hear that wait behind the run, and then nobody.
 */
import type { Executable } from '@glissade/core/backend'
import type { Case } from '../case.ts'
import { macrotask } from '../clock.ts'
import type { OwnSlice, Session } from '../session.ts'
import { all, f32, law, list, programOf, same, thrown } from './law.ts'

const N = 6
const I32 = { dtype: 'int32' as const, shape: [2] }
const NOTHING = new Float64Array(0)
const OP = 'gather'

/** A run that fails, on a device where others do not. */
class Failing {
  readonly x: OwnSlice
  readonly #session: Session
  readonly #executable: Executable
  readonly #good: OwnSlice
  readonly #bad: OwnSlice
  constructor(session: Session) {
    this.#session = session
    this.x = session.upload({ type: f32(N), data: list(N, (i) => 10 * i) })
    this.#good = session.upload({ type: I32, data: [N - 1, 0] })
    this.#bad = session.upload({ type: I32, data: [0, N + 3] })
    this.#executable = session.prepare(programOf([f32(N), I32], ([x, index]) => [x!.gather(index!, 0)]))
  }
  /** The place of the results; their elements are 50 and 0. */
  good(): OwnSlice {
    const y = this.#session.room(f32(2))
    this.#executable.run([this.x, this.#good], [y], NOTHING)
    return y
  }
  /** The place of what is undefined, and whether it failed at once. */
  bad(): { readonly y: OwnSlice; readonly isLate: boolean; readonly says: string } {
    const y = this.#session.room(f32(2))
    let says = ''
    try {
      this.#executable.run([this.x, this.#bad], [y], NOTHING)
    } catch (error) {
      says = error instanceof Error ? error.message : String(error)
    }
    return { y, isLate: says === '', says }
  }
}
const WANTED = [10 * (N - 1), 0]

/** Asked now, looked at later: an answer that is refused is no unhandled rejection. */
const asked = <T>(answer: Promise<T>): Promise<{ readonly value: T } | { readonly says: string }> =>
  answer.then(
    (value) => ({ value }),
    (error: unknown) => ({ says: error instanceof Error ? error.message : String(error) }),
  )
const missing = (what: string, answer: { readonly value: unknown } | { readonly says: string }): string | null =>
  'value' in answer
    ? `${what} was answered`
    : answer.says.includes(OP)
      ? null
      : `${what} was refused without the name of ${OP}: ${answer.says}`

const failure = (
  what: string,
  work: (session: Session, failing: Failing) => ReturnType<Parameters<typeof law>[1]>,
): Case =>
  law(`eager/errors/int32/[${N}]/a failed run: ${what}`, (session) => work(session, new Failing(session)), {
    dtypes: ['float32', 'int32'],
  })

export const failures: readonly Case[] = [
  failure('a reading before it is right, those behind it are refused', async (session, failing) => {
    const early = asked(session.elements(failing.good()))
    const { y, isLate } = failing.bad()
    const late = [asked(session.elements(y)), asked(session.elements(failing.x))]
    const before = await early
    const behind = await Promise.all(late)
    if (!('value' in before)) return `the reading before it was refused: ${before.says}`
    const right = same(before.value, WANTED, 'the reading before it')
    if (!right.ok || !isLate) return right
    return missing('a reading behind it', behind[0]!) ?? missing('a second reading behind it', behind[1]!)
  }),
  failure('settle tells of it as well', async (session, failing) => {
    const { isLate } = failing.bad()
    const settled = await asked(session.backend.settle())
    if (isLate) return missing('settle', settled)
    return 'says' in settled ? `run threw, and settle rejected as well: ${settled.says}` : null
  }),
  failure('once it was told it is over', async (session, failing) => {
    for (let i = 0; i < 3; i++) {
      const { y, isLate } = failing.bad()
      const told = isLate ? missing('the reading', await asked(session.elements(y))) : null
      if (told !== null) return `time ${i + 1}: ${told}`
      await macrotask()
      const after = await thrown(async () => {
        await session.backend.settle()
        await session.elements(y)
      })
      if (after !== null) return `time ${i + 1}: what was asked after it was told was refused again: ${after.message}`
      const right = same(await session.results(failing.good()), WANTED, `the same program after failure ${i + 1}`)
      if (!right.ok) return right
    }
    return same(
      await session.results(failing.x),
      list(N, (i) => 10 * i),
      'the operand',
    )
  }),
  failure('what was issued behind it is done', async (session, failing) => {
    const [a, b] = [session.room(f32(N)), session.room(f32(N))]
    const double = session.prepare(programOf([f32(N)], ([x]) => [x!.mul(2)]))
    const { y, isLate } = failing.bad()
    double.run([failing.x], [a], NOTHING)
    session.backend.write(b, new Uint8Array(N * 4))
    const good = failing.good()
    if (isLate) {
      const told = missing('the reading', await asked(session.elements(y)))
      if (told !== null) return told
    }
    return all(
      same(
        await session.results(a),
        list(N, (i) => 20 * i),
        'a run behind it',
      ),
      same(
        await session.results(b),
        list(N, () => 0),
        'a write behind it',
      ),
      same(await session.results(good), WANTED, 'the same program behind it'),
    )
  }),
  failure('lost stays silent', async (session, failing) => {
    let lost: Error | null = null
    void session.backend.lost.then((error) => (lost = error))
    const { y } = failing.bad()
    await thrown(() => session.elements(y))
    await macrotask()
    if (lost !== null) return `lost resolved, which is for the device alone: ${(lost as Error).message}`
    return null
  }),
]
