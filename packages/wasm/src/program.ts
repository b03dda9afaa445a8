/**
 * From a program to what runs it. A large program is specialised to its shapes, in one module unless that would be more than a page
 * may compile at once. A small one, as most eager operations are, is generic: its sizes are taken out, and programs that differ in
 * nothing else share its module.
 */
import { DTYPES, outOfRange } from '@glissade/core/backend'
import type { Attributes, Executable, OwnBytes, Program, Slice } from '@glissade/core/backend'
import { storedAs, type Stored } from './codegen/stored.ts'
import { align, draft, type Draft } from './draft.ts'
import { ConstantPool } from './emitter/pool.ts'
import { print } from './emitter/text.ts'
import { CONSTANTS, FAILURE_SLOT, OWN_SLOT, SIZES_SLOT, type Block, type Memory } from './memory.ts'
import type { Loaded, Modules } from './modules.ts'
import { kernelsOf, type ProfiledKernel } from './profile.ts'
import { writeModule } from './write-module.ts'

declare const performance: { now(): number }

/** How programs are written; bounds are there for tests to lower. */
export interface Writing {
  /** Whether relaxed SIMD may be used. */
  readonly relaxed: boolean
  /** The most bytes of a module: what Chromium compiles at once on the main thread of a page. */
  readonly moduleBytes: number
  /** Nanoseconds of one thread from which on a node is divided. */
  readonly worth: number
  /** Programs of at most so many nodes become generic modules. */
  readonly genericNodes: number
}
const MODULE_BYTES = 8 * 2 ** 20
/**
 * Between two idle processors a barrier takes a tenth of a microsecond (measured), on busy ones many times that; and what
 * one thread wrote has to come to the cache of another.
 */
const WORTH = 10_000
const GENERIC_NODES = 16

/** The module of a program in WebAssembly's text format, its own bytes, where they are known, at address 0. */
export function printModule(
  program: Program,
  {
    threads = 1,
    worth = WORTH,
    relaxed = false,
    genericNodes = 0,
  }: Partial<Writing & { readonly threads: number }> = {},
): string {
  const drafted = draft(program, threads, worth, relaxed)
  const pool = new ConstantPool(CONSTANTS)
  const { length } = program.nodes
  if (length > genericNodes) return print(writeModule(drafted, 0, pool, 0, length))
  const module = writeModule(drafted, null, pool, 0, length)
  module.lift(SIZES_SLOT)
  return print(module)
}

/** The modules of a program: halves of one that would be too large, and halves of those. */
function modulesOf(drafted: Draft, base: number, pool: ConstantPool, limit: number): OwnBytes[] {
  const halves = (from: number, end: number): OwnBytes[] => {
    const bytes = writeModule(drafted, base, pool, from, end).bytes()
    if (bytes.length <= limit || end - from < 2) return [bytes]
    const middle = (from + end) >> 1
    return [...halves(from, middle), ...halves(middle, end)]
  }
  return halves(0, drafted.program.nodes.length)
}

/** Writes an element, by the instruction that would. */
const WRITERS: Readonly<Record<Stored['store'], (memory: Memory, address: number, element: number) => void>> = {
  'f32.store': (memory, address, element) => (memory.floats[address >>> 2] = element),
  'i32.store': (memory, address, element) => (memory.words[address >>> 2] = element),
  'i32.store8': (memory, address, element) => (memory.bytes[address] = element),
}

export function prepare(
  modules: Modules,
  program: Program,
  { moduleBytes = MODULE_BYTES, worth = WORTH, relaxed = false, genericNodes = GENERIC_NODES }: Partial<Writing> = {},
): Required<Executable> {
  const { memory, team, pool } = modules
  const drafted = draft(program, team?.threads ?? 1, worth, relaxed)
  const { placed, own, work, threads } = drafted
  const { inputs, scalars, nodes } = program
  const block: Block = memory.allocateOwn(own.length)
  for (const { offset, bytes } of own.parts) memory.bytes.set(bytes, block.address + offset)
  const scratchBytes = align(drafted.scratchBytes) + work.shared + threads * work.own
  memory.reserveWorkspace(scratchBytes)
  let sizes: Block | null = null
  let loaded: Loaded
  if (nodes.length <= genericNodes) {
    const module = writeModule(drafted, null, pool, 0, nodes.length)
    const lifted = module.lift(SIZES_SLOT)
    sizes = memory.allocateOwn(4 * lifted.sizes.length)
    memory.words.set(lifted.sizes, sizes.address >>> 2)
    loaded = modules.loadGeneric(lifted.key, () => module.bytes(), threads > 1)
  } else loaded = modules.load(modulesOf(drafted, block.address, pool, moduleBytes), threads > 1)
  const { run } = loaded
  const ownAddress = block.address
  const sizesAddress = sizes?.address ?? 0
  const table = block.address >>> 2
  const writers = scalars.map((dtype, i) => ({
    write: WRITERS[storedAs(dtype).store],
    round: DTYPES[dtype].round,
    offset: placed.places[inputs.length + i]!.byteOffset,
  }))
  const bind = (inputSlices: readonly Slice[], outputSlices: readonly Slice[], numbers: Float64Array): void => {
    const { words } = memory
    words[OWN_SLOT >> 2] = ownAddress
    words[SIZES_SLOT >> 2] = sizesAddress
    for (let i = 0; i < inputSlices.length; i++) words[table + i] = memory.addressOf(inputSlices[i]!)
    for (let i = 0; i < outputSlices.length; i++) words[table + inputs.length + i] = memory.addressOf(outputSlices[i]!)
    for (let i = 0; i < writers.length; i++)
      writers[i]!.write(memory, memory.workspace + writers[i]!.offset, writers[i]!.round(numbers[i]!))
  }
  const assertRan = (failed: number): void => {
    if (failed === 0) return
    const [node, index] = memory.words.subarray(FAILURE_SLOT >> 2) as unknown as [number, number]
    const { op, args, attrs } = nodes[node]!
    const { axis } = attrs as Attributes['gather']
    throw outOfRange(op, attrs, index, placed.types[args[0]!]!.shape[axis]!)
  }
  let kernels: readonly ProfiledKernel[] | null = null
  return {
    ready: Promise.resolve(),
    scratchBytes,
    run(inputSlices, outputSlices, numbers) {
      bind(inputSlices, outputSlices, numbers)
      assertRan(run())
    },
    async profile(inputSlices, outputSlices, numbers) {
      kernels ??= kernelsOf(drafted, block.address, modules)
      bind(inputSlices, outputSlices, numbers)
      return kernels.map(({ kernel, nodes: ran, run: runOne }) => {
        const start = performance.now()
        const failed = runOne()
        const ns = (performance.now() - start) * 1e6
        assertRan(failed)
        return { kernel, nodes: ran, ns }
      })
    },
    release() {
      for (const { drop } of kernels ?? []) drop()
      loaded.users--
      if (sizes === null) loaded.drop()
      else memory.releaseOwn(sizes)
      memory.releaseOwn(block)
    },
  }
}
