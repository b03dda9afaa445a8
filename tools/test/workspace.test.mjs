/** Laws of the workspace that no tool checks. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../install.mjs'

const nested = ['packages', 'apps', 'tools'].flatMap((group) =>
  readdirSync(join(root, group)).map((name) => `${group}/${name}`),
)
/** The peers of the benchmark are installed by themselves. */
const OUTSIDE = ['tools/bench']
const members = [...nested, 'tools']
  .filter((folder) => !OUTSIDE.includes(folder))
  .filter((folder) => existsSync(join(root, folder, 'package.json')))
/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8')

/** Tools that are programs for one platform each, and the words their packages use for the desktop platforms. */
const NATIVE = '@esbuild @oxc-parser @oxc-resolver @oxfmt @oxlint @oxlint-tsgolint @pnpm @rolldown @turbo @typescript'
const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64']
/** @type {Record<string, string>} */
const OTHER_WORDS = { x64: '64', win32: 'windows' }

test.each(NATIVE.split(' '))('the lockfile holds %s for every desktop platform', (scope) => {
  const names = read('pnpm-lock.yaml').match(new RegExp(`(?<=^  ')${scope}/[^']+(?=@)`, 'gm')) ?? []
  const missing = PLATFORMS.filter((platform) => {
    const spelt = scope === '@turbo' ? platform.replace(/x64|win32/g, (word) => OTHER_WORDS[word] ?? word) : platform
    return !names.some((name) => name.includes(spelt))
  })
  expect(missing).toEqual([])
})

test.each([...members, '.'])('every version in %s is exact, from the catalog or from the workspace', (folder) => {
  const manifest = JSON.parse(read(`${folder}/package.json`))
  const versions = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  const loose = Object.entries(versions).filter(
    ([, version]) => !/^((npm:[\w-]+@)?\d[\w.-]*|catalog:|workspace:.*)$/.test(version),
  )
  expect(loose).toEqual([])
})

test.each(members)('%s is linted and tested', (folder) => {
  expect(Object.keys(JSON.parse(read(`${folder}/package.json`)).scripts ?? {})).toEqual(
    expect.arrayContaining(['lint', 'test']),
  )
})

test('published packages share one version, as changesets keep it', () => {
  const manifests = members.map((folder) => JSON.parse(read(`${folder}/package.json`)))
  const published = manifests.filter((manifest) => !manifest.private)
  expect(new Set(published.map(({ version }) => version)).size).toBe(1)
})

test('the type check covers every project', () => {
  /** @type {{ references: { path: string }[] }} */
  const { references } = JSON.parse(read('tsconfig.json'))
  const covered = references.map(({ path }) => path)
  // What strangers would write is checked as they would, where it is installed from packages.
  const skipped = new Set(['node_modules', 'dist', 'template', 'onnxruntime-backend', '.git', '.turbo'])
  /** @type {(folder: string) => string[]} */
  const projects = (folder) =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : projects(join(folder, entry.name))
      return entry.name === 'tsconfig.json' && folder !== '' ? [folder.replaceAll('\\', '/')] : []
    })
  expect(covered.toSorted()).toEqual(projects('').toSorted())
})
