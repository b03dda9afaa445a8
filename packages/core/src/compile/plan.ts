/** A recording, prepared: where its operands come from at every run, and where its results go. */
import type { Executable, Program, Slice } from '../contract/contract.ts'
import { bytesOfElements } from '../contract/dtype.ts'
import { StateError } from '../contract/errors.ts'
import type { Device } from '../engine/device.ts'
import { wrap } from '../engine/door.ts'
import { noGrad } from '../engine/grad-node.ts'
import type { Cell, Handle } from '../engine/handle.ts'
import { hostArray, upload } from '../engine/host.ts'
import { internedTypes } from '../engine/op.ts'
import { currentScope } from '../engine/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { assertReadable, Value } from '../engine/value.ts'
import { profileApart } from './apart.ts'
import type { Conditions } from './conditions.ts'
import { lowered } from './lowered.ts'
import { mark } from './past-node.ts'
import type { Profile } from './profile.ts'
import { tensorAt, type HostEvent, type TensorRef, type Recording, type ResultLeaf, type Target } from './recording.ts'
import type { StateRow } from './state-row.ts'

const NO_VALUE = null as unknown as Value

export class Plan {
  readonly program: Program
  readonly conditions: Conditions
  runs = 0
  readonly #name: string
  readonly #device: Device
  readonly #recording: Recording
  /** With the program that is prepared. */
  readonly #lowered: Recording
  readonly #executable: Executable
  readonly #types: ReturnType<typeof internedTypes>
  readonly #events: readonly HostEvent[]
  readonly #inputs: Slice[]
  readonly #outputs: Slice[]
  readonly #scalars: Float64Array
  /** Sources and targets by kind, with their places: the loops of a run stay free of choices. */
  readonly #cells: readonly { readonly cell: Cell; readonly input: number }[]
  readonly #held: readonly { readonly of: TensorRef; readonly input: number }[]
  readonly #operands: readonly { readonly leaf: number; readonly input: number }[]
  /** State that the program may write where it read it, and all other state. */
  readonly #updated: readonly { readonly cell: Cell; readonly input: number; readonly output: number }[]
  readonly #moved: readonly { readonly cell: Cell; readonly owner: Cell; readonly output: number }[]
  readonly #rows: readonly {
    readonly row: StateRow
    readonly input: number
    readonly output: number
    readonly mayOverwrite: boolean
  }[]
  /** All that becomes a new value at every run. */
  readonly #fresh: readonly number[]
  readonly #results: readonly { readonly index: number; readonly output: number }[]
  readonly #resultGradients: readonly { readonly index: number; readonly output: number }[]
  readonly #written: readonly { readonly leaf: number; readonly output: number }[]
  readonly #gradients: readonly { readonly of: TensorRef; readonly output: number }[]
  readonly #gradientValues: readonly { readonly of: TensorRef; readonly output: number }[]
  /** Whether it writes more than state in its place, and whether its result is one tensor. */
  readonly #writesMore: boolean
  readonly #isSole: boolean
  /** What takes the host effects of the running call back. */
  readonly #reverts: (() => void)[] = []
  /** Values that draws are written into. */
  readonly #draws = new Map<number, Value>()

  /** @param prepare who has the executable of a program. Default: the device makes one. */
  constructor(
    name: string,
    conditions: Conditions,
    prepare = (device: Device, program: Program): Executable => device.prepare(name, program),
  ) {
    const { recording } = conditions
    const { device } = recording
    this.#name = name
    this.#device = device
    this.conditions = conditions
    this.#recording = recording
    for (const cell of recording.outside.keys()) cell.isCaptured = true
    this.#lowered = lowered(name, recording)
    const { program, sources, targets, events } = this.#lowered
    this.program = program
    this.#events = events
    const types = internedTypes(this.program)
    this.#types = this.program.outputs.map((value) => types[value]!)
    this.#executable = prepare(device, program)
    this.#inputs = new Array<Slice>(sources.length)
    this.#outputs = new Array<Slice>(targets.length)
    this.#scalars = new Float64Array(this.program.scalars.length)
    this.#operands = sources.flatMap((source, input) => (source.kind === 'operand' ? [{ ...source, input }] : []))
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
    this.#held = sources.flatMap((source, input) => (source.kind === 'gradient' ? [{ ...source, input }] : []))
    const outputsOf = <K extends Target['kind']>(
      kind: K,
    ): (Extract<Target, { readonly kind: K }> & { readonly output: number })[] =>
      targets.flatMap((target, output) =>
        target.kind === kind ? [{ ...(target as Extract<Target, { readonly kind: K }>), output }] : [],
      )
    this.#results = outputsOf('result')
    this.#resultGradients = outputsOf('result gradient')
    this.#written = outputsOf('operand')
    this.#gradients = outputsOf('gradient')
    this.#gradientValues = outputsOf('gradient value')
    const { cleared, marks, results } = recording
    this.#isSole = results.structure.isLeaf && results.leaves[0]!.kind === 'made' && this.#resultGradients.length === 0
    const rest = [this.#moved, this.#written, this.#gradients, this.#gradientValues, cleared, marks]
    this.#writesMore = rest.some((list) => list.length > 0)
    this.#fresh = [
      ...this.#moved,
      ...this.#results,
      ...this.#resultGradients,
      ...this.#written,
      ...this.#gradients,
      ...this.#gradientValues,
    ].map(({ output }) => output)
  }

  /** Resolves when the program can run without waiting. */
  get ready(): Promise<void> {
    return this.#device.ready(this.#executable)
  }
  /**
   * Times of its kernels, from runs whose results go nowhere.
   * @param isFresh whether the host effects of the recording still stand
   */
  profile(leaves: readonly unknown[], isFresh = false): Promise<Profile> {
    return profileApart(this.#name, this.#lowered, this.#executable, leaves, isFresh)
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
    // Before anything of the host is done.
    this.#device.assertAlive(this.#name)
    this.runs++
    try {
      return this.#run(leaves, recorded)
    } catch (error) {
      this.#abandon()
      throw error
    }
  }
  #run(leaves: readonly unknown[], recorded: boolean): unknown {
    const { consumed } = this.#recording
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
        const values = recorded ? event.first : event.source.read()
        const { reads } = event
        for (let k = 0; k < reads.length; k++) this.#scalars[reads[k]!.scalar] = values[reads[k]!.index]!
      } else if (event.kind === 'operand') this.#scalars[event.scalar] = leaves[event.leaf] as number
      else inputs[event.input] = this.#draw(event)
    }
    // First, for it moves values, and an operand may be one of them.
    const rows = this.#rows
    for (let i = 0; i < rows.length; i++) inputs[rows[i]!.input] = rows[i]!.row.read()
    const cells = this.#cells
    for (let i = 0; i < cells.length; i++) inputs[cells[i]!.input] = this.#readable(cells[i]!.cell.value)
    const held = this.#held
    for (let i = 0; i < held.length; i++) inputs[held[i]!.input] = this.#gradient(tensorAt(held[i]!.of, leaves))
    const args = this.#operands
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
      outputs[output] = free ? value : this.#device.allocate(value.type, this.#name)
    }
    for (let i = 0; i < rows.length; i++) {
      const { row, output, mayOverwrite } = rows[i]!
      outputs[output] = row.write(mayOverwrite)
    }
    const fresh = this.#fresh
    for (let i = 0; i < fresh.length; i++)
      outputs[fresh[i]!] = this.#device.allocate(this.#types[fresh[i]!]!, this.#name)

    this.#device.run(this.#name, this.#executable, inputs, outputs, this.#scalars)
    if (this.#reverts.length > 0) this.#reverts.length = 0

    for (let i = 0; i < updated.length; i++) {
      const { cell, output } = updated[i]!
      if (cell.value === outputs[output]) cell.version++
      else cell.replace(outputs[output] as Value, cell)
      outputs[output] = NO_VALUE
    }
    for (let i = 0; i < rows.length; i++) rows[i]!.row.finish()
    for (let i = 0; i < consumed.length; i++) tensorAt(consumed[i]!, leaves).restoreGrad(null, true)
    if (this.#writesMore) this.#write(leaves)
    const { results } = this.#recording
    const result = this.#isSole
      ? wrap(outputs[this.#results[0]!.output] as Value)
      : results.structure.rebuild(this.#gathered(results.leaves, leaves))
    // A plan must not keep operands and results alive; state is alive anyway.
    for (let i = 0; i < args.length; i++) inputs[args[i]!.input] = NO_VALUE
    for (let i = 0; i < held.length; i++) inputs[held[i]!.input] = NO_VALUE
    for (let i = 0; i < fresh.length; i++) outputs[fresh[i]!] = NO_VALUE
    return result
  }
  /** After the program has run: moves tensors to what it made for them. */
  #write(leaves: readonly unknown[]): void {
    const outputs = this.#outputs
    const { cleared, marks } = this.#recording
    for (const { cell, owner, output } of this.#moved) cell.replace(outputs[output] as Value, owner)
    for (const { leaf, output } of this.#written)
      noGrad(() => (leaves[leaf] as Handle).moveTo(wrap(outputs[output] as Value), this.#name))
    for (const { of, output } of this.#gradientValues) {
      const handle = tensorAt(of, leaves)
      handle.rawGrad!.cell.replace(outputs[output] as Value, handle.cell)
    }
    for (const { of, output } of this.#gradients) tensorAt(of, leaves).grad = wrap(outputs[output] as Value) as Tensor
    for (const of of cleared) tensorAt(of, leaves).grad = null
    for (const { of, node } of marks) mark(tensorAt(of, leaves), node)
  }
  #gathered(parts: readonly ResultLeaf[], leaves: readonly unknown[]): unknown[] {
    const outputs = this.#outputs
    const made: Tensor[] = []
    for (const { index, output } of this.#results) made[index] = wrap(outputs[output] as Value) as Tensor
    for (const { index, output } of this.#resultGradients) made[index]!.grad = wrap(outputs[output] as Value) as Tensor
    return parts.map((part) =>
      part.kind === 'made' ? made[part.index] : part.kind === 'operand' ? leaves[part.leaf] : part.value,
    )
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
    for (const { input } of [...this.#operands, ...this.#held]) inputs[input] = NO_VALUE
  }
  #readable(value: Value): Value {
    if (value.buffer === null || value.buffer.released) assertReadable(this.#name, value)
    return value
  }
  #gradient(handle: Handle): Value {
    const { value } = handle.rawGrad!
    if (value.device !== this.#device)
      throw new StateError(this.#name, 'the gradient of a tensor is on another device; move it with to()')
    return this.#readable(value)
  }
  #draw({ input, type, generator, fill }: Extract<HostEvent, { readonly kind: 'draw' }>): Value {
    const array = hostArray(type.dtype, type.size)
    fill(generator, array)
    const known = this.#draws.get(input)
    if (known !== undefined) {
      this.#device.write(this.#name, known, bytesOfElements(type.dtype, array))
      return known
    }
    const value = upload(type, this.#device, array)
    value.device.move(value.buffer!, null)
    this.#draws.set(input, value)
    return value
  }
}
