/** One program, run twice from one seed: eager, and compiled. After every call all that can be seen is compared. */
import * as core from '../../../src/index.ts'
import { compile, isGlissadeError, manualSeed, setDefaultDevice, type Backend } from '../../../src/index.ts'
import * as nn from '../../../src/nn/index.ts'
import * as optim from '../../../src/optim/index.ts'
import { difference, snapshot, tensorsOf, type Snapshot } from './snapshot.ts'

/** Where a program runs. */
export interface Place {
  readonly name: string
  readonly here: Backend
  /** Another device, for what does not belong here. */
  readonly other: Backend
  /** Of the largest element of a tensor. */
  readonly tolerance: number
}

export type Outcome =
  /** Every call gave the numbers of the eager program. */
  | 'equal'
  /** The eager program ended in an error of the library, and so did the compiled one at that call. */
  | 'refused by both'
  /** A call was refused that the program itself says may be. */
  | 'refused'
  /** Something that JavaScript cannot see had changed, a number was wrong, and a later call of the same kind said so. */
  | 'found late'
export type FaultKind =
  | 'a wrong number'
  | 'a refusal'
  | 'an engine error'
  | 'not refused'
  | 'a trace of a refused call'
  | 'not a program'

/** The outcome, or what is wrong. */
export interface Verdict {
  readonly outcome: Outcome | FaultKind
  readonly isFault: boolean
  readonly detail: string
}

class End extends Error {
  readonly verdict: Verdict
  constructor(verdict: Verdict) {
    super(verdict.detail)
    this.verdict = verdict
  }
}
const ended = (outcome: Outcome, detail = ''): End => new End({ outcome, isFault: false, detail })
const fault = (kind: FaultKind, detail: string): End => new End({ outcome: kind, isFault: true, detail })

const messageOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)
const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? '') : '')

/** What a call of the eager program gave: all that could be seen, or its error. */
type Happening = Snapshot | Error

/** What the text of a program calls; `README.md` has the meaning of each. */
interface Verbs {
  readonly compile: typeof compile
  watch(part: () => object): void
  call(run: () => unknown): void
  change(run: () => unknown): void
  doubtful(run: () => unknown): void
  unseen(run: () => unknown): void
  mayRefuse(reason: string): void
  foundLate(reason: string): void
}

/** @param earlier what the call before gave, which this call may not have written over */
const look = (result: unknown, earlier: unknown, watched: readonly (() => object)[]): Snapshot =>
  new Map([
    ...snapshot({ result }),
    ...snapshot({ 'result before': earlier }),
    ...snapshot(Object.assign({ random: core.defaultGenerator }, ...watched.map((part) => part()))),
  ])

const run = (text: string, { here, other }: Place, verbs: Verbs): void => {
  setDefaultDevice(here)
  const names = { ...core, nn, optim, F: nn.functional, here, other, ...verbs }
  // oxlint-disable-next-line no-implied-eval -- the program is its text: what is printed is what ran
  new Function(...Object.keys(names), `'use strict'\n${text}`)(...Object.values(names))
}

function eager(text: string, place: Place): Happening[] {
  const happenings: Happening[] = []
  const watched: (() => object)[] = []
  let earlier: unknown = null
  const attempt = (work: () => Snapshot): void => {
    try {
      happenings.push(work())
    } catch (error) {
      if (!isGlissadeError(error)) throw fault('not a program', `${messageOf(error)}\n${stackOf(error)}`)
      happenings.push(error)
    }
  }
  const change = (work: () => unknown): void =>
    attempt(() => {
      work()
      return new Map()
    })
  try {
    run(text, place, {
      compile: ((fn: unknown) => fn) as typeof compile,
      watch: (part) => void watched.push(part),
      call(work) {
        attempt(() => {
          const result = work()
          const seen = look(result, earlier, watched)
          earlier = result
          return seen
        })
        if (happenings.at(-1) instanceof Error) throw ended('refused by both')
      },
      change,
      doubtful: change,
      unseen: change,
      mayRefuse: () => {},
      foundLate: () => {},
    })
  } catch (error) {
    if (!(error instanceof End)) throw fault('not a program', `${messageOf(error)}\n${stackOf(error)}`)
    if (error.verdict.isFault) throw error
  }
  return happenings
}

