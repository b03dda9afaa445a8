/** The starter, copied from `template/` with the name of the new package put in, and the version of core that it is for. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folderOf = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))
/** The starters; the asynchronous one is the other with these files of its own in addition, or in the place of others. */
const TEMPLATE = folderOf('template')
const ASYNC = folderOf('template-async')
/** Packages share one version, so core and the kit have this one's. */
const MANIFEST = fileURLToPath(new URL('../package.json', import.meta.url))
/** What npm takes as the name of a package, without a scope. */
const NAME = /^[a-z0-9][a-z0-9._-]*$/
/** npm leaves files of these names out of packages, so the template has them under others. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore', 'package.template.json': 'package.json' }

export interface CreateOptions {
  /** A backend whose device answers late. Default: one that runs at once, in the memory of JavaScript. */
  readonly async?: boolean
}

/**
 * Writes the starter into `folder`, which is made where it is missing and must be empty.
 * @returns the paths of the files, within the folder
 */
export async function create(folder: string, { async: isAsync = false }: CreateOptions = {}): Promise<string[]> {
  const name = basename(folder)
  if (!NAME.test(name))
    throw new Error(`create-backend: '${name}' is no name for a package; use small letters, digits and -`)
  await mkdir(folder, { recursive: true })
  const present = await readdir(folder)
  if (present.length > 0)
    throw new Error(`create-backend: ${folder} is not empty (it has ${present.slice(0, 3).join(', ')})`)
  const files = new Map([...(await filesOf(TEMPLATE)), ...(isAsync ? await filesOf(ASYNC) : [])])
  const { version } = JSON.parse(await readFile(MANIFEST, 'utf8')) as { version: string }
  for (const [target, source] of files) {
    const text = await readFile(source, 'utf8')
    await mkdir(dirname(join(folder, target)), { recursive: true })
    await writeFile(join(folder, target), text.replaceAll('{{name}}', name).replaceAll('{{version}}', version))
  }
  return [...files.keys()].toSorted()
}

/** What is written where, within the new folder, and from which file. */
async function filesOf(template: string): Promise<[target: string, source: string][]> {
  const entries = await readdir(template, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => [
      join(parentPath, RENAMED[name] ?? name).slice(template.length + 1),
      join(parentPath, name),
    ])
}
