/**
 * Memory as a device has it, over the kernels of the cpu backend: few large buffers of which storages are parts, places at multiples of
 * 256 bytes, storages of 1 MB at most, scratch in pieces, loops that touch 8 storages at most, scalars apart. All that nobody may
 * rely on is poison: fresh and released memory, scratch before a run, gaps, and what is behind a value up to the next word.
 */
import {
  allocateScratch,
  DTYPE_NAMES,
  DTYPES,
  layout,
  LOOP,
  MemoryError,
  numel,
  StateError,
  UnsupportedError,
  type Backend,
  type Executable,
  type HostArray,
  type Kernel,
  type Layout,
  type Place,
  type Primitive,
  type Program,
  type Slice,
  type Storage,
  type TensorType,
} from '@glissade/core/backend'
import { kernels } from '../../cpu/src/kernels/index.ts'
import { Arena, type Block } from './arena.ts'
import { looping } from './mutants/loops.ts'

const ALIGNMENT = 256
const ALLOCATION_BYTES = 2 ** 20
const STORAGES = 8
const WORD = 4
/** What mutants write instead of words. */
const LINE = 16

/** What a mutant does wrong. */
export interface ArenaFaults {
  readonly inOnePiece?: boolean
  readonly inFirstPiece?: boolean
  readonly writesLines?: boolean
  readonly runsLines?: boolean
  readonly losesViewsOfNumbers?: boolean
  readonly poisonsBeyond?: boolean
}

interface Bytes extends Storage {
  readonly block: Block
}
const byteLengthOf = ({ dtype, shape }: TensorType): number => numel(shape) * DTYPES[dtype].bytes
const up = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit

/** Runs at once: `queued` makes it late. */
export function arenaBackend(faults: ArenaFaults = {}): Backend {
  const right = plain(faults)
  const loops = looping((program) => program, right)
  const { capabilities } = right
  return {
    ...loops,
    capabilities: { ...loops.capabilities, limits: { ...capabilities.limits, storages: STORAGES } },
    prepare(program) {
      assertStorages(program)
      return loops.prepare(program)
    },
  }
}

/** Throws where a loop touches more storages than can be bound. */
function assertStorages(program: Program): void {
  const { places, starts } = layout(program, { alignment: ALIGNMENT, scalars: 'apart' })
  const storageOf = ({ of, index }: Place): string => {
    const input = of === 'output' ? program.donated[index] : null
    return of === 'scratch' ? of : input == null ? `${of} ${index}` : `input ${input}`
  }
  program.nodes.forEach(({ op, args, types, origin }, i) => {
    if (op !== LOOP) return
    const values = [...args, ...types.map((_, k) => starts[i]! + k)]
    const bound = new Set(
      values.filter((value) => places[value]!.of !== 'scalar').map((value) => storageOf(places[value]!)),
    )
    if (bound.size > STORAGES) throw new UnsupportedError(op, `touches ${bound.size} storages`, origin)
  })
}

