/** What stands in a value for what could not be read. */
import type { PickleValue } from './pickle-value.ts'

/**
 * An object of Python that is no value here, a class or function, or a tensor that has none in memory. It is data: what
 * the file says of it, and nothing was executed. Objects may refer to each other in circles.
 */
export class Unreadable {
  /** The brand: present on those of every copy of this library. */
  readonly glissadeUnreadable = true
  /** The dotted name of the class or function: `argparse.Namespace`. */
  readonly type: string
  /** Why it was not read. */
  readonly reason: string
  /** What it was made with; null for a class or function itself. */
  readonly args: readonly PickleValue[] | null
  /** Its attributes, in most cases by name; null where there are none. */
  state: PickleValue = null
  /** What it contains, if it is a kind of list or set, or the pairs of a kind of dict. */
  readonly items: readonly PickleValue[] = []

  constructor(type: string, reason: string, args: readonly unknown[] | null) {
    this.type = type
    this.reason = reason
    this.args = args as readonly PickleValue[] | null
  }
}

/** Whether a value of a file stands for what could not be read; a brand, so a second copy is recognised. */
export function isUnreadable(value: unknown): value is Unreadable {
  return (value as Partial<Unreadable> | null | undefined)?.glissadeUnreadable === true
}
