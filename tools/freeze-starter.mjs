/**
 * Keeps the starters of this version as an author would have published them, built and packed, in
 * `packages/create-backend/released/`. Part of `version-packages`: what is kept is run against every later core, so a
 * backend that conformed once conforms for ever. What is kept never changes.
 */
import { existsSync, mkdtempSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './install.mjs'
import { execIn, generate, installWith, pack } from './packed.mjs'

const released = join(root, 'packages/create-backend/released')
const { version } = JSON.parse(await readFile(join(root, 'packages/create-backend/package.json'), 'utf8'))
const starters = [
  { target: join(released, `${version}.tgz`), options: [] },
  { target: join(released, `${version}-async.tgz`), options: ['--async'] },
].filter(({ target }) => {
  if (!existsSync(target)) return true
  console.log(`${target} is kept already, and stays as it is.`)
  return false
})
if (starters.length === 0) process.exit()

const parent = mkdtempSync(join(tmpdir(), 'glissade-freeze-'))
const tarballs = await pack(['core', 'conformance', 'create-backend'], parent)
await mkdir(released, { recursive: true })
for (const { target, options } of starters) {
  const folder = join(parent, `released-backend${options.join('')}`)
  await generate(folder, tarballs, ...options)
  const manifest = join(folder, 'package.json')
  const published = await readFile(manifest, 'utf8')
  await installWith(folder, tarballs)
  await execIn(folder, 'npm', 'test')
  await writeFile(manifest, published)
  const [{ filename, files }] = JSON.parse(await execIn(folder, 'npm', 'pack', '--json'))
  await rename(join(folder, filename), target)
  console.log(`${target}: ${files.length} files`)
}
await rm(parent, { recursive: true })
