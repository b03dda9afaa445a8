/** Random files: how many, and from which seed. FUZZ_FILES and FUZZ_SEED ask for more of them and for others. */

/** Files of all fuzzers together. */
export const FILES = Number(process.env['FUZZ_FILES'] ?? 10_000)
export const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_123)

export type Random = (n: number) => number

/** Uniform integers below `n` from Marsaglia's xorshift32 (2003), which is the same everywhere. */
export function randomIntegers(seed: number): Random {
  let state = (seed << 1) | 1
  return (n) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
}
