/** Programs of the tests as one file of JavaScript, from the sources: nothing has to be built before. */
import { build } from 'esbuild'

export async function bundle(entry: string, platform: 'browser' | 'node'): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform,
    target: 'es2022',
    conditions: ['@glissade/source'],
    write: false,
  })
  return outputFiles[0]!.text
}
