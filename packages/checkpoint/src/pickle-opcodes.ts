/**
 * What each opcode of pickle does to the stack machine. A table and nothing else: what has no row is refused.
 * Sources: Python's `pickletools` (opcodes, their arguments and stack effects) and PEP 307, 3154 and 574.
 */
import { COST } from './allowance.ts'
import type { Machine } from './pickle-machine.ts'
import { tuple } from './python-values.ts'

interface Opcode {
  readonly name: string
  /** What it takes of the allowance beyond a step, where that is always the same. */
  readonly cost?: number
  /** Absent where the opcode is refused. */
  readonly run?: (machine: Machine) => void
}

export const PROTO = 0x80
export const STOP = 0x2e

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
export const byCode: readonly (Opcode | undefined)[] = Array.from({ length: 256 }, (_, byte) => opcodes.get(byte))
