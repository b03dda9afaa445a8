/** Programs of the tests as one file of JavaScript, from the sources: nothing has to be built before. */
import { build, transform } from 'esbuild'

/** @param folder where the program's imports are looked up */
export async function bundle(source: string, folder: string, platform: 'node' | 'browser'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: folder, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform,
    target: 'es2022',
    conditions: ['@glissade/source'],
    write: false,
  })
  return outputFiles[0]!.text
}

/** One module of TypeScript as CommonJS, its imports left to `require`. */
export async function commonjs(source: string): Promise<string> {
  const { code } = await transform(source, { loader: 'ts', format: 'cjs', target: 'es2022' })
  return code
}
