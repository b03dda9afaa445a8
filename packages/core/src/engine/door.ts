/**
 * The one door to execution: every operation on tensors goes through `apply`. It finds the prepared program of the
 * signature, runs it (or, while a function is traced, writes it into the program being recorded) and notes the tape.
 * No string is built on the way: signatures are compared by small numbers and pointers.
 */
import type { DType } from '../contract/contract.ts'
import { highest } from '../contract/dtype.ts'
import { DTypeError, inNameOf, isGlissadeError, StateError } from '../contract/errors.ts'
import { Sym } from '../ir/builder.ts'
import type { Type } from '../ir/type.ts'
import { describe } from '../signature/describe.ts'
import { defaultDevice, type Device } from './device.ts'
import { GradNode, isGradEnabled } from './grad-node.ts'
import { Handle } from './handle.ts'
import { Entry, traceOp, type Attrs, type BackwardEntry, type Op } from './op.ts'
import { currentTracer, LiveNumber, tracing, type Scalar } from './tracer.ts'
import { assertReadable, Value } from './value.ts'

export type Arg = Handle | Scalar
export { currentTracer, type Scalar } from './tracer.ts'

let make: (value: Value, node: GradNode | null, index: number) => Handle = (value, node, index) =>
  new Handle(value, node, index)
/** Called once by tensor.ts: results are its class. */
export function makeHandlesWith(constructor: typeof make): void {
  make = constructor
}
export const wrap = (value: Value, node: GradNode | null = null, index = 0): Handle => make(value, node, index)

const WEAK_FLOAT = 1
const WEAK_INTEGER = 2
const WEAK_FRACTION = 3

function hashOf(value: unknown): number {
  if (typeof value === 'number') return (value * 0x9e3779b1) | 0
  if (typeof value === 'boolean') return value ? 7 : 3
  if (typeof value === 'string') return value.length * 31 + (value.charCodeAt(0) | 0)
  if (Array.isArray(value)) {
    let hash = value.length
    for (let i = 0; i < value.length; i++) hash = (Math.imul(hash, 31) + hashOf(value[i])) | 0
    return hash
  }
  if (value === null || typeof value !== 'object') return 1
  let hash = 17
  for (const name in value) hash = (Math.imul(hash, 31) + hashOf((value as Record<string, unknown>)[name])) | 0
  return hash
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false
    return true
  }
  for (const name in a)
    if (!equal((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name])) return false
  for (const name in b) if (!(name in a)) return false
  return true
}

/**
 * The dtype of number operands beside these tensors: theirs, unless the number is of a higher kind (PyTorch's rule). Alone they
 * keep the digits that the result has room for.
 */
function scalarType(args: readonly Arg[], weak: number, attrs: Attrs): DType {
  const kind = weak === WEAK_INTEGER ? 'integer' : 'float'
  const beside = args.flatMap((arg) => (arg instanceof Handle && arg.type.kind === kind ? [arg.dtype] : []))
  if (beside.length > 0) return highest(beside)
  return weak === WEAK_INTEGER ? 'int32' : 'dtype' in attrs && attrs.dtype === 'float64' ? 'float64' : 'float32'
}

/** The prepared signature of an operation on these operands. */
function entryOf<A extends Attrs>(op: Op<A>, attrs: A, args: readonly Arg[]): Entry {
  let hash = op.id
  let numbers = false
  let float = false
  let byte = false
  let fraction = false
  let live = false
  let [least, greatest] = [0, 0]
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg instanceof Handle) {
      const { type } = arg
      hash = (Math.imul(hash, 31) + type.id) | 0
      if (type.kind === 'float') float = true
      else if (type.dtype === 'uint8') byte = true
    } else {
      hash = (Math.imul(hash, 31) + 0x55) | 0
      if (typeof arg !== 'number' && !(arg instanceof LiveNumber)) throw notAnOperand(op.name, arg)
      numbers = true
      if (typeof arg !== 'number') live = true
      else if (!Number.isInteger(arg)) fraction = true
      else if (arg < 0) {
        if (arg < least) least = arg
        if (-arg > greatest) greatest = -arg
      } else if (arg > greatest) greatest = arg
    }
  }
  if (live && !float) {
    const known = args.map(asKnown)
    fraction ||= known.some((arg) => typeof arg === 'number' && !Number.isInteger(arg)) || isBeyond(op, byte, known)
  } else if ((greatest > 255 || (byte && least < 0)) && !float && !fraction) fraction = isBeyond(op, byte, args)
  const weak = !numbers ? 0 : float ? WEAK_FLOAT : fraction ? WEAK_FRACTION : WEAK_INTEGER
  hash = (Math.imul(hash, 31) + weak + hashOf(attrs)) | 0
  const entries = op.entries.get(hash)
  if (entries !== undefined) {
    for (let e = 0; e < entries.length; e++) if (matches(entries[e]!, attrs, args, weak)) return entries[e]!
  }
  const signature = args.map((arg): Type | null => (arg instanceof Handle ? arg.type : null))
  const entry = traced(op, signature, weak, scalarType(args, weak, attrs), attrs)
  op.keep(hash, entry)
  return entry
}

