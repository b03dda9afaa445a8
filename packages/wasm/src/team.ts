/**
 * The threads that run a program together. This one gives commands through shared memory and takes part in every run as
 * thread 0; the others sleep between commands. A command is given when all have done the one before.
 */
import { StateError } from '@glissade/core/backend'
import {
  ARRIVED_SLOT,
  COMMAND_SLOT,
  HOST_WAITS_SLOT,
  PENDING_SLOT,
  PHASE_SLOT,
  type Block,
  type Memory,
} from './memory.ts'
import type { Assignment } from './serve.ts'
import type { Started, StartWorker } from './start-worker.ts'

const [COMMAND, PENDING, ARRIVED, PHASE] = [COMMAND_SLOT >> 2, PENDING_SLOT >> 2, ARRIVED_SLOT >> 2, PHASE_SLOT >> 2]
/** Not 0 when a thread has failed. */
const FAILED = COMMAND + 5
const KINDS = { run: 0, load: 1, drop: 2 } as const

/** Looks at a word before a thread sleeps: some 50 microseconds, so that the steps of a training loop find it awake. */
const TURNS = 8192

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
  #others: readonly Started[] = []
  /** Bytes of the last module, until all have read them. */
  #sent: Block | null = null
  #programs = 0

  private constructor(memory: Memory, threads: number, lost: Promise<Error>) {
    this.threads = threads
    this.#memory = memory
    this.lost = lost
    this.#sleeps = maySleep()
    memory.words[HOST_WAITS_SLOT >> 2] = Number(this.#sleeps)
  }

  /** Rejects where threads cannot be had. */
  static async start(memory: Memory, threads: number, startWorker: StartWorker): Promise<Team> {
    let fail: (reason: string) => void = () => {}
    const lost = new Promise<Error>((resolve) => {
      fail = (reason) => resolve(new StateError('run', `a thread of this backend failed: ${reason}`))
    })
    const team = new Team(memory, threads, lost)
    const assignmentOf = (thread: number): Assignment => ({
      memory: memory.memory,
      thread,
      turns: TURNS,
      command: COMMAND,
      pending: PENDING,
      phase: PHASE,
      kinds: KINDS,
    })
    const results = await Promise.allSettled(
      Array.from({ length: threads - 1 }, (_, i) => startWorker(assignmentOf(i + 1), fail)),
    )
    team.#others = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const refused = results.find((result) => result.status === 'rejected')
    if (refused === undefined) return team
    team.destroy()
    throw refused.reason
  }

  /** A number for a new program, to which modules are added by `load`. */
  add(): number {
    return this.#programs++
  }
  /** Every other thread compiles the module, while this one goes on. */
  load(program: number, module: Uint8Array): void {
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

  #give(kind: number, program: number, address = 0, length = 0): void {
    this.#waitForAll()
    if (this.#others.length === 0) return
    const { words } = this.#memory
    words.set([kind, program, address, length], COMMAND + 1)
    Atomics.store(words, PENDING, this.threads - 1)
    Atomics.add(words, COMMAND, 1)
    Atomics.notify(words, COMMAND)
  }
  #waitForAll(): void {
    if (this.#others.length === 0) return
    const { words } = this.#memory
    let turns = TURNS
    let left: number
    while ((left = Atomics.load(words, PENDING)) !== 0)
      if (--turns < 0 && this.#sleeps) Atomics.wait(words, PENDING, left)
    if (this.#sent === null) return
    this.#memory.releaseOwn(this.#sent)
    this.#sent = null
  }
}
