/**
 * A program as WebAssembly: a function per node, and `run`, which calls them in turn. Inputs and outputs are found through a
 * table of addresses, intermediate values in the workspace that all programs share, constants in bytes of the program's
 * own. A large program is specialised to its shapes, in one module unless that would be more than a page may compile at
 * once. A small one, as most eager operations are, is generic: its sizes are taken out, and programs that differ in nothing else
 * share its module.
 */
import { nodeKey } from '@glissade/codegen'
import { bytesOf, DTYPES, outOfRange } from '@glissade/core/backend'
import type { Attributes, Executable, Node, OwnBytes, Program, TensorType } from '@glissade/core/backend'
import { barrier, isCalledOff, writeCallOff } from './codegen/barrier.ts'
import { copyRun } from './codegen/copy.ts'
import { dividedBy, undivided } from './codegen/division.ts'
import { storedAs, type Stored } from './codegen/stored.ts'
import { align, draft, type Draft } from './draft.ts'
import { isConstant, mayFail, writeNode } from './kernels.ts'
import { add, at, i32, mul, op, type Address } from './emitter/code.ts'
import type { Callee, FunctionWriter } from './emitter/function.ts'
import { ModuleWriter } from './emitter/module.ts'
import { ConstantPool } from './emitter/pool.ts'
import { print } from './emitter/text.ts'
import { CONSTANTS, FAILURE_SLOT, OWN_SLOT, SIZES_SLOT, WORKSPACE_SLOT, type Block, type Memory } from './memory.ts'
import type { Loaded, Modules } from './modules.ts'
import { isSilent } from './schedule.ts'

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

/**
 * Writes the nodes `from` to below `end` as a module.
 * @param base the address of the program's own bytes; null where the module finds it when it runs
 */
function writeModule(drafted: Draft, base: number | null, pool: ConstantPool, from: number, end: number): ModuleWriter {
  const { program, placed, scratchBytes, constants, tables, work, threads, sharedMemory, order, relaxed } = drafted
  const { inputs, nodes } = program
  const { types, base: sharedWith, places, copies, starts } = placed
  const isTeam = threads > 1
  const module = new ModuleWriter({ pool, sharedMemory, relaxed, isGeneric: base === null })
  const workspace = (): Address => at('i32.load', WORKSPACE_SLOT, i32(0))
  const own = (offset: number): Address =>
    base === null ? add(at('i32.load', OWN_SLOT, i32(0)), offset) : i32(base + offset)
  const outputAddress = (output: number): Address => at('i32.load', 4 * (inputs.length + output), own(0))
  const addressOf = (value: number): Address => {
    const { of, index, byteOffset } = places[value]!
    const source = sharedWith[value]!
    const constant = constants.get(source)
    if (constant !== undefined) return own(constant + byteOffset - places[source]!.byteOffset)
    if (of === 'scratch') return add(workspace(), byteOffset)
    return add(of === 'input' ? at('i32.load', 4 * index, own(0)) : outputAddress(index), byteOffset)
  }

  const steps: Stage[] = []
  const counts = new Map<string, number>()
  const nameOf = (name: string): string => {
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return `${name}.${count}`
  }
  /** Functions by what they compute: the layers of a network are alike but for their addresses. */
  const written = new Map<string, Callee>()
  nodes.forEach((node, index) => {
    const first = starts[index]!
    if (index < from || index >= end || isSilent(node, index, placed)) return
    const isDivided = order.divided[index]! && isTeam
    const argTypes = node.args.map((arg) => types[arg]!)
    // Those of others have something of this node in them.
    const key =
      isConstant(node) || mayFail(node) || tables[index]!.length > 0
        ? null
        : `${String(isDivided)} ${nodeKey(node, argTypes)}`
    let callee = key === null ? undefined : written.get(key)
    if (callee === undefined) {
      callee = writeFunction(node, index, argTypes, isDivided)
      if (key !== null) written.set(key, callee)
    }
    const called = callee
    const addresses = (): Address[] => [
      ...(isConstant(node) ? [own(constants.get(first)!)] : node.args.map(addressOf)),
      ...node.types.map((_, k) => (isConstant(node) ? outputAddress(places[first + k]!.index) : addressOf(first + k))),
    ]
    steps.push({
      waits: order.waits[index]!,
      divided: isDivided,
      write: (run) => writeCall(run, called, addresses(), isTeam, isDivided),
    })
  })

  /** `node(operands, results, thread)`, all but the thread's number as addresses. */
  function writeFunction(node: Node, index: number, argTypes: readonly TensorType[], isDivided: boolean): Callee {
    const operands = isConstant(node) ? 1 : node.args.length
    const count = operands + node.types.length
    const params = Array.from({ length: count + (isDivided ? 1 : 0) }, () => 'i32' as const)
    const f = module.function(nameOf(node.op), params, mayFail(node) ? 'i32' : 'void')
    const addresses = Array.from({ length: count }, (_, i) => f.param(i, 'i32'))
    const thread = isDivided ? f.param(count, 'i32') : null
    const shared = f.let(add(workspace(), align(scratchBytes)))
    const room = add(shared, work.shared)
    writeNode(node, {
      f,
      module,
      division: thread === null ? undivided : dividedBy(threads, thread, barrier(module, threads)),
      index,
      tables: tables[index]!.map(own),
      args: addresses.slice(0, operands),
      results: addresses.slice(operands),
      types: argTypes,
      resultTypes: node.types,
      shared,
      own: thread === null ? room : f.let(add(room, mul(thread, work.own))),
    })
    if (mayFail(node)) f.return(i32(0))
    return f
  }
  if (end === nodes.length && copies.length > 0)
    steps.push({
      waits: order.waits[end]!,
      divided: false,
      write(run) {
        for (const { from: source, to } of copies) {
          const [a, b] = [run.let(addressOf(source)), run.let(outputAddress(to))]
          copyRun(run, bytesOf(types[source]!), a, b)
          run.free(a, b)
        }
      },
    })
  const run = module.function('run', isTeam ? ['i32'] : [], 'i32')
  if (isTeam) writeInTurn(run, module, threads, steps)
  else for (const { write } of steps) write(run)
  run.return(i32(0))
  module.export(run)
  return module
}

