/**
 * Looks at every package as its users will get it: packs it, then asks publint and "are the types wrong" about the
 * tarball, looks for files that do not belong there and for words that are missing, and compiles and runs programs of users beside
 * all of them. Needs a build.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileConsumers, importNames } from './consumers.mjs'
import { root } from './install.mjs'
import { wordsMissing } from './manifest.mjs'

const WINDOWS = process.platform === 'win32'

/**
 * @param {string} command
 * @param {string[]} options
 * @param {string} cwd
 * @param {boolean} [shell]
 */
function run(command, options, cwd, shell = false) {
  const { status, stdout, stderr, error } = spawnSync(command, options, { cwd, shell, encoding: 'utf8' })
  return { failed: status !== 0, stdout, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim() }
}

/**
 * The file behind a command of a root dependency, so that it runs without a shell.
 * @param {string} name
 * @param {string} bin
 */
function script(name, bin) {
  const folder = join(root, 'node_modules', name)
  return join(folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).bin[bin])
}

/** What must not be in a tarball; a template's tests are what it is for. @param {readonly string[]} paths */
const strays = (paths) =>
  paths.filter((path) => !path.startsWith('template/') && /\.tsbuildinfo$|\.test\.|(^|\/)test-results\//.test(path))

/** @param {string} path */
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

const { repository } = JSON.parse(read(join(root, 'package.json')))
const target = mkdtempSync(join(tmpdir(), 'glissade-pack-'))
let failed = false
/** @type {Record<string, string>} */
const tarballs = {}
/** @type {string[]} */
const entries = []
for (const name of readdirSync(join(root, 'packages'))) {
  const folder = join(root, 'packages', name)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (manifest.private) continue

  const pack = ['pack', '--json', '--pack-destination', target]
  const packed = run(join(root, 'node_modules/.bin/pnpm'), pack, folder, WINDOWS)
  if (packed.failed) {
    console.error(`${manifest.name}: pnpm pack failed\n${packed.output}`)
    failed = true
    continue
  }
  /** @type {{ filename: string, files: { path: string }[] }} */
  const { filename, files } = JSON.parse(packed.stdout)
  tarballs[manifest.name] = `file:${filename}`
  for (const path of Object.keys(manifest.exports ?? {}))
    if (path !== './package.json') entries.push(`${manifest.name}${path.slice(1)}`)
  const attw = [script('@arethetypeswrong/cli', 'attw'), '--profile', 'esm-only', filename]
  const checks = {
    publint: run(process.execPath, [script('publint', 'publint'), '--strict', filename], folder),
    // A package that is only a command has no types to be wrong.
    ...(manifest.exports ? { attw: run(process.execPath, attw, folder) } : {}),
  }
  const paths = files.map(({ path }) => path)
  const readme = read(join(folder, 'README.md'))
  const missing = wordsMissing({ manifest, readme, files: paths, folder: `packages/${name}`, repository })
  for (const words of missing) console.error(`${manifest.name}: ${words}`)
  failed ||= missing.length > 0
  const stray = strays(paths)
  if (stray.length > 0) console.error(`${manifest.name}: these files do not belong in it: ${stray.join(' ')}`)
  failed ||= stray.length > 0
  for (const [check, { failed: bad, output }] of Object.entries(checks)) {
    if (bad) console.error(`${manifest.name}: ${check}\n${output}`)
    failed ||= bad
  }
  console.log(`${manifest.name} ${manifest.version}: ${files.length} files`)
}
const consumer = join(target, 'consumer')
mkdirSync(consumer)
const complaints = [...(await compileConsumers(consumer, tarballs, entries)), ...(await importNames(consumer))]
for (const complaint of complaints) console.error(complaint)
failed ||= complaints.length > 0
console.log(`${entries.length} entries compiled as users would, and imported as docs/pytorch-names.md says`)
rmSync(target, { recursive: true })
process.exit(failed ? 1 : 0)
