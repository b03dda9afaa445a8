/**
 * Python's pickle, as far as state dicts need it. Reading runs a stack machine over a fixed table of opcodes that can
 * build containers and scalars and nothing else: no class is looked up by name, no function of a file's choice is
 * called. What may be called are the rows of a table that the reader passes in; anything else is noted by name, and
 * refused where it is part of the value.
 * Sources: Python's `pickletools` (opcodes, their arguments and stack effects) and PEP 307, 3154 and 574.
 */
import { COST, type Allowance } from './allowance.ts'
import { isCheckpointError, quote, refuseAt, type Refuse } from './error.ts'
import { complete } from './pickle-complete.ts'
import type { PickleValue } from './pickle-value.ts'
import { assertKey, Callable, isList, isTuple, pythonGlobals, tuple } from './python-values.ts'
import { Unreadable } from './unreadable.ts'

/** A name that a pickle may mention: a function to call with a tuple of arguments, or a value that it stands for. */
export type PickleGlobal =
  | { readonly call: (args: readonly unknown[], refuse: Refuse, allowance: Allowance) => unknown }
  | { readonly value: unknown }

/** What the reader of a pickle knows of the world outside it. */
export interface PickleWorld {
  /** By dotted name, `module.name`; these and the containers of Python itself are all that a pickle may mention. */
  readonly globals: ReadonlyMap<string, PickleGlobal>
  /** What a persistent id stands for: PyTorch's storages are outside the pickle. */
  readonly persistent: (id: unknown, refuse: Refuse) => unknown
  /**
   * Completes what one of the `globals` made, where it is part of the value; `refuse` knows that place. Returns whether
   * it is such a thing.
   */
  readonly complete: (made: object, refuse: Refuse) => boolean
  /** Sets the state of what one of the `globals` made. Returns whether it is such a thing. */
  readonly build: (made: object, state: unknown) => boolean
  /** What becomes of what is no value: an error with its place, or an `Unreadable`. */
  readonly unreadable: 'refuse' | 'keep'
  readonly allowance: Allowance
}

/** Bytes of an integer: 8 hold PyTorch's largest seeds. */
const MAX_LONG = 64
const MAX_GLOBAL_NAME = 512

