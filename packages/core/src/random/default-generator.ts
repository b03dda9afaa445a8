/** The generator that is used where none is given. */
import { Generator, MANUAL_SEED } from './generator.ts'

/**
 * The generator that draws where none is named. It is seeded from the platform's randomness at its first use, so that importing
 * costs nothing.
 */
export const defaultGenerator: Generator = /* @__PURE__ */ new Generator('entropy')

/**
 * Restarts the default generator at `seed` and returns it: `torch.manual_seed`. See Generator.manualSeed.
 * @throws OptionError if the seed is not finite or outside [-2^63, 2^64 - 1].
 */
export function manualSeed(seed: number | bigint): Generator {
  MANUAL_SEED.read(arguments)
  return defaultGenerator.manualSeed(seed)
}
