/** How each primitive, and each composite that is written as one, is written, what it needs, and how much there is to do. */
import { asLoop, type Movement } from '@glissade/codegen'
import {
  BINARY_NUMBER,
  bytesOf,
  COMPARISON,
  LOGIC,
  LOOP,
  numel,
  REDUCTION,
  UNARY_FLOAT,
  UNARY_NUMBER,
  UnsupportedError,
} from '@glissade/core/backend'
import type {
  Attributes,
  CompositeAttributes,
  CompositeName,
  LoopAttributes,
  Node,
  Primitive,
  Program,
  TensorType,
  Window,
} from '@glissade/core/backend'
import { convBytes, convCost, convTables, writeConv } from './codegen/conv.ts'
import { copyRun, writeMovement } from './codegen/copy.ts'
import type { Division } from './codegen/division.ts'
import { dotBytes, dotCost, writeDot } from './codegen/dot.ts'
import { writeGather, writeScatterAdd } from './codegen/indexing.ts'
import { writeLoop } from './codegen/loop.ts'
import { writeMaxPoolGrad } from './codegen/max-pool-grad.ts'
import { GRU_GATES, writeGru, writeGruBackward } from './codegen/recurrent/gru.ts'
import { LSTM_GATES, writeLstm, writeLstmBackward } from './codegen/recurrent/lstm.ts'
import { writeRnn, writeRnnBackward } from './codegen/recurrent/rnn.ts'
import { sizesOf, stepsBytes, stepsCost, type Recurrent, type Sizes, type Way } from './codegen/recurrent/steps.ts'
import { writeArgmax, writeCumsum } from './codegen/scan.ts'
import { writeSoftmax } from './codegen/softmax.ts'
import { sortBytes, writeSort } from './codegen/sort.ts'
import { writeWindowArgmax, writeWindowSum } from './codegen/window.ts'
import type { Address } from './emitter/code.ts'
import type { FunctionWriter } from './emitter/function.ts'
import type { ModuleWriter } from './emitter/module.ts'

/** One node, with all that its code may need. */
export interface Task {
  readonly f: FunctionWriter
  readonly module: ModuleWriter
  readonly division: Division
  readonly args: readonly Address[]
  readonly results: readonly Address[]
  readonly types: readonly TensorType[]
  readonly resultTypes: readonly TensorType[]
  /** Workspace behind the values of the program: of all threads, and of this one. */
  readonly shared: Address
  readonly own: Address
  /** Addresses of this node's tables. */
  readonly tables: readonly Address[]
  /** Which node it is, for what goes wrong. */
  readonly index: number
}

/** Bytes of workspace: of all threads together, and of each. */
export interface Work {
  readonly shared: number
  readonly own: number
}
const NO_WORK: Work = { shared: 0, own: 0 }

/** How one operation is written. */
interface Kernel<A> {
  write(task: Task, attrs: A): void
  work?(attrs: A, types: readonly TensorType[], results: readonly TensorType[], threads: number): Work
  /** Tables that the code reads. */
  tables?(attrs: A, types: readonly TensorType[], results: readonly TensorType[]): readonly Int32Array[]
  /** Roughly how many nanoseconds it takes one thread. */
  cost(attrs: A, types: readonly TensorType[], results: readonly TensorType[]): number
  /** Whether it may fail: its function then returns 1, on every thread alike. */
  readonly fails?: true
}

/** Products of packed panels a nanosecond. */
const PRODUCTS = 28

const windowsCost = ({ window }: Window, _: readonly TensorType[], [out]: readonly TensorType[]): number =>
  numel(out!.shape) * numel(window)

/** One element at a time, or many to one: a loop of its own. */
const loop = (op: Primitive): Kernel<object> => ({
  write({ f, module, division, args, results, types, resultTypes }, attrs) {
    const own = asLoop({ op, attrs, types: resultTypes }, types)
    writeLoop({ f, module }, division, own.attrs, own.body, args, results, resultTypes)
  },
  cost(attrs, types, results) {
    const own = asLoop({ op, attrs, types: results }, types)
    return loopCost(own.attrs, own.body)
  },
})
const movement = (op: Exclude<Movement, 'expand'>): Kernel<object> => ({
  write: ({ f, division, args, results, types, resultTypes }, attrs) =>
    writeMovement(f, division, op, attrs, args, results[0]!, types, resultTypes[0]!),
  cost: (_, __, [out]) => bytesOf(out!) / 8,
})
/** Its operand is its bytes. */
const constant = (): Kernel<object> => ({
  write: ({ f, args, results, resultTypes }) => copyRun(f, bytesOf(resultTypes[0]!), args[0]!, results[0]!),
  cost: () => 0,
})
/** Rows that are alike. */
const each = <P extends Primitive>(
  row: (op: P) => Kernel<object>,
  ...names: readonly P[]
): { readonly [K in P]: Kernel<object> } =>
  Object.fromEntries(names.map((op) => [op, row(op)])) as { readonly [K in P]: Kernel<object> }

