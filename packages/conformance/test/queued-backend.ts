/**
 * As unlike a plain backend as the contract allows, over any backend that runs at once: created asynchronously, all work
 * queued and done later, compilation not ready at once, nothing readable synchronously, failures late.
 */
import type { Backend, Storage } from '@glissade/core/backend'

/** What a mutant leaves out. */
export interface Omissions {
  /** `run` keeps the caller's lists and scalars instead of copies. */
  readonly keepsLists?: boolean
  /** `write` keeps the caller's bytes. */
  readonly keepsBytes?: boolean
  /** `release` takes effect before the work already issued. */
  readonly releasesEarly?: boolean
  /** `read` overtakes the queue. */
  readonly readsEarly?: boolean
  /** `read` looks only after all that was queued behind it. */
  readonly readsLate?: boolean
  /** A failure of queued work is dropped. */
  readonly swallows?: boolean
  /** A failure rejects the next reading, but `lost` stays silent. */
  readonly silentlyLost?: boolean
  /** A released executable drops the runs that are still queued. */
  readonly dropsRuns?: boolean
}

export async function queued(inner: Backend, omissions: Omissions = {}): Promise<Backend> {
  await new Promise((resolve) => setTimeout(resolve, 1))
  const queue: (() => void)[] = []
  let failure: Error | null = null
  let flushing: Promise<void> | null = null
  let destroyed = false
  let lose: (error: Error) => void = () => {}
  const lost = new Promise<Error>((resolve) => (lose = resolve))
  const releasing = new Set<Storage>()

  const fail = (error: unknown): void => {
    if (omissions.swallows) return
    failure ??= error as Error
    if (!omissions.silentlyLost) lose(failure)
  }
  const work = async (): Promise<void> => {
    await Promise.resolve()
    for (let job = queue.shift(); job !== undefined; job = queue.shift())
      try {
        job()
      } catch (error) {
        fail(error)
      }
    flushing = null
  }
  const flush = (): Promise<void> => (flushing ??= work())
  const enqueue = (job: () => void): void => {
    queue.push(job)
    void flush()
  }
  return {
    name: 'queued',
    contract: 1,
    capabilities: { ...inner.capabilities, memory: 'released' },
    lost,
    allocate: (byteLength) => inner.allocate(byteLength),
    release(storage) {
      if (omissions.releasesEarly) return inner.release(storage)
      if (releasing.has(storage)) throw new Error('a storage was released twice')
      releasing.add(storage)
      enqueue(() => inner.release(storage))
    },
    write(target, bytes) {
      const copy = omissions.keepsBytes ? bytes : bytes.slice()
      enqueue(() => inner.write(target, copy))
    },
    async read(source) {
      if (destroyed) throw new Error('the queued backend was destroyed')
      if (omissions.readsEarly) return inner.read(source)
      let result: Promise<Uint8Array> | undefined
      const look = (): void => {
        result = inner.read(source)
        result.catch(() => {})
      }
      if (!omissions.readsLate) enqueue(look)
      await flush()
      if (omissions.readsLate) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        await flush()
        look()
      }
      if (failure !== null) throw failure
      return result!
    },
    prepare(program) {
      const executable = inner.prepare(program)
      let dropped = false
      const { ready, scratchBytes } = executable
      return {
        ready: ready.then(() => new Promise((resolve) => setTimeout(resolve, 0))),
        scratchBytes,
        run(inputs, outputs, scalars) {
          const [from, to, numbers] = omissions.keepsLists
            ? [inputs, outputs, scalars]
            : [[...inputs], [...outputs], scalars.slice()]
          enqueue(() => {
            if (failure === null && !dropped) executable.run(from, to, numbers)
          })
        },
        release() {
          if (omissions.dropsRuns) dropped = true
          enqueue(() => executable.release())
        },
      }
    },
    settle: () => flush(),
    memory: () => inner.memory(),
    destroy() {
      destroyed = true
      inner.destroy()
    },
  }
}