/** Beside floats nothing depends on which number a live one is; beside integers its kind does. */
const asKnown = (arg: Arg): Arg => (arg instanceof LiveNumber ? arg.ask() : arg)

/** Whether int32 has no room for a number; throws where a number should go beside tensors of integers without room for it. */
function isBeyond(
  { name, real }: { readonly name: string; readonly real: boolean },
  byte: boolean,
  args: readonly Arg[],
): boolean {
  const beyond = args.find((arg) => typeof arg === 'number' && arg !== (byte ? arg & 255 : arg | 0))
  if (beyond === undefined || real || !args.some((arg) => arg instanceof Handle)) return beyond !== undefined
  throw new DTypeError(
    name,
    [byte ? 'uint8' : 'int32'],
    `the number ${beyond as number} is beyond the dtype of the tensor; use ${byte ? 'int()' : 'float()'} first`,
  )
}

/** What a node of its program refuses (`expand`, `dot`), the operation refuses. */
function traced<A extends Attrs>(...args: Parameters<typeof traceOp<A>>): Entry {
  try {
    return tracing(null, () => traceOp(...args))
  } catch (error) {
    throw isGlissadeError(error) && (error.operation in Sym.prototype || error.operation === 'constant')
      ? inNameOf(error, args[0].name)
      : error
  }
}

function notAnOperand(operation: string, arg: unknown): StateError {
  const foreign = typeof arg === 'object' && arg !== null && 'glissadeTensor' in arg
  return new StateError(
    operation,
    foreign
      ? 'this tensor was made by another copy of @glissade/core; let your bundler or package manager keep one'
      : `operands are tensors and numbers (got ${describe(arg)})`,
  )
}

function matches(entry: Entry, attrs: Attrs, args: readonly Arg[], weak: number): boolean {
  const { signature } = entry
  if (entry.weak !== weak || signature.length !== args.length) return false
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (signature[i] !== (arg instanceof Handle ? arg.type : null)) return false
  }
  return entry.attrs === attrs || equal(entry.attrs, attrs)
}

/** Runs an operation. Numbers among the operands are read at run time and never enter a signature. */
export function apply<A extends Attrs>(op: Op<A>, attrs: A, args: readonly Arg[]): Handle[] {
  const entry = entryOf(op, attrs, args)
  if (entry.scalarCount === 0) return execute(entry, args as readonly Handle[], NO_NUMBERS)
  const handles: Handle[] = []
  const numbers: Scalar[] = []
  for (const arg of args) {
    if (arg instanceof Handle) handles.push(arg)
    else numbers.push(arg)
  }
  return execute(entry, handles, numbers)
}

const NO_NUMBERS: readonly Scalar[] = []
let scratch = new Float64Array(64)

/** Runs a prepared signature on tensors, and records it for backward where any of them requires gradients. */
export function execute(entry: Entry, args: readonly Handle[], numbers: readonly Scalar[]): Handle[] {
  const count = args.length
  const values = new Array<Value>(count)
  let mask = 0
  let tracked = false
  const recording = isGradEnabled()
  const tracer = currentTracer()
  for (let i = 0; i < count; i++) {
    const arg = args[i]!
    if (tracer !== null) tracer.touch(arg)
    const value = arg.value
    values[i] = value
    if (value.buffer !== null && value.buffer.released) assertReadable(entry.name, value)
    if (recording && arg.node !== null) {
      tracked = true
      mask |= 1 << i
    }
  }
  const results = tracer === null ? launch(entry, values, numbers) : tracer.run(entry, values, numbers)
  const handles = new Array<Handle>(results.length)
  if (!tracked) {
    for (let i = 0; i < results.length; i++) handles[i] = make(results[i]!, null, 0)
    return handles
  }
  const node = new OpNode(entry, args, values, results, numbers, mask)
  for (let i = 0; i < results.length; i++)
    handles[i] = make(results[i]!, differentiable(results[i]!.type) ? node : null, i)
  return handles
}

const differentiable = (type: Type): boolean => type.kind === 'float'