/** One row per primitive, and the compiler counts them. A reshape is never written: its bytes are those of its operand. */
const kernels: { readonly [P in Exclude<Primitive, 'reshape'>]: Kernel<Attributes[P]> } = {
  ...each(loop, ...UNARY_NUMBER, ...UNARY_FLOAT, ...BINARY_NUMBER, ...COMPARISON, ...LOGIC, 'not', 'where', 'cast'),
  // An expansion is read once and stored many times, four elements at a time.
  ...each(loop, ...REDUCTION, 'expand'),
  ...each(movement, 'permute', 'slice', 'pad', 'flip', 'concat'),
  ...each(constant, 'constant', 'iota'),
  dot: {
    write: ({ f, module, division, args, results, own, types, resultTypes }, attrs) =>
      writeDot(f, module, division, attrs, args, results[0]!, own, types[0]!, resultTypes[0]!),
    work: (attrs, [a], [out], threads) => ({ shared: 0, own: dotBytes(attrs, a!, out!, threads) }),
    cost: (attrs, [a], [out]) => dotCost(attrs, a!, out!) / PRODUCTS,
  },
  conv: {
    write: ({ f, module, division, args, results, shared, own, types, resultTypes, tables }, attrs) =>
      writeConv(f, module, division, attrs, args, results[0]!, { shared, own }, tables, types, resultTypes[0]!),
    work: (attrs, [x, w], [out], threads) => convBytes(attrs, x!, w!, out!, threads),
    tables: (attrs, [x, w], [out]) => convTables(attrs, x!, w!, out!),
    cost: (attrs, [x, w], [out]) => convCost(attrs, x!, w!, out!) / PRODUCTS,
  },
  windowSum: {
    write: ({ f, division, args, results, types, resultTypes }, attrs) =>
      writeWindowSum(f, division, attrs, args[0]!, results[0]!, types[0]!, resultTypes[0]!),
    cost: windowsCost,
  },
  windowArgmax: {
    write: ({ f, division, args, results, types, resultTypes }, attrs) =>
      writeWindowArgmax(f, division, attrs, args[0]!, { out: results[0]! }, types[0]!, resultTypes[0]!),
    cost: windowsCost,
  },
  argmax: {
    write: ({ f, division, args, results, types }, attrs) =>
      writeArgmax(f, division, attrs, args[0]!, results[0]!, types[0]!),
    cost: (_, [x]) => numel(x!.shape),
  },
  cumsum: {
    write: ({ f, division, args, results, types }, attrs) =>
      writeCumsum(f, division, attrs, args[0]!, results[0]!, types[0]!),
    cost: (_, [x]) => numel(x!.shape),
  },
  gather: {
    write: ({ f, division, args, results, types, index }, attrs) =>
      writeGather(f, division, index, attrs, args, results[0]!, types),
    cost: (_, [, index], [out]) => numel(index!.shape) + numel(out!.shape) / 4,
    fails: true,
  },
  scatterAdd: {
    write: ({ f, division, args, results, types, index }, attrs) =>
      writeScatterAdd(f, division, index, attrs, args, results[0]!, types),
    cost: (_, [x, index, updates]) => numel(index!.shape) + numel(updates!.shape) / 2 + numel(x!.shape) / 8,
    fails: true,
  },
  sort: {
    write: ({ f, division, args, results, own, types }, attrs) =>
      writeSort(f, division, attrs, args[0]!, results, own, types[0]!),
    work: ({ axis }, [x]) => ({ shared: 0, own: sortBytes(x!.shape[axis]!) }),
    cost: ({ axis }, [x]) => 4 * numel(x!.shape) * Math.log2(1 + x!.shape[axis]!),
  },
}
/** A recurrent network over a sequence; its outputs are its first result, and the first operand of its gradient. */
function recurrent<A>(way: Way, gates: number, write: (given: Recurrent, sizes: Sizes, attrs: A) => void): Kernel<A> {
  const sizes = ([first]: readonly TensorType[], [outputs]: readonly TensorType[]): Sizes =>
    sizesOf((way === 'forward' ? outputs : first)!, gates)
  return {
    write(task, attrs) {
      if (numel(task.types[0]!.shape) > 0) write(task, sizes(task.types, task.resultTypes), attrs)
    },
    work: (_, types, results, threads) => stepsBytes(sizes(types, results), way, threads),
    cost: (_, types, results) => stepsCost(sizes(types, results), PRODUCTS),
  }
}
/** Operations of core that are written as one rather than by their definition. */
const composites: { readonly [N in CompositeName]?: Kernel<CompositeAttributes[N]> } = {
  rnn: recurrent('forward', 1, writeRnn),
  rnnBackward: recurrent('backward', 1, writeRnnBackward),
  lstm: recurrent('forward', LSTM_GATES, writeLstm),
  lstmBackward: recurrent('backward', LSTM_GATES, writeLstmBackward),
  gru: recurrent('forward', GRU_GATES, writeGru),
  gruBackward: recurrent('backward', GRU_GATES, writeGruBackward),
  softmax: {
    write: ({ f, module, division, args, results, types }, { axis }) =>
      writeSoftmax({ f, module }, division, axis, args[0]!, results[0]!, types[0]!),
    cost: (_, [x]) => numel(x!.shape),
  },
  maxPool: {
    write({ f, division, args, results: [greatest, out], types, resultTypes }, attrs) {
      writeWindowArgmax(f, division, attrs, args[0]!, { greatest: greatest!, out: out! }, types[0]!, resultTypes[0]!)
    },
    cost: windowsCost,
  },
  maxPoolGrad: {
    write: ({ f, division, args, results, types }, attrs) =>
      writeMaxPoolGrad(f, division, attrs, args, results[0]!, types[0]!),
    cost: (_, [g], [dx]) => numel(g!.shape) + numel(dx!.shape) / 8,
  },
}
export const COMPOSITES: readonly string[] = Object.keys(composites)

