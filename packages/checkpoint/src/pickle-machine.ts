/**
 * The stack machine of Python's pickle, as far as state dicts need it: a stack, a memo, and the bytes that are still to
 * be read. It can build containers and scalars and nothing else: no class is looked up by name, no function of a file's
 * choice is called. Every method that reads checks that the bytes are there; every pop, that a value is.
 */
import { COST } from './allowance.ts'
import { isCheckpointError, quote, refuseAt, type Refuse } from './error.ts'
import { byCode, PROTO, STOP } from './pickle-opcodes.ts'
import type { PickleValue } from './pickle-value.ts'
import type { PickleWorld } from './pickle-world.ts'
import { assertKey, Callable, isList, isTuple, pythonGlobals, tuple } from './python-values.ts'
import { Unreadable } from './unreadable.ts'

/** Bytes of an integer: 8 hold PyTorch's largest seeds. */
const MAX_LONG = 64
const MAX_GLOBAL_NAME = 512

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const NEWLINE = 0x0a

/** An instance of an unknown class, and not a row of a table, which all files share. */
const isObject = (value: unknown): value is Unreadable => value instanceof Unreadable && !(value instanceof Callable)

/** One pickle being read, from `start`. */
export class Machine {
  readonly stack: unknown[] = []
  readonly memo = new Map<number, unknown>()
  private readonly marks: number[] = []
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly world: PickleWorld
  private readonly record: string
  private at: number
  private opcodeAt = 0

  constructor(bytes: Uint8Array, world: PickleWorld, record: string, start: number) {
    this.bytes = bytes
    this.at = start
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.world = world
    this.record = record
  }

  readonly refuse: Refuse = (what) => refuseAt('pt', `record ${quote(this.record)}, byte ${this.opcodeAt}`)(what)

  /** The value, and where it ends. */
  run(): { value: unknown; end: number } {
    if (this.bytes[this.at] !== PROTO) this.refuse('this is no pickle of protocol 2 or later')
    for (;;) {
      this.opcodeAt = this.at
      const code = this.byte()
      if (code === STOP) break
      const opcode = byCode[code]
      if (opcode === undefined) return this.refuse(`0x${code.toString(16)} is no opcode of pickle`)
      if (opcode.run === undefined) return this.refuse(`the opcode ${opcode.name} is not read`)
      this.spend(COST.step + (opcode.cost ?? 0))
      opcode.run(this)
    }
    const result = this.pop()
    if (this.stack.length > 0 || this.marks.length > 0) this.refuse('it ends with values left over')
    return { value: result, end: this.at }
  }

  /** Before anything is made: an opcode of a byte may make what takes hundreds. */
  private spend(bytes: number): void {
    this.world.allowance.take(bytes, this.refuse)
  }

  private take(count: number): number {
    const start = this.at
    if (count > this.bytes.length - start) this.refuse(`it ends in the middle; ${count} more bytes belong here`)
    this.at += count
    return start
  }

  byte(): number {
    return this.bytes[this.take(1)]!
  }
  uint16(): number {
    return this.view.getUint16(this.take(2), true)
  }
  int32(): number {
    return this.view.getInt32(this.take(4), true)
  }
  uint32(): number {
    return this.view.getUint32(this.take(4), true)
  }
  /** A length of 64 bits; what is beyond the file is caught by whoever takes that many bytes. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.take(8), true))
  }
  float(): number {
    return this.view.getFloat64(this.take(8), false)
  }

  slice(count: number): Uint8Array {
    const start = this.take(count)
    return this.bytes.subarray(start, start + count)
  }

  text(count: number): string {
    const bytes = this.slice(count)
    this.spend(COST.text + count)
    return this.decode(bytes)
  }

  /** The text up to the end of the line. */
  line(): string {
    const end = this.bytes.subarray(0, this.at + MAX_GLOBAL_NAME).indexOf(NEWLINE, this.at)
    if (end < 0) return this.refuse(`a name longer than ${MAX_GLOBAL_NAME} bytes, or without an end`)
    const text = this.text(end - this.at)
    this.at++
    return text
  }