function launch(entry: Entry, values: readonly Value[], numbers: readonly Scalar[]): Value[] {
  const device = commonDevice(entry, values)
  device.assertAlive(entry.name)
  const { outputs, alias } = entry
  const results = new Array<Value>(outputs.length)
  if (entry.aliasOnly) {
    for (let i = 0; i < outputs.length; i++) {
      const { buffer, byteOffset } = values[alias[i]!]!
      if (buffer === null)
        throw new StateError(entry.name, 'a value of a recorded function was used outside of it; return it instead')
      buffer.shared = true
      results[i] = new Value(outputs[i]!, device, buffer, byteOffset, null)
    }
    return results
  }
  const executable = entry.executable(device)
  for (let i = 0; i < outputs.length; i++) results[i] = device.allocate(outputs[i]!, entry.name)
  if (numbers.length > scratch.length) scratch = new Float64Array(numbers.length * 2)
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!
    scratch[i] = typeof number === 'number' ? number : number.read()
  }
  device.run(entry.name, executable, values, results, scratch)
  return results
}

function commonDevice(entry: Entry, values: readonly Value[]): Device {
  if (values.length === 0) return defaultDevice()
  const { device } = values[0]!
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value.sym !== null)
      throw new StateError(entry.name, 'a value of a recorded function was used outside of it; return it instead')
    if (value.device !== device)
      throw new StateError(
        entry.name,
        `operands are on different devices (${device.backend.name} and ${value.device.backend.name}); move one with to()`,
      )
  }
  return device
}

/** Operands beyond this need more than a 32-bit mask. */
const MASK_BITS = 31

/** The tape's record of one operation. */
class OpNode extends GradNode {
  readonly inputs: (GradNode | null)[]
  readonly indices: number[]
  readonly outputs: readonly Type[]
  readonly #entry: Entry
  readonly #numbers: readonly Scalar[]
  /** The derivative; chosen at once where there is one result, at backward where the given gradients decide. */
  readonly #backward: BackwardEntry | null
  #saved: Value[] | null = []
  #savedNodes: (GradNode | null)[] = []
  #savedIndices: number[] = []

  constructor(
    entry: Entry,
    args: readonly Handle[],
    values: readonly Value[],
    results: readonly Value[],
    numbers: readonly Scalar[],
    mask: number,
  ) {
    super()
    const count = args.length
    this.#entry = entry
    this.#numbers = numbers
    this.outputs = entry.outputs
    this.inputs = new Array<GradNode | null>(count)
    this.indices = new Array<number>(count)
    for (let i = 0; i < count; i++) {
      this.inputs[i] = args[i]!.node
      this.indices[i] = args[i]!.index
    }
    this.#backward = results.length === 1 && count <= MASK_BITS ? entry.backwardByMask(mask) : null
    const inputs = this.#backward?.savedInputs
    const outputs = this.#backward?.savedOutputs
    for (let k = 0; k < (inputs?.length ?? count); k++) {
      const i = inputs === undefined ? k : inputs[k]!
      this.#save(values[i]!, this.inputs[i]!, this.indices[i]!)
    }
    for (let k = 0; k < (outputs?.length ?? results.length); k++) {
      const i = outputs === undefined ? k : outputs[k]!
      this.#save(results[i]!, differentiable(results[i]!.type) ? this : null, i)
    }
  }
  get name(): string {
    return this.#entry.name
  }
  #save(value: Value, node: GradNode | null, index: number): void {
    if (value.buffer !== null) value.buffer.saved = true
    this.#saved!.push(value)
    this.#savedNodes.push(node)
    this.#savedIndices.push(index)
  }

  backward(grads: readonly (Handle | null)[]): readonly (Handle | null)[] {
    if (this.#saved === null)
      throw new StateError(
        'backward',
        `the graph was already freed at ${this.name}; call backward({ retainGraph: true }) the first time to go through it twice`,
      )
    const backward =
      this.#backward ??
      this.#entry.backward(
        this.inputs.map((node) => node !== null),
        grads.map((g) => g !== null),
      )
    const saved = this.#saved
    const handle = (at: number): Handle => make(saved[at]!, this.#savedNodes[at]!, this.#savedIndices[at]!)
    const args: Handle[] = []
    if (this.#backward !== null) for (let at = 0; at < saved.length; at++) args.push(handle(at))
    else {
      for (const i of backward.savedInputs) args.push(handle(i))
      for (const i of backward.savedOutputs) args.push(handle(this.inputs.length + i))
    }
    for (const i of backward.takes) args.push(grads[i]!)
    const found = execute(backward.entry, args, this.#numbers)
    const all: (Handle | null)[] = this.inputs.map(() => null)
    for (let k = 0; k < found.length; k++) all[backward.gives[k]!] = found[k]!
    return all
  }
  free(): void {
    this.#saved = null
  }
}
