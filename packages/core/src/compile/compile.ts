/** `compile(fn)`: the whole training step as one program. */
import type { Executable, Program } from '../backend/contract.ts'
import type { HostArray } from '../backend/dtype.ts'
import { StateError } from '../backend/errors.ts'
import { print } from '../ir/print.ts'
import type { Type } from '../ir/type.ts'
import { defaultDevice, type Device } from '../tensor/device.ts'
import { wrap } from '../tensor/door.ts'
import { Handle, type Cell } from '../tensor/handle.ts'
import { hostArray, upload } from '../tensor/host.ts'
import { valueTypes } from '../tensor/op.ts'
import { currentScope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { currentTracer, LiveNumber, structureVersion, tracing } from '../tensor/tracer.ts'
import { assertReadable, type Value } from '../tensor/value.ts'
import { donations } from './donation.ts'
import { explain, type Explanation } from './explain.ts'
import { Recorder, type Premise, type Recording } from './recorder.ts'
import { operandsOf, structureOf, type Structure } from './structure.ts'

export interface CompileOptions {
  /** Shown in messages; default the function's name. */
  readonly name?: string
  /** Keep the gradients that an optimizer used up, so that `parameter.grad` can be read after the step. Default false. */
  readonly gradients?: boolean
  /** Trace a second time and compare, so that a number frozen into the program is found. Default true. */
  readonly check?: boolean
  /** Called when a program is made. Default: nothing. */
  readonly onCompile?: (event: { readonly name: string; readonly programs: number; readonly program: Program }) => void
}

declare const console: { warn(text: string): void }

/** Beyond this many programs of one function something changes from call to call that should not. */
const MANY = 16

export interface Compiled<A extends readonly unknown[], R> {
  (...args: A): R
  /** The programs made so far, in the order they were made. */
  readonly programs: readonly Program[]
  /**
   * What a call with these operands would run: kernels, FLOPs, bytes, planned memory, and where each kernel came from.
   * Nothing is run and no state changes; throws what the call would throw while it is recorded or prepared.
   */
  explain(...args: A): Explanation
}

/**
 * Records what `fn` does the first time it is called with operands of some types, and from then on runs the recording as
 * one prepared program: forward, backward and the optimizer's update. `fn` itself runs only while recording.
 *
 * Operands may be tensors, numbers (live: they differ from call to call without a new program, so they can be operands
 * of tensor operations but not of JavaScript's), other plain values (structural: each makes a program of its own), and
 * arrays and plain objects of these. Tensors that `fn` reads from outside are read anew at every call, and what it
 * assigns to them is written back. Results are new tensors without history.
 *
 * Errors: StateError when a value is read inside, or when a second recording differs from the first.
 */
export function compile<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  const name = options.name ?? (fn.name === '' ? 'compiled function' : fn.name)
  const plans: Plan[] = []
  const programs: Program[] = []

  const record = (
    structure: Structure,
    leaves: readonly unknown[],
    rehearsal = false,
  ): { recording: Recording; result: Structure } => {
    const recorder = new Recorder(deviceOf(leaves), { gradients: options.gradients ?? false, rehearsal })
    try {
      let index = 0
      const args = structure.rebuild(
        leaves.map((leaf, i) => {
          if (leaf instanceof Handle) return recorder.argument(leaf.type, index++)
          return typeof leaf === 'number' ? numberArgument(() => [current[i] as number]) : leaf
        }),
      ) as A
      const { structure: result, leaves: results } = structureOf(tracing(recorder, () => fn(...args)))
      const handles = results.filter((leaf): leaf is Handle => leaf instanceof Handle)
      const recording = tracing(recorder, () => recorder.finish(handles))
      if (rehearsal) recorder.revert()
      return { recording, result: result.withConstants(results) }
    } catch (error) {
      recorder.restore()
      recorder.revert()
      throw error
    }
  }
  /** The operands of the running call, which live numbers read. */
  let current: readonly unknown[] = []

  const call = (...args: A): R => {
    if (currentTracer() !== null) return fn(...args)
    const { structure, leaves } = operandsOf(args)
    current = leaves
    for (const plan of plans) {
      if (!plan.matches(structure, leaves)) continue
      if (plan.runs === 1 && options.check !== false) compare(name, plan, record(structure, leaves, true).recording)
      return plan.run(leaves) as R
    }
    const { recording, result } = record(structure, leaves)
    const plan = new Plan(name, deviceOf(leaves), structure, leaves, recording, result)
    if (!recording.once) plans.push(plan)
    programs.push(plan.program)
    options.onCompile?.({ name, programs: programs.length, program: plan.program })
    if (programs.length === MANY)
      console.warn(`${name}: ${MANY} programs were made; pass what changes as numbers or tensors, and keep shapes few`)
    return plan.run(leaves, true) as R
  }
  const explained = (...args: A): Explanation => {
    const { structure, leaves } = operandsOf(args)
    current = leaves
    const { recording, result } = record(structure, leaves, true)
    const device = deviceOf(leaves)
    const plan = new Plan(name, device, structure, leaves, recording, result)
    return explain(name, device.backend.name, recording.program, plan.program, plan.release())
  }
  return Object.defineProperties(call, {
    programs: { get: () => programs },
    explain: { value: explained },
  }) as Compiled<A, R>
}