class CompiledWorld {
  readonly #wanted: readonly Happening[]
  readonly #tolerance: number
  #at = 0
  readonly #watched: (() => object)[] = []
  #calls = 0
  #earlier: unknown = null
  #gradients = true
  /** Why a call may be refused; null where none may. */
  #mayRefuse: string | null = null
  /** Whether something has changed that JavaScript cannot see, so that a number may be wrong until the next recording. */
  #unseen = false

  constructor(wanted: readonly Happening[], tolerance: number) {
    this.#wanted = wanted
    this.#tolerance = tolerance
  }
  readonly verbs: Verbs = {
    compile: (fn, options) => {
      if (options?.gradients !== true) this.#gradients = false
      return compile(fn, options)
    },
    watch: (part) => void this.#watched.push(part),
    mayRefuse: (reason) => void (this.#mayRefuse = reason),
    foundLate: (reason) => {
      this.#mayRefuse = reason
      this.#unseen = true
    },
    call: (work) => this.#call(work),
    change: (work) => this.#change(work),
    doubtful: (work) => {
      this.#mayRefuse ??= 'a change that may be refused'
      this.#change(work)
    },
    unseen: (work) => {
      this.#mayRefuse ??= 'a change that cannot be seen'
      this.#unseen = true
      this.#change(work)
    },
  }

  #attempt<T>(work: () => T): T {
    const wanted = this.#wanted[this.#at]
    const before = look(null, null, this.#watched)
    try {
      return work()
    } catch (error) {
      if (!isGlissadeError(error)) throw fault('an engine error', `${messageOf(error)}\n${stackOf(error)}`)
      if (wanted instanceof Error) throw ended('refused by both', messageOf(wanted))
      const changed = difference(tensorsOf(look(null, null, this.#watched)), tensorsOf(before))
      if (changed !== null) throw fault('a trace of a refused call', `${changed}, after ${messageOf(error)}`)
      if (this.#mayRefuse !== null) throw ended('refused', `${this.#mayRefuse} -> ${messageOf(error)}`)
      if (!this.#gradients && error.message.includes('used this gradient up')) throw ended('refused', messageOf(error))
      throw fault('a refusal', messageOf(error))
    }
  }

  #call(work: () => unknown): void {
    const wanted = this.#wanted[this.#at]!
    this.#calls++
    const result = this.#attempt(work)
    const got = look(result, this.#earlier, this.#watched)
    const wrong =
      wanted instanceof Error
        ? `eager refuses it (${messageOf(wanted)})`
        : difference(got, wanted, this.#tolerance, { gradients: !this.#gradients, tensors: this.#mayRefuse !== null })
    this.#at++
    this.#earlier = result
    if (wrong === null) return
    const kind = wanted instanceof Error ? 'not refused' : 'a wrong number'
    if (this.#unseen) this.#untilFound(work, kind, wrong)
    throw fault(kind, `call ${this.#calls}: ${wrong}`)
  }
  /** The next recording comes before the calls have doubled. */
  #untilFound(work: () => unknown, kind: FaultKind, wrong: string): never {
    for (let i = 0; i <= this.#calls + 1; i++) {
      try {
        work()
      } catch (error) {
        if (isGlissadeError(error)) throw ended('found late', messageOf(error))
        throw fault('an engine error', `${messageOf(error)}\n${stackOf(error)}`)
      }
    }
    throw fault(kind, `call ${this.#calls}: ${wrong}; ${this.#calls + 2} calls later nobody had noticed`)
  }

  #change(work: () => unknown): void {
    const wanted = this.#wanted[this.#at]
    try {
      work()
    } catch (error) {
      if (!isGlissadeError(error)) throw fault('an engine error', `${messageOf(error)}\n${stackOf(error)}`)
      if (!(wanted instanceof Error)) {
        if (this.#mayRefuse !== null || !this.#gradients) throw ended('refused', messageOf(error))
        throw fault('a refusal', `of a change: ${messageOf(error)}`)
      }
    }
    this.#at++
  }
}

/** Runs both. */
export function runPair(text: string, place: Place): Verdict {
  try {
    const wanted = eager(text, place)
    run(text, place, new CompiledWorld(wanted, place.tolerance).verbs)
    return { outcome: 'equal', isFault: false, detail: '' }
  } catch (error) {
    if (error instanceof End) return error.verdict
    return { outcome: 'not a program', isFault: true, detail: stackOf(error) }
  } finally {
    manualSeed(0)
  }
}
