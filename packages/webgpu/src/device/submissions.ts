/**
 * Commands on their way to the device. They are gathered in one encoder and submitted together: at the end of the task, before
 * something that must come after them, and when there are many.
 */
import type { Memory } from './pool.ts'
import type { GpuBuffer, GpuCommandEncoder, GpuComputePass, GpuDevice } from './gpu.ts'

/** Dispatches of a submission: more would only keep the device waiting for the first. */
const MANY = 256

interface Flying {
  readonly runs: number
  readonly done: Promise<unknown>
}

export class Submissions {
  readonly #device: GpuDevice
  /** Called just before commands are submitted: what they read is uploaded. */
  readonly #beforeSubmit: () => void
  #encoder: GpuCommandEncoder | null = null
  #pass: GpuComputePass | null = null
  #isScheduled = false
  #dispatches = 0
  #runs = 0
  #flying: Flying[] = []
  readonly #retired: GpuBuffer[] = []
  /** The number of the submission that is being gathered. */
  current = 1

  constructor(device: GpuDevice, beforeSubmit: () => void) {
    this.#device = device
    this.#beforeSubmit = beforeSubmit
  }

  /** A compute pass, in which dispatches see what those before them wrote. */
  compute(): GpuComputePass {
    this.#schedule()
    return (this.#pass ??= this.#begun().beginComputePass())
  }
  /** The encoder outside of passes. */
  commands(): GpuCommandEncoder {
    this.#schedule()
    this.#endPass()
    return this.#begun()
  }
  /** A run of so many dispatches is complete. */
  ran(dispatches: number): void {
    this.#runs++
    this.#dispatches += dispatches
    if (this.#dispatches >= MANY) this.submit()
  }
  /** Destroys a buffer that nobody will use any more. */
  retire({ buffer, submission }: Memory): void {
    if (submission === this.current) this.#retired.push(buffer)
    else buffer.destroy()
  }

  submit(): void {
    if (this.#encoder === null) return
    this.#endPass()
    this.#beforeSubmit()
    this.#device.queue.submit([this.#encoder.finish()])
    this.#encoder = null
    this.current++
    for (const buffer of this.#retired.splice(0)) buffer.destroy()
    if (this.#runs > 0) this.#follow(this.#runs)
    this.#runs = this.#dispatches = 0
  }

  /** When at most so many runs have not ended. */
  async settle(pending: number): Promise<void> {
    this.submit()
    const runs = (): number => this.#flying.reduce((sum, flying) => sum + flying.runs, 0)
    while (this.#flying.length > 0 && runs() > pending) await this.#flying[0]!.done
  }

  #follow(runs: number): void {
    const ended = (): void => void (this.#flying = this.#flying.filter((each) => each !== flying))
    const flying: Flying = { runs, done: this.#device.queue.onSubmittedWorkDone().then(ended, ended) }
    this.#flying.push(flying)
  }
  #begun(): GpuCommandEncoder {
    return (this.#encoder ??= this.#device.createCommandEncoder())
  }
  #endPass(): void {
    this.#pass?.end()
    this.#pass = null
  }
  /** At the end of what runs now. */
  async #later(): Promise<void> {
    await Promise.resolve()
    this.#isScheduled = false
    this.submit()
  }
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    void this.#later()
  }
}
