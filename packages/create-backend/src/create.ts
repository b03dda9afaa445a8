/** The starter, copied from `template/` with the name of the new package put in, and the version of core that it is for. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TEMPLATE = fileURLToPath(new URL('../template', import.meta.url))
/** Packages share one version, so core and the kit have this one's. */
const MANIFEST = fileURLToPath(new URL('../package.json', import.meta.url))
/** What npm takes as the name of a package, without a scope. */
const NAME = /^[a-z0-9][a-z0-9._-]*$/
/** npm leaves files of these names out of packages, so the template has them under others. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore', 'package.template.json': 'package.json' }

/**
 * Writes the starter into `folder`, which is made where it is missing and must be empty.
 * @returns the paths of the files, within the folder
 */
export async function create(folder: string): Promise<string[]> {
  const name = basename(folder)
  if (!NAME.test(name))
    throw new Error(`create-backend: '${name}' is no name for a package; use small letters, digits and -`)
  await mkdir(folder, { recursive: true })
  const present = await readdir(folder)
  if (present.length > 0)
    throw new Error(`create-backend: ${folder} is not empty (it has ${present.slice(0, 3).join(', ')})`)
  const entries = await readdir(TEMPLATE, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(TEMPLATE.length + 1))
    .toSorted()
  const { version } = JSON.parse(await readFile(MANIFEST, 'utf8')) as { version: string }
  const written: string[] = []
  for (const file of files) {
    const target = join(dirname(file), RENAMED[basename(file)] ?? basename(file))
    const text = await readFile(join(TEMPLATE, file), 'utf8')
    await mkdir(dirname(join(folder, target)), { recursive: true })
    await writeFile(join(folder, target), text.replaceAll('{{name}}', name).replaceAll('{{version}}', version))
    written.push(target)
  }
  return written
}
