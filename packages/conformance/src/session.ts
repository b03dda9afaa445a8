/**
 * What a case does with a backend: storages, runs, readings. Everything is put behind and before other bytes, which must
 * stay what they are, and results start as garbage. All that a session allocated is released when it closes.
 */
import {
  bytesOfElements,
  elementsFor,
  elementsOf as numbersOf,
  valueTypes,
  DTYPES,
  numel,
} from '@glissade/core/backend'
import type { Backend, Executable, Program, Slice, Storage, TensorType } from '@glissade/core/backend'
import { inline } from '@glissade/core/ir'
import { tooLarge, type Measurement, type Ran } from './case.ts'

export interface Operand {
  readonly type: TensorType
  readonly data: ArrayLike<number>
}

/** Elements before every value, and behind its bytes. */
const GUARD = 4
/**
 * The bytes of them, and of results before their run: as a number 9.97e17 in float32, 1566399837 in int32, 93 in uint8, which no
 * case wants, and no bool. What a run leaves out is never right by luck.
 */
export const FILLER = 0x5d

export function bytesOf({ type, data }: Operand): Uint8Array {
  const elements = elementsFor(type.dtype, data.length)
  elements.set(data)
  return bytesOfElements(type.dtype, elements)
}
/** Readings may lie anywhere in a larger buffer; elements want their alignment. */
export const elementsOf = (type: TensorType, bytes: Uint8Array): Float64Array =>
  new Float64Array(numbersOf(type, bytes.slice()))

export const byteLengthOf = ({ dtype, shape }: TensorType): number => numel(shape) * DTYPES[dtype].bytes
/** With those behind it up to the next multiple of 4, which are its own too. */
const ownBytes = (type: TensorType): number => Math.ceil(byteLengthOf(type) / 4) * 4

/** Elements of a storage that holds a value, and those before it. */
function roomOf(
  type: TensorType,
  { capabilities: { limits } }: Backend,
): { readonly lead: number; readonly total: number } {
  const { bytes } = DTYPES[type.dtype]
  const unit = Math.max(limits.alignment, bytes)
  const lead = (Math.ceil(Math.max(GUARD * bytes, unit) / unit) * unit) / bytes
  return { lead, total: lead + ownBytes(type) / bytes + GUARD }
}
/** Excuses a backend of which no storage holds one of these values, with what is put around it. */
export const unheld = (backend: Backend, types: readonly TensorType[]): string | null =>
  tooLarge(backend, Math.max(0, ...types.map((type) => roomOf(type, backend).total * DTYPES[type.dtype].bytes)))

/** A value of its own, in the middle of a storage. */
export interface OwnSlice extends Slice {
  /** Elements before it in its storage. */
  readonly lead: number
  readonly total: number
}

export class Session {
  readonly backend: Backend
  readonly #storages: Set<Storage> = new Set()
  readonly #executables: Set<Executable> = new Set()
  readonly #ops: Set<string> = new Set()
  #last: () => string = () => ''
  #closed = false

  constructor(backend: Backend) {
    this.backend = backend
  }

