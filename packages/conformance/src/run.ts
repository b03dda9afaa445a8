/** Runs the cases on a backend: all at once into a report, or one by one as tests of whatever runner there is. */
import type { Backend } from '@glissade/core/backend'
import { failed, messageOf, type Case, type Measurement } from './case.ts'
import { cases } from './cases.ts'
import { macrotask, now, say, TooLong, within } from './clock.ts'
import { matcher } from './pattern.ts'
import { headline, summarize, type Report, type Result } from './report.ts'
import { select, type Selection } from './selection.ts'
import { ranBefore } from './session.ts'

export interface Setup extends Selection {
  /** A fresh device. The kit also checks that it ends with no live storage. */
  create(): Backend | Promise<Backend>
  /** Id pattern -> reason. They still run; one that passes, or a pattern that matches nothing, is an error (`stale`). */
  readonly known?: Readonly<Record<string, string>>
  /** Milliseconds after which a case has failed: a promise that never comes is given up. Default 120,000. */
  readonly patience?: number
  /** Called after every case, with how many are done and how many there are. */
  readonly progress?: (result: Result, done: number, total: number) => void
}

/** A backend whose promises never resolve must not hang its users' CI. */
const PATIENCE = 120_000
/** Once that has happened, the others wait no longer than this, and after a few of them none runs. */
const IMPATIENCE = 5000
const FEW = 3
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
  /** Cases that took longer than patience allows, or created no backend. */
  readonly #hung: string[] = []
  readonly results: Result[] = []
  /** The last backend that there was. */
  backend: Backend | null = null

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
    return (this.backend = await this.#setup.create())
  }
  /** What takes too long is given up once with patience, then without. */
  async #within<T>(id: string, work: Promise<T>): Promise<T> {
    const { patience = PATIENCE } = this.#setup
    try {
      return await within(this.#hung.length === 0 ? patience : Math.min(patience, IMPATIENCE), work)
    } catch (error) {
      if (!(error instanceof TooLong)) throw error
      this.#hung.push(id)
      // Whatever it was waiting for, the device may wait for it too.
      this.#shared = null
      throw error
    }
  }

  async result(one: Case): Promise<Result> {
    const result = await this.#result(one)
    this.results.push(result)
    return result
  }
  async #result(one: Case): Promise<Result> {
    const { id, level } = one
    const started = now()
    const done = (
      status: Result['status'],
      detail: string,
      { worstUlp, allowedUlp, ran }: Pick<Measurement, 'worstUlp' | 'allowedUlp' | 'ran'>,
    ): Result => ({
      id,
      level,
      status,
      worstUlp,
      allowedUlp,
      ms: now() - started,
      detail,
      ...(ran === undefined ? {} : { ran }),
    })
    const nothing = { worstUlp: 0, allowedUlp: 0 }
    if (this.#hung.length >= FEW)
      return done(
        'fail',
        `not run: ${this.#hung.length} cases before it never ended, the first was ${this.#hung[0]!}`,
        nothing,
      )
    let backend: Backend
    try {
      backend = await this.#within(id, this.shared())
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
      if (one.fresh === true) own = await this.#within(one.id, this.create())
      return await this.#within(one.id, one.run(own ?? shared))
    } catch (error) {
      const ran = ranBefore(error)
      return { ...failed(messageOf(error)), ...(ran === undefined ? {} : { ran }) }
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

/** Runs the cases and gives the report. Rejects only where a pattern of `only` or `except` matches nothing. */
export async function run(setup: Setup): Promise<Report> {
  const all = select(cases(), setup)
  const runner = new Runner(setup)
  const stale = runner.unmatched(cases())
  let breath = now()
  for (const [i, one] of all.entries()) {
    const result = await runner.result(one)
    setup.progress?.(result, i + 1, all.length)
    if (now() - breath < BREATH) continue
    await macrotask()
    breath = now()
  }
  const report = summarize(runner.backend, [...stale, ...runner.results], setup)
  await runner.close()
  return report
}

/** What some runners hand to a test: by it an excused case is told from one that passed. */
interface Context {
  readonly skip?: (reason?: string) => void
}

/**
 * Registers one test per case with the runner whose `test` is given: vitest, node:test, Deno, a page of your own. Excused cases
 * are skipped where the runner can; the last test says what ran, what was excused and what is known.
 */
export function testBackend(
  setup: Setup & { readonly test: (name: string, fn: (context?: unknown) => Promise<void>) => void },
): void {
  const runner = new Runner(setup)
  const all = select(cases(), setup)
  // Some runners start every test at once; the backend is to see one case at a time.
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = async (work: () => Promise<Result>, context: unknown): Promise<void> => {
    const result = turn.then(work)
    turn = result
    const { status, detail } = await result
    if (status === 'fail' || status === 'stale') throw new Error(detail)
    if (status === 'excused') (context as Context | undefined)?.skip?.(detail)
  }
  for (const one of all) setup.test(one.id, (context) => inTurn(() => runner.result(one), context))
  const stale = runner.unmatched(cases())
  for (const one of stale) setup.test(`known: ${one.id}`, (context) => inTurn(async () => one, context))
  setup.test('the backend can be destroyed', async () => {
    await turn
    say(headline(summarize(runner.backend, [...stale, ...runner.results], setup)))
    await runner.close()
  })
}
