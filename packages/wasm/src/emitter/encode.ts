/** Modules in WebAssembly's binary format (https://webassembly.github.io/spec/core/binary). */
import type { OwnBytes } from '@glissade/core/backend'
import type { Code } from './code.ts'
import type { Callee, FunctionWriter } from './function.ts'
import { BULK, instructionsOf, LANE, MEMORY, MEMORY_LANE, PLAIN, type Result, type ValueType } from './instructions.ts'
import type { ModuleWriter } from './module.ts'

const TYPE_CODES: { readonly [T in ValueType]: number } = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }
const VOID = 0x40
const ELSE = 0x05
const END = 0x0b
/** The most pages of 64 KB that a memory of 32-bit addresses has. */
export const MAX_PAGES = 65536

/** Natural alignment as a power of two; only a hint. */
const ALIGNMENTS: Readonly<Record<string, number>> = {
  'i32.load8_u': 0,
  'i32.store8': 0,
  'v128.load': 4,
  'v128.store': 4,
  'v128.load64_zero': 3,
}

/**
 * Bytes that grow. A program is tens of thousands of them, most of them written by code that is not yet optimised, so the
 * ways are short.
 */
class Bytes {
  #data = new Uint8Array(1024)
  length = 0

  #grow(count: number): void {
    const grown = new Uint8Array(2 * (this.length + count))
    grown.set(this.#data.subarray(0, this.length))
    this.#data = grown
  }
  byte(value: number): void {
    if (this.length === this.#data.length) this.#grow(1)
    this.#data[this.length++] = value
  }
  all(values: ArrayLike<number>): void {
    if (this.length + values.length > this.#data.length) this.#grow(values.length)
    this.#data.set(values, this.length)
    this.length += values.length
  }
  /** LEB128 without sign. */
  unsigned(value: number): void {
    if (value <= 0x7f) return this.byte(value)
    this.byte((value & 0x7f) | 0x80)
    this.unsigned(Math.floor(value / 128))
  }
  /** LEB128 with sign, of an integer below 2^53. */
  signed(value: number): void {
    if (value >= -64 && value < 64) return this.byte(value & 0x7f)
    this.byte((((value % 128) + 128) % 128) | 0x80)
    this.signed(Math.floor(value / 128))
  }
  /** A section or body: its length, then itself. */
  sized(content: Bytes): void {
    this.unsigned(content.length)
    this.all(content.view())
  }
  /** Names are ASCII. */
  string(text: string): void {
    this.unsigned(text.length)
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i))
  }
  view(): OwnBytes {
    return this.#data.subarray(0, this.length)
  }
}

const floats = new DataView(new ArrayBuffer(8))

/** Writes what follows the opcode. */
type Immediates = (out: Bytes, code: Code) => void

const place: Immediates = (out, { immediate }) => out.unsigned(immediate!)
const signed: Immediates = (out, { immediate }) => out.signed(immediate!)
const lane: Immediates = (out, { immediate }) => out.byte(immediate!)
const raw: Immediates = (out, { bytes }) => out.all(bytes!)
const zeros =
  (count: number): Immediates =>
  (out) =>
    out.all(new Uint8Array(count))
const address =
  (alignment: number): Immediates =>
  (out, { offset }) => {
    out.unsigned(alignment)
    out.unsigned(offset!)
  }
const body: Immediates = (out, code) => {
  out.byte(VOID)
  nested(out, code.body!)
  if (code.otherwise !== undefined) {
    out.byte(ELSE)
    nested(out, code.otherwise)
  }
  out.byte(END)
}
function nested(out: Bytes, codes: readonly Code[]): void {
  for (let i = 0; i < codes.length; i++) instruction(out, codes[i]!)
}

interface Form {
  readonly opcode: number
  readonly immediates: Immediates | null
}

const formsOf = (
  table: Parameters<typeof instructionsOf>[0],
  immediates: (name: string) => Immediates | null,
): [string, Form][] =>
  instructionsOf(table).map(([name, { opcode }]) => [name, { opcode, immediates: immediates(name) }])
const addressOf = (name: string): Immediates => address(ALIGNMENTS[name] ?? 2)

