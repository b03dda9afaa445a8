/** Programs that were prepared before the call that runs them. */
import type { Executable, Program } from '../contract/contract.ts'
import type { Device } from '../engine/device.ts'
import { programKey } from '../ir/builder.ts'

/** So many wait for their calls; the oldest go first. */
const KEPT = 64

interface Waiting {
  readonly device: Device
  readonly key: string
  readonly executable: Executable
}

/**
 * What a recording makes of state is gone when the recording is taken back, so no recording is kept: the call records again, and
 * takes over the executable of an equal program.
 */
export class Ahead {
  readonly #waiting: Waiting[] = []

  /** Resolves when the program can run without waiting; rejects with what stands against it, and forgets it then. */
  async prepare(name: string, device: Device, program: Program): Promise<void> {
    const key = programKey(program)
    let waiting = this.#waiting[this.#find(device, key)]
    if (waiting === undefined) {
      waiting = { device, key, executable: device.prepare(name, program) }
      this.#waiting.push(waiting)
      if (this.#waiting.length > KEPT) this.#waiting.shift()!.executable.release()
    }
    try {
      await device.ready(waiting.executable)
    } catch (error) {
      const at = this.#waiting.indexOf(waiting)
      if (at >= 0) this.#waiting.splice(at, 1)[0]!.executable.release()
      throw error
    }
  }
  /** What was prepared for this program, now the caller's; prepared now where nothing was. */
  take(name: string, device: Device, program: Program): Executable {
    const at = this.#waiting.length === 0 ? -1 : this.#find(device, programKey(program))
    return at < 0 ? device.prepare(name, program) : this.#waiting.splice(at, 1)[0]!.executable
  }
  #find(device: Device, key: string): number {
    return this.#waiting.findIndex((waiting) => waiting.key === key && waiting.device === device)
  }
}
