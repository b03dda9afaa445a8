/**
 * The Mersenne Twister mt19937 of M. Matsumoto and T. Nishimura (ACM Transactions on Modeling and Computer Simulation
 * 8, 1998), with the seeding of 2002 and the counters of PyTorch's `at::mt19937`. 32-bit draws only; what numbers are
 * made of them is in generator.ts.
 */
import { entropy } from './entropy.ts'

/** Words of state. */
export const WORDS = 624
/** Distance of the word that is mixed in. */
const MIDDLE = 397
const UPPER = 0x80000000
const LOWER = 0x7fffffff
const MATRIX = 0x9908b0df

/** Everything that the stream depends on, in the terms of PyTorch's `mt19937_data_pod`. */
export interface Mt19937State {
  /** The 64-bit seed that the stream started from; its low 32 bits made the words. */
  readonly seed: bigint
  /** The draw that brings this to zero twists first: 1 after seeding and after 624 draws. */
  readonly left: number
  /** Index of the next word: 0 after seeding, 624 when all are used up. */
  readonly next: number
  /** The 624 words before tempering. */
  readonly words: Uint32Array
}

/** An engine that seeds itself from the platform's randomness when it is first used, unless `reseed` came before. */
export class Mt19937 {
  readonly #words = new Uint32Array(WORDS)
  /** The words after tempering, made a block at a time. */
  readonly #block = new Uint32Array(WORDS)
  #seed: bigint | undefined
  #left = 1
  #next = 0
  #blocks = 0

  /** Another number after every draw and every new beginning. */
  get position(): number {
    return this.#blocks * (WORDS + 1) + this.#next
  }
  /** The 64-bit seed that this stream started from. */
  get seed(): bigint {
    return this.#seed ?? this.reseed(entropy())
  }

  /** Starts the stream of `seed`, an unsigned 64-bit integer; returns it. */
  reseed(seed: bigint): bigint {
    const words = this.#words
    // s[0] = seed mod 2^32;  s[j] = 1812433253 (s[j-1] ^ (s[j-1] >>> 30)) + j  mod 2^32
    let word = Number(BigInt.asUintN(32, seed))
    words[0] = word
    for (let j = 1; j < WORDS; j++) {
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + j) >>> 0
      words[j] = word
    }
    this.#seed = seed
    this.#left = 1
    this.#next = 0
    this.#blocks++
    return seed
  }

  /** The next 32 bits, as a number from 0 to 2^32 - 1. */
  uint32(): number {
    if (--this.#left === 0) this.#advance()
    return this.#block[this.#next++]!
  }

  /** A copy of the state. */
  get state(): Mt19937State {
    return { seed: this.seed, left: this.#left, next: this.#next, words: this.#words.slice() }
  }

  /** Continues from `state`, which state.ts has checked. */
  set state(state: Mt19937State) {
    this.#seed = state.seed
    this.#words.set(state.words)
    this.#temper()
    this.#left = state.left
    this.#next = state.next
    this.#blocks++
  }

  #advance(): void {
    if (this.#seed === undefined) this.reseed(entropy())
    twist(this.#words)
    this.#temper()
    this.#left = WORDS
    this.#next = 0
    this.#blocks++
  }

  #temper(): void {
    const words = this.#words
    const block = this.#block
    for (let k = 0; k < WORDS; k++) {
      let y = words[k]!
      y ^= y >>> 11
      y ^= (y << 7) & 0x9d2c5680
      y ^= (y << 15) & 0xefc60000
      y ^= y >>> 18
      block[k] = y
    }
  }
}

/** y = upper bit of s[k], lower bits of s[k+1];  s[k] = s[k+397] ^ (y >>> 1) ^ (y odd ? MATRIX : 0), indices mod 624 */
function twist(words: Uint32Array): void {
  const split = WORDS - MIDDLE
  let k = 0
  for (; k < split; k++) words[k] = mix(words[k]!, words[k + 1]!, words[k + MIDDLE]!)
  for (; k < WORDS - 1; k++) words[k] = mix(words[k]!, words[k + 1]!, words[k - split]!)
  words[k] = mix(words[k]!, words[0]!, words[k - split]!)
}

function mix(current: number, following: number, middle: number): number {
  // -(y & 1) is all ones for an odd y: no branch on a random bit.
  const y = (current & UPPER) | (following & LOWER)
  return middle ^ (y >>> 1) ^ (-(y & 1) & MATRIX)
}
