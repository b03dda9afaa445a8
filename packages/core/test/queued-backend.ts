/**
 * A second backend, for tests: as unlike the cpu backend as the contract allows. It is created asynchronously, runs are
 * queued and executed later, memory is released (and poisoned) by core, nothing can be read synchronously unless a test asks
 * for it, and failures come late. Its arithmetic is the evaluator's, rounded to float32 per node.
 */
import { DTYPES, MemoryError, type Backend, type Program, type Slice, type Storage } from '../src/backend/index.ts'
import { evaluate } from '../src/ir/evaluate.ts'

interface Bytes extends Storage {
  readonly bytes: Uint8Array
  released: boolean
}

export interface QueuedBackend extends Backend {
  /** Storages that are allocated and not released. */
  readonly storages: ReadonlySet<Storage>
  /** The next run fails late. */
  failNext(error: Error): void
}

/**
 * @param options.allocationBytes the most bytes of a storage; default 1 GB
 * @param options.readsAtOnce whether it has `readSync`; default false
 */
export async function queuedBackend({
  allocationBytes = 2 ** 30,
  readsAtOnce = false,
}: { allocationBytes?: number; readsAtOnce?: boolean } = {}): Promise<QueuedBackend> {
  await Promise.resolve()
  const storages = new Set<Storage>()
  const queue: (() => void)[] = []
  let flushing: Promise<void> | null = null
  let failure: Error | null = null
  let planned: Error | null = null
  let lose: (error: Error) => void = () => {}
  const lost = new Promise<Error>((resolve) => (lose = resolve))

  const work = (): void => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) if (failure === null) job()
  }
  const flush = (): Promise<void> =>
    (flushing ??= Promise.resolve().then(() => {
      work()
      flushing = null
      return undefined
    }))
  const enqueue = (job: () => void): void => {
    queue.push(job)
    void flush()
  }
  const elements = ({
    storage,
    byteOffset,
    type,
  }: Slice): InstanceType<(typeof DTYPES)[typeof type.dtype]['array']> => {
    const { bytes, released } = storage as Bytes
    if (released) throw new Error('a released storage was used')
    const size = type.shape.reduce((n, d) => n * d, 1)
    return new DTYPES[type.dtype].array(bytes.buffer, byteOffset, size)
  }
  return {
    name: 'queued',
    contract: 1,
    capabilities: {
      dtypes: new Set(['float32', 'float64', 'int32', 'uint8', 'bool']),
      runs: new Set(),
      limits: { allocationBytes, alignment: 64 },
      accuracy: 'ieee',
      memory: 'released',
    },
    lost,
    storages,
    failNext(error) {
      planned = error
    },
    allocate(byteLength) {
      if (byteLength > allocationBytes)
        throw new MemoryError('allocate', byteLength, `${byteLength} bytes are over the limit of ${allocationBytes}`)
      // Poisoned: nobody may rely on what is in fresh memory.
      const storage: Bytes = { byteLength, bytes: new Uint8Array(byteLength).fill(0xa5), released: false }
      storages.add(storage)
      return storage
    },
    release(storage) {
      if (!storages.delete(storage)) throw new Error('a storage was released twice')
      enqueue(() => {
        ;(storage as Bytes).released = true
        ;(storage as Bytes).bytes.fill(0x5a)
      })
    },
    write(target, bytes) {
      const copy = bytes.slice()
      enqueue(() => (target.storage as Bytes).bytes.set(copy, target.byteOffset))
    },
    async read(source) {
      let result: Uint8Array | undefined
      enqueue(() => (result = new Uint8Array(elements(source).slice().buffer)))
      await flush()
      if (failure !== null) throw failure
      return result!
    },
    ...(readsAtOnce && {
      readSync(source: Slice): Uint8Array {
        work()
        return new Uint8Array(elements(source).slice().buffer)
      },
    }),
    prepare(program: Program) {
      return {
        ready: Promise.resolve(),
        scratchBytes: 0,
        run(inputs, outputs, scalars) {
          const [from, to, numbers] = [[...inputs], [...outputs], [...scalars.subarray(0, program.scalars.length)]]
          const error = planned
          planned = null
          enqueue(() => {
            if (error !== null) {
              failure = error
              lose(error)
              return
            }
            const results = evaluate(
              program,
              from.map((slice) => elements(slice)),
              numbers,
              { round: true },
            )
            results.forEach((result, i) => elements(to[i]!).set(result))
          })
        },
        release() {},
      }
    },
    settle: () => flush(),
    memory: () => {
      const live = [...storages].reduce((sum, storage) => sum + storage.byteLength, 0)
      return { live, reserved: live }
    },
    destroy() {
      storages.clear()
      lose(new Error('the queued backend was destroyed'))
    },
  }
}
