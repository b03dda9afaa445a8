/**
 * What was asked of the device, in the order in which it was asked: work that waits for its pipelines holds back all that comes
 * after it. Mostly nothing waits, and everything is done at once.
 */

interface Waiting {
  readonly ready: Promise<unknown> | null
  readonly work: () => void
}

export class Order {
  readonly #waiting: Waiting[] = []
  #isWaiting = false
  #isOver = false
  readonly #fail: (error: unknown) => void

  /** @param fail is told what work threw, or why it could not become ready: such work is left out */
  constructor(fail: (error: unknown) => void) {
    this.#fail = fail
  }

  get isIdle(): boolean {
    return !this.#isWaiting
  }

  /** Does it when all before it was done and it is ready. */
  push(work: () => void, ready: Promise<unknown> | null = null): void {
    if (this.isIdle && ready === null) return this.#do(work)
    ready?.catch(() => {})
    this.#waiting.push({ work, ready })
    if (this.isIdle) void this.#drain()
  }

  /** When everything that was issued by now has been done. */
  done(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.push(resolve))
  }

  /** Nothing waits any more: what is left is done now, though it may not be ready. */
  end(): void {
    this.#isOver = true
    for (const { work } of this.#waiting.splice(0)) this.#do(work)
  }

  async #drain(): Promise<void> {
    this.#isWaiting = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { ready, work } = next
      try {
        if (ready !== null && !this.#isOver) await ready
      } catch (error) {
        this.#fail(error)
        continue
      }
      this.#do(work)
    }
    this.#isWaiting = false
  }

  #do(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#fail(error)
    }
  }
}
