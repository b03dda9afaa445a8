/** Modules in WebAssembly's binary format (https://webassembly.github.io/spec/core/binary). */
import { isMemoryLane, type Code } from './code.ts'
import type { Callee, FunctionWriter } from './function.ts'
import { BULK, LANE, MEMORY, MEMORY_LANE, PLAIN, type Result, type ValueType } from './instructions.ts'
import type { ModuleWriter } from './module.ts'

const TYPE_CODES: { readonly [T in ValueType]: number } = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }
const VOID = 0x40
const END = 0x0b
/** The most pages of 64 KB that a memory of 32-bit addresses has. */
export const MAX_PAGES = 65536

const OPCODES = new Map<string, number>(
  [PLAIN, LANE, MEMORY, MEMORY_LANE, BULK].flatMap((table) =>
    Object.entries(table).map(([name, row]) => [name, row[0]] as [string, number]),
  ),
)
/** Natural alignment as a power of two; only a hint. */
const ALIGNMENTS = new Map<string, number>([
  ['i32.load8_u', 0],
  ['i32.store8', 0],
  ['v128.load', 4],
  ['v128.store', 4],
  ['v128.load64_zero', 3],
])

/** Bytes that grow. */
class Bytes {
  #data = new Uint8Array(1024)
  length = 0

  #room(count: number): void {
    if (this.length + count <= this.#data.length) return
    const grown = new Uint8Array(2 * (this.length + count))
    grown.set(this.#data.subarray(0, this.length))
    this.#data = grown
  }
  byte(value: number): void {
    this.#room(1)
    this.#data[this.length++] = value
  }
  all(values: ArrayLike<number>): void {
    this.#room(values.length)
    this.#data.set(values, this.length)
    this.length += values.length
  }
  /** LEB128 without sign. */
  unsigned(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80)
      rest = Math.floor(rest / 128)
    }
    this.byte(rest)
  }
  /** LEB128 with sign, of an integer below 2^53. */
  signed(value: number): void {
    let rest = value
    for (;;) {
      const low = ((rest % 128) + 128) % 128
      rest = Math.floor(rest / 128)
      if ((rest === 0 && low < 64) || (rest === -1 && low >= 64)) return this.byte(low)
      this.byte(low | 0x80)
    }
  }
  /** A section or body: its length, then itself. */
  sized(content: Bytes): void {
    this.unsigned(content.length)
    this.all(content.view())
  }
  string(text: string): void {
    this.unsigned(text.length)
    this.all(Array.from(text, (c) => c.codePointAt(0)!))
  }
  view(): Uint8Array<ArrayBuffer> {
    return this.#data.subarray(0, this.length)
  }
}

function opcode(out: Bytes, code: number): void {
  if (code < 0x1000) return out.byte(code)
  out.byte(code >> 12)
  out.unsigned(code & 0xfff)
}

const floats = new DataView(new ArrayBuffer(8))

type Special = (out: Bytes, code: Code) => void
const nested = (out: Bytes, codes: readonly Code[]): void => {
  for (const code of codes) instruction(out, code)
}
/** Instructions with a form of their own. */
const special: Readonly<Record<string, Special>> = {
  'local.get': (out, { immediate }) => indexed(out, 0x20, immediate!),
  'local.set': (out, { immediate }) => indexed(out, 0x21, immediate!),
  'local.tee': (out, { immediate }) => indexed(out, 0x22, immediate!),
  call: (out, { immediate }) => indexed(out, 0x10, immediate!),
  br_if: (out, { immediate }) => indexed(out, 0x0d, immediate!),
  return: (out) => out.byte(0x0f),
  drop: (out) => out.byte(0x1a),
  select: (out) => out.byte(0x1b),
  'i32.const': (out, { immediate }) => {
    out.byte(0x41)
    out.signed(immediate!)
  },
  'i64.const': (out, { immediate }) => {
    out.byte(0x42)
    out.signed(immediate!)
  },
  'f32.const': (out, { immediate }) => {
    floats.setFloat32(0, immediate!, true)
    out.byte(0x43)
    out.all(new Uint8Array(floats.buffer, 0, 4))
  },
  'f64.const': (out, { immediate }) => {
    floats.setFloat64(0, immediate!, true)
    out.byte(0x44)
    out.all(new Uint8Array(floats.buffer))
  },
  'v128.const': (out, { bytes }) => {
    opcode(out, 0xfd00c)
    out.all(bytes!)
  },
  'i8x16.shuffle': (out, { bytes }) => {
    opcode(out, 0xfd00d)
    out.all(bytes!)
  },
  block: (out, { body }) => {
    out.byte(0x02)
    out.byte(VOID)
    nested(out, body!)
    out.byte(END)
  },
  loop: (out, { body }) => {
    out.byte(0x03)
    out.byte(VOID)
    nested(out, body!)
    out.byte(END)
  },
  if: (out, { body, otherwise }) => {
    out.byte(0x04)
    out.byte(VOID)
    nested(out, body!)
    if (otherwise !== undefined) {
      out.byte(0x05)
      nested(out, otherwise)
    }
    out.byte(END)
  },
  'memory.copy': (out) => {
    opcode(out, BULK['memory.copy'][0])
    out.all([0, 0])
  },
  'memory.fill': (out) => {
    opcode(out, BULK['memory.fill'][0])
    out.byte(0)
  },
}

function indexed(out: Bytes, code: number, index: number): void {
  out.byte(code)
  out.unsigned(index)
}

function instruction(out: Bytes, code: Code): void {
  for (const arg of code.args) instruction(out, arg)
  const form = special[code.op]
  if (form !== undefined) return form(out, code)
  opcode(out, OPCODES.get(code.op)!)
  if (code.offset !== undefined) {
    out.unsigned(ALIGNMENTS.get(code.op) ?? 2)
    out.unsigned(code.offset)
  }
  if (code.immediate !== undefined && (code.offset === undefined || isMemoryLane(code.op))) out.byte(code.immediate)
}

function bodyOf(f: FunctionWriter): Bytes {
  const out = new Bytes()
  const runs: [ValueType, number][] = []
  for (const type of f.locals) {
    const last = runs.at(-1)
    if (last?.[0] === type) last[1]++
    else runs.push([type, 1])
  }
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

export function encode(module: ModuleWriter): Uint8Array<ArrayBuffer> {
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
