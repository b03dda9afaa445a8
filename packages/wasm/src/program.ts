/**
 * A program as one WebAssembly module, specialised to its shapes: a function per node, and `run`, which calls them in
 * turn. Inputs and outputs are found through a table of addresses, intermediate values in the workspace that all programs
 * share, constants in bytes of the program's own.
 */
import { DTYPES, IndexError, layout, LOOP, numel, UnsupportedError } from '@glissade/core/backend'
import type {
  Attributes,
  DType,
  Executable,
  Layout,
  LoopAttributes,
  Node,
  Primitive,
  Program,
  TensorType,
} from '@glissade/core/backend'
import { convBytes, convTables, writeConv } from './codegen/conv.ts'
import { copyRun, isMovement, MOVEMENTS } from './codegen/copy.ts'
import { dotBytes, writeDot } from './codegen/dot.ts'
import { BINARY, UNARY } from './codegen/lanes.ts'
import { asLoop } from './codegen/loop-plan.ts'
import { writeLoop } from './codegen/loop.ts'
import { sortBytes, writeArgmax, writeCumsum, writeGather, writeScatterAdd, writeSort } from './codegen/scan.ts'
import { writeWindowArgmax, writeWindowSum } from './codegen/window.ts'
import { add, at, i32, type Code } from './emitter/code.ts'
import type { Callee, FunctionWriter } from './emitter/function.ts'
import { ModuleWriter } from './emitter/module.ts'
import { FAILURE_SLOT, WORKSPACE_SLOT, type Block, type Memory } from './memory.ts'
import { engine } from './webassembly.ts'

type Address = Code<'i32'>

/** Room for the constants of all functions in `math.ts` together: 4 bytes each, some 90 of them. */
const CONSTANT_BYTES = 512

/** One node, with all that its code may need. */
interface Task {
  readonly f: FunctionWriter
  readonly module: ModuleWriter
  readonly args: readonly Address[]
  readonly results: readonly Address[]
  readonly types: readonly TensorType[]
  readonly resultTypes: readonly TensorType[]
  /** Workspace behind the values of the program. */
  readonly work: Address
  /** Addresses of this node's tables. */
  readonly tables: readonly number[]
  /** Which node it is, for what goes wrong. */
  readonly index: number
}

/** How one primitive is written. */
interface Kernel<P extends Primitive> {
  write(task: Task, attrs: Attributes[P]): void
  /** Bytes of workspace. */
  work?(attrs: Attributes[P], types: readonly TensorType[], results: readonly TensorType[]): number
  /** Tables that the code reads. */
  tables?(attrs: Attributes[P], types: readonly TensorType[], results: readonly TensorType[]): readonly Int32Array[]
  /** Whether it may fail: its function then returns 1. */
  readonly fails?: true
}

const kernels: { readonly [P in Primitive]?: Kernel<P> } = {
  dot: {
    write: ({ f, module, args, results, work, types, resultTypes }, attrs) =>
      writeDot(f, module, attrs, args, results[0]!, work, types[0]!, resultTypes[0]!),
    work: (attrs, [a], [out]) => dotBytes(attrs, a!, out!),
  },
  conv: {
    write: ({ f, module, args, results, work, types, resultTypes, tables }, attrs) =>
      writeConv(f, module, attrs, args, results[0]!, work, tables as [number, number, number], types, resultTypes[0]!),
    work: (attrs, [x, w], [out]) => convBytes(attrs, x!, w!, out!),
    tables: (attrs, [x, w], [out]) => convTables(attrs, x!, w!, out!),
  },
  windowSum: {
    write: ({ f, args, results, types, resultTypes }, attrs) =>
      writeWindowSum(f, attrs, args[0]!, results[0]!, types[0]!, resultTypes[0]!),
  },
  windowArgmax: {
    write: ({ f, args, results, types, resultTypes }, attrs) =>
      writeWindowArgmax(f, attrs, args[0]!, results[0]!, types[0]!, resultTypes[0]!),
  },
  argmax: { write: ({ f, args, results, types }, attrs) => writeArgmax(f, attrs, args[0]!, results[0]!, types[0]!) },
  cumsum: { write: ({ f, args, results, types }, attrs) => writeCumsum(f, attrs, args[0]!, results[0]!, types[0]!) },
  gather: {
    write: ({ f, args, results, types, index }, attrs) => writeGather(f, index, attrs, args, results[0]!, types),
    fails: true,
  },
  scatterAdd: {
    write: ({ f, args, results, types, index }, attrs) => writeScatterAdd(f, index, attrs, args, results[0]!, types),
    fails: true,
  },
  sort: {
    write: ({ f, args, results, work, types }, attrs) => writeSort(f, attrs, args[0]!, results, work, types[0]!),
    work: ({ axis }, [x]) => sortBytes(x!.shape[axis]!),
  },
}
const kernelOf = (op: string): Kernel<Primitive> | undefined =>
  (kernels as Readonly<Record<string, Kernel<Primitive> | undefined>>)[op]

