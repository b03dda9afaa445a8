/** Bytes between the host and the device: where they come from, how many there are, and in which order they are written and read. */
import { DTYPES, DTYPE_NAMES, type DType, type Slice } from '@glissade/core/backend'
import type { Case } from '../case.ts'
import { isFloat } from '../generators/sample.ts'
import { bytesOf, elementsOf, type Operand } from '../session.ts'
import { all, law, list, same } from './law.ts'

/** Around four, eight and sixteen bytes, and beyond a page. */
const SIZES = [1, 2, 3, 5, 7, 13, 1021, 5003]
/** Where the bytes begin in a larger buffer of the caller. */
const OFFSETS = [1, 2, 3, 4, 8, 13]

const numbers = (dtype: DType, size: number, by = 1): Operand => ({
  type: { dtype, shape: [size] },
  data: list(size, (i) => (dtype === 'bool' ? (i * by) % 2 : dtype === 'uint8' ? (7 * i + by) % 91 : i * by - 3)).map(
    DTYPES[dtype].round,
  ),
})
/** The same bytes somewhere in a buffer of others. */
function within(bytes: Uint8Array, offset: number): Uint8Array {
  const buffer = new Uint8Array(bytes.length + offset + 9).fill(0xee)
  buffer.set(bytes, offset)
  return buffer.subarray(offset, offset + bytes.length)
}

const subarrays = DTYPE_NAMES.flatMap((dtype) =>
  SIZES.map((size, i) => {
    const offset = OFFSETS[i % OFFSETS.length]!
    return law(
      `eager/write/${dtype}/[${size}]/bytes that begin ${offset} into a buffer of the caller`,
      async (session) => {
        const operand = numbers(dtype, size)
        const place = session.room(operand.type)
        session.backend.write(place, within(bytesOf(operand), offset))
        return same(await session.results(place), operand.data, 'what was written', dtype)
      },
      { dtypes: [dtype] },
    )
  }),
)

const INTERLEAVED = 24
const interleaved = (['float32', 'uint8'] as const).flatMap((dtype) =>
  [5, 1021].map((size) =>
    law(
      `eager/write/${dtype}/[${size}]/${INTERLEAVED} writes with a reading after each, from one buffer`,
      async (session) => {
        const place = session.room({ dtype, shape: [size] })
        const values = list(INTERLEAVED).map((k) => numbers(dtype, size, k + 1))
        const staging = new Uint8Array(size * DTYPES[dtype].bytes)
        const readings = values.map((value) => {
          staging.set(bytesOf(value))
          session.backend.write(place, staging)
          const reading = session.backend.read(place)
          staging.fill(0xff)
          return reading
        })
        const got = await Promise.all(readings)
        return all(
          ...got.map((bytes, k) =>
            same(elementsOf(place.type, bytes), values[k]!.data, `reading ${k + 1} of write ${k + 1}`, dtype),
          ),
        )
      },
      { dtypes: [dtype] },
    ),
  ),
)

/** Several values of odd lengths in one storage, each at the next place that is aligned. */
const neighbours = DTYPE_NAMES.map((dtype) =>
  law(
    `eager/write/${dtype}/[7]/values of odd lengths beside each other, written in any order`,
    async (session) => {
      const { alignment } = session.backend.capabilities.limits
      const { bytes } = DTYPES[dtype]
      const sizes = [7, 1, 3, 13, 5, 2]
      let end = 0
      const offsets = sizes.map((size) => {
        const byteOffset = Math.ceil(end / Math.max(alignment, bytes)) * Math.max(alignment, bytes)
        end = byteOffset + size * bytes
        return byteOffset
      })
      const storage = session.allocate(end)
      const placed = sizes.map((size, k): Slice => ({
        storage,
        byteOffset: offsets[k]!,
        type: { dtype, shape: [size] },
      }))
      const values = sizes.map((size, k) => numbers(dtype, size, k + 1))
      for (const k of [3, 0, 5, 1, 4, 2]) session.backend.write(placed[k]!, within(bytesOf(values[k]!), OFFSETS[k]!))
      const got = await Promise.all(placed.map((slice) => session.elements(slice)))
      return all(...got.map((elements, k) => same(elements, values[k]!.data, `value ${k}`, dtype)))
    },
    { dtypes: [dtype] },
  ),
)

/** Elements of a part: whole words, for what is behind a part up to the next word is written with it. */
const PART = 304
const parts = (['float32', 'int32', 'uint8'] as const).map((dtype) =>
  law(
    `eager/read/${dtype}/[1000]/a part of a value, and a part that is written over`,
    async (session) => {
      const { alignment } = session.backend.capabilities.limits
      const whole = session.upload(numbers(dtype, 1000))
      const { bytes } = DTYPES[dtype]
      const step = Math.max(alignment, bytes)
      const skipped = step / bytes
      const part: Slice = {
        storage: whole.storage,
        byteOffset: whole.byteOffset + step,
        type: { dtype, shape: [PART] },
      }
      const want = numbers(dtype, 1000).data
      const early = await session.elements(part)
      const over = numbers(dtype, PART, 5)
      session.backend.write(part, bytesOf(over))
      const late = list(1000, (i) => over.data[i - skipped] ?? want[i]!)
      return all(
        same(early, Array.from(want).slice(skipped, skipped + PART), 'the part', dtype),
        same(await session.results(whole), late, 'the whole after its part was written', dtype),
      )
    },
    { dtypes: [dtype] },
  ),
)

const bits = DTYPE_NAMES.filter(isFloat).map((dtype) =>
  law(
    `eager/read/${dtype}/[9]/special numbers come back as they were written`,
    async (session) => {
      const data = [0, -0, Infinity, -Infinity, 1, -1, 2 ** -126, 0.1, 3]
      const operand: Operand = {
        type: { dtype, shape: [9] },
        data: data.map(DTYPES[dtype].round),
      }
      const got = await session.results(session.upload(operand))
      const wrong = got.findIndex((x, i) => !Object.is(x, operand.data[i]))
      return wrong < 0 ? null : `index ${wrong} of 9: ${got[wrong]}, want ${operand.data[wrong]}`
    },
    { dtypes: [dtype] },
  ),
)

export const hostBytes: readonly Case[] = [...subarrays, ...interleaved, ...neighbours, ...parts, ...bits]
