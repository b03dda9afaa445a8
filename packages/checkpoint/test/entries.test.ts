import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const src = join(import.meta.dirname, '..', 'src')

test('only the files of the entry for Node know of it', () => {
  const users = readdirSync(src).filter((file) =>
    /'node:|\bprocess\.|\bBuffer\./.test(readFileSync(join(src, file), 'utf8')),
  )
  expect(users).toEqual(['file-node.ts', 'store-node.ts'])
})

/** The modules of a bundle for browsers that uses these names. */
async function modulesOf(names: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents: `export { ${names} } from './index.ts'`, resolveDir: src },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
  })
  const [output] = Object.values(metafile.outputs)
  const inputs = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return inputs.map(([path]) => path.replace(/^.*\/(src|node_modules)\//, '$1/'))
}

test('a program that reads safetensors alone carries neither zip nor pickle', async () => {
  const modules = await modulesOf('readSafetensors, writeSafetensors')
  expect(modules).toContain('src/safetensors.ts')
  expect(modules.filter((path) => /fflate|zip|pickle|pt\.ts/.test(path))).toEqual([])
})