const isLoop = ({ op }: Node): boolean =>
  Object.hasOwn(UNARY, op) ||
  Object.hasOwn(BINARY, op) ||
  ['where', 'cast', 'expand', 'sum', 'prod', 'max', 'min'].includes(op)
const isConstant = ({ op }: Node): boolean => op === 'constant' || op === 'iota'

const align = (bytes: number): number => Math.ceil(bytes / 16) * 16
const bytesOf = ({ dtype, shape }: TensorType): number => numel(shape) * DTYPES[dtype].bytes

/** The bytes of a constant or iota. */
function constantBytes(node: Node): Uint8Array {
  const { dtype, shape } = node.types[0]!
  const array = new DTYPES[dtype].array(new ArrayBuffer(bytesOf(node.types[0]!)), 0, numel(shape))
  if (node.op === 'constant') {
    const { value } = node.attrs as Attributes['constant']
    const stored = dtype === 'bool' ? (x: number): number => Number(x !== 0) : (x: number): number => x
    for (let i = 0; i < array.length; i++) array[i] = stored(typeof value === 'number' ? value : value[i]!)
  } else {
    const { axis } = node.attrs as Attributes['iota']
    const inner = numel(shape.slice(axis + 1))
    for (let i = 0; i < array.length; i++) array[i] = Math.floor(i / inner) % shape[axis]!
  }
  return new Uint8Array(array.buffer)
}

/** The program's own bytes: the table of addresses, constants, tables of nodes. */
class Own {
  readonly parts: { readonly offset: number; readonly bytes: Uint8Array }[] = []
  length: number
  constructor(length: number) {
    this.length = align(length)
  }
  add(bytes: Uint8Array): number {
    const offset = this.length
    this.parts.push({ offset, bytes })
    this.length = align(offset + bytes.length)
    return offset
  }
}

/** What is known of a program before its module is written. */
interface Draft {
  readonly program: Program
  readonly placed: Layout
  /** Offsets of constants among the program's own bytes. */
  readonly constants: ReadonlyMap<number, number>
  readonly tables: readonly (readonly number[])[]
  readonly own: Own
  readonly workBytes: number
}

function draft(program: Program): Draft {
  const placed = layout(program)
  const own = new Own(4 * (program.inputs.length + program.outputs.length))
  const constants = new Map<number, number>()
  let workBytes = 0
  let value = placed.firstResult
  const tables = program.nodes.map((node) => {
    const first = value
    value += node.types.length
    if (isConstant(node)) constants.set(first, own.add(constantBytes(node)))
    const kernel = kernelOf(node.op)
    const types = node.args.map((arg) => placed.types[arg]!)
    workBytes = Math.max(workBytes, kernel?.work?.(node.attrs, types, node.types) ?? 0)
    return (kernel?.tables?.(node.attrs as never, types, node.types) ?? []).map((table) =>
      own.add(new Uint8Array(table.buffer)),
    )
  })
  return { program, placed, constants, tables, own, workBytes }
}

