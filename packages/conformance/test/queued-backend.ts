/**
 * As unlike a plain backend as the contract allows, over any backend that runs at once: created asynchronously, all work
 * queued and done later, compilation not ready at once, nothing readable synchronously, failures late.
 */
import { bytesOf, StateError, type Backend, type Slice, type Storage } from '@glissade/core/backend'

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
  /** A failure of queued work is the end of the device. */
  readonly loses?: boolean
  /** Of all that wait behind a failed run only the first hears of it. */
  readonly tellsOne?: boolean
  /** A failure is told again and again. */
  readonly tellsForever?: boolean
  /** What was asked before the run that failed hears of it too. */
  readonly tellsEarlier?: boolean
  /** `settle` does not tell. */
  readonly settlesSilently?: boolean
  /** Work behind a failed run is dropped until it was told. */
  readonly dropsBehind?: boolean
  /** A released executable drops the runs that are still queued. */
  readonly dropsRuns?: boolean
  /** What is read while the device is destroyed is zeros. */
  readonly answersAtTheEnd?: boolean
  /** These go on after `destroy`. */
  readonly outlives?: readonly ('write' | 'run' | 'settle')[]
  /** A released storage is taken as if it were none. */
  readonly takesReleased?: boolean
}

export async function queued(inner: Backend, omissions: Omissions = {}): Promise<Backend> {
  await new Promise((resolve) => setTimeout(resolve, 1))
  const queue: (() => void)[] = []
  /** Of runs that nobody was told of yet; who asks meanwhile is told. */
  let failure: Error | null = null
  let isTold = false
  /** All that there were, for those who are told too much. */
  const failures: Error[] = []
  let flushing: Promise<void> | null = null
  let destroyed = false
  let lose: (error: Error) => void = () => {}
  const lost = new Promise<Error>((resolve) => (lose = resolve))
  const released = new Set<Storage>()
  const assertAlive = (operation: string, slices: readonly Slice[] = []): void => {
    if (destroyed && !(omissions.outlives as readonly string[] | undefined)?.includes(operation))
      throw new StateError(operation, 'the queued backend was destroyed')
    if (!omissions.takesReleased && slices.some(({ storage }) => released.has(storage)))
      throw new StateError(operation, 'a released storage was used')
  }

  const fail = (error: unknown): void => {
    if (omissions.swallows) return
    failure ??= error as Error
    failures.push(error as Error)
    if (omissions.loses) lose(failure)
  }
  const work = async (): Promise<void> => {
    await Promise.resolve()
    for (let job = queue.shift(); job !== undefined; job = queue.shift())
      try {
        if (!destroyed) job()
      } catch (error) {
        fail(error)
      }
    if (isTold && !omissions.tellsForever) failure = null
    isTold = false
    flushing = null
  }
  const flush = (): Promise<void> => (flushing ??= work())
  const enqueue = (job: () => void): void => {
    queue.push(job)
    void flush()
  }
  /** What is asked sees all work before it; where some of that failed, it is told so instead. */
  const answer = async <T>(operation: string, ask: () => T | Promise<T>, nothing: () => T): Promise<T> => {
    assertAlive(operation)
    let asked: { readonly result: T | Promise<T> } | { readonly error: Error } | null = null
    enqueue(() => {
      if (failure === null || (isTold && omissions.tellsOne)) {
        const result = ask()
        if (result instanceof Promise) result.catch(() => {})
        asked = { result }
      } else {
        asked = { error: failure }
        isTold = true
      }
    })
    const before = failures.length
    await flush()
    if (omissions.tellsEarlier && failures.length > before) throw failures.at(-1)!
    const answered = asked as { readonly result: T } | { readonly error: Error } | null
    if (destroyed || answered === null) {
      if (omissions.answersAtTheEnd) return nothing()
      throw new StateError(operation, 'the queued backend was destroyed')
    }
    if ('error' in answered) throw answered.error
    return answered.result
  }
  const read = (source: Slice): Promise<Uint8Array> => inner.read(source)
  return {
    name: 'queued',
    contract: 1,
    capabilities: { ...inner.capabilities, memory: 'released' },
    lost,
    allocate: (byteLength) => inner.allocate(byteLength),
    release(storage) {
      if (omissions.releasesEarly) return inner.release(storage)
      if (released.has(storage)) throw new StateError('release', 'a storage was released twice')
      released.add(storage)
      enqueue(() => inner.release(storage))
    },
    write(target, bytes) {
      assertAlive('write', [target])
      const copy = omissions.keepsBytes ? bytes : bytes.slice()
      enqueue(() => inner.write(target, copy))
    },
    async read(source) {
      assertAlive('read', [source])
      if (omissions.readsEarly) return inner.read(source)
      if (omissions.readsLate) {
        await flush()
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      return answer('read', () => read(source), () => new Uint8Array(bytesOf(source.type))) // oxfmt-ignore
    },
    prepare(program) {
      const executable = inner.prepare(program)
      let dropped = false
      const { ready, scratchBytes } = executable
      return {
        ready: ready.then(() => new Promise((resolve) => setTimeout(resolve, 0))),
        scratchBytes,
        run(inputs, outputs, scalars) {
          assertAlive('run', [...inputs, ...outputs])
          const [from, to, numbers] = omissions.keepsLists
            ? [inputs, outputs, scalars]
            : [[...inputs], [...outputs], scalars.slice()]
          enqueue(() => {
            if (!dropped && !(failure !== null && omissions.dropsBehind)) executable.run(from, to, numbers)
          })
        },
        release() {
          if (omissions.dropsRuns) dropped = true
          enqueue(() => executable.release())
        },
      }
    },
    settle: () =>
      omissions.settlesSilently || (destroyed && omissions.outlives !== undefined)
        ? flush()
        : answer('settle', () => undefined, () => undefined), // oxfmt-ignore
    memory: () => inner.memory(),
    destroy() {
      destroyed = true
      inner.destroy()
    },
  }
}
