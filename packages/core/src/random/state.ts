/**
 * Generator states as bytes, in the layout of PyTorch's `CPUGeneratorImplState`, so that `torch.get_rng_state()` and
 * `torch.set_rng_state()` exchange them with this library. 5056 bytes, little-endian:
 *
 * | offset | type      | content                                                             |
 * | ------ | --------- | ------------------------------------------------------------------- |
 * | 0      | u64       | initial seed                                                        |
 * | 8      | i32       | left: draws until the next twist                                    |
 * | 12     | i32       | seeded: 1                                                           |
 * | 16     | u64       | next: index of the next word                                        |
 * | 24     | 624 x u64 | the words, 32 bits each                                             |
 * | 5016   | f64       | normal_x: unused, 0                                                 |
 * | 5024   | f64       | normal_y: the cached normal, or 0                                   |
 * | 5032   | f64       | normal_rho: unused, 0                                               |
 * | 5040   | i32       | normal_is_valid: whether there is a cached normal; 4 bytes padding  |
 * | 5048   | f32       | cached float normal: no CPU kernel of PyTorch writes it, 0          |
 * | 5052   | u8        | whether there is a cached float normal: 0; 3 bytes padding          |
 *
 * Compared byte for byte with PyTorch 1.13.1 and 2.13.0 on x86-64. A float cache in a given state is dropped.
 */
import type { OwnBytes } from '../contract/dtype.ts'
import { OptionError } from '../contract/errors.ts'
import { WORDS, type Mt19937State } from './mt19937.ts'

const BYTES = 5056
const LEFT = 8
const SEEDED = 12
const NEXT = 16
const STATE = 24
const NORMAL_Y = 5024
const NORMAL_IS_VALID = 5040

export interface GeneratorSnapshot {
  readonly engine: Mt19937State
  readonly cachedNormal: number | undefined
}

export function encodeState({ engine, cachedNormal }: GeneratorSnapshot): OwnBytes {
  const bytes = new Uint8Array(BYTES)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, engine.seed, true)
  view.setInt32(LEFT, engine.left, true)
  view.setInt32(SEEDED, 1, true)
  view.setUint32(NEXT, engine.next, true)
  for (let k = 0; k < WORDS; k++) view.setUint32(STATE + 8 * k, engine.words[k]!, true)
  if (cachedNormal !== undefined) {
    view.setFloat64(NORMAL_Y, cachedNormal, true)
    view.setInt32(NORMAL_IS_VALID, 1, true)
  }
  return bytes
}

/** Reads a state; throws an OptionError naming setState when it has another size or counters that no engine can have. */
export function decodeState(bytes: Uint8Array): GeneratorSnapshot {
  if (bytes.length !== BYTES) {
    throw new OptionError(
      'setState',
      `Expected a CPUGeneratorImplState of size ${BYTES} but found the input RNG state size to be ${bytes.length}`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, BYTES)
  const left = view.getInt32(LEFT, true)
  const next = view.getUint32(NEXT, true)
  // left - 1 draws are taken from word `next` on before the next twist, so these words must exist.
  const valid = view.getInt32(SEEDED, true) !== 0 && left > 0 && left <= WORDS && next + left - 1 <= WORDS
  if (!valid) throw new OptionError('setState', `Invalid mt19937 state (left ${left}, next ${next})`)
  const words = new Uint32Array(WORDS)
  for (let k = 0; k < WORDS; k++) words[k] = view.getUint32(STATE + 8 * k, true)
  const cachedNormal = view.getInt32(NORMAL_IS_VALID, true) !== 0 ? view.getFloat64(NORMAL_Y, true) : undefined
  return { engine: { seed: view.getBigUint64(0, true), left, next, words }, cachedNormal }
}