function deviceOf(leaves: readonly unknown[]): Device {
  for (const leaf of leaves) if (leaf instanceof Handle) return leaf.value.device
  return defaultDevice()
}

/** A live number in the place of a number operand; arithmetic on it would freeze it. */
function numberArgument(read: () => readonly number[]): LiveNumber {
  return Object.defineProperty(new LiveNumber({ read }, 0), Symbol.toPrimitive, {
    value: () => {
      throw new StateError(
        'compile',
        'a number operand is live: use it in tensor operations (x.mul(k)); JavaScript arithmetic would freeze its value. Pass a string, or compute it outside',
      )
    },
  })
}

/** The first node in which two recordings differ. */
function compare(name: string, plan: Plan, again: Recording): void {
  const [before, after] = [print(plan.recorded).split('\n'), print(again.program).split('\n')]
  const at = before.findIndex((line, i) => line !== after[i])
  if (at < 0 && before.length === after.length) return
  throw new StateError(
    name,
    'two recordings of the function differ, so a replay would be wrong. A number or a choice was frozen into the program; ' +
      `pass it as an operand, or make tensors of it.\n  first:  ${before[at]?.trim() ?? '(end)'}\n  second: ${after[at]?.trim() ?? '(end)'}`,
  )
}

function isBroken({ read, value }: Premise): boolean {
  const now = read()
  return now.length !== value.length || now.some((part, i) => part !== value[i])
}

const NO_VALUE = null as unknown as Value

/** A recording, prepared, with all that a run needs. */
class Plan {
  readonly program: Program
  readonly recorded: Program
  runs = 0
  readonly #name: string
  readonly #device: Device
  readonly #structure: Structure
  readonly #leaves: readonly unknown[]
  readonly #recording: Recording
  readonly #result: Structure
  /** The structure under which the premises held last. */
  #version = structureVersion()
  readonly #executable: Executable
  readonly #types: ReturnType<typeof valueTypes>
  readonly #inputs: Value[]
  readonly #outputs: Value[]
  readonly #scalars: Float64Array
  /** Sources and targets by kind, with their places: the loops of a run stay free of choices. */
  readonly #cells: readonly { readonly cell: Cell; readonly input: number }[]
  readonly #held: readonly { readonly handle: Handle; readonly input: number }[]
  readonly #arguments: readonly { readonly leaf: number; readonly input: number }[]
  /** State that the program may write where it read it, and all other state. */
  readonly #updated: readonly { readonly cell: Cell; readonly input: number; readonly output: number }[]
  readonly #moved: readonly { readonly cell: Cell; readonly owner: Cell; readonly output: number }[]
  readonly #results: readonly { readonly index: number; readonly output: number }[]
  readonly #gradients: readonly { readonly handle: Handle; readonly output: number }[]
  readonly #gradientValues: readonly { readonly handle: Handle; readonly output: number }[]
  /** Values that draws are written into. */
  readonly #draws = new Map<number, Value>()