/** A part of `run`. */
interface Stage {
  /** Whether all threads wait before it. */
  readonly waits: boolean
  /** Whether they divide it; else the first does it alone. */
  readonly divided: boolean
  readonly write: (run: FunctionWriter) => void
}

/** Calls a node; what fails ends the run. */
function writeCall(
  run: FunctionWriter,
  callee: Callee,
  addresses: readonly Address[],
  isTeam: boolean,
  isDivided: boolean,
): void {
  const args = isDivided ? [...addresses, run.param(0, 'i32')] : addresses
  if (callee.result === 'void') return run.emit(run.call(callee as Callee & { result: 'void' }, ...args))
  run.if(run.call(callee as Callee & { result: 'i32' }, ...args), () => {
    // A divided node fails on all threads alike; of one that the first does alone the others must hear.
    if (isTeam && !isDivided) writeCallOff(run)
    run.return(i32(1))
  })
}

/** The body of `run(thread)`. */
function writeInTurn(run: FunctionWriter, module: ModuleWriter, threads: number, steps: readonly Stage[]): void {
  const thread = run.param(0, 'i32')
  let alone: Stage[] = []
  const writeAlone = (): void => {
    const list = alone
    alone = []
    if (list.length > 0) run.if(op('i32.eqz', thread), () => list.forEach(({ write }) => write(run)))
  }
  for (const step of steps) {
    if (step.waits || step.divided) writeAlone()
    if (step.waits) {
      run.emit(run.call(barrier(module, threads), thread))
      run.if(isCalledOff(), () => run.return(i32(1)))
    }
    if (step.divided) step.write(run)
    else alone.push(step)
  }
  writeAlone()
}

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
): Executable {
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
  return {
    ready: Promise.resolve(),
    scratchBytes,
    run(inputSlices, outputSlices, numbers) {
      const { words } = memory
      words[OWN_SLOT >> 2] = ownAddress
      words[SIZES_SLOT >> 2] = sizesAddress
      for (let i = 0; i < inputSlices.length; i++) words[table + i] = memory.addressOf(inputSlices[i]!)
      for (let i = 0; i < outputSlices.length; i++)
        words[table + inputs.length + i] = memory.addressOf(outputSlices[i]!)
      for (let i = 0; i < writers.length; i++)
        writers[i]!.write(memory, memory.workspace + writers[i]!.offset, writers[i]!.round(numbers[i]!))
      if (run() === 0) return
      const [node, index] = memory.words.subarray(FAILURE_SLOT >> 2) as unknown as [number, number]
      const { op: failed, args, attrs } = nodes[node]!
      const { axis } = attrs as Attributes['gather']
      throw outOfRange(failed, attrs, index, placed.types[args[0]!]!.shape[axis]!)
    },
    release() {
      loaded.users--
      if (sizes === null) loaded.drop()
      else memory.releaseOwn(sizes)
      memory.releaseOwn(block)
    },
  }
}
