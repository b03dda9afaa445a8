/** An update is whole, or nothing: what it did is taken back where it fails. */
import { wrap } from '../engine/door.ts'
import { noGrad } from '../engine/grad-node.ts'
import { currentTracer } from '../engine/tracer.ts'
import type { Tensor } from '../tensor/tensor.ts'

/**
 * How to take back what the update that is running did, the last thing first. A failing recording is taken back by who records:
 * of eager steps all is noted here, of recorded ones only what really happens while they are recorded.
 */
export class Journal {
  /** Null while no update runs. */
  #reverts: (() => void)[] | null = null

  /** Runs an update, and takes back what was noted where it fails. */
  whole(mode: typeof noGrad, update: () => void): void {
    const reverts: (() => void)[] = []
    this.#reverts = reverts
    try {
      mode(update)
    } catch (error) {
      noGrad(() => {
        for (const revert of reverts.toReversed()) revert()
      })
      throw error
    } finally {
      this.#reverts = null
    }
  }

  /** Notes how to take back what happens also while a step is recorded. */
  note(revert: () => void): void {
    const tracer = currentTracer()
    if (tracer === null) this.#reverts?.push(revert)
    else tracer.undo?.(revert)
  }

  /** Notes what a recorded step does at every run only. `remember` gives how to go back to now. */
  noteEager(remember: () => () => void): void {
    if (currentTracer() === null) this.#reverts?.push(remember())
  }

  /** `target.assign(fresh)`, noted. */
  assign(target: Tensor, fresh: Tensor): void {
    this.noteEager(() => {
      const { value, node, index } = target
      return () => target.assign(wrap(value, node, index) as Tensor)
    })
    target.assign(fresh)
  }
}
