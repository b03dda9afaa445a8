/**
 * Mutated files: whatever the bytes, a reader returns a value or throws a CheckpointError, soon and within its memory.
 * The seed is fixed; FUZZ_SEED and FUZZ_FILES ask for other files and for more of them (random.ts).
 */
import { describe, expect, test } from 'vitest'
import { isCheckpointError, readPt, readSafetensors, writePt, writeSafetensors, type HostTensor } from '../src/index.ts'
import { Allowance } from '../src/allowance.ts'
import { openZip } from '../src/zip.ts'
import {
  archiveOfProgram,
  changeProgram,
  changeSafetensors,
  fileOfSafetensors,
  pick,
  programOf,
  safetensorsOf,
} from './grammar.ts'
import { FILES, randomIntegers, SEED, type Random } from './random.ts'
import { archiveOf, bits, fixture, vector } from './tensors.ts'

/** Files of each kind; headers of runs have the rest (run/damaged.test.ts). */
const EACH = Math.ceil(FILES / 10)

/** Numbers at which lengths, offsets and counts go wrong. */
const EDGES = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
]

/** One change of some bytes: of a bit, a byte, a number, or of what is there at all. */
const mutations: readonly ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  (bytes, random) => withByte(bytes, random(bytes.length), (byte) => byte ^ (1 << random(8))),
  (bytes, random) => withByte(bytes, random(bytes.length), () => random(256)),
  (bytes, random) => withByte(bytes, random(bytes.length), (byte) => byte + (random(2) === 0 ? 1 : 255)),
  (bytes, random) => {
    const width = [1, 2, 4, 8][random(4)]!
    const at = random(bytes.length)
    const edge = EDGES[random(EDGES.length)]!
    return bytes.map((byte, i) => (i >= at && i < at + width ? Number((edge >> BigInt(8 * (i - at))) & 0xffn) : byte))
  },
  (bytes, random) => bytes.subarray(0, random(bytes.length)),
  (bytes, random) => splice(bytes, random(bytes.length), random(16) + 1, []),
  (bytes, random) =>
    splice(
      bytes,
      random(bytes.length),
      0,
      Array.from({ length: random(16) + 1 }, () => random(256)),
    ),
  (bytes, random) => {
    const from = random(bytes.length)
    return splice(bytes, random(bytes.length), random(32), [...bytes.subarray(from, from + random(64))])
  },
]

function withByte(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[at] = change(bytes[at]!)
  return copy
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: readonly number[]): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)])
}

function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let mutated = bytes
  for (let i = random(3); i >= 0; i--)
    if (mutated.length > 0) mutated = mutations[random(mutations.length)]!(mutated, random)
  return mutated
}

/** Milliseconds for a file of a few kB; the longest seen take a few. Generous, for a machine that does other work. */
const MAX_MS = 2000
const MAX_EXTRA = 1 << 20
/** What may be allocated for one file, with room for the copies that are made on the way. */
const MAX_ALLOCATED = 8 << 20

