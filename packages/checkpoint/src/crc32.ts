/** CRC-32 as zip uses it (polynomial 0xEDB88320, reflected), four bytes at a step. */

const POLYNOMIAL = 0xedb88320

/** `tables[k * 256 + b]` is the checksum of byte `b` followed by `k` zero bytes. */
const tables: Int32Array = makeTables()

function makeTables(): Int32Array {
  const rows = new Int32Array(4 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1
    rows[byte] = value
  }
  for (let i = 256; i < rows.length; i++) rows[i] = (rows[i - 256]! >>> 8) ^ rows[rows[i - 256]! & 0xff]!
  return rows
}

/** The checksum of `bytes`, as an unsigned 32-bit number; `before` is that of the bytes before them. */
export function crc32(bytes: Uint8Array, before: number = 0): number {
  let crc = ~before
  let i = 0
  for (; i + 4 <= bytes.length; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    crc =
      tables[768 + (crc & 0xff)]! ^
      tables[512 + ((crc >>> 8) & 0xff)]! ^
      tables[256 + ((crc >>> 16) & 0xff)]! ^
      tables[crc >>> 24]!
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[i]!) & 0xff]!
  return ~crc >>> 0
}
