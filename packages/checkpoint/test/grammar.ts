/** Files made by their grammar: whole ones of any content, in every way that their formats can say it. */
import { fileDTypeNames, fileDTypes } from '../src/dtype.ts'
import type { Random } from './random.ts'
import { archiveOf, latin1 } from './tensors.ts'

export const pick = <T>(items: readonly T[], random: Random): T => items[random(items.length)]!

const little = (value: number, bytes: number): string =>
  Array.from({ length: bytes }, (_, i) => String.fromCharCode(Math.floor(value / 256 ** i) & 255)).join('')

const NAMES = [
  '',
  'a',
  'weight',
  'state',
  '__proto__',
  'constructor',
  'toString',
  '0',
  'x.y',
  'q"\\',
  '\u0000',
  '\u00e4\u{1f600}',
]

/** A pickle as a list of opcodes with their operands, and the records that it mentions. */
export interface Program {
  readonly opcodes: string[]
  readonly records: Record<string, Uint8Array>
}

/** A pickle whose value is `value`, which is random: every way to write it may be taken. */
export function programOf(random: Random): Program {
  const opcodes = ['\x80' + pick(['\x02', '\x03', '\x04', '\x05'], random)]
  const records: Record<string, Uint8Array> = {}
  let memo = 0
  let storages = 0
  const op = (...parts: readonly string[]): void => void opcodes.push(parts.join(''))
  const put = (): void => {
    const index = memo++
    const ways = [['q', little(index, 1)], ['r', little(index, 4)], ['\x94']] as const
    op(...ways[index > 255 ? 1 : random(3)]!)
  }
  const text = (value: string): void => {
    const utf8 = String.fromCharCode(...new TextEncoder().encode(value))
    const ways = [['X', 4], ['\x8c', 1], ['\x8d', 8], ['T', 4], ['U', 1]] as const // prettier-ignore
    const [code, width] = pick(ways, random)
    op(code, little(utf8.length, width), utf8)
    if (random(3) === 0) put()
  }
  const integer = (value: number): void => {
    if (value >= 0 && value < 256 && random(2) === 0) return op('K', little(value, 1))
    if (value >= 0 && value < 65536 && random(2) === 0) return op('M', little(value, 2))
    if (random(2) === 0) return op('J', little(value >>> 0, 4))
    op('\x8a\x05', little(value >>> 0, 4), value < 0 ? '\xff' : '\0')
  }
  const items = (count: number, each: (i: number) => void): void => {
    for (let i = 0; i < count; i++) each(i)
  }
  const tuple = (count: number, each: (i: number) => void): void => {
    const short = count > 0 && count < 4 && random(2) === 0
    if (!short) op('(')
    items(count, each)
    op(short ? String.fromCharCode(0x84 + count) : 't')
    if (random(3) === 0) put()
  }
  const global = (module: string, name: string): void => {
    if (random(2) === 0) return op('c', module, '\n', name, '\n')
    text(module)
    text(name)
    op('\x93')
  }
  const key = (): void => (random(2) === 0 ? text(pick(NAMES, random)) : integer(random(300)))

  const tensor = (): void => {
    const dtype = pick(fileDTypeNames.filter((name) => fileDTypes[name].storage !== undefined), random) // prettier-ignore
    const { bytes, storage } = fileDTypes[dtype]
    const length = random(12)
    // Bytes of 0 and 1 are of every type, and no wide integer leaves 32 bits.
    const content = Uint8Array.from({ length: length * bytes }, (_, i) => (i % bytes === 0 ? random(2) : 0))
    const name = String(storages++)
    records[`data/${name}`] = content
    const shape = Array.from({ length: random(3) }, () => random(4))
    const strides = shape.map(() => random(3))
    const last = shape.reduce((at, size, i) => at + Math.max(0, size - 1) * strides[i]!, 0)
    const fits = shape.includes(0) || last < length
    const ints = (values: readonly number[]): void => tuple(values.length, (i) => integer(values[i]!))
    global('torch._utils', '_rebuild_tensor_v2')
    op('((')
    text('storage')
    global('torch', storage!)
    text(name)
    text('cpu')
    integer(length)
    op('tQ')
    integer(0)
    ints(fits ? shape : [0])
    ints(fits ? strides : [1])
    op('\x89')
    global('collections', 'OrderedDict')
    op(')RtR')
  }

  const value = (depth: number): void => {
    // What leaves the stack as it was.
    if (random(20) === 0) op(pick(['N0', '(1', '(NN1', `\x95${little(0, 8)}`, 'K\x01200'], random))
    const leaves: readonly (() => void)[] = [
      () => op(pick(['N', '\x88', '\x89'], random)),
      () => integer(random(1 << 20) - (1 << 19)),
      () => op('G', ...Array.from({ length: 8 }, () => String.fromCharCode(random(256)))),
      () => text(pick(NAMES, random)),
      () => op('\x8a\x09', ...Array.from({ length: 9 }, () => String.fromCharCode(random(256)))),
      () => op(pick(['C\x02ab', `B${little(2, 4)}ab`, `\x96${little(1, 8)}a`], random)),
      tensor,
    ]
    const inner = (): void => value(depth + 1)
    const pair = (): void => {
      key()
      inner()
    }
    const containers: readonly (() => void)[] = [
      () => {
        op(']')
        if (random(3) === 0) put()
        op('(')
        items(random(4), inner)
        op('e')
      },
      () => {
        op(']')
        inner()
        op('a')
      },
      () => tuple(random(5), inner),
      () => {
        if (random(2) === 0) op('}')
        else {
          global('collections', 'OrderedDict')
          op(')R')
        }
        if (random(3) === 0) put()
        op('(')
        items(random(4), pair)
        op('u')
      },
      () => {
        op('(')
        items(random(3), pair)
        op('d')
      },
      () => {
        op(random(2) === 0 ? '\x8f(' : '(')
        const isEmpty = opcodes.at(-1) === '\x8f('
        items(random(4), key)
        op(isEmpty ? '\x90' : '\x91')
      },
    ]
    pick(depth > 3 || random(2) === 0 ? leaves : containers, random)()
  }
  value(0)
  op('.')
  return { opcodes, records }
}

