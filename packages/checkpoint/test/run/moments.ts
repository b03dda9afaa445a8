/** The same moments in every run: x' = 16807 x mod (2^31 - 1), Park and Miller 1988. Gives numbers in (0, 1). */
export function moments(seed: number): () => number {
  let x = seed
  return () => (x = (x * 16807) % 2147483647) / 2147483647
}