  get ran(): Ran {
    return { ops: [...this.#ops], inputs: this.#last() }
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
  room(type: TensorType): OwnSlice {
    const { bytes } = DTYPES[type.dtype]
    const { lead, total } = roomOf(type, this.backend)
    const storage = this.allocate(total * bytes)
    const whole: TensorType = { dtype: type.dtype, shape: [total] }
    this.backend.write({ storage, byteOffset: 0, type: whole }, new Uint8Array(total * bytes).fill(FILLER))
    return { storage, byteOffset: lead * bytes, type, lead, total }
  }

  upload(operand: Operand): OwnSlice {
    const place = this.room(operand.type)
    if (operand.data.length > 0) this.backend.write(place, bytesOf(operand))
    return place
  }

  /** Issues a reading now. */
  async elements(slice: Slice): Promise<Float64Array> {
    return elementsOf(slice.type, await this.#read(slice))
  }
  async #read(slice: Slice): Promise<Uint8Array> {
    const bytes = await this.backend.read(slice)
    if (bytes.byteLength !== byteLengthOf(slice.type))
      throw new Error(`read gave ${bytes.byteLength} bytes of a value of ${byteLengthOf(slice.type)}`)
    return bytes
  }

  /** The bytes of a place; throws where those around it changed. */
  async #bytes({ storage, byteOffset, type, total }: OwnSlice): Promise<Uint8Array> {
    const all = await this.#read({ storage, byteOffset: 0, type: { dtype: type.dtype, shape: [total] } })
    const [{ bytes }, end] = [DTYPES[type.dtype], byteOffset + ownBytes(type)]
    const around = [...all.subarray(0, byteOffset), ...all.subarray(end)].findIndex((x) => x !== FILLER)
    const spoilt = around < byteOffset ? around : around - byteOffset + end
    if (around >= 0)
      throw new Error(
        `an element outside of its value was written (${Math.floor((spoilt - byteOffset) / bytes)} of ${numel(type.shape)})`,
      )
    return all.subarray(byteOffset, byteOffset + byteLengthOf(type))
  }
  /** The elements of a place; throws where what lies around it changed. */
  async results(place: OwnSlice): Promise<Float64Array> {
    return elementsOf(place.type, await this.#bytes(place))
  }

  /** As core does: composites that the backend does not run itself are replaced by their bodies. */
  prepare(program: Program): Executable {
    const whole = inline(program, this.backend.capabilities.runs)
    for (const name of opsOf(whole)) this.#ops.add(name)
    const executable = this.backend.prepare(whole)
    // What comes of it is asked for by those who run it; until then nobody listens.
    Promise.resolve(executable.ready).catch(() => {})
    this.#executables.add(executable)
    const { scratchBytes } = executable
    if (!(scratchBytes >= 0 && scratchBytes < Infinity)) throw new Error(`scratchBytes is ${scratchBytes}`)
    return executable
  }

  /** Before the session closes. */
  releaseProgram(executable: Executable): void {
    this.#executables.delete(executable)
    executable.release()
  }

  /** Issues a run over fresh places; gives those of its operands and of its results. */
  issue(
    executable: Executable,
    program: Program,
    operands: readonly Operand[],
    scalars: readonly number[] = [],
  ): { readonly inputs: readonly OwnSlice[]; readonly outputs: readonly OwnSlice[] } {
    this.#last = () => printed(operands, scalars)
    const inputs = operands.map((operand) => this.upload(operand))
    const types = valueTypes(program)
    const outputs = program.outputs.map((value, i) => {
      const input = program.donated[i] ?? null
      return input === null ? this.room(types[value]!) : inputs[input]!
    })
    executable.run(inputs, outputs, Float64Array.from(scalars))
    return { inputs, outputs }
  }

  /**
   * Runs a program and gives the elements of its outputs. The same executable ran before with other operands and numbers in
   * other places, so that what it keeps of a run shows.
   * @param before the operands of that run
   */
  async execute(
    program: Program,
    operands: readonly Operand[],
    scalars: readonly number[] = [],
    before: readonly Operand[] = others(program, operands),
  ): Promise<Float64Array[]> {
    const executable = this.prepare(program)
    // The first stays, so that the others alone have changed.
    const numbers = scalars.map((x, i) => (before === operands || (i === 0 && scalars.length > 1) ? x : x + 1))
    this.issue(executable, program, before, numbers)
    const { inputs, outputs } = this.issue(executable, program, operands, scalars)
    // Awaited together with the results: a promise that never comes must not hide what is wrong with them.
    const [results] = await Promise.all([Promise.all(outputs.map((output) => this.results(output))), executable.ready])
    const donated = new Set(program.donated)
    for (const [i, input] of inputs.entries()) {
      if (donated.has(i)) continue
      const [given, after] = [bytesOf(operands[i]!), await this.#bytes(input)]
      let at = 0
      while (at < given.length && after[at] === given[at]) at++
      if (at < given.length) {
        const element = Math.floor(at / DTYPES[input.type.dtype].bytes)
        throw new Error(`the run changed element ${element} of input ${i}, which is not donated`)
      }
    }
    return results
  }

  /** The device is gone, and all that was allocated with it. */
  forget(): void {
    this.#closed = true
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

const INDEXED: ReadonlySet<string> = new Set(['gather', 'scatterAdd'])
const isIndexed = ({ nodes }: Program): boolean =>
  nodes.some(({ op, body }) => INDEXED.has(op) || (body !== undefined && isIndexed(body)))

/** The elements in the opposite order: indices among them stay in range where they are taken as they are. */
export const reversed = (operands: readonly Operand[]): Operand[] =>
  operands.map(({ type, data }) => ({ type, data: new Float64Array(data).toReversed() }))
/** Other operands of a program; the same ones where indices may be computed from them. */
const others = (program: Program, operands: readonly Operand[]): readonly Operand[] =>
  isIndexed(program) ? operands : reversed(operands)

const opsOf = ({ nodes }: Program): string[] =>
  nodes.flatMap(({ op, body }) => (body === undefined ? [op] : [op, ...opsOf(body)]))

/** Elements shown of each operand. */
const SHOWN = 8
const number = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))
/** The first elements of each. */
export const listed = (data: ArrayLike<number>): string =>
  `[${Array.from({ length: Math.min(SHOWN, data.length) }, (_, i) => number(data[i]!)).join(', ')}${data.length > SHOWN ? `, ... ${data.length} in all` : ''}]`
const printed = (operands: readonly Operand[], scalars: readonly number[]): string =>
  [
    ...operands.map(({ type: { dtype, shape }, data }) => `${dtype}[${shape.join()}] = ${listed(data)}`),
    ...(scalars.length > 0 ? [`numbers ${scalars.map(number).join(', ')}`] : []),
  ].join('; ')

const before = new WeakMap<object, Ran>()
/** What ran before an error was thrown. */
export const ranBefore = (error: unknown): Ran | undefined =>
  typeof error === 'object' && error !== null ? before.get(error) : undefined

/** Runs `work` and leaves nothing behind on the backend. */
export async function inSession<T>(backend: Backend, work: (session: Session) => Promise<T>): Promise<T> {
  const session = new Session(backend)
  let result: T
  try {
    result = await work(session)
  } catch (error) {
    if (typeof error === 'object' && error !== null) before.set(error, session.ran)
    // The failure of the work is the one to report; a lost device may refuse to release.
    await session.close().catch(() => {})
    throw error
  }
  await session.close()
  return result
}
/** The same for a case, whose failure says what ran. */
export const withSession = (backend: Backend, work: (session: Session) => Promise<Measurement>): Promise<Measurement> =>
  inSession(backend, async (session) => {
    const measured = await work(session)
    return measured.ok ? measured : { ...measured, ran: session.ran }
  })
