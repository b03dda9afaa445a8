/** WebAssembly written by hand for one size each, as text and put together by wabt: what this engine's SIMD can do. */
import wabt from 'wabt'
import { CannotError } from '../peers.mjs'
import { sampled } from '../works.mjs'
import { chain, sgd } from './hand-wasm/loops.mjs'
import { sgemm } from './hand-wasm/sgemm.mjs'

const PAGE = 65536
/** Arrays of a power of two apart would share their places in the caches. */
const GAP = 1088

async function instantiate(functions, bytes) {
  const assembler = await wabt()
  const text = `(module (memory (export "memory") ${Math.ceil(bytes / PAGE)})${functions})`
  const { buffer } = assembler.parseWat('hand.wat', text, { simd: true, bulk_memory: true }).toBinary({})
  const { instance } = await WebAssembly.instantiate(buffer)
  return { ...instance.exports, numbers: new Float32Array(instance.exports.memory.buffer) }
}
/** Addresses of arrays of these many numbers, one after another. */
function laidOut(sizes) {
  let end = 0
  const places = {}
  for (const [name, size] of Object.entries(sizes)) {
    places[name] = end
    end += Math.ceil((4 * size + GAP) / 64) * 64
  }
  return { places, bytes: end }
}

const steps = {
  sgemm: async ({ work: { size }, named }) => {
    const square = size * size
    // Depths of 256 and 512 with heights of 32 to 512 measure alike; these leave half of a common second-level cache free.
    const [depth, height] = [256, 128]
    const { places, bytes } = laidOut({
      a: square,
      b: square,
      c: square,
      packedA: depth * height,
      packedB: depth * size,
    })
    const module = await instantiate(sgemm({ size, depth, height, ...places }), bytes)
    for (const name of ['a', 'b']) module.numbers.set(named.get(name).data, places[name] / 4)
    return { step: module.sgemm, result: module.numbers.subarray(places.c / 4, places.c / 4 + square) }
  },
  chain: async ({ work: { size }, named }) => {
    const { places, bytes } = laidOut({ x: size, y: size, z: size, out: size })
    const module = await instantiate(chain({ size, ...places }), bytes)
    for (const [i, name] of ['x', 'y', 'z'].entries()) module.numbers.set(named.get('abc'[i]).data, places[name] / 4)
    return { step: module.chain, result: module.numbers.subarray(places.out / 4, places.out / 4 + size) }
  },
  sgd: async ({ work: { tensors, size, lr, momentum }, named }) => {
    // All tensors of a kind side by side, so that one loop updates them.
    const total = tensors * size
    const { places, bytes } = laidOut({ p: total, g: total, v: total })
    const module = await instantiate(sgd({ size: total, ...places }), bytes)
    for (let i = 0; i < tensors; i++)
      for (const kind of ['p', 'g']) module.numbers.set(named.get(`${kind}${i}`).data, places[kind] / 4 + i * size)
    const end = places.p / 4 + total
    return { step: () => module.sgd(lr, momentum), result: module.numbers.subarray(end - size, end) }
  },
}

export async function start(data) {
  if (!(data.work.kind in steps)) throw new CannotError('not written for this work')
  const { step, result } = await steps[data.work.kind](data)
  return {
    async run(first, count) {
      for (let i = 0; i < count; i++) step()
      return sampled(result)
    },
  }
}
