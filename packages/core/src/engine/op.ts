/**
 * Operations and their prepared forms. An operation is a function that writes nodes; for every signature (operand types,
 * attributes) it is traced once into an `Entry`: a small program with its executables and its derivatives.
 */
import type { CompositeAttributes, CompositeName } from '../contract/composites.ts'
import type { DType, Executable, Program } from '../contract/contract.ts'
import { valueTypes } from '../contract/values.ts'
import { vjp, type Vjp } from '../autograd/vjp.ts'
import { Builder, type Sym } from '../ir/builder.ts'
import {
  traceComposite,
  type AttributesOf,
  type CompositeGradient,
  type CompositeDefinition,
  type PackageName,
  type Trace,
} from '../ir/composite.ts'
import { intern, type Type } from '../ir/type.ts'
import { lower } from '../lower/lower.ts'
import type { Device } from './device.ts'

export type Attrs = object
export const NONE: Attrs = Object.freeze({})

export interface OpOptions {
  /** Its operands become floats, so that numbers beside integers need not fit them. */
  readonly real?: boolean
  /** Several operations in one program: a recording that keeps operations keeps its composites. */
  readonly several?: boolean
}

let ops = 0
/** Signatures that an operation keeps prepared. Inputs of ever new sizes must not fill the memory with programs. */
const KEPT = 512

