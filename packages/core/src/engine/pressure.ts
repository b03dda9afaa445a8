/**
 * Asks the garbage collector for what it does not see. On `released` backends the tensors of a program without scopes go when the
 * collector finds that nobody holds them; but they are a few hundred bytes each to it, however much hangs on them, and what it
 * finds it tells between tasks only.
 */
import { turn } from './turn.ts'

/** So much may be garbage before the collector is asked: a quarter of the room that is left, within these bounds. */
const LEAST_BYTES = 2 ** 24
const MOST_BYTES = 2 ** 28
/** Bytes that make V8 (64 MB) and SpiderMonkey begin to collect. None of them is touched, so none takes memory. */
const SHOWN_BYTES = 2 ** 28
/** For so long a read waits for what the collector finds. */
const PATIENCE_MS = 50

export class Pressure {
  /** Where the collector is asked next. */
  #next = Infinity

  /**
   * Whether so many live bytes are enough to ask.
   * @param limit the most that there may be
   */
  isHigh(live: number, limit: number): boolean {
    const next = live + Math.min(MOST_BYTES, Math.max(LEAST_BYTES, (limit - live) / 4))
    const isHigh = live >= this.#next
    if (isHigh || next < this.#next) this.#next = next
    return isHigh
  }

  /** @param live the bytes as they are now */
  async relieve(live: () => number): Promise<void> {
    const [before, end] = [live(), Date.now() + PATIENCE_MS]
    try {
      void new ArrayBuffer(SHOWN_BYTES)
    } catch {
      // The engine has no such room, and collected what it could before it said so.
    }
    do await turn(true)
    while (live() >= before && Math.abs(end - Date.now()) < PATIENCE_MS)
  }
}