/** The stack machine. Every method that reads checks that the bytes are there; every pop, that a value is. */
class Machine {
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

/** An instance of an unknown class, and not a row of a table, which all files share. */
const isObject = (value: unknown): value is Unreadable => value instanceof Unreadable && !(value instanceof Callable)

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const NEWLINE = 0x0a
const PROTO = 0x80
const STOP = 0x2e

interface Opcode {
  readonly name: string
  /** What it takes of the allowance beyond a step, where that is always the same. */
  readonly cost?: number
  /** Absent where the opcode is refused. */
  readonly run?: (machine: Machine) => void
}

const code = (char: string): number => char.charCodeAt(0)

/** Every opcode of protocols 0 to 5. Those of protocol 0 have no action. */
const opcodes: ReadonlyMap<number, Opcode> = new Map<number, Opcode>([
  [
    PROTO,
    {
      name: 'PROTO',
      run: (m) => {
        const version = m.byte()
        if (version < 2 || version > 5) m.refuse(`protocol ${version}; 2 to 5 are read`)
      },
    },
  ],
  // A frame is a hint for reading ahead; its length must still be there.
  [
    0x95,
    {
      name: 'FRAME',
      run: (m) => {
        m.uint64()
      },
    },
  ],

  [code('N'), { name: 'NONE', run: (m) => m.push(null) }],
  [0x88, { name: 'NEWTRUE', run: (m) => m.push(true) }],
  [0x89, { name: 'NEWFALSE', run: (m) => m.push(false) }],
  [code('J'), { name: 'BININT', run: (m) => m.push(m.int32()) }],
  [code('K'), { name: 'BININT1', run: (m) => m.push(m.byte()) }],
  [code('M'), { name: 'BININT2', run: (m) => m.push(m.uint16()) }],
  [0x8a, { name: 'LONG1', run: (m) => m.push(m.long(m.byte())) }],
  [0x8b, { name: 'LONG4', run: (m) => m.push(m.long(m.uint32())) }],
  [code('G'), { name: 'BINFLOAT', run: (m) => m.push(m.float()) }],

  [code('X'), { name: 'BINUNICODE', run: (m) => m.push(m.text(m.uint32())) }],
  [0x8c, { name: 'SHORT_BINUNICODE', run: (m) => m.push(m.text(m.byte())) }],
  [0x8d, { name: 'BINUNICODE8', run: (m) => m.push(m.text(m.uint64())) }],
  // Texts of Python 2, which PyTorch reads as UTF-8.
  [code('U'), { name: 'SHORT_BINSTRING', run: (m) => m.push(m.text(m.byte())) }],
  [code('T'), { name: 'BINSTRING', run: (m) => m.push(m.text(m.uint32())) }],
  [code('C'), { name: 'SHORT_BINBYTES', run: (m) => m.push(m.copy(m.byte())) }],
  [code('B'), { name: 'BINBYTES', run: (m) => m.push(m.copy(m.uint32())) }],
  [0x8e, { name: 'BINBYTES8', run: (m) => m.push(m.copy(m.uint64())) }],
  [0x96, { name: 'BYTEARRAY8', run: (m) => m.push(m.copy(m.uint64())) }],

  [code(']'), { name: 'EMPTY_LIST', cost: COST.list, run: (m) => m.push([]) }],
  [code('a'), { name: 'APPEND', run: (m) => m.append([m.pop()]) }],
  [code('e'), { name: 'APPENDS', run: (m) => m.append(m.popToMark()) }],
  [code('l'), { name: 'LIST', cost: COST.list, run: (m) => m.push(m.popToMark()) }],
  [code(')'), { name: 'EMPTY_TUPLE', cost: COST.list, run: (m) => m.push(tuple([])) }],
  [code('t'), { name: 'TUPLE', cost: COST.list, run: (m) => m.push(tuple(m.popToMark())) }],
  [0x85, { name: 'TUPLE1', cost: COST.list, run: (m) => m.push(m.popTuple(1)) }],
  [0x86, { name: 'TUPLE2', cost: COST.list, run: (m) => m.push(m.popTuple(2)) }],
  [0x87, { name: 'TUPLE3', cost: COST.list, run: (m) => m.push(m.popTuple(3)) }],
  [code('}'), { name: 'EMPTY_DICT', cost: COST.table, run: (m) => m.push(new Map()) }],
  [code('d'), { name: 'DICT', cost: COST.table, run: (m) => m.push(m.setPairs(new Map(), m.popToMark())) }],
  [code('s'), { name: 'SETITEM', run: (m) => m.setItems(m.popTuple(2)) }],
  [code('u'), { name: 'SETITEMS', run: (m) => m.setItems(m.popToMark()) }],
  [0x8f, { name: 'EMPTY_SET', cost: COST.table, run: (m) => m.push(new Set()) }],
  [0x90, { name: 'ADDITEMS', run: (m) => m.addItems(m.popToMark()) }],
  [0x91, { name: 'FROZENSET', cost: COST.table, run: (m) => m.push(m.addTo(new Set(), m.popToMark())) }],

  [code('('), { name: 'MARK', run: (m) => m.mark() }],
  [
    code('0'),
    {
      name: 'POP',
      run: (m) => {
        m.pop()
      },
    },
  ],
  [
    code('1'),
    {
      name: 'POP_MARK',
      run: (m) => {
        m.popToMark()
      },
    },
  ],
  [code('2'), { name: 'DUP', run: (m) => m.push(m.top()) }],
  [code('q'), { name: 'BINPUT', cost: COST.entry, run: (m) => m.remember(m.byte()) }],
  [code('r'), { name: 'LONG_BINPUT', cost: COST.entry, run: (m) => m.remember(m.uint32()) }],
  [0x94, { name: 'MEMOIZE', cost: COST.entry, run: (m) => m.remember(m.memo.size) }],
  [code('h'), { name: 'BINGET', run: (m) => m.recall(m.byte()) }],
  [code('j'), { name: 'LONG_BINGET', run: (m) => m.recall(m.uint32()) }],

  [code('c'), { name: 'GLOBAL', cost: COST.table, run: (m) => m.global(m.line(), m.line()) }],
  [
    0x93,
    {
      name: 'STACK_GLOBAL',
      cost: COST.table,
      run: (m) => {
        const [module, name] = m.popTuple(2)
        if (typeof module !== 'string' || typeof name !== 'string') m.refuse('a name that is no text')
        m.global(module, name)
      },
    },
  ],
  [code('R'), { name: 'REDUCE', run: (m) => m.call() }],
  // An instance of a class is made without its constructor; to what is read here it makes no difference.
  [0x81, { name: 'NEWOBJ', run: (m) => m.call() }],
  [0x92, { name: 'NEWOBJ_EX', run: (m) => m.callByName() }],
  [code('b'), { name: 'BUILD', run: (m) => m.build() }],
  [code('Q'), { name: 'BINPERSID', cost: COST.list, run: (m) => m.persistent() }],

  ...(
    [
      // Protocol 0 and 1: texts, which no pickle of protocol 2 or later has.
      ['I', 'INT'],
      ['L', 'LONG'],
      ['F', 'FLOAT'],
      ['S', 'STRING'],
      ['V', 'UNICODE'],
      ['p', 'PUT'],
      ['g', 'GET'],
      ['P', 'PERSID'],
      ['i', 'INST'],
      ['o', 'OBJ'],
      // A process-wide registry of classes, and buffers outside the file.
      ['\x82', 'EXT1'],
      ['\x83', 'EXT2'],
      ['\x84', 'EXT4'],
      ['\x97', 'NEXT_BUFFER'],
      ['\x98', 'READONLY_BUFFER'],
    ] as const
  ).map(([char, name]): [number, Opcode] => [code(char), { name }]),
])

/** The same by their bytes. */
const byCode: readonly (Opcode | undefined)[] = Array.from({ length: 256 }, (_, byte) => opcodes.get(byte))

/**
 * The value of a pickle.
 *
 * @param record the name of the record, for messages.
 * @throws CheckpointError (`pt`) for anything outside the tables, anything malformed, containers nested deeper than 100
 * or within themselves, values that are shared so often that walking them would not end, and more than the allowance.
 */
export function unpickle(bytes: Uint8Array, world: PickleWorld, record: string): PickleValue {
  const { value, end } = runPickle(bytes, world, record, 0)
  if (end !== bytes.length)
    refuseAt('pt', `record ${quote(record)}, byte ${end}`)(`${bytes.length - end} bytes follow its end`)
  return complete(value, world)
}

/** One of several pickles in a row. What it made is still to be completed. */
export const runPickle = (
  bytes: Uint8Array,
  world: PickleWorld,
  record: string,
  start: number,
): { value: unknown; end: number } => new Machine(bytes, world, record, start).run()