  private decode(bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes)
    } catch {
      return this.refuse('a text that is not valid UTF-8')
    }
  }

  /** A two's complement integer, least significant byte first. */
  long(count: number): number | bigint {
    if (count > MAX_LONG) return this.refuse(`an integer of ${count} bytes; at most ${MAX_LONG} are read`)
    this.spend(COST.text + 32 * count)
    let value = 0n
    for (const byte of this.slice(count).toReversed()) value = (value << 8n) | BigInt(byte)
    const signed = BigInt.asIntN(8 * count, value)
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed
  }

  push(value: unknown): void {
    this.stack.push(value)
  }

  pop(): unknown {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) this.refuse('it takes a value from an empty stack')
    return this.stack.pop()
  }

  top(): unknown {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) this.refuse('it looks at an empty stack')
    return this.stack.at(-1)
  }

  mark(): void {
    this.marks.push(this.stack.length)
  }

  /** Everything above the last mark, which goes too. */
  popToMark(): unknown[] {
    const mark = this.marks.pop()
    return mark === undefined ? this.refuse('it looks for a mark that was not set') : this.stack.splice(mark)
  }

  popTuple(count: number): readonly unknown[] {
    const start = this.stack.length - count
    if (start < (this.marks.at(-1) ?? 0)) this.refuse('it takes a value from an empty stack')
    return tuple(this.stack.splice(start))
  }

  remember(index: number): void {
    this.memo.set(index, this.top())
  }

  recall(index: number): void {
    if (!this.memo.has(index)) this.refuse(`it recalls ${index}, which was not stored`)
    this.push(this.memo.get(index))
  }

  append(items: readonly unknown[]): void {
    const list = this.top()
    if (isObject(list)) return this.addItemsOf(list, items)
    if (!isList(list)) return this.refuse('it appends to what is no list')
    for (const item of items) list.push(item)
  }

  setItems(items: readonly unknown[]): void {
    const dict = this.top()
    if (isObject(dict)) return this.addItemsOf(dict, this.pairs(items))
    if (!(dict instanceof Map)) return this.refuse('it sets items of what is no dict')
    this.setPairs(dict, items)
  }
  private pairs(items: readonly unknown[]): readonly unknown[] {
    this.spend((items.length / 2) * COST.list)
    return [...new Map(this.setPairs(new Map(), items))].map(tuple)
  }
  private addItemsOf(object: Unreadable, items: readonly unknown[]): void {
    this.spend(items.length * COST.step)
    for (const item of items) (object.items as unknown[]).push(item)
  }

  setPairs(dict: Map<unknown, unknown>, items: readonly unknown[]): Map<unknown, unknown> {
    this.spend((items.length / 2) * COST.entry)
    if (items.length % 2 !== 0) this.refuse('a dict with a key that has no value')
    for (let i = 0; i < items.length; i += 2) dict.set(assertKey(items[i], this.refuse), items[i + 1])
    return dict
  }

  addItems(items: readonly unknown[]): void {
    const set = this.top()
    if (isObject(set)) return this.addItemsOf(set, items)
    if (!(set instanceof Set)) return this.refuse('it adds items to what is no set')
    this.addTo(set, items)
  }

  addTo(set: Set<unknown>, items: readonly unknown[]): Set<unknown> {
    this.spend(items.length * COST.entry)
    for (const item of items) set.add(assertKey(item, this.refuse))
    return set
  }

  /** The one door to names: the two tables, or nothing but the name. */
  global(module: unknown, name: unknown): void {
    const path = `${String(module)}.${String(name)}`
    const own = pythonGlobals.get(path)
    if (own !== undefined) return this.push(own)
    const known = this.world.globals.get(path)
    if (known === undefined) {
      const reason = `${quote(path)} is not read: only tensors, containers, OrderedDict and scalars are, and nothing is executed`
      return this.push(new Unreadable(path, reason, null))
    }
    this.push('call' in known ? new Callable(path, known.call) : known.value)
  }

  call(): void {
    const args = this.pop()
    const callable = this.pop()
    if (!(callable instanceof Unreadable)) return this.refuse('it calls what is no function')
    const { type } = callable
    if (!isTuple(args)) return this.refuse(`it calls ${type} without a tuple of arguments`)
    this.spend(COST.list)
    this.push(
      callable instanceof Callable
        ? this.attempt(type, args, () => callable.call(args, this.refuse, this.world.allowance))
        : new Unreadable(type, callable.reason, args),
    )
  }
  /** A class that is called with arguments by name, as `copyreg.__newobj_ex__` does. */
  callByName(): void {
    const named = this.pop()
    const args = this.pop()
    const callable = this.pop()
    if (!(callable instanceof Unreadable) || !isTuple(args))
      return this.refuse('it makes an instance of what is no class')
    this.spend(COST.list)
    this.push(new Unreadable(callable.type, callable.reason, [...args, named]))
  }

  persistent(): void {
    const id = this.pop()
    this.push(this.attempt('torch.storage', [], () => this.world.persistent(id, this.refuse)))
  }

  /** What a row of the tables refuses may be no part of the value, or one that is named by its place. */
  private attempt(type: string, args: readonly unknown[], make: () => unknown): unknown {
    try {
      return make()
    } catch (error) {
      if (!isCheckpointError(error) || this.world.allowance.isSpent) throw error
      return new Unreadable(type, error.what, args)
    }
  }

  /** State dicts carry `_metadata` as an attribute: it is dropped, and so is that of other dicts. */
  build(): void {
    const state = this.pop()
    const made = this.top()
    if (isObject(made)) made.state = state as PickleValue
    else if (!(made instanceof Map) && !this.world.build(made as object, state))
      this.refuse('it sets attributes of what has none')
  }

  copy(count: number): Uint8Array {
    const bytes = this.slice(count)
    this.spend(COST.table + count)
    return new Uint8Array(bytes)
  }
}
