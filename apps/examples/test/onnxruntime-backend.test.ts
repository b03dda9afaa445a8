/** The backend over ONNX Runtime as a stranger has it: installed by npm, with core and the kit from their tarballs. */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromJSON } from '@glissade/conformance'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../../tools/bundle-source.ts'
import { execIn, installWith, pack } from '../../../tools/packed.mjs'
import { missing, serve } from '../../../tools/page.ts'

const SOURCE = fileURLToPath(new URL('../onnxruntime-backend', import.meta.url))
declare const report: Promise<string>

const LONG = 900_000
const [CASES, RUNTIMES] = [3000, 2]

let parent = ''
let folder = ''
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'glissade-onnxruntime-'))
  folder = join(parent, 'backend')
  const left = new Set(['node_modules', 'dist'])
  await cp(SOURCE, folder, { recursive: true, filter: (path) => !left.has(path.slice(SOURCE.length + 1)) })
  await installWith(folder, await pack(['core', 'conformance'], parent))
}, LONG)
afterAll(() => rm(parent, { recursive: true, force: true }))

test(
  'it passes the kit in Node on onnxruntime-node and on onnxruntime-web, but for what it lists',
  async () => {
    const printed = await execIn(folder, 'npm', 'test')
    // One dot per test that passed.
    expect(printed.match(/\./g)!.length).toBeGreaterThan(CASES * RUNTIMES)
  },
  LONG,
)

test(
  'Node takes onnxruntime-node',
  async () => {
    const script = "console.log(import.meta.resolve('#runtime'))"
    await expect(execIn(folder, 'node', '--input-type=module', '--eval', script)).resolves.toMatch(
      /\/node_modules\/onnxruntime-node\//,
    )
  },
  LONG,
)

test(
  'a page takes onnxruntime-web and passes cases of the kit on it',
  async ({ skip }) => {
    if (missing !== null) skip(missing)
    const source = `
      import { run, toJSON } from '@glissade/conformance'
      import { env } from 'onnxruntime-web'
      import { createBackend } from './dist/src/index.js'
      import { knownInPages as known } from './dist/test/known.js'

      env.wasm.wasmPaths = '/'
      env.wasm.numThreads = 1
      env.logLevel = 'fatal'
      globalThis.report = run({ create: createBackend, known, only: 'eager/*/float32/*ordinary' }).then(toJSON)`
    const runtime = join(folder, 'node_modules/onnxruntime-web/dist')
    const binaries = (await readdir(runtime)).filter((file) => file.startsWith('ort-wasm-'))
    const files = binaries.map(async (file) => {
      const type = file.endsWith('.mjs') ? 'text/javascript' : 'application/wasm'
      return [`/${file}`, [await readFile(join(runtime, file)), type]] as const
    })
    const site = await serve(await bundle(source, folder, 'browser'), Object.fromEntries(await Promise.all(files)))
    try {
      const page = await site.open()
      await page.waitForFunction('globalThis.report !== undefined')
      const { counts, backend, results } = fromJSON(await page.evaluate(() => report))
      const wrong = results.filter(({ status }) => status === 'fail' || status === 'stale')
      expect(wrong).toEqual([])
      expect(backend).toBe('onnxruntime')
      expect(counts.pass).toBeGreaterThan(100)
    } finally {
      await site.close()
    }
  },
  LONG,
)
