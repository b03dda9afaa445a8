/**
 * Work in flight on devices that answer late. A loop that never waits for results would issue steps without end, each of which keeps its
 * operands alive; so wherever core waits for anything, it also waits until few enough runs are left.
 */
import { turn } from './turn.ts'

/** Runs in flight where the backend names no number: enough that an eager device always has work. */
export const RUNS_IN_FLIGHT = 16

/** What may fall behind. */
export interface Late {
  /** Waits until at most `pending` runs are in flight; keeps what it hears of failures. */
  catchUp(pending: number): Promise<void>
  /** Throws what was heard. */
  tell(): void
}

/** Those of which more runs are in flight than may be. */
const ahead = new Set<Flight>()

export class Flight {
  readonly #late: Late
  readonly #most: number
  #issued = 0
  /** So many of them are known to be over. */
  #over = 0

  constructor(late: Late, most: number) {
    this.#late = late
    this.#most = most
  }
  get issued(): number {
    return this.#issued
  }
  issue(): void {
    if (++this.#issued - this.#over > this.#most) ahead.add(this)
  }
  /** The first `runs` of all are over. */
  over(runs: number): void {
    this.#over = Math.max(this.#over, runs)
    if (this.#issued - this.#over <= this.#most) ahead.delete(this)
  }
  async catchUp(): Promise<Late> {
    const runs = this.#issued - this.#most
    await this.#late.catchUp(this.#most)
    this.over(runs)
    return this.#late
  }
}

/** To be awaited wherever core waits: null while this task is short and no device is behind. Throws what a run failed with meanwhile. */
export function pause(): Promise<void> | null {
  return ahead.size === 0 ? turn() : caughtUp()
}
async function caughtUp(): Promise<void> {
  const late = await Promise.all([...ahead].map(async (flight) => flight.catchUp()))
  await turn()
  for (const one of late) one.tell()
}
