/**
 * What a case does with a backend: storages, runs, readings. Everything is put behind and before other bytes, which must
 * stay what they are, and results start as garbage. All that a session allocated is released when it closes.
 */
import { valueTypes, DTYPES, numel } from '@glissade/core/backend'
import type { Backend, Executable, Program, Slice, Storage, TensorType } from '@glissade/core/backend'
import { inline } from '@glissade/core/ir'

export interface Operand {
  readonly type: TensorType
  readonly data: ArrayLike<number>
}

/** Elements before and behind every value. */
const GUARD = 4
/** What they are, and results before their run. Every dtype has it. */
const FILLER = 1

export function bytesOf({ type, data }: Operand): Uint8Array {
  const { array, bytes } = DTYPES[type.dtype]
  const elements = new array(new ArrayBuffer(data.length * bytes), 0, data.length)
  elements.set(data)
  return new Uint8Array(elements.buffer)
}

export const byteLengthOf = ({ dtype, shape }: TensorType): number => numel(shape) * DTYPES[dtype].bytes

/** A value of its own, in the middle of a storage. */
export interface Place extends Slice {
  /** Elements before it in its storage. */
  readonly lead: number
  readonly total: number
}

export class Session {
  readonly backend: Backend
  readonly #storages: Set<Storage> = new Set()
  readonly #executables: Set<Executable> = new Set()
  #closed = false

  constructor(backend: Backend) {
    this.backend = backend
  }

  allocate(byteLength: number): Storage {
    const storage = this.backend.allocate(byteLength)
    this.#storages.add(storage)
    return storage
  }
  release(storage: Storage): void {
    this.#storages.delete(storage)
    this.backend.release(storage)
  }

  /** Room for a value, all filler. */
  room(type: TensorType): Place {
    const { bytes } = DTYPES[type.dtype]
    const { alignment } = this.backend.capabilities.limits
    const lead =
      (Math.ceil(Math.max(GUARD * bytes, alignment) / Math.max(alignment, bytes)) * Math.max(alignment, bytes)) / bytes
    const total = lead + numel(type.shape) + GUARD
    const storage = this.allocate(total * bytes)
    const whole: TensorType = { dtype: type.dtype, shape: [total] }
    this.backend.write(
      { storage, byteOffset: 0, type: whole },
      bytesOf({ type: whole, data: new Array<number>(total).fill(FILLER) }),
    )
    return { storage, byteOffset: lead * bytes, type, lead, total }
  }

  upload(operand: Operand): Place {
    const place = this.room(operand.type)
    if (operand.data.length > 0) this.backend.write(place, bytesOf(operand))
    return place
  }

  /** Issues a reading now. */
  async elements(slice: Slice): Promise<Float64Array> {
    const bytes = await this.backend.read(slice)
    const { array } = DTYPES[slice.type.dtype]
    const size = numel(slice.type.shape)
    if (bytes.byteLength !== byteLengthOf(slice.type))
      throw new Error(`read gave ${bytes.byteLength} bytes of a value of ${byteLengthOf(slice.type)}`)
    return Float64Array.from(new array(bytes.slice().buffer, 0, size))
  }

  /** The elements of a place; throws where the bytes around it changed. */
  async results(place: Place): Promise<Float64Array> {
    const { storage, type, lead, total } = place
    const all = await this.elements({ storage, byteOffset: 0, type: { dtype: type.dtype, shape: [total] } })
    const size = numel(type.shape)
    const spoilt = all.findIndex((x, i) => (i < lead || i >= lead + size) && x !== FILLER)
    if (spoilt >= 0) throw new Error(`an element outside of its value was written (${spoilt - lead} of ${size})`)
    return all.slice(lead, lead + size)
  }

  /** As core does: composites that the backend does not run itself are replaced by their bodies. */
  prepare(program: Program): Executable {
    const executable = this.backend.prepare(inline(program, this.backend.capabilities.runs))
    this.#executables.add(executable)
    return executable
  }

  /** Runs a program once; gives the elements of its outputs. */
  async execute(
    program: Program,
    operands: readonly Operand[],
    scalars: readonly number[] = [],
  ): Promise<Float64Array[]> {
    const inputs = operands.map((operand) => this.upload(operand))
    const types = valueTypes(program)
    const outputs = program.outputs.map((value, i) => {
      const input = program.donated[i] ?? null
      return input === null ? this.room(types[value]!) : inputs[input]!
    })
    const executable = this.prepare(program)
    executable.run(inputs, outputs, Float64Array.from(scalars))
    const results = await Promise.all(outputs.map((output) => this.results(output)))
    const donated = new Set(program.donated)
    for (const [i, input] of inputs.entries()) {
      if (donated.has(i)) continue
      const after = await this.results(input)
      const changed = after.findIndex((x, at) => !Object.is(x, operands[i]!.data[at]) && x !== operands[i]!.data[at])
      if (changed >= 0) throw new Error(`the run changed element ${changed} of input ${i}, which is not donated`)
    }
    await executable.ready
    return results
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const executable of this.#executables) executable.release()
    for (const storage of this.#storages) this.backend.release(storage)
    this.#executables.clear()
    this.#storages.clear()
    await this.backend.settle()
  }
}

/** Runs `work` and leaves nothing behind on the backend. */
export async function withSession<T>(backend: Backend, work: (session: Session) => Promise<T>): Promise<T> {
  const session = new Session(backend)
  let result: T
  try {
    result = await work(session)
  } catch (error) {
    // The failure of the work is the one to report; a lost device may refuse to release.
    await session.close().catch(() => {})
    throw error
  }
  await session.close()
  return result
}
