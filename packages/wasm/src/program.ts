/**
 * A program as WebAssembly, specialised to its shapes: a function per node, and `run`, which calls them in turn. Inputs and
 * outputs are found through a table of addresses, intermediate values in the workspace that all programs share, constants
 * in bytes of the program's own. It is one module, unless that would be larger than a page may compile at once.
 */
import { IndexError } from '@glissade/core/backend'
import type { Attributes, DType, Executable, Program, Node, TensorType } from '@glissade/core/backend'
import { barrier, isCalledOff, writeCallOff } from './codegen/barrier.ts'
import { copyRun } from './codegen/copy.ts'
import { dividedBy, undivided } from './codegen/division.ts'
import { align, draft, type Draft } from './draft.ts'
import { bytesOf, isConstant, mayFail, writeNode } from './kernels.ts'
import { add, at, i32, mul, op, type Code } from './emitter/code.ts'
import type { Callee, FunctionWriter } from './emitter/function.ts'
import { ModuleWriter } from './emitter/module.ts'
import { ConstantPool } from './emitter/pool.ts'
import { print } from './emitter/text.ts'
import { FAILURE_SLOT, WORKSPACE_SLOT, type Block, type Memory } from './memory.ts'
import { isSilent } from './schedule.ts'
import type { Team } from './team.ts'
import { engine } from './webassembly.ts'

type Address = Code<'i32'>

/** Room for the constants of all functions in `math.ts` together: 4 bytes each, some 90 of them. */
const CONSTANT_BYTES = 512
/** How programs are written; bounds are there for tests to lower. */
export interface Writing {
  /** Whether relaxed SIMD may be used. */
  readonly relaxed: boolean
  /** The most bytes of a module: what Chromium compiles at once on the main thread of a page. */
  readonly moduleBytes: number
  /** Nanoseconds of one thread from which on a node is divided. */
  readonly worth: number
}
const MODULE_BYTES = 8 * 2 ** 20
/**
 * Between two idle processors a barrier takes a tenth of a microsecond (measured), on busy ones many times that; and what
 * one thread wrote has to come to the cache of another.
 */
const WORTH = 10_000