  constructor(
    name: string,
    device: Device,
    structure: Structure,
    leaves: readonly unknown[],
    recording: Recording,
    result: Structure,
  ) {
    this.#name = name
    this.#device = device
    this.#structure = structure
    // Tensors are matched by type; holding them would keep them alive.
    this.#leaves = leaves.map((leaf) => (leaf instanceof Handle ? leaf.type : leaf))
    this.#recording = recording
    this.#result = result
    this.recorded = recording.program
    const own = recording.targets.map((target) => (target.kind === 'cell' ? target.input : null))
    const lowered = device.lower(recording.program)
    this.program = { ...lowered, donated: donations(lowered, own) }
    const types = valueTypes(this.program)
    this.#types = this.program.outputs.map((value) => types[value]!)
    this.#executable = device.prepare(this.program)
    this.#inputs = new Array<Value>(recording.sources.length)
    this.#outputs = new Array<Value>(recording.targets.length)
    this.#scalars = new Float64Array(this.program.scalars.length)
    const { sources, targets } = recording
    const tensors = leaves.flatMap((leaf, i) => (leaf instanceof Handle ? [i] : []))
    this.#arguments = sources.flatMap((source, input) =>
      source.kind === 'argument' ? [{ leaf: tensors[source.index]!, input }] : [],
    )
    const states = targets.flatMap((target, output) => (target.kind === 'cell' ? [{ ...target, output }] : []))
    const isUpdated = ({ input, output }: (typeof states)[number]): boolean =>
      input !== null && this.program.donated[output] === input
    this.#updated = states.filter(isUpdated).map(({ cell, input, output }) => ({ cell, input: input!, output }))
    this.#moved = states
      .filter((state) => !isUpdated(state))
      .map(({ cell, owner, output }) => ({ cell, owner: owner ?? cell, output }))
    this.#cells = sources.flatMap((source, input) =>
      source.kind === 'cell' && !this.#updated.some((state) => state.input === input)
        ? [{ cell: source.cell, input }]
        : [],
    )
    this.#held = sources.flatMap((source, input) =>
      source.kind === 'gradient' ? [{ handle: source.handle, input }] : [],
    )
    this.#results = targets.flatMap((target, output) =>
      target.kind === 'result' ? [{ index: target.index, output }] : [],
    )
    this.#gradients = targets.flatMap((target, output) =>
      target.kind === 'gradient' ? [{ handle: target.handle, output }] : [],
    )
    this.#gradientValues = targets.flatMap((target, output) =>
      target.kind === 'gradient value' ? [{ handle: target.handle, output }] : [],
    )
  }

  matches(structure: Structure, leaves: readonly unknown[]): boolean {
    if (leaves.length !== this.#leaves.length || !structure.equals(this.#structure)) return false
    for (let i = 0; i < leaves.length; i++) {
      const [leaf, known] = [leaves[i], this.#leaves[i]]
      if (
        leaf instanceof Handle
          ? leaf.type !== known || leaf.value.device !== this.#device
          : typeof leaf === 'number'
            ? typeof known !== 'number'
            : leaf !== known
      )
        return false
    }
    const { guards, roots, premises } = this.#recording
    const version = structureVersion()
    if (version !== this.#version) {
      for (let i = 0; i < roots.length; i++) if ((roots[i]!.handle.node !== null) !== roots[i]!.tracked) return false
      if (premises.some(isBroken)) return false
      this.#version = version
    } else if ((this.runs & (this.runs - 1)) === 0) {
      // A field that was assigned to tells nobody, so it is looked for after 1, 2, 4, 8, ... runs.
      const broken = premises.find(isBroken)
      if (broken !== undefined)
        throw new StateError(
          this.#name,
          `the parts of ${broken.what} (modules, parameters, buffers, hooks) are not those that were recorded, and steps since may ` +
            'have run with the old ones; change modules before the first step, or compile the step again afterwards',
        )
    }
    for (let i = 0; i < guards.length; i++) if (guards[i]!.read() !== guards[i]!.value) return false
    return true
  }

  /** Gives the prepared program up; returns the scratch that it had planned. */
  release(): number {
    const { scratchBytes } = this.#executable
    this.#executable.release()
    return scratchBytes
  }

  /** `recorded`: the host effects already happened while recording. */
  run(leaves: readonly unknown[], recorded = false): unknown {
    this.runs++
    const { events, consumed, cleared } = this.#recording
    const inputs = this.#inputs
    const outputs = this.#outputs
    for (let e = 0; e < events.length; e++) {
      const event = events[e]!
      if (event.kind === 'effect') {
        if (!recorded) event.run()
      } else if (event.kind === 'numbers') {
        const values = event.source.read()
        const { reads } = event
        for (let k = 0; k < reads.length; k++) this.#scalars[reads[k]!.scalar] = values[reads[k]!.index]!
      } else inputs[event.input] = this.#draw(event.input, event.type, event.fill)
    }
    const cells = this.#cells
    for (let i = 0; i < cells.length; i++) inputs[cells[i]!.input] = this.#readable(cells[i]!.cell.value)
    const held = this.#held
    for (let i = 0; i < held.length; i++) inputs[held[i]!.input] = this.#readable(held[i]!.handle.rawGrad!.value)
    const args = this.#arguments
    for (let i = 0; i < args.length; i++)
      inputs[args[i]!.input] = this.#readable((leaves[args[i]!.leaf] as Handle).value)

    const scope = currentScope()
    const updated = this.#updated
    for (let i = 0; i < updated.length; i++) {
      const { cell, input, output } = updated[i]!
      const value = this.#readable(cell.value)
      const buffer = value.buffer!
      inputs[input] = value
      // Where nobody else sees the old value.
      const free = !buffer.shared && !buffer.saved && (buffer.scope === null || buffer.scope === scope)
      outputs[output] = free ? value : this.#device.allocate(value.type)
    }
    const moved = this.#moved
    for (let i = 0; i < moved.length; i++)
      outputs[moved[i]!.output] = this.#device.allocate(this.#types[moved[i]!.output]!)
    const made = this.#results
    for (let i = 0; i < made.length; i++)
      outputs[made[i]!.output] = this.#device.allocate(this.#types[made[i]!.output]!)
    const gradients = this.#gradients
    for (let i = 0; i < gradients.length; i++)
      outputs[gradients[i]!.output] = this.#device.allocate(this.#types[gradients[i]!.output]!)
    const gradientValues = this.#gradientValues
    for (let i = 0; i < gradientValues.length; i++)
      outputs[gradientValues[i]!.output] = this.#device.allocate(this.#types[gradientValues[i]!.output]!)

    this.#executable.run(inputs, outputs, this.#scalars)

    for (let i = 0; i < updated.length; i++) {
      const { cell, output } = updated[i]!
      if (cell.value === outputs[output]) cell.version++
      else cell.replace(outputs[output]!, cell)
    }
    for (let i = 0; i < moved.length; i++) moved[i]!.cell.replace(outputs[moved[i]!.output]!, moved[i]!.owner)
    for (let i = 0; i < gradientValues.length; i++) {
      const { handle, output } = gradientValues[i]!
      handle.rawGrad!.cell.replace(outputs[output]!, handle.cell)
    }
    for (let i = 0; i < gradients.length; i++)
      gradients[i]!.handle.grad = wrap(outputs[gradients[i]!.output]!) as Tensor
    for (let i = 0; i < consumed.length; i++) consumed[i]!.restoreGrad(null, true)
    for (let i = 0; i < cleared.length; i++) cleared[i]!.grad = null
    const results: Tensor[] = []
    for (let i = 0; i < made.length; i++) results[made[i]!.index] = wrap(outputs[made[i]!.output]!) as Tensor
    // A plan must not keep operands and results alive; state is alive anyway.
    for (let i = 0; i < args.length; i++) inputs[args[i]!.input] = NO_VALUE
    for (let i = 0; i < held.length; i++) inputs[held[i]!.input] = NO_VALUE
    for (let i = 0; i < gradientValues.length; i++) outputs[gradientValues[i]!.output] = NO_VALUE
    for (let i = 0; i < made.length; i++) outputs[made[i]!.output] = NO_VALUE
    for (let i = 0; i < gradients.length; i++) outputs[gradients[i]!.output] = NO_VALUE
    return this.#result.rebuild(results)
  }

  #readable(value: Value): Value {
    if (value.buffer === null || value.buffer.released) assertReadable(this.#name, value)
    return value
  }
  #draw(input: number, type: Type, fill: (out: HostArray) => void): Value {
    const array = hostArray(type.dtype, type.size)
    fill(array)
    const known = this.#draws.get(input)
    if (known !== undefined) {
      this.#device.backend.write(known, new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
      return known
    }
    const value = upload(type, this.#device, array)
    value.device.move(value.buffer!, null)
    this.#draws.set(input, value)
    return value
  }
}