/** Reads `EACH` files, checks what is promised, and returns how many were read and what the others said. */
function fuzz(
  make: (random: Random) => Uint8Array,
  read: (bytes: Uint8Array) => void,
): { read: number; reasons: Set<string> } {
  const random = randomIntegers(SEED)
  const reasons = new Set<string>()
  let whole = 0
  for (let i = 0; i < EACH; i++) {
    const bytes = make(random)
    const memory = process.memoryUsage().arrayBuffers
    const start = performance.now()
    try {
      read(bytes)
      whole++
    } catch (error) {
      if (!isCheckpointError(error)) throw new Error(`file ${i} of seed ${SEED}: ${String(error)}`, { cause: error })
      reasons.add(error.what.replace(/^it is not valid JSON.*/, 'JSON').replaceAll(/"[^"]*"|-?\d+/g, '#'))
    }
    const [ms, allocated] = [performance.now() - start, process.memoryUsage().arrayBuffers - memory]
    if (ms > MAX_MS || allocated > MAX_ALLOCATED)
      throw new Error(`file ${i} of seed ${SEED}: ${ms} ms, ${allocated} bytes`)
  }
  return { read: whole, reasons }
}

/** Fuzzing that no longer gets past the first check would say nothing. */
function expectBroad(outcome: { read: number; reasons: Set<string> }, least: { read: number; reasons: number }): void {
  if (EACH < 1000) return
  expect(outcome.read).toBeGreaterThan(least.read)
  expect(outcome.reasons.size).toBeGreaterThan(least.reasons)
}

describe(`${EACH} files of each kind of seed ${SEED}`, { timeout: 300_000 }, () => {
  const small: HostTensor = { dtype: 'int32', shape: [2], data: Int32Array.of(1, 2), as: 'int64' }
  const safetensors = [
    fixture('torch-2.13/dtypes.safetensors'),
    writeSafetensors({ a: vector(1, 2), b: small }, { format: 'pt' }),
    writeSafetensors({}),
  ]

  const readAgain = (bytes: Uint8Array): void => {
    const { tensors, metadata } = readSafetensors(bytes)
    writeSafetensors(tensors, metadata)
  }

  test('safetensors, bytes anywhere', () => {
    expectBroad(
      fuzz((random) => mutate(pick(safetensors, random), random), readAgain),
      { read: 20, reasons: 10 },
    )
  })

  test('safetensors, the header with its length made right', () => {
    const make = (random: Random): Uint8Array => {
      const file = pick(safetensors, random)
      const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
      const header = mutate(file.subarray(8, 8 + length), random)
      const start = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer)
      return Uint8Array.from([...start, ...header, ...file.subarray(8 + length)])
    }
    expectBroad(fuzz(make, readAgain), { read: 40, reasons: 6 })
  })

  const names = ['state-dict', 'optimizer', 'dtypes', 'views', 'values', 'module']
  const archives = [
    ...names.flatMap((name) => [fixture(`torch-1.13/${name}.pt`), fixture(`torch-2.13/${name}.pt`)]),
    fixture('torch-2.13/unsigned.pt'),
    writePt({ w: vector(1, 2), step: 3 }),
  ]

  const readWhole = (bytes: Uint8Array): void => {
    readPt(bytes, { maxExtraBytes: MAX_EXTRA, unreadable: 'keep' })
    writePt(readPt(bytes, { maxExtraBytes: MAX_EXTRA }))
  }
  const others = [fixture('foreign.pt'), fixture('torch-1.13/old-format.pt'), fixture('torch-2.13/old-format.pt')]

  test('.pt, bytes anywhere', () => {
    expectBroad(
      fuzz((random) => mutate(pick([...archives, ...others], random), random), readWhole),
      { read: 60, reasons: 12 },
    )
  })

  test('.pt, the pickle and the storages in an archive that is whole', () => {
    const opened = archives.map((bytes) => {
      const archive = openZip(bytes, new Allowance(Infinity))
      return archive.names.map((name) => ({ name: name.slice(name.indexOf('/') + 1), bytes: archive.read(name) }))
    })
    const make = (random: Random): Uint8Array => {
      const records = pick(opened, random)
      const victim = random(4) === 0 ? random(records.length) : records.findIndex(({ name }) => name === 'data.pkl')
      const changed = records.map(({ name, bytes }, i) => [name, i === victim ? mutate(bytes, random) : bytes] as const)
      const { 'data.pkl': pickle, ...rest } = Object.fromEntries(changed)
      return archiveOf(pickle!, rest)
    }
    expectBroad(fuzz(make, readWhole), { read: 60, reasons: 20 })
  })

  test('safetensors made by the grammar are read, and written as they were', () => {
    const make = (random: Random): Uint8Array => fileOfSafetensors(safetensorsOf(random))
    const { reasons } = fuzz(make, (bytes) => {
      const { tensors, metadata } = readSafetensors(bytes)
      const again = readSafetensors(writeSafetensors(tensors, metadata))
      expect([...again.metadata]).toEqual([...metadata])
      for (const [name, tensor] of tensors) expect(bits(again.tensors.get(name)!)).toEqual(bits(tensor))
      expect(again.tensors.size).toBe(tensors.size)
    })
    expect([...reasons]).toEqual([])
  })

  test('safetensors made by the grammar, with other pieces of JSON in them', () => {
    const make = (random: Random): Uint8Array => fileOfSafetensors(changeSafetensors(safetensorsOf(random), random))
    expectBroad(fuzz(make, readAgain), { read: 40, reasons: 12 })
  })

  test('.pt made by the grammar are read, and written as they were', () => {
    const make = (random: Random): Uint8Array => archiveOfProgram(programOf(random))
    const { reasons } = fuzz(make, (bytes) => {
      const value = readPt(bytes, { maxExtraBytes: MAX_EXTRA })
      expect(readPt(writePt(value))).toEqual(value)
    })
    expect([...reasons]).toEqual([])
  })

  test('.pt made by the grammar, with other opcodes in them', () => {
    const make = (random: Random): Uint8Array => archiveOfProgram(changeProgram(programOf(random), random))
    expectBroad(fuzz(make, readWhole), { read: 60, reasons: 20 })
  })
})