export const archiveOfProgram = ({ opcodes, records }: Program): Uint8Array =>
  archiveOf(latin1(opcodes.join('')), records)

/** Opcodes that do what a file should not ask for. */
const HOSTILE = ['cos\nsystem\n', 'c__builtin__\neval\n(X\x01\0\0\x001tR', 'ctorch\nFloatStorage\n', 'c__proto__\nconstructor\n', '\x8b\xff\xff\xff\x7f', 'X\xff\xff\xff\x7f', 'r\xff\xff\xff\xff', '2a', '\x82\x01', 'h\0h\0', 'b', 'Q', 'R', '}}Ns', '](e\x85'] // prettier-ignore

/** Changes whole opcodes: one more, one less, another, two exchanged. */
export function changeProgram({ opcodes, records }: Program, random: Random): Program {
  const changed = [...opcodes]
  for (let i = random(3); i >= 0; i--) {
    const at = 1 + random(changed.length)
    const changes: readonly (() => void)[] = [
      () => changed.splice(at, 1),
      () => changed.splice(at, 0, pick(changed, random)),
      () => changed.splice(at, 0, pick(HOSTILE, random)),
      () => changed.splice(at, 0, String.fromCharCode(random(256))),
      () => changed.splice(at, 1, ...changed.slice(random(changed.length)).slice(0, 3)),
    ]
    pick(changes, random)()
  }
  const names = Object.keys(records)
  if (names.length === 0 || random(4) > 0) return { opcodes: changed, records }
  const name = pick(names, random)
  return { opcodes: changed, records: { ...records, [name]: new Uint8Array(random(40)) } }
}

/** The header of a safetensors file as its members, and the bytes of its tensors. */
export interface Safetensors {
  readonly members: readonly string[]
  readonly data: Uint8Array
}

export function safetensorsOf(random: Random): Safetensors {
  const space = (): string => pick(['', '', ' ', '\n\t'], random)
  const quoted = (name: string): string =>
    random(3) > 0
      ? JSON.stringify(name)
      : `"${Array.from({ length: name.length }, (_, i) => `\\u${name.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`
  const names = NAMES.filter(() => random(3) === 0)
  let at = 0
  const members = names.map((name) => {
    const dtype = pick(fileDTypeNames, random)
    const shape = Array.from({ length: random(4) }, () => random(4))
    const begin = at
    at += shape.reduce((count, size) => count * size, fileDTypes[dtype].bytes)
    const fields = [
      `"dtype":${space()}"${fileDTypes[dtype].safetensors}"`,
      `"shape":[${shape.join(`,${space()}`)}]`,
      `"data_offsets":[${begin},${at}]`,
    ]
    if (random(2) === 0) fields.reverse()
    return `${quoted(name)}${space()}:{${fields.join(',')}}`
  })
  if (random(3) === 0) members.unshift(`"__metadata__":{${quoted('a')}:${quoted(pick(NAMES, random))}}`)
  return { members, data: new Uint8Array(at) }
}

/** One piece of JSON in the place of another. */
const PIECES = ['0', '-1', '1e400', '9007199254740993', '0.5', 'null', 'true', '""', '"F32"', '"__proto__"', '[]', '[0]', '{}', '[[0]]', '{"dtype":"F32"}'] // prettier-ignore
export function changeSafetensors({ members, data }: Safetensors, random: Random): Safetensors {
  const text = members.join('\n')
  const pieces = [...text.matchAll(/-?\d+|"[^"]*"|\[[^[\]]*\]|\{[^{}]*\}/g)]
  if (pieces.length === 0 || random(5) === 0) return { members, data: new Uint8Array(data.length + random(3)) }
  const { 0: piece, index } = pick(pieces, random)
  const other = random(2) === 0 ? pick(PIECES, random) : pick(pieces, random)[0]
  return { members: (text.slice(0, index) + other + text.slice(index + piece.length)).split('\n'), data }
}

export function fileOfSafetensors({ members, data }: Safetensors): Uint8Array {
  const header = new TextEncoder().encode(`{${members.join(',')}}`)
  const file = new Uint8Array(8 + header.length + data.length)
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
  file.set(header, 8)
  file.set(data, 8 + header.length)
  return file
}
