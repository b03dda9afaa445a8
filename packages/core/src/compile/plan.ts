/** A recording, prepared: where its operands come from at every run, and where its results go. */
import type { Executable, Program, Slice } from '../backend/contract.ts'
import type { HostArray } from '../backend/dtype.ts'
import type { Type } from '../ir/type.ts'
import type { Device } from '../tensor/device.ts'
import { wrap } from '../tensor/door.ts'
import { Handle, type Cell } from '../tensor/handle.ts'
import { hostArray, upload } from '../tensor/host.ts'
import { internedTypes } from '../tensor/op.ts'
import { currentScope } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { assertReadable, Value } from '../tensor/value.ts'
import { Conditions } from './conditions.ts'
import { donations } from './donation.ts'
import { joinState } from './join-state.ts'
import type { HostEvent, Recording } from './recorder.ts'
import type { StateRow } from './state-row.ts'
import type { Structure } from './structure.ts'

const NO_VALUE = null as unknown as Value

export class Plan {
  readonly program: Program
  readonly recorded: Program
  readonly conditions: Conditions
  runs = 0
  readonly #name: string
  readonly #device: Device
  readonly #recording: Recording
  readonly #result: Structure
  readonly #executable: Executable
  readonly #types: ReturnType<typeof internedTypes>
  readonly #events: readonly HostEvent[]
  readonly #inputs: Slice[]
  readonly #outputs: Slice[]
  readonly #scalars: Float64Array
  /** Sources and targets by kind, with their places: the loops of a run stay free of choices. */
  readonly #cells: readonly { readonly cell: Cell; readonly input: number }[]
  readonly #held: readonly { readonly handle: Handle; readonly input: number }[]
  readonly #arguments: readonly { readonly leaf: number; readonly input: number }[]
  /** State that the program may write where it read it, and all other state. */
  readonly #updated: readonly { readonly cell: Cell; readonly input: number; readonly output: number }[]
  readonly #moved: readonly { readonly cell: Cell; readonly owner: Cell; readonly output: number }[]
  readonly #rows: readonly {
    readonly row: StateRow
    readonly input: number
    readonly output: number
    readonly mayOverwrite: boolean
  }[]
  readonly #results: readonly { readonly index: number; readonly output: number }[]
  readonly #gradients: readonly { readonly handle: Handle; readonly output: number }[]
  readonly #gradientValues: readonly { readonly handle: Handle; readonly output: number }[]
  /** What takes the host effects of the running call back. */
  readonly #reverts: (() => void)[] = []
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
    this.conditions = new Conditions(name, device, structure, leaves, recording)
    this.#recording = recording
    this.#result = result
    this.recorded = recording.program
    const { program, sources, targets, events } = joinState(name, device, recording)
    this.#events = events
    const own = targets.map((target) => (target.kind === 'cell' || target.kind === 'row' ? target.input : null))
    const lowered = device.lower(program)
    this.program = { ...lowered, donated: donations(lowered, own) }
    const types = internedTypes(this.program)
    this.#types = this.program.outputs.map((value) => types[value]!)
    this.#executable = device.prepare(this.program)
    this.#inputs = new Array<Slice>(sources.length)
    this.#outputs = new Array<Slice>(targets.length)
    this.#scalars = new Float64Array(this.program.scalars.length)
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
    this.#rows = targets.flatMap((target, output) =>
      target.kind === 'row' ? [{ ...target, output, mayOverwrite: this.program.donated[output] === target.input }] : [],
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

  /** Gives the prepared program up; returns the scratch that it had planned. */
  release(): number {
    const { scratchBytes } = this.#executable
    this.#executable.release()
    return scratchBytes
  }

  /**
   * Where a run fails, host state and all that it did not write in place are as before.
   * @param recorded whether the host effects already happened while recording
   */
  run(leaves: readonly unknown[], recorded = false): unknown {
    this.runs++
    try {
      return this.#run(leaves, recorded)
    } catch (error) {
      this.#abandon()
      throw error
    }
  }
  #run(leaves: readonly unknown[], recorded: boolean): unknown {
    const { consumed, cleared } = this.#recording
    const events = this.#events
    const inputs = this.#inputs
    const outputs = this.#outputs
    for (let e = 0; e < events.length; e++) {
      const event = events[e]!
      if (event.kind === 'effect') {
        if (recorded) continue
        this.#reverts.push(event.remember())
        event.run()
      } else if (event.kind === 'numbers') {
        const values = event.source.read()
        const { reads } = event
        for (let k = 0; k < reads.length; k++) this.#scalars[reads[k]!.scalar] = values[reads[k]!.index]!
      } else inputs[event.input] = this.#draw(event.input, event.type, event.fill)
    }
    // First, for it moves values, and an operand may be one of them.
    const rows = this.#rows
    for (let i = 0; i < rows.length; i++) inputs[rows[i]!.input] = rows[i]!.row.read()
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
    for (let i = 0; i < rows.length; i++) {
      const { row, output, mayOverwrite } = rows[i]!
      outputs[output] = row.write(mayOverwrite)
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
    if (this.#reverts.length > 0) this.#reverts.length = 0

    for (let i = 0; i < updated.length; i++) {
      const { cell, output } = updated[i]!
      if (cell.value === outputs[output]) cell.version++
      else cell.replace(outputs[output] as Value, cell)
      outputs[output] = NO_VALUE
    }
    for (let i = 0; i < rows.length; i++) rows[i]!.row.finish()
    for (let i = 0; i < moved.length; i++) {
      const { cell, owner, output } = moved[i]!
      cell.replace(outputs[output] as Value, owner)
      outputs[output] = NO_VALUE
    }
    for (let i = 0; i < gradientValues.length; i++) {
      const { handle, output } = gradientValues[i]!
      handle.rawGrad!.cell.replace(outputs[output] as Value, handle.cell)
    }
    for (let i = 0; i < gradients.length; i++)
      gradients[i]!.handle.grad = wrap(outputs[gradients[i]!.output] as Value) as Tensor
    for (let i = 0; i < consumed.length; i++) consumed[i]!.restoreGrad(null, true)
    for (let i = 0; i < cleared.length; i++) cleared[i]!.grad = null
    const results: Tensor[] = []
    for (let i = 0; i < made.length; i++) results[made[i]!.index] = wrap(outputs[made[i]!.output] as Value) as Tensor
    // A plan must not keep operands and results alive; state is alive anyway.
    for (let i = 0; i < args.length; i++) inputs[args[i]!.input] = NO_VALUE
    for (let i = 0; i < held.length; i++) inputs[held[i]!.input] = NO_VALUE
    for (let i = 0; i < gradientValues.length; i++) outputs[gradientValues[i]!.output] = NO_VALUE
    for (let i = 0; i < made.length; i++) outputs[made[i]!.output] = NO_VALUE
    for (let i = 0; i < gradients.length; i++) outputs[gradients[i]!.output] = NO_VALUE
    return this.#result.rebuild(results)
  }

  /** After a run that failed: a place is empty where no value was made for it. */
  #abandon(): void {
    for (const revert of this.#reverts.toReversed()) revert()
    this.#reverts.length = 0
    const inputs = this.#inputs
    for (const [output, slice] of this.#outputs.entries()) {
      const value = slice as Value
      if (!(value instanceof Value)) continue
      if (!inputs.includes(value)) this.#device.release(value.buffer!)
      this.#outputs[output] = NO_VALUE
    }
    for (const { row } of this.#rows) row.abandon()
    for (const { input } of [...this.#arguments, ...this.#held]) inputs[input] = NO_VALUE
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