/** Writes the nodes `from` to below `end` as a module; `base` is the address of the program's own bytes. */
function writeModule(drafted: Draft, base: number, pool: ConstantPool, from: number, end: number): ModuleWriter {
  const { program, placed, constants, tables, work, threads, sharedMemory, order, relaxed } = drafted
  const { inputs, nodes } = program
  const { types, base: sharedWith, places, copies, firstResult, scratchBytes } = placed
  const isTeam = threads > 1
  const module = new ModuleWriter({ pool, sharedMemory, relaxed })
  const workspace = (): Address => at('i32.load', WORKSPACE_SLOT, i32(0))
  const outputAddress = (output: number): Address => at('i32.load', 4 * (inputs.length + output), i32(base))
  const addressOf = (value: number): Address => {
    const { of, index, byteOffset } = places[value]!
    const source = sharedWith[value]!
    const constant = constants.get(source)
    if (constant !== undefined) return i32(base + constant + byteOffset - places[source]!.byteOffset)
    if (of === 'scratch') return add(workspace(), byteOffset)
    return add(of === 'input' ? at('i32.load', 4 * index, i32(base)) : outputAddress(index), byteOffset)
  }

  const steps: Step[] = []
  const counts = new Map<string, number>()
  const nameOf = (name: string): string => {
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    return `${name}.${count}`
  }
  /** Functions by what they compute: the layers of a network are alike but for their addresses. */
  const written = new Map<string, Callee>()
  let next = firstResult
  nodes.forEach((node, index) => {
    const first = next
    next += node.types.length
    if (index < from || index >= end || isSilent(node, index, first, placed)) return
    const isDivided = order.divided[index]! && isTeam
    const argTypes = node.args.map((arg) => types[arg]!)
    // Those of others have something of this node in them.
    const key = isConstant(node) || mayFail(node) || tables[index]!.length > 0 ? null : keyOf(node, argTypes, isDivided)
    let callee = key === null ? undefined : written.get(key)
    if (callee === undefined) {
      callee = writeFunction(node, index, argTypes, isDivided)
      if (key !== null) written.set(key, callee)
    }
    const called = callee
    const addresses = (): Address[] => [
      ...(isConstant(node) ? [i32(base + constants.get(first)!)] : node.args.map(addressOf)),
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
    const own = add(shared, work.shared)
    writeNode(node, {
      f,
      module,
      division: thread === null ? undivided : dividedBy(threads, thread, barrier(module, threads)),
      index,
      tables: tables[index]!.map((offset) => base + offset),
      args: addresses.slice(0, operands),
      results: addresses.slice(operands),
      types: argTypes,
      resultTypes: node.types,
      shared,
      own: thread === null ? own : f.let(add(own, mul(thread, work.own))),
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

/** What a node computes, without where its operands lie. */
const keyOf = (node: Node, args: readonly TensorType[], isDivided: boolean): string =>
  `${String(isDivided)} ${args.map(typeText).join()} ${nodeText(node)}`
const nodeText = ({ op: name, attrs, args, types, body }: Node): string =>
  `${name}${text(attrs)} ${types.map(typeText).join()}${body === undefined ? '' : bodyText(body)} ${args.length}`
const bodyText = ({ inputs, nodes, outputs }: Program): string =>
  `{${inputs.map(typeText).join()};${nodes.map((node) => `${nodeText(node)}:${node.args.join()}`).join(';')};${outputs.join()}}`
const typeText = ({ dtype, shape }: TensorType): string => `${dtype}[${shape.join()}]`
/** Attributes; unlike JSON it tells -0 from 0 and NaN from the infinities. */
function text(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  if (Array.isArray(value)) return `[${value.map(text).join()}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `(${Object.entries(value)
    .map(([name, part]) => `${name}:${text(part)}`)
    .join()})`
}

/** A part of `run`. */
interface Step {
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
function writeInTurn(run: FunctionWriter, module: ModuleWriter, threads: number, steps: readonly Step[]): void {
  const thread = run.param(0, 'i32')
  let alone: Step[] = []
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

/** The module of a program in WebAssembly's text format, its own bytes at address 0. */
export function printModule(
  program: Program,
  { threads = 1, worth = WORTH, relaxed = false }: Partial<Writing & { readonly threads: number }> = {},
): string {
  const drafted = draft(program, threads, worth, relaxed)
  return print(writeModule(drafted, 0, new ConstantPool(drafted.own.length), 0, program.nodes.length))
}

/** The modules of a program: halves of one that would be too large, and halves of those. */
function modulesOf(drafted: Draft, base: number, pool: ConstantPool, limit: number): Uint8Array<ArrayBuffer>[] {
  const halves = (from: number, end: number): Uint8Array<ArrayBuffer>[] => {
    const bytes = writeModule(drafted, base, pool, from, end).bytes()
    if (bytes.length <= limit || end - from < 2) return [bytes]
    const middle = (from + end) >> 1
    return [...halves(from, middle), ...halves(middle, end)]
  }
  return halves(0, drafted.program.nodes.length)
}

const WRITERS: { readonly [D in DType]?: (memory: Memory, address: number, value: number) => void } = {
  float32: (memory, address, value) => (memory.floats[address >>> 2] = value),
  int32: (memory, address, value) => (memory.words[address >>> 2] = value),
  uint8: (memory, address, value) => (memory.bytes[address] = value),
  bool: (memory, address, value) => (memory.bytes[address] = value === 0 ? 0 : 1),
}

type Run = (thread?: number) => number

/** One module after the other, until one fails. */
const sequence =
  (runs: readonly Run[]): Run =>
  (thread) => {
    for (const run of runs) if (run(thread) !== 0) return 1
    return 0
  }

/** @param team the threads that run it together; null where there is one */
export function prepare(
  memory: Memory,
  program: Program,
  team: Team | null,
  { moduleBytes = MODULE_BYTES, worth = WORTH, relaxed = false }: Partial<Writing> = {},
): Executable {
  const drafted = draft(program, team?.threads ?? 1, worth, relaxed)
  const { placed, own, work, threads } = drafted
  const { inputs, scalars, nodes } = program
  const block: Block = memory.allocateOwn(own.length + CONSTANT_BYTES)
  for (const { offset, bytes } of own.parts) memory.bytes.set(bytes, block.address + offset)
  const scratchBytes = align(placed.scratchBytes) + work.shared + threads * work.own
  memory.reserveWorkspace(scratchBytes)
  const pool = new ConstantPool(block.address + own.length)
  const modules = modulesOf(drafted, block.address, pool, moduleBytes)
  memory.words.set(pool.bits, (block.address + own.length) >>> 2)
  const shared = threads > 1 ? team : null
  const number = shared?.add() ?? 0
  const runs = modules.map((bytes) => {
    shared?.load(number, bytes)
    const instance = new engine.Instance(new engine.Module(bytes), { env: { memory: memory.memory } })
    return instance.exports['run'] as Run
  })
  const alone = runs.length === 1 ? runs[0]! : sequence(runs)
  const first = (): number => alone(0)
  const run = shared === null ? alone : (): number => shared.run(number, first)
  const table = block.address >>> 2
  const writers = scalars.map((dtype, i) => ({
    write: WRITERS[dtype]!,
    offset: placed.places[inputs.length + i]!.byteOffset,
  }))
  return {
    ready: Promise.resolve(),
    scratchBytes,
    run(inputSlices, outputSlices, numbers) {
      const { words } = memory
      for (let i = 0; i < inputSlices.length; i++) words[table + i] = memory.addressOf(inputSlices[i]!)
      for (let i = 0; i < outputSlices.length; i++)
        words[table + inputs.length + i] = memory.addressOf(outputSlices[i]!)
      for (let i = 0; i < writers.length; i++)
        writers[i]!.write(memory, memory.workspace + writers[i]!.offset, numbers[i]!)
      if (run() === 0) return
      const [node, index, position] = memory.words.subarray(FAILURE_SLOT >> 2) as unknown as [number, number, number]
      const { op: failed, args, attrs } = nodes[node]!
      const size = placed.types[args[0]!]!.shape[(attrs as Attributes['gather']).axis]!
      throw new IndexError(failed, `index ${index} is not in an axis of size ${size} (at position ${position})`)
    },
    release() {
      shared?.drop(number)
      memory.releaseOwn(block)
    },
  }
}