const FORMS = new Map<string, Form>([
  ['local.get', { opcode: 0x20, immediates: place }],
  ['local.set', { opcode: 0x21, immediates: place }],
  ['local.tee', { opcode: 0x22, immediates: place }],
  ['call', { opcode: 0x10, immediates: place }],
  ['br_if', { opcode: 0x0d, immediates: place }],
  ['return', { opcode: 0x0f, immediates: null }],
  ['drop', { opcode: 0x1a, immediates: null }],
  ['select', { opcode: 0x1b, immediates: null }],
  ['block', { opcode: 0x02, immediates: body }],
  ['loop', { opcode: 0x03, immediates: body }],
  ['if', { opcode: 0x04, immediates: body }],
  ['i32.const', { opcode: 0x41, immediates: signed }],
  ['i64.const', { opcode: 0x42, immediates: signed }],
  [
    'f32.const',
    {
      opcode: 0x43,
      immediates: (out, { immediate }) => {
        floats.setFloat32(0, immediate!, true)
        out.all(new Uint8Array(floats.buffer, 0, 4))
      },
    },
  ],
  [
    'f64.const',
    {
      opcode: 0x44,
      immediates: (out, { immediate }) => {
        floats.setFloat64(0, immediate!, true)
        out.all(new Uint8Array(floats.buffer))
      },
    },
  ],
  ['v128.const', { opcode: 0xfd00c, immediates: raw }],
  ['i8x16.shuffle', { opcode: 0xfd00d, immediates: raw }],
  ...formsOf(PLAIN, () => null),
  ...formsOf(LANE, () => lane),
  ...formsOf(MEMORY, addressOf),
  ...formsOf(MEMORY_LANE, (name) => (out, code) => {
    addressOf(name)(out, code)
    lane(out, code)
  }),
  ...formsOf(BULK, (name) => zeros(name === 'memory.copy' ? 2 : 1)),
])

function instruction(out: Bytes, code: Code): void {
  if (code.args.length > 0) nested(out, code.args)
  const { opcode, immediates } = FORMS.get(code.op)!
  if (opcode < 0x1000) out.byte(opcode)
  else {
    out.byte(opcode >> 12)
    out.unsigned(opcode & 0xfff)
  }
  if (immediates !== null) immediates(out, code)
}

function bodyOf(f: FunctionWriter): Bytes {
  const out = new Bytes()
  const runs: [ValueType, number][] = []
  f.locals.forEach((type) => {
    const last = runs.at(-1)
    if (last?.[0] === type) last[1]++
    else runs.push([type, 1])
  })
  out.unsigned(runs.length)
  for (const [type, count] of runs) {
    out.unsigned(count)
    out.byte(TYPE_CODES[type])
  }
  nested(out, f.body)
  out.byte(END)
  return out
}

/** `[count, entries]` as one section. */
function section(out: Bytes, id: number, count: number, write: (content: Bytes) => void): void {
  const content = new Bytes()
  content.unsigned(count)
  write(content)
  out.byte(id)
  out.sized(content)
}

export function encode(module: ModuleWriter): OwnBytes {
  const { imports, functions, exports } = module
  const keyOf = (params: readonly ValueType[], result: Result): string => `${params.join()}>${result}`
  const types = new Map<string, { index: number; params: readonly ValueType[]; result: Result }>()
  for (const { params, result } of [...imports, ...functions])
    if (!types.has(keyOf(params, result))) types.set(keyOf(params, result), { index: types.size, params, result })

  const out = new Bytes()
  out.all([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
  section(out, 1, types.size, (content) => {
    for (const { params, result } of types.values()) {
      content.byte(0x60)
      content.unsigned(params.length)
      for (const param of params) content.byte(TYPE_CODES[param])
      content.unsigned(result === 'void' ? 0 : 1)
      if (result !== 'void') content.byte(TYPE_CODES[result])
    }
  })
  section(out, 2, imports.length + 1, (content) => {
    for (const f of imports) {
      content.string('env')
      content.string(f.name)
      content.byte(0)
      content.unsigned(types.get(keyOf(f.params, f.result))!.index)
    }
    content.string('env')
    content.string('memory')
    content.byte(2)
    content.byte(module.sharedMemory ? 3 : 0)
    content.unsigned(0)
    if (module.sharedMemory) content.unsigned(MAX_PAGES)
  })
  section(out, 3, functions.length, (content) => {
    for (const f of functions) content.unsigned(types.get(keyOf(f.params, f.result))!.index)
  })
  section(out, 7, exports.length, (content) => {
    for (const f of exports) {
      content.string(f.name)
      content.byte(0)
      content.unsigned(f.index)
    }
  })
  section(out, 10, functions.length, (content) => {
    for (const f of functions) content.sized(bodyOf(f))
  })
  names(out, [...imports, ...functions])
  return out.view().slice()
}

/** The custom section with the names of functions, for profiles and stack traces. */
function names(out: Bytes, functions: readonly Callee[]): void {
  const list = new Bytes()
  list.unsigned(functions.length)
  for (const { index, name } of functions) {
    list.unsigned(index)
    list.string(name)
  }
  const content = new Bytes()
  content.string('name')
  content.byte(1)
  content.sized(list)
  out.byte(0)
  out.sized(content)
}
