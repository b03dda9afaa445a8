/** Runs the cases on a backend: all at once into a report, or one by one as tests of whatever runner there is. */
import type { Backend } from '@glissade/core/backend'
import { messageOf, type Case, type Measurement } from './case.ts'
import { cases } from './cases.ts'
import { macrotask, now, within } from './clock.ts'
import { matcher } from './pattern.ts'
import { summarize, type Report, type Result } from './report.ts'

export interface Setup {
  /** A fresh device. The kit also checks that it ends with no live storage. */
  create(): Backend | Promise<Backend>
  /** Id pattern -> reason. They still run; one that passes, or a pattern that matches nothing, is an error (`stale`). */
  readonly known?: Readonly<Record<string, string>>
  /** Id pattern, for development. */
  readonly only?: string
  /** Called after every case, with how many are done and how many there are. */
  readonly progress?: (result: Result, done: number, total: number) => void
}

/** A case that takes longer fails: a backend whose promises never resolve must not hang its users' CI. */
const PATIENCE = 120_000
/** Milliseconds of work between two chances for the page to draw. */
const BREATH = 50

type Known = readonly (readonly [matches: (id: string) => boolean, reason: string, pattern: string])[]
const knownOf = ({ known = {} }: Setup): Known =>
  Object.entries(known).map(([pattern, reason]) => [matcher(pattern), reason, pattern])

/** Cases share one backend, but for those that ask for one of their own. */
class Runner {
  readonly #setup: Setup
  readonly #known: Known
  #shared: Promise<Backend> | null = null
  #closed = false

  constructor(setup: Setup) {
    this.#setup = setup
    this.#known = knownOf(setup)
  }

  shared(): Promise<Backend> {
    this.#shared ??= this.create().then((backend) => {
      // A case that loses the device fails alone: the next one gets another.
      void this.#replace(backend)
      return backend
    })
    return this.#shared
  }
  async #replace(backend: Backend): Promise<void> {
    await backend.lost
    if (this.#closed) return
    this.#shared = null
    destroy(backend)
  }
  async create(): Promise<Backend> {
    return this.#setup.create()
  }

  async result(one: Case): Promise<Result> {
    const { id, level } = one
    const started = now()
    const done = (
      status: Result['status'],
      detail: string,
      { worstUlp, allowedUlp }: Pick<Measurement, 'worstUlp' | 'allowedUlp'>,
    ): Result => ({ id, level, status, worstUlp, allowedUlp, ms: now() - started, detail })
    const nothing = { worstUlp: 0, allowedUlp: 0 }
    let backend: Backend
    try {
      backend = await within(PATIENCE, this.shared())
    } catch (error) {
      return done('fail', `the backend was not created: ${messageOf(error)}`, nothing)
    }
    const excuse = one.excuse(backend)
    if (excuse !== null) return done('excused', excuse, nothing)
    const measured = await this.#measure(one, backend)
    const entry = this.#known.find(([matches]) => matches(id))
    if (entry === undefined) return done(measured.ok ? 'pass' : 'fail', measured.detail, measured)
    const [, reason, pattern] = entry
    if (measured.ok)
      return done(
        'stale',
        `it passes, but is listed as known to fail under '${pattern}' (${reason}): take it off the list`,
        measured,
      )
    return done('known', `${reason} | ${measured.detail}`, measured)
  }

  async #measure(one: Case, shared: Backend): Promise<Measurement> {
    let own: Backend | null = null
    try {
      if (one.fresh === true) own = await within(PATIENCE, this.create())
      return await within(PATIENCE, one.run(own ?? shared))
    } catch (error) {
      return { ok: false, worstUlp: 0, allowedUlp: 0, detail: messageOf(error) }
    } finally {
      if (own !== null) destroy(own)
    }
  }

  /** Patterns that match no case at all: a list that rots. */
  unmatched(all: readonly Case[]): Result[] {
    return this.#known
      .filter(([matches]) => !all.some(({ id }) => matches(id)))
      .map(([, reason, pattern]) => ({
        id: pattern,
        level: 'must',
        status: 'stale',
        worstUlp: 0,
        allowedUlp: 0,
        ms: 0,
        detail: `the pattern '${pattern}' (${reason}) matches no case`,
      }))
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#shared === null) return
    const backend = await this.#shared.catch(() => null)
    if (backend !== null) destroy(backend)
  }
}

/** Where a case destroyed it already, a second time may throw. */
function destroy(backend: Backend): void {
  try {
    backend.destroy()
  } catch {
    // It is gone.
  }
}

function chosen({ only }: Setup): Case[] {
  const all = cases()
  if (only === undefined) return all
  const matches = matcher(only)
  const some = all.filter(({ id }) => matches(id))
  if (some.length === 0) throw new Error(`conformance: no case matches '${only}'; ids look like ${all[100]!.id}`)
  return some
}

/** Runs the cases and gives the report. Rejects only where `only` matches nothing. */
export async function run(setup: Setup): Promise<Report> {
  const all = chosen(setup)
  const runner = new Runner(setup)
  const results: Result[] = runner.unmatched(cases())
  let breath = now()
  for (const [i, one] of all.entries()) {
    const result = await runner.result(one)
    results.push(result)
    setup.progress?.(result, i + 1, all.length)
    if (now() - breath < BREATH) continue
    await macrotask()
    breath = now()
  }
  const backend = await runner.shared().catch(() => null)
  const report = summarize(backend, results, setup.only)
  await runner.close()
  return report
}

/** Registers one test per case with the runner whose `test` is given: vitest, node:test, Deno, a page of your own. */
export function testBackend(setup: Setup & { readonly test: (name: string, fn: () => Promise<void>) => void }): void {
  const runner = new Runner(setup)
  const all = chosen(setup)
  // Some runners start every test at once; the backend is to see one case at a time.
  let turn: Promise<unknown> = Promise.resolve()
  const judge = ({ status, detail }: Result): void => {
    if (status === 'fail' || status === 'stale') throw new Error(detail)
  }
  const inTurn = (work: () => Promise<Result>): Promise<void> => {
    const result = turn.then(work)
    turn = result
    return result.then(judge)
  }
  for (const one of all) setup.test(one.id, () => inTurn(() => runner.result(one)))
  for (const stale of runner.unmatched(cases())) setup.test(`known: ${stale.id}`, () => inTurn(async () => stale))
  setup.test('the backend can be destroyed', () => turn.then(() => runner.close()))
}
