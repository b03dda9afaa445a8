/**
 * A backend that runs programs in ONNX Runtime: each prepared program is one ONNX model. Storages are host memory; runs
 * are queued, because the runtime answers asynchronously. Pages have `onnxruntime-web`, which is WebAssembly; Node has
 * `onnxruntime-node` at native speed, with the same interface.
 */
import { DTYPES, MemoryError, StateError, numel } from '@glissade/core/backend'
import type { Backend, DType, HostArray, Program, Slice, Storage } from '@glissade/core/backend'
import * as runtime from '#runtime'
import { modelOf } from './program.ts'

interface Tensor {
  readonly data: unknown
}
interface Session {
  run(feeds: Record<string, Tensor>): Promise<Readonly<Record<string, Tensor>>>
  release(): Promise<void>
}
/** What `onnxruntime-web` and `onnxruntime-node` have in common, as far as it is used here. */
export interface Runtime {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<unknown> }
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => unknown
}

interface Bytes extends Storage {
  readonly buffer: ArrayBuffer
}
const ALLOCATION_BYTES = 2 ** 30
const DTYPE_NAMES: readonly DType[] = ['float32', 'int32', 'bool']

/** A backend on this runtime: `onnxruntime(await import('onnxruntime-web'))`. */
export function onnxruntime({ InferenceSession, Tensor: TensorOf }: Runtime): Backend {
  const live = new Set<Storage>()
  const sessions = new Set<Promise<Session>>()
  let destroyed = false
  let queue: Promise<void> = Promise.resolve()
  /** What a run failed with, and the last reading or settle that hears of it: those that were asked before anybody had. */
  let failure: { readonly error: unknown; last: number } | null = null
  let asked = 0

  const assertAlive = (operation: string): void => {
    if (destroyed) throw new StateError(operation, 'this backend was destroyed')
  }
  const assertThere = ({ storage }: Slice, operation: string): void => {
    if (!live.has(storage)) throw new StateError(operation, 'a storage was used after its release')
  }
  /** Work in the order of its issue. */
  const enqueue = (work: () => void | Promise<void>): Promise<void> => {
    queue = queue.then(work).catch((error: unknown) => {
      if (failure?.last !== Infinity) failure = { error, last: Infinity }
    })
    return queue
  }
  /** Work that is waited for: it hears of what failed before it, if nobody had when it was asked. */
  const ask = async <T>(operation: string, work: () => T): Promise<T> => {
    assertAlive(operation)
    const own = ++asked
    let result: T | undefined
    await enqueue(() => {
      result = work()
    })
    assertAlive(operation)
    if (failure !== null && own <= failure.last) {
      failure.last = Math.min(failure.last, asked)
      throw failure.error
    }
    return result!
  }
  const array = ({ storage, byteOffset, type }: Slice): HostArray =>
    new DTYPES[type.dtype].array((storage as Bytes).buffer, byteOffset, numel(type.shape))
  const bytes = ({ storage, byteOffset, type }: Slice): Uint8Array =>
    new Uint8Array((storage as Bytes).buffer, byteOffset, numel(type.shape) * DTYPES[type.dtype].bytes)
  const tensor = (dtype: DType, data: HostArray, shape: readonly number[]): Tensor =>
    new TensorOf(dtype as never, data as never, shape) as Tensor

  return {
    name: 'onnxruntime',
    contract: 1,
    capabilities: {
      dtypes: new Set(DTYPE_NAMES),
      runs: new Set(),
      limits: { allocationBytes: ALLOCATION_BYTES, alignment: 16 },
      accuracy: 'ieee',
      memory: 'released',
    },
    // Memory of the host is never gone.
    lost: new Promise(() => {}),
    allocate(byteLength) {
      assertAlive('allocate')
      if (byteLength > ALLOCATION_BYTES)
        throw new MemoryError('allocate', byteLength, `${byteLength} bytes are over the limit`)
      const storage: Bytes = { byteLength, buffer: new ArrayBuffer(byteLength) }
      live.add(storage)
      return storage
    },
    release(storage) {
      // What is queued keeps its own reference, so it can go at once.
      if (!live.delete(storage)) throw new StateError('release', 'this storage was released before')
    },
    write(target, source) {
      assertAlive('write')
      assertThere(target, 'write')
      const copy = source.slice()
      void enqueue(() => bytes(target).set(copy))
    },
    async read(source) {
      assertAlive('read')
      assertThere(source, 'read')
      return ask('read', () => bytes(source).slice())
    },
    prepare(program: Program) {
      assertAlive('prepare')
      const model = modelOf(program)
      const session = InferenceSession.create(model.bytes, {
        graphOptimizationLevel: 'all',
        logSeverityLevel: 4,
      }) as Promise<Session>
      sessions.add(session)
      const ready = session.then(() => undefined)
      // Who does not wait for it hears of a failure from the next reading.
      ready.catch(() => {})
      return {
        ready,
        scratchBytes: 0,
        run(inputs, outputs, scalars) {
          assertAlive('run')
          for (const slice of [...inputs, ...outputs]) assertThere(slice, 'run')
          const from = [...inputs]
          const to = [...outputs]
          const numbers = program.scalars.map((dtype, i) => {
            const one = new DTYPES[dtype].array(new ArrayBuffer(DTYPES[dtype].bytes), 0, 1)
            one[0] = scalars[i]!
            return one
          })
          void enqueue(async () => {
            const feeds = model.inputs.map(({ name, value, type }) => {
              const data = value < from.length ? array(from[value]!) : numbers[value - from.length]!
              return [name, tensor(type.dtype, data.slice(), type.shape)] as const
            })
            const results = await (await session).run(Object.fromEntries(feeds))
            to.forEach((slice, i) => array(slice).set(results[`out${i}`]!.data as HostArray))
          })
        },
        release() {
          sessions.delete(session)
          void enqueue(async () => (await session.catch(() => null))?.release())
        },
      }
    },
    settle: () => ask('settle', () => {}),
    memory() {
      const all = [...live].reduce((sum, { byteLength }) => sum + byteLength, 0)
      return { live: all, reserved: all }
    },
    destroy() {
      destroyed = true
      live.clear()
      for (const session of sessions) void session.then((one) => one.release()).catch(() => {})
      sessions.clear()
    },
  }
}

/**
 * A backend on the runtime of this place, as `imports` of package.json has it: `onnxruntime-node` in Node, and
 * `onnxruntime-web` in pages.
 */
export const createBackend = (): Backend => onnxruntime(runtime)
