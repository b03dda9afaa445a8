/** Writes Python's pickle, protocol 2, as `torch.load(weights_only=True)` reads it: containers, scalars, tensors. */
import type { Tensor } from '@glissade/core'
import type { OptimizerStateDict } from '@glissade/core/optim'
import { isHostTensor } from './dtype.ts'
import { describe, refuseAt, type Refuse } from './error.ts'
import type { HostTensor } from './host-tensor.ts'
import { formatPath, isPlainKey, MAX_DEPTH, type PickleKey } from './pickle-value.ts'
import { isTensor } from './tensors.ts'
import { isTuple } from './python-values.ts'
import { isUnreadable, type Unreadable } from './unreadable.ts'

/**
 * What can be written: the values that are read, and plain objects, which become dicts with text keys.
 * A whole number becomes an int, any other number a float; a frozen array becomes a tuple, any other array a list.
 */
export type WritableValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | HostTensor
  | Tensor
  | OptimizerStateDict
  // A value that was read may have some; each is refused.
  | Unreadable
  | readonly WritableValue[]
  | ReadonlyMap<PickleKey, WritableValue>
  | ReadonlySet<PickleKey>
  | { readonly [key: string]: WritableValue }

/** Writes opcodes, on request of `pickle` and of whoever writes its tensors. */
export class PickleWriter {
  private bytes = new Uint8Array(256)
  private view: DataView = new DataView(this.bytes.buffer)
  private length = 0
  private readonly globals = new Map<string, number>()

  /** Room for `count` more bytes; where they begin. May replace `bytes` and `view`. */
  private grow(count: number): number {
    const start = this.length
    this.length += count
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this.bytes.length * 2))
      larger.set(this.bytes)
      this.bytes = larger
      this.view = new DataView(larger.buffer)
    }
    return start
  }

  private byte(value: number): void {
    const at = this.grow(1)
    this.bytes[at] = value
  }

  /** The opcodes of a text, one per character. */
  op(codes: string): void {
    for (let i = 0; i < codes.length; i++) this.byte(codes.charCodeAt(i))
  }

  text(text: string): void {
    const utf8 = new TextEncoder().encode(text)
    this.op('X')
    const at = this.grow(4 + utf8.length)
    this.view.setUint32(at, utf8.length, true)
    this.bytes.set(utf8, at + 4)
  }

  float(value: number): void {
    this.op('G')
    const at = this.grow(8)
    this.view.setFloat64(at, value, false)
  }

  int(value: number | bigint): void {
    if (value < -0x80000000 || value > 0x7fffffff) return this.long(BigInt(value))
    if (value < 0 || value > 0xffff) {
      this.op('J')
      const at = this.grow(4)
      this.view.setInt32(at, Number(value), true)
    } else if (value > 0xff) {
      this.op('M')
      const at = this.grow(2)
      this.view.setUint16(at, Number(value), true)
    } else {
      this.op('K')
      this.byte(Number(value))
    }
  }

  /** Two's complement, least significant byte first, in as few bytes as hold the sign. */
  private long(value: bigint): void {
    let count = 1
    while (BigInt.asIntN(8 * count, value) !== value) count++
    this.op('\x8a')
    this.byte(count)
    for (let i = 0; i < count; i++) this.byte(Number((value >> BigInt(8 * i)) & 0xffn))
  }

  /** A name, written once and recalled from then on: a model has it once per tensor. */
  global(module: string, name: string): void {
    const path = `${module}\n${name}\n`
    const known = this.globals.get(path)
    this.op(known === undefined ? `c${path}q` : 'h')
    this.byte(known ?? this.globals.size)
    if (known === undefined) this.globals.set(path, this.globals.size)
  }

  /** A tuple of integers. */
  ints(values: readonly number[]): void {
    this.op('(')
    for (const value of values) this.int(value)
    this.op('t')
  }

  finish(): Uint8Array {
    this.op('.')
    return this.bytes.subarray(0, this.length)
  }
}

/** Writes a tensor; `refuse` knows where it is in the value. */
export type WriteTensor = (out: PickleWriter, tensor: HostTensor | Tensor, refuse: Refuse) => void

/** Half of a surrogate pair: such a text has no UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u
/** Bytes that LONG1 holds; the reader takes fewer. */
const MAX_INTEGER = 1n << 500n

/**
 * The pickle of a value.
 *
 * @throws CheckpointError (`pt`) naming the path of a value that has no pickle: undefined, a function, an instance of a
 * class, a container that holds itself or is nested deeper than 100.
 */
export function pickle(root: WritableValue, writeTensor: WriteTensor): Uint8Array {
  const out = new PickleWriter()
  /** The keys on the way from the root to the value at hand. */
  const path: unknown[] = []
  const refuse: Refuse = (what) => refuseAt('pt', formatPath(path))(what)

  const writeAt = (key: unknown, value: unknown): void => {
    path.push(key)
    if (path.length > MAX_DEPTH) refuse(`containers are nested deeper than ${MAX_DEPTH}, or hold themselves`)
    write(value)
    path.pop()
  }
  const writeItems = (items: Iterable<unknown>): void => {
    let i = 0
    for (const item of items) writeAt(i++, item)
  }
  /** What Python hashes. */
  const writeKey = (key: unknown, what: string): void => {
    const isHashed = (value: unknown): boolean =>
      value === null || isPlainKey(value) || value instanceof Uint8Array || (isTuple(value) && value.every(isHashed))
    if (!isHashed(key))
      refuse(`${what} must be a text, a number, a bool, null or a tuple of these, not ${describe(key)}`)
    write(key)
  }
  const writeDict = (entries: Iterable<readonly [unknown, unknown]>): void => {
    out.op('}(')
    for (const [key, item] of entries) {
      writeKey(key, 'a key')
      writeAt(key, item)
    }
    out.op('u')
  }

  const write = (value: unknown): void => {
    if (value === null) return out.op('N')
    if (typeof value === 'boolean') return out.op(value ? '\x88' : '\x89')
    if (typeof value === 'number') {
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? out.int(value) : out.float(value)
    }
    if (typeof value === 'bigint') {
      return value < MAX_INTEGER && value > -MAX_INTEGER ? out.int(value) : refuse('an integer beyond 500 bits')
    }
    if (typeof value === 'string') {
      return LONE_SURROGATE.test(value) ? refuse('a text that is not valid Unicode') : out.text(value)
    }
    if (typeof value !== 'object') return refuse(`a value of the kind ${typeof value} has no place in a file`)
    if (Array.isArray(value)) {
      const opcodes = isTuple(value) ? '(t' : '](e'
      out.op(opcodes.slice(0, -1))
      writeItems(value)
      return out.op(opcodes.slice(-1))
    }
    if (value instanceof Map) return writeDict(value)
    if (value instanceof Set) {
      out.global('__builtin__', 'set')
      out.op('](')
      for (const item of value) {
        writeKey(item, 'a member of a set')
      }
      return out.op('e\x85R')
    }
    if (value instanceof Uint8Array) {
      out.global('_codecs', 'encode')
      out.text(Array.from(value, (byte) => String.fromCharCode(byte)).join(''))
      out.text('latin1')
      return out.op('\x86R')
    }
    if (isUnreadable(value)) return refuse(`${value.type} could not be read, so there is nothing to write`)
    if (isTensor(value) || isHostTensor(value)) return writeTensor(out, value, refuse)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) {
      return refuse('an instance of a class has no place in a file')
    }
    writeDict(Object.entries(value))
  }

  out.op('\x80\x02')
  write(root)
  return out.finish()
}
