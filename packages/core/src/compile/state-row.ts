/** State that a program updates as one: tensors whose values lie side by side in one storage, as one operand and result. */
import type { Slice } from '../contract/contract.ts'
import { Builder } from '../ir/builder.ts'
import type { Row } from '../lower/join-updates.ts'
import { lower } from '../lower/lower.ts'
import { intern, type Type } from '../ir/type.ts'
import type { Device } from '../engine/device.ts'
import type { Cell } from '../engine/handle.ts'
import { currentScope } from '../engine/scope.ts'
import { assertReadable, type Value } from '../engine/value.ts'

/** The row in which a cell's value lies, from the first run on. */
const rowOf = new WeakMap<Cell, readonly Cell[]>()

/** Whether these cells may lie in one row: not where some already lie in another, which would be torn apart. */
export const mayJoin = (cells: readonly Cell[]): boolean =>
  cells.every((cell) => {
    const row = rowOf.get(cell)
    return row === undefined || (row.length === cells.length && row.every((member, i) => member === cells[i]))
  })

export class StateRow {
  readonly #name: string
  readonly #device: Device
  readonly #cells: readonly Cell[]
  readonly #types: readonly Type[]
  readonly #offsets: readonly number[]
  readonly #type: Type
  /** Where the cells' values lay last. */
  #whole: Slice | null = null
  /** Values that take the place of the old ones after this run, if it does not fail; null where those are written in place. */
  #fresh: readonly Value[] | null = null

  constructor(name: string, device: Device, cells: readonly Cell[], { offsets, type }: Row) {
    this.#name = name
    this.#device = device
    this.#cells = cells
    this.#types = cells.map((cell) => cell.value.type)
    this.#offsets = offsets
    this.#type = intern(type)
  }

  /** All values as one operand; they are brought side by side where something has moved one. */
  read(): Slice {
    const cells = this.#cells
    for (let i = 0; i < cells.length; i++) {
      const { value } = cells[i]!
      if (value.buffer === null || value.buffer.released) assertReadable(this.#name, value)
    }
    if (this.#whole !== null && this.#lies(this.#whole)) return this.#whole
    const { storage } = cells[0]!.value
    const whole: Slice = { storage, byteOffset: 0, type: this.#type }
    if (storage.byteLength === this.#type.byteLength && this.#lies(whole)) return (this.#whole = whole)
    return this.#gather()
  }
  #lies({ storage }: Slice): boolean {
    const cells = this.#cells
    for (let i = 0; i < cells.length; i++) {
      const { value } = cells[i]!
      if (value.storage !== storage || value.byteOffset !== this.#offsets[i]) return false
    }
    return true
  }

  /** Where the update goes: over the old values, unless somebody else may see one of them. */
  write(mayOverwrite: boolean): Slice {
    if (mayOverwrite && this.#isOurs()) {
      this.#fresh = null
      return this.#whole!
    }
    this.#fresh = this.#allocate()
    return this.#wholeOf(this.#fresh)
  }
  #isOurs(): boolean {
    const cells = this.#cells
    const scope = currentScope()
    for (let i = 0; i < cells.length; i++) {
      const buffer = cells[i]!.value.buffer!
      if (buffer.shared || buffer.saved || (buffer.scope !== null && buffer.scope !== scope)) return false
    }
    return true
  }

  /** After the run. */
  finish(): void {
    const fresh = this.#fresh
    if (fresh !== null) return this.#move(fresh)
    const cells = this.#cells
    for (let i = 0; i < cells.length; i++) cells[i]!.version++
  }
  /** After a run that failed. */
  abandon(): void {
    for (const { buffer } of this.#fresh ?? []) this.#device.release(buffer!)
    this.#fresh = null
  }
  #move(fresh: readonly Value[]): void {
    this.#cells.forEach((cell, i) => cell.replace(fresh[i]!, cell))
    this.#whole = this.#wholeOf(fresh)
    this.#fresh = null
  }

  #allocate(): Value[] {
    return this.#device.allocateSideBySide(this.#name, this.#types, this.#offsets, this.#type.byteLength)
  }
  #wholeOf(values: readonly Value[]): Slice {
    return { storage: values[0]!.storage, byteOffset: 0, type: this.#type }
  }

  /** All values as one operand, without moving any: where they lie apart, in a copy that belongs to the current scope. */
  look(): Slice {
    for (const { value } of this.#cells) assertReadable(this.#name, value)
    if (this.#whole !== null && this.#lies(this.#whole)) return this.#whole
    const copy = this.#device.allocate(this.#type)
    const { storage } = copy
    this.#copy(this.#types.map((type, i) => ({ storage, byteOffset: copy.byteOffset + this.#offsets[i]!, type })))
    return copy
  }
  #gather(): Slice {
    for (const cell of this.#cells) rowOf.set(cell, this.#cells)
    const fresh = (this.#fresh = this.#allocate())
    this.#copy(fresh)
    this.#move(fresh)
    return this.#whole!
  }
  #copy(to: readonly Slice[]): void {
    const builder = new Builder()
    const copies = builder.finish(this.#types.map((type) => builder.input(type)))
    const executable = this.#device.prepare(this.#name, lower(copies, this.#device.backend.capabilities))
    try {
      this.#device.run(
        this.#name,
        executable,
        this.#cells.map((cell) => cell.value),
        to,
        new Float64Array(0),
      )
    } finally {
      executable.release()
    }
  }
}
