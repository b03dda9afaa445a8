/**
 * A part of a program as a module: a function per node, and `run`, which calls them in turn. Inputs and outputs are found through a
 * table of addresses, intermediate values in the workspace that all programs share, constants in bytes of the program's own.
 */
import { nodeKey } from '@glissade/codegen'
import { bytesOf } from '@glissade/core/backend'
import type { Node, TensorType } from '@glissade/core/backend'
import { barrier, isCalledOff, writeCallOff } from './codegen/barrier.ts'
import { copyRun } from './codegen/copy.ts'
import { dividedBy, undivided } from './codegen/division.ts'
import { align, type Draft } from './draft.ts'
import { add, at, i32, mul, op, type Address } from './emitter/code.ts'
import type { Callee, FunctionWriter } from './emitter/function.ts'
import { ModuleWriter } from './emitter/module.ts'
import type { ConstantPool } from './emitter/pool.ts'
import { isConstant, mayFail, writeNode } from './kernels.ts'
import { OWN_SLOT, WORKSPACE_SLOT } from './memory.ts'
import { isSilent } from './schedule.ts'

/**
 * Writes the nodes `from` to below `end` as a module.
 * @param base the address of the program's own bytes; null where the module finds it when it runs
 * @param hasCopies whether it makes the outputs that are copies, when its nodes have run. Default: where the last node is in it
 */
export function writeModule(
  drafted: Draft,
  base: number | null,
  pool: ConstantPool,
  from: number,
  end: number,
  hasCopies: boolean = end === drafted.program.nodes.length,
): ModuleWriter {
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
  if (hasCopies && copies.length > 0)
    steps.push({
      waits: order.waits[nodes.length]!,
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
