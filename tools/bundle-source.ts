/** Programs of the tests as one file of JavaScript, from the sources: nothing has to be built before. */
import { readFile } from 'node:fs/promises'
import { build, transform, type Plugin } from 'esbuild'

/** One source, by the end of its path, with another text. */
export interface Rewrite {
  readonly file: string
  readonly write: (text: string) => string
}
const rewriting = ({ file, write }: Rewrite): Plugin => ({
  name: 'rewriting',
  setup(all) {
    all.onLoad({ filter: /\.ts$/ }, async ({ path }) =>
      path.endsWith(file) ? { contents: write(await readFile(path, 'utf8')), loader: 'ts' } : null,
    )
  },
})

/** @param folder where the program's imports are looked up */
export async function bundle(
  source: string,
  folder: string,
  platform: 'node' | 'browser',
  rewrite?: Rewrite,
): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: folder, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform,
    target: 'es2022',
    conditions: ['@glissade/source'],
    write: false,
    ...(rewrite === undefined ? {} : { plugins: [rewriting(rewrite)] }),
  })
  return outputFiles[0]!.text
}

/** One module of TypeScript as CommonJS, its imports left to `require`. */
export async function commonjs(source: string): Promise<string> {
  const { code } = await transform(source, { loader: 'ts', format: 'cjs', target: 'es2022' })
  return code
}
