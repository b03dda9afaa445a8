/** The numbers that a work starts from, written once and read by every peer: `work.json` says where what lies in `work.bin`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ARRAYS = { float32: Float32Array, int32: Int32Array }

/** @param tensors name to { dtype, shape, data }: PyTorch's keys for weights, `x0`... and `y0`... for batches */
export function writeData(folder, work, tensors) {
  let offset = 0
  const entries = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    const entry = { name, dtype, shape, offset }
    offset += data.byteLength
    return entry
  })
  const all = Object.values(tensors).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  writeFileSync(join(folder, 'work.bin'), Buffer.concat(all))
  writeFileSync(join(folder, 'work.json'), JSON.stringify({ work, tensors: entries }))
}

/** @returns the work, its `weights` and `operands` by name, and its `batches` as [x, y] */
export function readData(folder) {
  const { work, tensors } = JSON.parse(readFileSync(join(folder, 'work.json'), 'utf8'))
  const bytes = readFileSync(join(folder, 'work.bin'))
  const all = tensors.map(({ name, dtype, shape, offset }) => {
    const length = shape.reduce((product, size) => product * size, 1)
    const data = new ARRAYS[dtype](
      bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + offset + 4 * length),
    )
    return { name, dtype, shape, data }
  })
  const named = new Map(all.map((tensor) => [tensor.name, tensor]))
  const batches = []
  for (let i = 0; named.has(`x${i}`) && named.has(`y${i}`); i++) batches.push([named.get(`x${i}`), named.get(`y${i}`)])
  return { work, tensors: all.filter(({ name }) => !/^[xy]\d+$/.test(name)), named, batches }
}
