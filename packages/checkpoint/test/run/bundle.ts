/** Programs of the tests as one file of JavaScript, from the sources: nothing has to be built before. */
import { build } from 'esbuild'

export async function bundle(source: string, platform: 'node' | 'browser'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform,
    target: 'es2022',
    conditions: ['@glissade/source'],
    write: false,
  })
  return outputFiles[0]!.text
}

/** The same moments in every run: x' = 16807 x mod (2^31 - 1), Park and Miller 1988. Gives numbers in (0, 1). */
export function moments(seed: number): () => number {
  let x = seed
  return () => (x = (x * 16807) % 2147483647) / 2147483647
}
