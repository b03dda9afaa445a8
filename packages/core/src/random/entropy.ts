/** Seeds from the platform's randomness, for generators that nobody seeded. */
import { OptionError } from '../contract/errors.ts'

interface Crypto {
  getRandomValues(array: Uint32Array): Uint32Array
}

/**
 * A fresh non-deterministic seed of 53 bits (so that a double holds it, as in PyTorch's `getNonDeterministicRandom`),
 * from Web Crypto. Without Web Crypto it throws: a seed that only looks random would repeat.
 */
export function entropy(): bigint {
  const { crypto } = globalThis as { crypto?: Crypto }
  if (!crypto)
    throw new OptionError('seed', 'this platform has no crypto.getRandomValues; call manualSeed(seed) instead')
  const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number]
  return (BigInt(high & 0x1fffff) << 32n) | BigInt(low)
}
