/**
 * Bundles a program for the browser, minifies it, and compresses it by gzip at level 9. A bundle counts only if it is
 * whole: it holds the texts it must hold, and run by Node with nothing beside it, it prints what the program prints.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from './install.mjs'

/**
 * @param {string} entry
 * @param {{ built?: boolean, contains?: readonly string[], prints?: string }} [options]
 */
export async function measure(entry, { built = false, contains = [], prints = '' } = {}) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [resolve(root, entry)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    conditions: built ? [] : ['@glissade/source'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  })
  const code = outputFiles[0]?.text ?? ''

  const absent = contains.filter((text) => !code.includes(text))
  if (absent.length > 0) throw new Error(`${entry}: the bundle does not contain ${absent.join(', ')}`)
  const output = runAlone(entry, code)
  if (!output.split('\n').some((line) => line.startsWith(prints))) {
    throw new Error(
      `${entry}: the bundle prints no line that begins with '${prints}' (got ${output.trim() || 'nothing'})`,
    )
  }
  return { minified: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length, output }
}

/**
 * Runs the bundle where there is nothing beside it.
 * @param {string} entry
 * @param {string} code
 */
function runAlone(entry, code) {
  const folder = mkdtempSync(join(tmpdir(), 'glissade-bundle-'))
  const file = join(folder, 'bundle.mjs')
  writeFileSync(file, code)
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  if (status !== 0) throw new Error(`${entry}: the bundle does not run\n${stderr}`)
  return stdout
}