export class Op<A extends Attrs = Attrs> {
  readonly name: string
  readonly id: number = ++ops
  readonly trace: Trace<A>
  readonly real: boolean
  readonly several: boolean
  /** Prepared signatures by hash, the oldest first. */
  readonly entries: Map<number, Entry[]> = new Map()
  #count = 0
  constructor(name: string, trace: Trace<A>, options: OpOptions = {}) {
    this.name = name
    this.trace = trace
    this.real = options.real === true
    this.several = options.several === true
  }
  /** Keeps a signature, and gives the oldest ones up where there are too many. */
  keep(hash: number, entry: Entry): void {
    const entries = this.entries.get(hash)
    if (entries === undefined) this.entries.set(hash, [entry])
    else entries.push(entry)
    if (++this.#count <= KEPT) return
    for (const [old, given] of this.entries) {
      this.entries.delete(old)
      this.#count -= given.length
      for (const each of given) each.release()
      if (this.#count <= KEPT / 2) break
    }
  }
}

/**
 * An operation that is kept as one node under its name, with its definition as the body, which a backend may run by itself.
 * Without a gradient of its own its backward recomputes the body.
 */
export class Composite<N extends CompositeName | PackageName, A extends Attrs = AttributesOf<N>>
  extends Op<A>
  implements CompositeDefinition<A>
{
  declare readonly name: N
  readonly gradient: CompositeGradient<A> | null
  constructor(name: N, trace: Trace<A>, gradient: CompositeGradient<A> | null = null) {
    super(name, trace)
    this.gradient = gradient
  }
}

/** An operation that brings its operands into the form that one composite takes. */
export class Prepared<N extends CompositeName, A extends Attrs = CompositeAttributes[N]> extends Op<A> {
  readonly composite: Composite<N, CompositeAttributes[N]>
  constructor(composite: Composite<N, CompositeAttributes[N]>, trace: Trace<A>, options?: OpOptions) {
    super(composite.name, trace, options)
    this.composite = composite
  }
}

/** A signature of an operation, traced. */
export class Entry {
  readonly name: string
  readonly program: Program
  readonly attrs: Attrs
  /** Types of the tensor operands, null where a number stands. */
  readonly signature: readonly (Type | null)[]
  readonly weak: number
  /** Its composites are the operations. */
  readonly several: boolean
  readonly outputs: readonly Type[]
  readonly scalarCount: number
  /** Per output: the input whose bytes it is (reshapes, identities), or -1. */
  readonly alias: readonly number[]
  /** Every output shares the bytes of an input: nothing runs. */
  readonly aliasOnly: boolean
  #device: Device | null = null
  #executable: Executable | null = null
  #executables: Map<Device, Executable> | null = null
  #vjps: Map<string, BackwardEntry> = new Map()
  /** The usual case, one output: the derivative by the mask of wanted inputs. */
  #vjpByMask: (BackwardEntry | undefined)[] = []

  constructor(
    name: string,
    program: Program,
    attrs: Attrs,
    signature: readonly (Type | null)[],
    weak: number,
    several = false,
  ) {
    this.name = name
    this.program = program
    this.attrs = attrs
    this.signature = signature
    this.weak = weak
    this.several = several
    this.scalarCount = program.scalars.length
    const types = internedTypes(program)
    this.outputs = program.outputs.map((value) => types[value]!)
    const base = aliases(program)
    this.alias = program.outputs.map((value) => (base[value]! < program.inputs.length ? base[value]! : -1))
    this.aliasOnly = this.alias.every((input) => input >= 0)
  }

  executable(device: Device): Executable {
    if (this.#device === device) return this.#executable!
    let executable = this.#executables?.get(device)
    if (executable === undefined) {
      for (const type of [...this.program.inputs, ...this.outputs]) device.assertDType(this.name, intern(type))
      // Preparing may make tables of the sizes, so what cannot be held is refused before.
      for (const type of this.outputs) device.assertRoom(type.byteLength, this.name)
      executable = device.prepare(this.name, lower(this.program, device.backend.capabilities))
      if (this.#device !== null)
        (this.#executables ??= new Map()).set(this.#device, this.#executable!).set(device, executable)
    }
    this.#device = device
    this.#executable = executable
    return executable
  }

  /** Gives prepared programs up; whoever still has the entry (a tape) gets new ones. */
  release(): void {
    for (const executable of this.#executables?.values() ?? (this.#executable === null ? [] : [this.#executable]))
      executable.release()
    this.#device = this.#executable = this.#executables = null
    for (const { entry } of this.#vjps.values()) entry.release()
  }

  /** The derivative for these wanted inputs (bit i: input i) of a one-output entry. */
  backwardByMask(mask: number): BackwardEntry {
    return (this.#vjpByMask[mask] ??= this.backward(
      this.program.inputs.map((_, i) => (mask & (1 << i)) !== 0),
      [true],
    ))
  }

  backward(wanted: readonly boolean[], given: readonly boolean[]): BackwardEntry {
    const key = `${wanted.map(Number).join('')}/${given.map(Number).join('')}`
    let backward = this.#vjps.get(key)
    if (backward === undefined) {
      const derivative = vjp(this.program, wanted, given)
      const { program } = derivative
      backward = {
        ...derivative,
        entry: new Entry(`${this.name}.backward`, program, NONE, program.inputs.map(intern), 0),
      }
      this.#vjps.set(key, backward)
    }
    return backward
  }
}

export interface BackwardEntry extends Vjp {
  readonly entry: Entry
}

/** The type of every value of a program, by number. */
export const internedTypes = (program: Program): Type[] => valueTypes(program).map(intern)

/** For every value the value whose bytes it shares through reshapes. */
function aliases(program: Program): number[] {
  const base = Array.from({ length: program.inputs.length + program.scalars.length }, (_, value) => value)
  for (const node of program.nodes)
    for (const _ of node.types) base.push(node.op === 'reshape' ? base[node.args[0]!]! : base.length)
  return base
}

/** Traces an operation for a signature. */
export function traceOp<A extends Attrs>(
  op: Op<A>,
  signature: readonly (Type | null)[],
  weak: number,
  scalarType: DType,
  attrs: A,
): Entry {
  const builder = new Builder()
  const args: Sym[] = []
  signature.forEach((type, i) => {
    if (type !== null) args[i] = builder.input(type)
  })
  signature.forEach((type, i) => {
    if (type === null) args[i] = builder.scalar(scalarType)
  })
  const results = op instanceof Composite ? traceComposite(op, builder, args, attrs) : op.trace(args, attrs, builder)
  return new Entry(op.name, builder.finish(results), attrs, signature, weak, op.several)
}
