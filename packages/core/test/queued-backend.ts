/**
 * A second backend, for tests: as unlike the cpu backend as the contract allows. It is created asynchronously, runs are
 * queued and executed later, memory is released (and poisoned) by core, nothing can be read synchronously unless a test asks
 * for it, and failures come late. Its arithmetic is the evaluator's, rounded to float32 per node.
 */
import {
  DTYPES,
  MemoryError,
  StateError,
  type Backend,
  type Program,
  type Slice,
  type Storage,
} from '../src/backend/index.ts'
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
  /** The code of the next program never comes. */
  failNextReady(error: Error): void
  /** The device is gone. */
  lose(error: Error): void
  /** The most runs that were in flight at a time, and how often core has settled. */
  readonly flight: { most: number; settled: number }
}

/**
 * @param options.allocationBytes the most bytes of a storage; default 1 GB
 * @param options.readsAtOnce whether it has `readSync`; default false
 * @param options.memoryBytes the most bytes of all storages together; default any number
 * @param options.runsInFlight as it says of itself; default nothing
 * @param options.isSlow whether it works only when it is waited for; default false
 */
export async function queuedBackend({
  allocationBytes = 2 ** 30,
  readsAtOnce = false,
  memoryBytes = Infinity,
  runsInFlight,
  isSlow = false,
}: {
  allocationBytes?: number
  readsAtOnce?: boolean
  memoryBytes?: number
  runsInFlight?: number
  isSlow?: boolean
} = {}): Promise<QueuedBackend> {
  await Promise.resolve()
  const flight = { most: 0, settled: 0 }
  let inFlight = 0
  const storages = new Set<Storage>()
  const queue: (() => void)[] = []
  let flushing: Promise<void> | null = null
  /** Of a failed run; told to all that wait behind it, then over. */
  let failure: Error | null = null
  let isTold = false
  /** Why the device is gone. */
  let gone: Error | null = null
  let planned: Error | null = null
  let plannedReady: Error | null = null
  let resolveLost: (error: Error) => void = () => {}
  const lost = new Promise<Error>((resolve) => (resolveLost = resolve))
  const assertAlive = (operation: string): void => {
    if (gone !== null) throw new StateError(operation, gone.message)
  }

  const work = (): void => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) if (gone === null) job()
    if (isTold) failure = null
    isTold = false
  }
  const flush = (): Promise<void> =>
    (flushing ??= Promise.resolve().then(() => {
      work()
      flushing = null
      return undefined
    }))
  const enqueue = (job: () => void): void => {
    queue.push(job)
    if (!isSlow) void flush()
  }
  /** Sees what a run before it failed with. */
  const answer = async <T>(operation: string, ask: () => T): Promise<T> => {
    assertAlive(operation)
    let error: Error | null = null
    let result: T | undefined
    enqueue(() => {
      if (failure === null) result = ask()
      else {
        error = failure
        isTold = true
      }
    })
    await flush()
    assertAlive(operation)
    if (error !== null) throw error as Error
    return result!
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
      limits: { allocationBytes, alignment: 64, memoryBytes, ...(runsInFlight !== undefined && { runsInFlight }) },
      accuracy: 'ieee',
      memory: 'released',
    },
    lost,
    storages,
    flight,
    failNext(error) {
      planned = error
    },
    failNextReady(error) {
      plannedReady = error
    },
    lose(error) {
      gone ??= error
      resolveLost(gone)
    },
    allocate(byteLength) {
      assertAlive('allocate')
      const live = [...storages].reduce((sum, storage) => sum + storage.byteLength, 0)
      if (live + byteLength > memoryBytes)
        throw new MemoryError('allocate', byteLength, `${byteLength} bytes are not there`)
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
      assertAlive('write')
      const copy = bytes.slice()
      enqueue(() => (target.storage as Bytes).bytes.set(copy, target.byteOffset))
    },
    read: async (source) => answer('read', () => new Uint8Array(elements(source).slice().buffer)),
    ...(readsAtOnce && {
      readSync(source: Slice): Uint8Array {
        work()
        return new Uint8Array(elements(source).slice().buffer)
      },
    }),
    prepare(program: Program) {
      assertAlive('prepare')
      const unready = plannedReady
      plannedReady = null
      return {
        ready: unready === null ? Promise.resolve() : Promise.reject(unready),
        scratchBytes: 0,
        run(inputs, outputs, scalars) {
          assertAlive('run')
          flight.most = Math.max(flight.most, ++inFlight)
          const [from, to, numbers] = [[...inputs], [...outputs], [...scalars.subarray(0, program.scalars.length)]]
          const error = planned ?? unready
          planned = null
          enqueue(() => {
            inFlight--
            if (error !== null) {
              failure ??= error
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
    async settle(pending = 0) {
      assertAlive('settle')
      flight.settled++
      if (inFlight > pending || failure !== null) await answer('settle', () => undefined)
    },
    memory: () => {
      const live = [...storages].reduce((sum, storage) => sum + storage.byteLength, 0)
      return { live, reserved: live }
    },
    destroy() {
      storages.clear()
      gone ??= new Error('the queued backend was destroyed')
    },
  }
}
