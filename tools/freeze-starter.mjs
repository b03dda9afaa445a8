/**
 * Keeps the starter of this version as an author would have published it, built and packed, in
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
const target = join(released, `${version}.tgz`)
if (existsSync(target)) {
  console.log(`The starter of ${version} is kept already, and stays as it is.`)
  process.exit()
}

const parent = mkdtempSync(join(tmpdir(), 'glissade-freeze-'))
const tarballs = await pack(['core', 'conformance', 'create-backend'], parent)
const folder = join(parent, 'released-backend')
await generate(folder, tarballs)
const manifest = join(folder, 'package.json')
const published = await readFile(manifest, 'utf8')
await installWith(folder, tarballs)
await execIn(folder, 'npm', 'test')
await writeFile(manifest, published)
const [{ filename, files }] = JSON.parse(await execIn(folder, 'npm', 'pack', '--json'))
await mkdir(released, { recursive: true })
await rename(join(folder, filename), target)
await rm(parent, { recursive: true })
console.log(`${target}: ${files.length} files`)
