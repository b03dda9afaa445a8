/**
 * The threads that run a program together. This one gives commands through shared memory and takes part in every run as
 * thread 0; the others sleep between commands. A command is given when all have done the one before.
 */
import { StateError } from '@glissade/core/backend'
import { ARRIVED_SLOT, COMMAND_SLOT, PENDING_SLOT, PHASE_SLOT, type Block, type Memory } from './memory.ts'
import type { Started, StartWorkers } from './start-worker.ts'

const [COMMAND, PENDING, ARRIVED, PHASE] = [COMMAND_SLOT >> 2, PENDING_SLOT >> 2, ARRIVED_SLOT >> 2, PHASE_SLOT >> 2]
/** Not 0 when a thread has failed. */
const FAILED = COMMAND + 5
const KINDS = { run: 0, load: 1, drop: 2 } as const

/** Looks at a word before a thread sleeps: some 50 microseconds, so that the steps of a training loop find it awake. */
const TURNS = 8192
/** Between two looks whether the other threads live. */
const LOOK_MS = 50
/** So long, and so many times what this thread took for its own part, it waits for one that it cannot look at. */
const PATIENCE_MS = 700
const PATIENCE = 10

/** Not on the main thread of a page. */
function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1)
    return true
  } catch {
    return false
  }
}

export class Team {
  readonly threads: number
  /** Resolves when a thread failed. */
  readonly lost: Promise<Error>
  readonly #memory: Memory
  readonly #sleeps: boolean
  readonly #lose: (error: Error) => void
  #others: readonly Started[] = []
  /** Bytes of the last module, until all have read them. */
  #sent: Block | null = null
  #programs = 0
  #looked = 0
  /** When the last command was given, and for what its end or a phase of it is waited. */
  #given = 0
  #awaited = 0
  #awaitedValue = 0
  /** Milliseconds from the command to this wait, and of this wait. */
  #worked = 0
  #waited = 0

  private constructor(memory: Memory, threads: number) {
    this.threads = threads
    this.#memory = memory
    this.#sleeps = maySleep()
    let lose: (error: Error) => void = () => {}
    this.lost = new Promise((resolve) => (lose = resolve))
    this.#lose = lose
  }

  /** Rejects where threads cannot be had. */
  static async start(memory: Memory, threads: number, startWorkers: StartWorkers): Promise<Team> {
    const team = new Team(memory, threads)
    team.#others = await startWorkers(
      {
        memory: memory.memory,
        turns: TURNS,
        command: COMMAND,
        pending: PENDING,
        phase: PHASE,
        kinds: KINDS,
      },
      threads - 1,
      (reason) => team.#fail(reason),
    )
    return team
  }

  /** A number for a new program, to which modules are added by `load`. */
  add(): number {
    return this.#programs++
  }
  /** Every other thread compiles the module, while this one goes on. */
  load(program: number, module: Uint8Array): void {
    this.assertWhole('prepare')
    const block = this.#memory.allocateOwn(module.length)
    this.#memory.bytes.set(module, block.address)
    this.#give(KINDS.load, program, block.address, module.length)
    this.#sent = block
  }
  drop(program: number): void {
    this.#give(KINDS.drop, program)
  }
  /** Runs the program on all threads; `own` is this one's part. */
  run(program: number, own: () => number): number {
    this.#waitForAll()
    this.assertWhole('run')
    const { words } = this.#memory
    Atomics.store(words, ARRIVED, 0)
    Atomics.store(words, PHASE, 0)
    this.#give(KINDS.run, program)
    let result: number
    try {
      result = own()
    } catch (error) {
      // The others would wait for this thread.
      Atomics.store(words, PHASE, -1)
      Atomics.notify(words, PHASE)
      throw error
    } finally {
      this.#waitForAll()
    }
    this.assertWhole('run')
    return result
  }
  /** Throws when a thread has failed; why is what `lost` says. */
  assertWhole(operation: string): void {
    if (this.#memory.words[FAILED] !== 0)
      throw new StateError(
        operation,
        'a thread of this backend failed; await backend.lost for the reason, and make a new one',
      )
  }
  destroy(): void {
    for (const other of this.#others) other.terminate()
    this.#others = []
  }

  /** Where the first thread has to wait: for the phase to pass, at most until it is time to look whether the others live. */
  readonly look = (phase: number): void => this.#rest(PHASE, phase)
  #rest(word: number, value: number): void {
    if (this.#sleeps && Atomics.wait(this.#memory.words, word, value, LOOK_MS) !== 'timed-out') return
    const now = Date.now()
    if (Math.abs(now - this.#looked) < LOOK_MS) return
    this.#looked = now
    if (this.#others.some(({ hasEnded }) => hasEnded?.())) this.#fail('it ended')
    else if (this.#others.some(({ hasEnded }) => hasEnded === null)) this.#doubt(word, value, now)
  }
  /** Where threads cannot be looked at, one that takes much longer than this one for a part as large has ended. */
  #doubt(word: number, value: number, now: number): void {
    if (this.#awaited !== word || this.#awaitedValue !== value) {
      this.#awaited = word
      this.#awaitedValue = value
      this.#worked = now - this.#given
      this.#waited = 0
    }
    // A machine that slept meanwhile did so for all.
    this.#waited += LOOK_MS
    if (this.#waited > PATIENCE_MS + PATIENCE * this.#worked) this.#fail('it did not come to the end of its part')
  }
  /** Calls the run off and ends what is left. */
  #fail(reason: string): void {
    if (this.#others.length === 0) return
    const { words } = this.#memory
    Atomics.store(words, FAILED, 1)
    Atomics.store(words, PHASE, -1)
    Atomics.notify(words, PHASE)
    this.#lose(new StateError('run', `a thread of this backend failed: ${reason}`))
    this.destroy()
  }

  #give(kind: number, program: number, address = 0, length = 0): void {
    this.#waitForAll()
    if (this.#others.length === 0) return
    const { words } = this.#memory
    this.#given = Date.now()
    this.#awaited = 0
    words.set([kind, program, address, length], COMMAND + 1)
    Atomics.store(words, PENDING, this.threads - 1)
    Atomics.add(words, COMMAND, 1)
    Atomics.notify(words, COMMAND)
  }
  #waitForAll(): void {
    const { words } = this.#memory
    let turns = TURNS
    let left: number
    while (this.#others.length > 0 && Atomics.load(words, FAILED) === 0 && (left = Atomics.load(words, PENDING)) !== 0)
      if (--turns < 0) this.#rest(PENDING, left)
    if (this.#sent === null || Atomics.load(words, PENDING) !== 0) return
    this.#memory.releaseOwn(this.#sent)
    this.#sent = null
  }
}
