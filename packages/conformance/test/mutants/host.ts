/** Indices that are taken though they are out of range, bytes that are not those of the caller, and promises that lie. */
import { numel, type Backend, type Executable } from '@glissade/core/backend'
import { hostBackend } from '../host-backend.ts'
import { queued } from '../queued-backend.ts'
import { backend, clone, kernel, type Mutant } from './mutant.ts'

interface Lookup {
  readonly axis: number
  readonly dtype: string
  readonly size: number
  readonly count: number
}
/** Some indices are not looked at: where they miss, the nearest that there is is taken. */
const takes = (name: string, unseen: (call: Lookup, index: number, at: number) => boolean): Mutant[] =>
  (['gather', 'scatterAdd'] as const).map((op) =>
    kernel(
      `${op} takes an index out of range ${name}`,
      op,
      ({ attrs, args, results }, original) => {
        const loop = original(attrs, args, results)
        const size = args[0]!.shape[attrs.axis]!
        const call = { axis: attrs.axis, dtype: args[0]!.dtype, size, count: numel(args[1]!.shape) }
        return (from, to) => {
          const index = clone(from[1]!).map((i, at) => (unseen(call, i, at) ? Math.max(0, Math.min(size - 1, i)) : i))
          loop(from.with(1, index), to)
        }
      },
      `*/${op}/*is an error*`,
    ),
  )
const indices: readonly Mutant[] = [
  ...takes('beyond the first 256', (_, __, at) => at >= 256),
  ...takes('in the first place', (_, __, at) => at === 0),
  ...takes('in the last place', ({ count }, _, at) => at === count - 1),
  ...takes('in the middle', ({ count }, _, at) => at > 0 && at < count - 1),
  ...takes('of the last axes', ({ axis }) => axis > 0),
  ...takes('of int32', ({ dtype }) => dtype === 'int32'),
  ...takes('of bytes', ({ dtype }) => dtype === 'bool' || dtype === 'uint8'),
  ...takes('among thousands', ({ count }) => count > 1000),
  ...takes('below zero', (_, index) => index < 0),
  ...takes('that is just beyond', ({ size }, index) => index === size),
  ...takes('that is far beyond', ({ size }, index) => index > size),
  ...takes('as from the end', ({ size }, index) => index < 0 && index >= -size),
  ...takes('where there is one', ({ count }) => count === 1),
  backend('a refused run leaves something behind', '*/gather/*is an error*', (right) => ({
    prepare(program): Executable {
      const executable = right.prepare(program)
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          const scratch = right.allocate(64)
          executable.run(inputs, outputs, scalars)
          right.release(scratch)
        },
      }
    },
  })),
  backend('after a refusal everything is taken', '*/gather/*is an error*', (right) => ({
    prepare(program): Executable {
      const executable = right.prepare(program)
      let refused = false
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          if (refused) return
          try {
            executable.run(inputs, outputs, scalars)
          } catch (error) {
            refused = true
            throw error
          }
        },
      }
    },
  })),
]

type Write = Backend['write']
const writes = (name: string, change: (write: Write) => Write, only = 'eager/write/*'): Mutant =>
  backend(name, only, (right) => ({ write: change((...args) => right.write(...args)) }))
const bytes: readonly Mutant[] = [
  writes('write takes the buffer of the bytes from its beginning', (write) => (target, source) =>
    write(target, new Uint8Array(source.buffer, 0, source.length))), // oxfmt-ignore
  writes('write leaves out what is no word', (write) => (target, source) => write(target, source.subarray(0, source.length & ~3))), // oxfmt-ignore
  writes('write leaves out the last of an odd number of bytes', (write) => (target, source) =>
    write(target, source.subarray(0, source.length - (source.length % 2)))), // oxfmt-ignore
  writes('write takes at most 4,096 bytes', (write) => (target, source) => write(target, source.subarray(0, 4096))),
  backend('write rounds up to eight bytes', 'eager/*', (right) => ({
    write(target, source) {
      const padded = new Uint8Array(Math.min(Math.ceil(source.length / 8) * 8, target.storage.byteLength - target.byteOffset))
      padded.set(source)
      right.write({ ...target, type: { dtype: 'uint8', shape: [padded.length] } }, padded)
    },
  })), // oxfmt-ignore
  backend('read rounds down to words', 'eager/write/uint8/*', (right) => ({
    async read(source) {
      const read = await right.read(source)
      return read.subarray(0, read.length & ~3)
    },
  })), // oxfmt-ignore
  backend('read gives what lies at the beginning of the storage', 'eager/read/*', (right) => ({
    read: (source) => right.read({ ...source, byteOffset: 0 }),
  })), // oxfmt-ignore
  backend('read sees the writes after it', 'eager/write/*', (right) => ({
    async read(source) {
      await Promise.resolve()
      return right.read(source)
    },
  })), // oxfmt-ignore
]

const slow = 5
/** A backend whose work takes its time, and whose settle does not wait for it. */
const impatient: Mutant = {
  name: 'settle resolves at once',
  only: ['eager/settle/*', 'eager/memory/*'],
  create: async () => {
    const right = await queued(hostBackend())
    let last: Promise<unknown> = Promise.resolve()
    const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, slow))
    return {
      ...right,
      async read(source) {
        const reading = right.read(source)
        await last
        return reading
      },
      prepare(program): Executable {
        const executable = right.prepare(program)
        return {
          ...executable,
          run(inputs, outputs, scalars) {
            executable.run(inputs, outputs, scalars)
            last = last.then(wait)
          },
        }
      },
      settle: async () => {},
    }
  },
}
const executables = (name: string, change: (right: Executable) => Partial<Executable>, only: string): Mutant =>
  backend(name, only, (right) => ({
    prepare(program): Executable {
      const executable = right.prepare(program)
      return { ...executable, ...change(executable) }
    },
  }))
const time: readonly Mutant[] = [
  impatient,
  backend('a reading that is pending at destroy never ends', 'eager/settle/*destroyed*', (right) => {
    let destroyed = false
    return {
      async read(source) {
        const read = await right.read(source)
        await new Promise((resolve) => setTimeout(resolve, 1))
        return destroyed ? new Promise(() => {}) : read
      },
      destroy() {
        destroyed = true
        right.destroy()
      },
    }
  }),
  backend('storages outlive the device', 'eager/memory/*destroyed*', (right) => {
    let live = 0
    return {
      allocate(byteLength) {
        live += byteLength
        return right.allocate(byteLength)
      },
      release(storage) {
        right.release(storage)
        live -= storage.byteLength
      },
      memory: () => ({ live, reserved: live }),
    }
  }),
  executables('scratchBytes is no number', () => ({ scratchBytes: NaN }), 'eager/add/*'),
  executables('scratchBytes is negative', () => ({ scratchBytes: -1 }), 'eager/add/*'),
  executables('ready rejects', () => ({ ready: Promise.reject(new Error('does not compile')) }), 'eager/add/*'),
  executables('ready never comes', () => ({ ready: new Promise(() => {}) }), 'eager/add/float32/[7]*'),
  executables('run does nothing', () => ({ run() {} }), 'eager/add/*'),
  backend('read gives ones', 'eager/add/*', () => ({
    read: async ({ type }) => new Uint8Array(numel(type.shape) * 4).fill(1),
  })),
]

export const host: readonly Mutant[] = [...indices, ...bytes, ...time]