/** Writes the module; `base` is the address of the program's own bytes. */
export function writeModule({ program, placed, constants, tables, own }: Draft, base: number): ModuleWriter {
  const { inputs, nodes } = program
  const { types, base: sharedWith, outputOf, offsets, copies, firstResult } = placed
  const module = new ModuleWriter({ constants: base + own.length })
  const workspace = (): Address => at('i32.load', WORKSPACE_SLOT, i32(0))
  const addressOf = (value: number): Address => {
    const source = sharedWith[value]!
    const constant = constants.get(source)
    if (constant !== undefined) return i32(base + constant)
    if (source < inputs.length) return at('i32.load', 4 * source, i32(base))
    const output = outputOf.get(source)
    if (output !== undefined) return at('i32.load', 4 * (inputs.length + output), i32(base))
    return add(workspace(), offsets.get(source)!)
  }

  const calls: (Callee & { fails: boolean })[] = []
  const counts = new Map<string, number>()
  const nameOf = (op: string): string => {
    const count = counts.get(op) ?? 0
    counts.set(op, count + 1)
    return `${op}.${count}`
  }
  let next = firstResult
  nodes.forEach((node, index) => {
    const first = next
    next += node.types.length
    const isOutput = node.types.some((_type, k) => outputOf.has(first + k))
    if (node.op === 'reshape' || (isConstant(node) && !isOutput)) return
    const fails = kernelOf(node.op)?.fails ?? false
    const f = module.function(nameOf(node.op), [], fails ? 'i32' : 'void')
    writeNode(
      node,
      {
        f,
        module,
        index,
        tables: tables[index]!.map((offset) => base + offset),
        args: node.args.map((arg) => f.let(addressOf(arg))),
        results: node.types.map((_type, k) =>
          isConstant(node) ? f.let(outputAddress(first + k)) : f.let(addressOf(first + k)),
        ),
        types: node.args.map((arg) => types[arg]!),
        resultTypes: node.types,
        work: f.let(add(workspace(), align(placed.scratchBytes))),
      },
      isConstant(node) ? base + constants.get(first)! : 0,
    )
    if (fails) f.return(i32(0))
    calls.push(Object.assign(f, { fails }))
  })

  const run = module.function('run', [], 'i32')
  for (const callee of calls) {
    if (callee.fails) run.if(run.call(callee as Callee & { result: 'i32' }), () => run.return(i32(1)))
    else run.emit(run.call(callee as Callee & { result: 'void' }))
  }
  for (const { from, to } of copies) {
    const [source, target] = [run.let(addressOf(from)), run.let(at('i32.load', 4 * (inputs.length + to), i32(base)))]
    copyRun(run, bytesOf(types[from]!), source, target)
    run.free(source, target)
  }
  run.return(i32(0))
  module.export(run)
  return module

  function outputAddress(value: number): Address {
    return at('i32.load', 4 * (inputs.length + outputOf.get(value)!), i32(base))
  }
}

function writeNode(node: Node, task: Task, constant: number): void {
  const { f, module, args, results, types, resultTypes } = task
  if (node.op === LOOP)
    return writeLoop({ f, module }, node.attrs as LoopAttributes, node.body!, args, results, resultTypes)
  if (isConstant(node)) return copyRun(f, bytesOf(resultTypes[0]!), i32(constant), results[0]!)
  const kernel = kernelOf(node.op)
  if (kernel !== undefined) return kernel.write(task, node.attrs)
  if (isMovement(node)) return MOVEMENTS[node.op]!(f, node.attrs as never, args, results[0]!, types, resultTypes[0]!)
  if (!isLoop(node)) throw new UnsupportedError(node.op, 'this backend has no kernel of that name', node.origin)
  const { attrs, body } = asLoop(node, types)
  writeLoop({ f, module }, attrs, body, args, results, resultTypes)
}

/** The module of a program in WebAssembly's text format, its own bytes at address 0. */
export const printModule = (program: Program): string => writeModule(draft(program), 0).text()

const WRITERS: { readonly [D in DType]?: (memory: Memory, address: number, value: number) => void } = {
  float32: (memory, address, value) => (memory.floats[address >>> 2] = value),
  int32: (memory, address, value) => (memory.words[address >>> 2] = value),
  uint8: (memory, address, value) => (memory.bytes[address] = value),
  bool: (memory, address, value) => (memory.bytes[address] = value === 0 ? 0 : 1),
}

export function prepare(memory: Memory, program: Program): Executable {
  const drafted = draft(program)
  const { placed, own } = drafted
  const { inputs, scalars, nodes } = program
  const block: Block = memory.allocateOwn(own.length + CONSTANT_BYTES)
  for (const { offset, bytes } of own.parts) memory.bytes.set(bytes, block.address + offset)
  const scratchBytes = align(placed.scratchBytes) + drafted.workBytes
  memory.reserveWorkspace(scratchBytes)
  const module = writeModule(drafted, block.address)
  memory.words.set(module.pool.bits, (block.address + own.length) >>> 2)
  const compiled = new engine.Module(module.bytes())
  const instance = new engine.Instance(compiled, { env: { memory: memory.memory } })
  const run = instance.exports['run'] as () => number
  const table = block.address >>> 2
  const writers = scalars.map((dtype, i) => ({
    write: WRITERS[dtype]!,
    offset: placed.offsets.get(inputs.length + i)!,
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
      const [node, index, position] = words.subarray(FAILURE_SLOT >> 2) as unknown as [number, number, number]
      const { op, args, attrs } = nodes[node]!
      const size = placed.types[args[0]!]!.shape[(attrs as Attributes['gather']).axis]!
      throw new IndexError(op, `index ${index} is not in an axis of size ${size} (at position ${position})`)
    },
    release() {
      memory.releaseOwn(block)
    },
  }
}
