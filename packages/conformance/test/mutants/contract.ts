/** Order, memory, aliasing, refusals and declarations. */
import { DTYPES } from '@glissade/core/backend'
import type { Backend } from '@glissade/core/backend'
import { backend, queue, type Mutant } from './mutant.ts'

export const contract: readonly Mutant[] = [
  // ---- Order, memory, aliasing ----
  queue('a stale read: it overtakes the run before it', 'eager/order/*', { readsEarly: true }),
  queue('a read sees the run after it', 'eager/order/*', { readsLate: true }),
  queue('run keeps the lists it was given', 'compiled/order/*', { keepsLists: true }),
  queue('write keeps the bytes it was given', 'eager/order/*', { keepsBytes: true }),
  queue('release takes effect before work already issued', 'eager/memory/*', { releasesEarly: true }),
  queue('a released program drops its queued runs', '*/order/*', { dropsRuns: true }),
  backend('what was read is a view', 'eager/order/*', (right) => {
    const kept = new Map<object, Uint8Array>()
    return {
      async read(slice) {
        const fresh = await right.read(slice)
        const known = kept.get(slice)
        if (known === undefined || known.length !== fresh.length) kept.set(slice, fresh)
        else known.set(fresh)
        return kept.get(slice)!
      },
      prepare(program) {
        const executable = right.prepare(program)
        return {
          ...executable,
          run(inputs, outputs, scalars) {
            executable.run(inputs, outputs, scalars)
            for (const slice of outputs) {
              const view = kept.get(slice)
              if (view !== undefined) void right.read(slice).then((bytes) => view.set(bytes))
            }
          },
        }
      },
    }
  }),
  backend('a leak: storages are not given back', 'eager/memory/*', (right) => {
    let leaked = 0
    return {
      release(storage) {
        right.release(storage)
        leaked += storage.byteLength
      },
      memory: () => ({ live: right.memory().live + leaked, reserved: 0 }),
    }
  }),
  backend('a leak: scratch of released programs stays', 'compiled/memory/*', (right) => ({
    prepare: (program) => ({ ...right.prepare(program), release() {} }),
  })),
  backend('a leak: every run allocates', 'compiled/memory/*', (right) => ({
    prepare(program) {
      const executable = right.prepare(program)
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          right.allocate(64)
          executable.run(inputs, outputs, scalars)
        },
      }
    },
  })),
  backend('a second release is taken', 'eager/memory/*', (right) => ({
    release(storage) {
      try {
        right.release(storage)
      } catch {
        // As if nothing had happened.
      }
    },
  })),
  backend('nothing cannot be allocated', 'eager/memory/*', (right) => ({
    allocate(byteLength) {
      if (byteLength === 0) throw new Error('zero-sized buffers are not allowed')
      return right.allocate(byteLength)
    },
  })),
  backend('scalars are those of the first run', 'compiled/order/*', (right) => ({
    prepare(program) {
      const executable = right.prepare(program)
      let first: Float64Array | null = null
      return {
        ...executable,
        run: (inputs, outputs, scalars) => executable.run(inputs, outputs, (first ??= scalars.slice())),
      }
    },
  })),
  backend('a donated place is written before its input is read', 'compiled/donation/*', (right) => ({
    prepare(program) {
      const executable = right.prepare(program)
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          program.donated.forEach((input, i) => {
            if (input !== null && inputs[input] === outputs[i])
              right.write(
                outputs[i]!,
                new Uint8Array(
                  outputs[i]!.type.shape.reduce((n, size) => n * size, DTYPES[outputs[i]!.type.dtype].bytes),
                ),
              )
          })
          executable.run(inputs, outputs, scalars)
        },
      }
    },
  })),
  backend('a donated input is overwritten though another place was given', 'compiled/donation/*', (right) => ({
    prepare(program) {
      const executable = right.prepare(program)
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          executable.run(inputs, outputs, scalars)
          program.donated.forEach((input, i) => {
            if (input !== null && inputs[input] !== outputs[i])
              void right.read(outputs[i]!).then((bytes) => right.write(inputs[input]!, bytes))
          })
        },
      }
    },
  })),
  backend('a value that is two outputs reaches one', 'compiled/aliasing/*', (right) => ({
    prepare(program) {
      const firsts = program.outputs.map((value, i) => program.outputs.indexOf(value) === i)
      const executable = right.prepare({
        ...program,
        outputs: program.outputs.filter((_, i) => firsts[i]),
        donated: program.donated.filter((_, i) => firsts[i]),
      })
      return {
        ...executable,
        run: (inputs, outputs, scalars) =>
          executable.run(
            inputs,
            outputs.filter((_, i) => firsts[i]),
            scalars,
          ),
      }
    },
  })),
  backend('places within a storage are taken for its beginning', 'eager/aliasing/*', (right) => ({
    prepare(program) {
      const executable = right.prepare(program)
      return {
        ...executable,
        run: (inputs, outputs, scalars) =>
          executable.run(
            inputs.map((slice) => ({ ...slice, byteOffset: 0 })),
            outputs,
            scalars,
          ),
      }
    },
  })),
  backend('a run writes one element too many', 'eager/neg/float32/*', (right) => ({
    prepare(program) {
      const executable = right.prepare(program)
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          executable.run(inputs, outputs, scalars)
          for (const { storage, byteOffset, type } of outputs) {
            const end = byteOffset + type.shape.reduce((n, size) => n * size, DTYPES[type.dtype].bytes)
            if (end < storage.byteLength)
              right.write({ storage, byteOffset: end, type: { dtype: 'uint8', shape: [1] } }, new Uint8Array([9]))
          }
        },
      }
    },
  })),
  backend('a run works in the place of its input', 'eager/exp/float32/*', (right) => ({
    prepare(program) {
      const executable = right.prepare(program)
      return {
        ...executable,
        run(inputs, outputs, scalars) {
          executable.run(inputs, outputs, scalars)
          if (inputs[0] !== undefined && inputs[0].type.shape.length > 0 && !inputs[0].type.shape.includes(0))
            right.write(inputs[0], new Uint8Array(4))
        },
      }
    },
  })),
  backend('programs of one length share an executable', 'compiled/order/*', (right) => {
    const cache = new Map<number, ReturnType<Backend['prepare']>>()
    return {
      prepare(program) {
        const known = cache.get(program.nodes.length)
        if (known !== undefined) return { ...known, release() {} }
        const executable = right.prepare(program)
        cache.set(program.nodes.length, executable)
        return { ...executable, release() {} }
      },
    }
  }),
  // ---- Refusals and declarations ----
  backend('prepare takes a node it does not know', 'eager/errors/*', (right) => ({
    prepare(program) {
      try {
        return right.prepare(program)
      } catch {
        return { ready: Promise.resolve(), scratchBytes: 0, run() {}, release() {} }
      }
    },
  })),
  backend('prepare refuses without a name', 'eager/errors/*', (right) => ({
    prepare(program) {
      try {
        return right.prepare(program)
      } catch {
        throw new Error('not supported')
      }
    },
  })),
  backend('allocate goes over its limit', 'eager/errors/*', (right) => ({
    capabilities: { ...right.capabilities, limits: { allocationBytes: 2 ** 22, alignment: 16 } },
  })),
  backend('destroy leaves everything as it was', 'eager/errors/*', () => ({ destroy() {} })),
  backend('bool is not declared', 'suite/declarations/*', (right) => ({
    capabilities: { ...right.capabilities, dtypes: new Set(['float32', 'int32']) },
  })),
  backend('the alignment is no power of two', 'suite/declarations/*', (right) => ({
    capabilities: {
      ...right.capabilities,
      limits: { ...right.capabilities.limits, allocationBytes: 2 ** 30, alignment: 12 },
    },
  })),
  backend('settle rejects', 'eager/order/*settle*', () => ({
    settle: async () => {
      throw new Error('device lost')
    },
  })),
]