/** Without loops. */
function plain(faults: ArenaFaults): Backend {
  const arena = new Arena(ALIGNMENT, faults.poisonsBeyond === true)
  const released = new Set<Storage>()
  let live = 0
  let destroyed = false
  const assertAlive = (operation: string): void => {
    if (destroyed) throw new StateError(operation, 'this backend was destroyed')
  }
  const bytesAt = ({ storage, byteOffset }: Pick<Slice, 'storage' | 'byteOffset'>, byteLength: number): Uint8Array => {
    if (released.has(storage)) throw new StateError('run', 'a released storage was used')
    if (byteOffset % ALIGNMENT !== 0) throw new Error(`a place at ${byteOffset}, no multiple of ${ALIGNMENT}`)
    return (storage as Bytes).block.bytes.subarray(byteOffset, byteOffset + byteLength)
  }
  const arrayAt = (slice: Slice): HostArray => {
    const { buffer, byteOffset } = bytesAt(slice, byteLengthOf(slice.type))
    return new DTYPES[slice.type.dtype].array(buffer, byteOffset, numel(slice.type.shape))
  }
  /** What a device that writes words leaves behind a value. */
  const spoil = (slice: Slice, unit: number): void => {
    const length = byteLengthOf(slice.type)
    bytesAt(slice, up(length, unit)).fill(0xee, length)
  }
  const backend: Backend = {
    name: 'arena',
    contract: 1,
    capabilities: {
      dtypes: new Set(DTYPE_NAMES),
      runs: new Set(),
      limits: { allocationBytes: ALLOCATION_BYTES, alignment: ALIGNMENT },
      accuracy: 'ieee',
      memory: 'released',
    },
    lost: new Promise(() => {}),
    allocate(byteLength) {
      assertAlive('allocate')
      if (byteLength > ALLOCATION_BYTES)
        throw new MemoryError(
          'allocate',
          byteLength,
          `${byteLength} bytes are more than the ${ALLOCATION_BYTES} of a storage`,
        )
      live += byteLength
      return { byteLength, block: arena.take(byteLength) } satisfies Bytes
    },
    release(storage) {
      assertAlive('release')
      if (released.has(storage)) throw new StateError('release', 'this storage was released before')
      released.add(storage)
      live -= storage.byteLength
      arena.give((storage as Bytes).block)
    },
    write(target, source) {
      assertAlive('write')
      bytesAt(target, source.byteLength).set(source)
      spoil(target, faults.writesLines ? LINE : WORD)
    },
    async read(source) {
      assertAlive('read')
      return bytesAt(source, byteLengthOf(source.type)).slice()
    },
    prepare(program) {
      assertAlive('prepare')
      return prepared(program)
    },
    async settle() {
      assertAlive('settle')
    },
    memory: () => ({ live, reserved: arena.reserved }),
    destroy() {
      destroyed = true
      live = 0
    },
  }

  function prepared(program: Program): Executable {
    const placed = layout(program, {
      alignment: ALIGNMENT,
      scalars: 'apart',
      ...(!faults.inOnePiece && { allocationBytes: ALLOCATION_BYTES }),
    })
    const steps = stepsOf(program, placed)
    const { places, types, scratch, copies, firstResult } = placed
    let pieces: readonly Storage[] | null = null
    return {
      ready: Promise.resolve(),
      scratchBytes: scratch.reduce((sum, bytes) => sum + bytes, 0),
      run(inputs, outputs, numbers) {
        assertAlive('run')
        const own = (pieces ??= allocateScratch(scratch, backend))
        for (const storage of own) bytesAt({ storage, byteOffset: 0 }, storage.byteLength).fill(0xa5)
        const scalars = program.scalars.map((dtype, i) =>
          new DTYPES[dtype].array(new ArrayBuffer(DTYPES[dtype].bytes), 0, 1).fill(
            (DTYPES[dtype].packing?.pack ?? Number)(numbers[i]!),
          ),
        )
        const sliceOf = (value: number): Slice => {
          const { of, index, byteOffset } = places[value]!
          const piece = faults.inFirstPiece ? 0 : index
          const { storage, byteOffset: start } =
            of === 'scratch' ? { storage: own[piece]!, byteOffset: 0 } : (of === 'input' ? inputs : outputs)[index]!
          return { storage, byteOffset: start + byteOffset, type: types[value]! }
        }
        const valueAt = (value: number): HostArray => {
          const { of, index } = places[value]!
          if (of !== 'scalar') return arrayAt(sliceOf(value))
          // As if every number but those of the program itself lay in scratch.
          return faults.losesViewsOfNumbers && value >= firstResult ? scalars[index]!.slice().fill(9) : scalars[index]!
        }
        for (const { loop, args, results } of steps) {
          loop(args.map(valueAt), results.map(valueAt))
          for (const value of results) spoil(sliceOf(value), faults.runsLines ? LINE : WORD)
        }
        for (const { from, to } of copies) arrayAt({ ...outputs[to]!, type: types[from]! }).set(valueAt(from))
      },
      release() {
        pieces?.forEach((storage) => backend.release(storage))
        pieces = null
      },
    }
  }
  return backend
}

/** What has something to do, by the kernel of its primitive. */
function stepsOf({ nodes }: Program, { starts, types, silent }: Layout) {
  return nodes.flatMap(({ op, attrs, args, types: results, origin }, i) => {
    const kernel = Object.hasOwn(kernels, op) ? (kernels[op as keyof typeof kernels] as Kernel<Primitive>) : undefined
    if (kernel === undefined && op !== 'reshape')
      throw new UnsupportedError(op, 'this backend has no kernel of that name', origin)
    if (silent[i]) return []
    const loop = kernel!(
      attrs,
      args.map((arg) => types[arg]!),
      results,
    )
    return [{ loop, args, results: results.map((_, k) => starts[i]! + k) }]
  })
}
