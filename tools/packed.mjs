/**
 * Packages as strangers get them: built, packed, and installed by npm into a folder that knows nothing of this workspace.
 * Scripts of dependencies do not run, as none does in the workspace.
 */
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './install.mjs'

const WINDOWS = process.platform === 'win32'
const PNPM = join(root, 'node_modules/.bin/pnpm')
const execute = promisify(execFile)
/** A report of the kit names thousands of cases. */
const MAX_OUTPUT = 2 ** 26

/**
 * What the command printed; rejects where it fails, with all that it printed in the message.
 * @param {string} folder
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<string>}
 */
export async function execIn(folder, command, ...args) {
  // Windows starts npm, npx and pnpm, which are .cmd files, through its shell only.
  const options = { cwd: folder, maxBuffer: MAX_OUTPUT, shell: WINDOWS }
  try {
    const { stdout } = await execute(command, args, options)
    return stdout
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      code,
    } = /** @type {{ stdout?: string, stderr?: string, code?: number }} */ (error)
    throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`.trim(), { cause: error })
  }
}

/**
 * Packs packages of the workspace, as they are built from the sources of now.
 * @param {readonly string[]} names of folders in `packages/`
 * @param {string} target where the tarballs go
 * @returns {Promise<Record<string, string>>} by package name: what a `package.json` says to install it
 */
export async function pack(names, target) {
  /** @type {Record<string, string>} */
  const tarballs = {}
  for (const name of names) {
    const folder = join(root, 'packages', name)
    await execIn(folder, 'npm', 'run', 'build')
    const { filename } = JSON.parse(await execIn(folder, PNPM, 'pack', '--json', '--pack-destination', target))
    tarballs[`@glissade/${name}`] = `file:${filename}`
  }
  return tarballs
}

/**
 * Installs a folder with these packages in place of the published ones, also where its dependencies ask for them.
 * @param {string} folder with a `package.json`, which changes
 * @param {Readonly<Record<string, string>>} tarballs from `pack`, or of one's own
 */
export async function installWith(folder, tarballs) {
  const path = join(folder, 'package.json')
  const manifest = JSON.parse(await readFile(path, 'utf8'))
  for (const list of [manifest.dependencies, manifest.devDependencies])
    for (const name of Object.keys(list ?? {})) if (tarballs[name] !== undefined) list[name] = tarballs[name]
  await writeFile(path, JSON.stringify({ ...manifest, overrides: tarballs }))
  await execIn(folder, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts')
}

/**
 * Writes a starter into `folder` by the packed generator, so that what npm leaves out of a package is missing here.
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} tarballs with `@glissade/create-backend` among them
 * @param {readonly string[]} options of the generator
 */
export async function generate(folder, tarballs, ...options) {
  const maker = `${folder}-maker`
  await mkdir(maker)
  const dependencies = { '@glissade/create-backend': '' }
  await writeFile(join(maker, 'package.json'), JSON.stringify({ private: true, dependencies }))
  await installWith(maker, tarballs)
  await execIn(maker, 'npx', 'create-backend', folder, ...options)
}
