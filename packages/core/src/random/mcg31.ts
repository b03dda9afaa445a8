/**
 * Bernoulli masks as PyTorch's MKL builds draw them on Intel processors (`bernoulli_mkl_kernel`): a stream of Intel's
 * MCG31m1, a multiplicative congruential generator of 31 bits (P. L'Ecuyer, Mathematics of Computation 68, 1999).
 */
import type { NumberArray } from './generator.ts'

const MODULUS = 0x7fffffff
const MULTIPLIER = 1132489760
const MULTIPLIER_HIGH = MULTIPLIER >>> 16
const MULTIPLIER_LOW = MULTIPLIER & 0xffff

/**
 * Writes 1 where u < p, else 0. x0 = seed mod (2^31 - 1), or 1 if that is 0; u_k = x_k / (2^31 - 1);
 * x_(k+1) = 1132489760 x_k mod (2^31 - 1). The first u comes from x0 itself.
 */
export function fillBernoulliMcg31(out: NumberArray, p: number, seed: number): void {
  let x = seed % MODULUS || 1
  for (let i = 0; i < out.length; i++) {
    out[i] = x / MODULUS < p ? 1 : 0
    // The product has 62 bits: multiplied in two steps, each below 2^48.
    x = (((MULTIPLIER_HIGH * x) % MODULUS) * 65536 + MULTIPLIER_LOW * x) % MODULUS
  }
}
