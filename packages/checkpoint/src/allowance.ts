/** How much a reader may allocate: a file pays for its own length, and everything beyond comes from a fixed sum. */
import type { Refuse } from './error.ts'

export class Allowance {
  readonly total: number
  private left: number

  constructor(total: number) {
    this.total = total
    this.left = total
  }

  /** Takes `bytes` off before they are allocated, or refuses. */
  take(bytes: number, refuse: Refuse): void {
    if (bytes > this.left) {
      refuse(
        `reading this file would allocate more than ${this.total} bytes, far beyond its length; ` +
          'if you trust it, raise maxExtraBytes',
      )
    }
    this.left -= bytes
  }
}
