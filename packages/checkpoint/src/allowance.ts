/**
 * How much a reader may allocate and do: a file pays for its own length, and everything beyond comes from a fixed sum.
 * There is one sum for all that a file can ask for; what is no array of bytes has a price in bytes.
 */
import type { Refuse } from './error.ts'

/**
 * Prices, in bytes. Those of objects are what V8 takes for a million of them (version 11.3, peak of the memory, arrays
 * that grow and what checks them included), and half as much again: an allowance bounds the memory of a process
 * too.
 */
export const COST = {
  /** An opcode or a value of JSON, with its place on a stack or in a list. Bounds the time too: it is some 100 ns. */
  step: 64,
  /** A text or a large integer, beside its bytes. */
  text: 88,
  /** An entry of a dict, a set or a memo. */
  entry: 88,
  /** A list, a tuple, an object. */
  list: 256,
  /** What has a table or a buffer: a dict, a set, an array of bytes. */
  table: 512,
} as const

/** What a file may take beyond its own length where nobody says otherwise. */
export const EXTRA_BYTES: number = 256 * 2 ** 20
/** The most that an element grows on its way to memory: an int8 becomes an int32. */
const WIDENING = 4

export class Allowance {
  readonly total: number
  private left: number
  /** Whether something was refused: then nothing may go on as if it had not been asked for. */
  isSpent = false
  private readonly advice: string

  /** For a file of this length. `advice` is what the reader's caller can do. */
  constructor(length: number, extra: number = EXTRA_BYTES, advice: string = '') {
    this.total = WIDENING * length + extra
    this.left = this.total
    this.advice = advice
  }

  /** Takes `bytes` off before they are allocated, or refuses. */
  take(bytes: number, refuse: Refuse): void {
    if (bytes > this.left) {
      this.isSpent = true
      refuse(`reading this file would allocate more than ${this.total} bytes, far beyond its length${this.advice}`)
    }
    this.left -= bytes
  }
}
