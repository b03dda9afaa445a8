/** When a function is recorded again, to see whether it still does what was recorded: at runs 2, 3, 4, 6, 8, 12, 16, ... */

/** New values of a number operand are tried while there were no more than these: a choice by one shows in its own call. */
const VALUES = 32

export class Rehearsals {
  #next = 2
  readonly #hasNumbers: boolean
  readonly #seen: (Set<number> | null)[]

  /** @param leaves operands of the first run */
  constructor(leaves: readonly unknown[]) {
    this.#hasNumbers = leaves.some((leaf) => typeof leaf === 'number')
    this.#seen = leaves.map((leaf) => (typeof leaf === 'number' ? new Set([leaf]) : null))
  }
  /** @param run the number of the coming run, from 1 */
  isDue(run: number, leaves: readonly unknown[]): boolean {
    if (run >= this.#next) return true
    if (!this.#hasNumbers) return false
    const seen = this.#seen
    for (let i = 0; i < seen.length; i++) {
      const values = seen[i]!
      if (values !== null && values.size < VALUES && !values.has(leaves[i] as number)) return true
    }
    return false
  }
  /** After a rehearsal that found nothing. */
  done(run: number, leaves: readonly unknown[]): void {
    // From 2^n to 3 2^(n-1), and from there to 2^(n+1).
    while (this.#next <= run) this.#next += 2 ** Math.max(0, Math.floor(Math.log2(this.#next)) - 1)
    this.#seen.forEach((values, i) => values?.add(leaves[i] as number))
  }
}