const written: Readonly<Record<string, Kernel<unknown> | undefined>> = { ...kernels, ...composites }
const kernelOf = (op: string): Kernel<unknown> | undefined => (Object.hasOwn(written, op) ? written[op] : undefined)

export const isConstant = ({ op }: Node): boolean => op === 'constant' || op === 'iota'

export const mayFail = ({ op }: Node): boolean => kernelOf(op)?.fails ?? false
export const workOf = (node: Node, types: readonly TensorType[], threads: number): Work =>
  kernelOf(node.op)?.work?.(node.attrs, types, node.types, threads) ?? NO_WORK
export const tablesOf = (node: Node, types: readonly TensorType[]): readonly Int32Array[] =>
  kernelOf(node.op)?.tables?.(node.attrs, types, node.types) ?? []

/** Roughly how many nanoseconds a node takes one thread, where its work can be divided; else 0. */
export function divisibleCost(node: Node, types: readonly TensorType[]): number {
  const kernel = kernelOf(node.op)
  if (kernel !== undefined) return kernel.cost(node.attrs, types, node.types)
  return node.op === LOOP ? loopCost(node.attrs as LoopAttributes, node.body!) : 0
}
/** A sum of everything is not divided. */
function loopCost({ space, axes }: LoopAttributes, { inputs, nodes }: Program): number {
  const kept = numel(space.filter((_, axis) => !axes.includes(axis)))
  return kept < FEW ? 0 : numel(space) * (inputs.length + nodes.length) * LOOP_STEP
}
/** Results that are too few to divide. */
const FEW = 8
/** Nanoseconds to read or compute one element. */
const LOOP_STEP = 0.1

/** Writes a node. */
export function writeNode(node: Node, task: Task): void {
  const { f, module, division, args, results, resultTypes } = task
  if (node.op === LOOP)
    return writeLoop({ f, module }, division, node.attrs as LoopAttributes, node.body!, args, results, resultTypes)
  const kernel = kernelOf(node.op)
  if (kernel === undefined) throw new UnsupportedError(node.op, 'this backend has no kernel of that name', node.origin)
  kernel.write(task, node.attrs)
}
