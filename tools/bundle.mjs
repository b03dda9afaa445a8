/**
 * Bundles a program for the browser, minifies it, and compresses it by gzip at level 9. What is loaded on demand is in
 * files of its own and does not count: the sizes are those of the entry and of all that it imports at once. A bundle counts
 * only if it is whole: it holds the texts it must hold, and run by Node with nothing beside what was counted, it prints what
 * the program prints.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from './install.mjs'

/**
 * @typedef {object} Part a file of a bundle
 * @property {string} name
 * @property {string} code
 */

/**
 * @param {string} entry
 * @param {{ built?: boolean, contains?: readonly string[], prints?: string }} [options]
 */
export async function measure(entry, { built = false, contains = [], prints = '' } = {}) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [resolve(root, entry)],
    bundle: true,
    splitting: true,
    write: false,
    outdir: root,
    outExtension: { '.js': '.mjs' },
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    conditions: built ? [] : ['@glissade/source'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  })
  const atOnce = loadedAtOnce(entry, metafile)
  const parts = outputFiles.map(({ path, text }) => ({ name: basename(path), code: text }))
  const counted = atOnce.map((name) => /** @type {Part} */ (parts.find((part) => part.name === name)))
  const onDemand = parts.filter(({ name }) => !atOnce.includes(name))

  const absent = contains.filter((text) => !counted.some(({ code }) => code.includes(text)))
  if (absent.length > 0) throw new Error(`${entry}: the bundle does not contain ${absent.join(', ')}`)
  const output = runAlone(entry, counted)
  if (!output.split('\n').some((line) => line.startsWith(prints))) {
    throw new Error(
      `${entry}: the bundle prints no line that begins with '${prints}' (got ${output.trim() || 'nothing'})`,
    )
  }
  return { ...weigh(counted), onDemand: weigh(onDemand), output }
}

/** @param {readonly Part[]} parts */
function weigh(parts) {
  const sum = (/** @type {(code: string) => number} */ size) => parts.reduce((total, { code }) => total + size(code), 0)
  return { minified: sum(Buffer.byteLength), gzip: sum((code) => gzipSync(code, { level: 9 }).length) }
}

/**
 * Names of the entry, which comes first, and of what it imports before it runs.
 * @param {string} entry
 * @param {import('esbuild').Metafile} metafile
 */
function loadedAtOnce(entry, { outputs }) {
  const paths = Object.keys(outputs).filter((path) => outputs[path]?.entryPoint === entry)
  for (const path of paths)
    for (const { path: imported, kind } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && !paths.includes(imported)) paths.push(imported)
  return paths.map((path) => basename(path))
}

/**
 * Runs the first part where there is nothing beside the others.
 * @param {string} entry
 * @param {readonly Part[]} parts
 */
function runAlone(entry, parts) {
  const folder = mkdtempSync(join(tmpdir(), 'glissade-bundle-'))
  for (const { name, code } of parts) writeFileSync(join(folder, name), code)
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, parts[0]?.name ?? '')], {
    cwd: folder,
    encoding: 'utf8',
  })
  rmSync(folder, { recursive: true })
  if (status !== 0) throw new Error(`${entry}: the bundle does not run\n${stderr}`)
  return stdout
}
