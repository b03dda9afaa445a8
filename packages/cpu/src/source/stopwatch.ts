/** What each step of a program took. */
import type { KernelTime } from '@glissade/core/backend'

declare const performance: { now(): number }

export class Stopwatch {
  #times: KernelTime[] = []
  #last = 0

  start(): void {
    this.#times = []
    this.#last = performance.now()
  }
  /** A step is done, which began when the one before was. */
  readonly took = (kernel: string, nodes: readonly number[]): void => {
    this.#times.push({ kernel, nodes, ns: (performance.now() - this.#last) * 1e6 })
    this.#last = performance.now()
  }
  get times(): readonly KernelTime[] {
    return this.#times
  }
}
