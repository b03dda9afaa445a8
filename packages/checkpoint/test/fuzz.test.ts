/**
 * Mutated files: whatever the bytes, a reader returns a value or throws a CheckpointError, soon and within its memory.
 * The seed is fixed; FUZZ_SEED and FUZZ_FILES ask for other files and for more of them.
 */
import { describe, expect, test } from 'vitest'
import { isCheckpointError, readPt, readSafetensors, writePt, writeSafetensors, type HostTensor } from '../src/index.ts'
import { Allowance } from '../src/allowance.ts'
import { openZip } from '../src/zip.ts'
import { archiveOf, fixture, vector } from './tensors.ts'

const FILES = Number(process.env['FUZZ_FILES'] ?? 20_000)
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_123)

/** Uniform integers below `n` from Marsaglia's xorshift32 (2003), which is the same everywhere. */
function randomIntegers(seed: number): (n: number) => number {
  let state = (seed << 1) | 1
  return (n) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
}

type Random = (n: number) => number

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

/** Reads `FILES` mutated files, checks what is promised, and returns how many were read and what the others said. */
function fuzz(
  make: (random: Random) => Uint8Array,
  read: (bytes: Uint8Array) => void,
): { read: number; reasons: Set<string> } {
  const random = randomIntegers(SEED)
  const reasons = new Set<string>()
  let whole = 0
  for (let i = 0; i < FILES; i++) {
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
  if (FILES < 20_000) return
  expect(outcome.read).toBeGreaterThan(least.read)
  expect(outcome.reasons.size).toBeGreaterThan(least.reasons)
}

describe(`${FILES} mutated files of seed ${SEED}`, { timeout: 300_000 }, () => {
  const pick = <T>(items: readonly T[], random: Random): T => items[random(items.length)]!

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
      { read: 200, reasons: 15 },
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
    expectBroad(fuzz(make, readAgain), { read: 500, reasons: 15 })
  })

  const names = ['state-dict', 'optimizer', 'dtypes', 'views', 'values', 'module']
  const archives = [
    ...names.flatMap((name) => [fixture(`torch-1.13/${name}.pt`), fixture(`torch-2.13/${name}.pt`)]),
    fixture('torch-2.13/unsigned.pt'),
    writePt({ w: vector(1, 2), step: 3 }),
  ]

  const readWhole = (bytes: Uint8Array): void => {
    writePt(readPt(bytes, { maxExtraBytes: MAX_EXTRA }))
  }

  test('.pt, bytes anywhere', () => {
    expectBroad(
      fuzz((random) => mutate(pick(archives, random), random), readWhole),
      { read: 1000, reasons: 15 },
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
    expectBroad(fuzz(make, readWhole), { read: 1000, reasons: 40 })
  })
})
