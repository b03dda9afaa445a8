/**
 * What newcomers do, in each of the ways there are: packed packages in a folder that knows nothing of this workspace, a network
 * trained on digits, saved, loaded. The same bits come out everywhere.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build, createServer as createVite, type InlineConfig } from 'vite'
import { root } from '../install.mjs'
import { execIn, installWith, pack } from '../packed.mjs'
import { missing } from '../page.ts'

const LONG = 300_000
const PACKAGES = ['core', 'codegen', 'cpu', 'wasm', 'checkpoint']
/** Shared memory, and so threads, is for pages that say this. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
const MEDIA: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.bin': 'application/octet-stream',
}

let folder = ''
/** Hashes of the weights by backend, of the first way that ran. */
let first: readonly string[] | null = null

/** The first 120 of each digit, in turns: its label, then its pixels. */
async function digits(): Promise<Uint8Array> {
  const require = createRequire(join(root, 'apps/examples/package.json'))
  const kinds = await Promise.all(
    Array.from(
      { length: 10 },
      async (ignored, digit) =>
        JSON.parse(await readFile(require.resolve(`mnist/src/digits/${digit}.json`), 'utf8')) as { data: number[] },
    ),
  )
  const rows = Array.from({ length: 1200 }, (ignored, i) => {
    const [digit, at] = [i % 10, 784 * Math.floor(i / 10)]
    return [digit, ...kinds[digit]!.data.slice(at, at + 784).map((ink) => 255 * ink)]
  })
  return Uint8Array.from(rows.flat())
}

const addressOf = (server: { address(): unknown }): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

interface Place {
  readonly address: string
  close(): unknown
}
interface Outcome {
  readonly backend: string
  readonly threads: number
  readonly accuracies: readonly number[]
}

/** Answers with files of a folder. */
async function serveFolder(place: string, pages: Readonly<Record<string, string>> = {}): Promise<Place> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://here')
    const asked = join(place, pathname === '/' ? 'index.html' : pathname)
    const path = existsSync(asked) ? asked : join(place, 'public', pathname)
    const known = pathname in pages || existsSync(path)
    const type = pathname in pages ? 'text/html' : (MEDIA[extname(path)] ?? 'text/plain')
    response.writeHead(known ? 200 : 404, { ...ISOLATED, 'content-type': type })
    response.end(known ? (pages[pathname] ?? (await readFile(path))) : '')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return { address: addressOf(server), close: () => server.close() }
}

/** @param outcomes of the training on each backend, with the weights of each */
function check(outcomes: readonly Outcome[], files: readonly Uint8Array[]): void {
  for (const { accuracies, backend, threads } of outcomes) {
    expect(accuracies[0]).toBeGreaterThan(0.8)
    expect(accuracies[1]).toBe(accuracies[0])
    if (backend === 'wasm') expect(threads).toBe(2)
  }
  const hashes = files.map((bytes) => createHash('sha256').update(bytes).digest('hex'))
  expect(hashes).toHaveLength(2)
  expect(hashes).toEqual((first ??= hashes))
}

beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'glissade-newcomer-')), 'digits')
  await cp(join(import.meta.dirname, 'newcomers'), folder, { recursive: true })
  await mkdir(join(folder, 'public'))
  await writeFile(join(folder, 'public/digits.bin'), await digits())
  const tarballs = await pack(PACKAGES, join(folder, '..'))
  const dependencies = Object.fromEntries(Object.keys(tarballs).map((name) => [name, '']))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  await installWith(folder, tarballs)
}, LONG)

test.each(['main.js', 'main.cjs', 'in-thread.js'])('in Node, %s', { timeout: LONG }, async (program) => {
  const outcomes = JSON.parse(await execIn(folder, process.execPath, program)) as Outcome[]
  check(outcomes, await Promise.all(outcomes.map(({ backend }) => readFile(join(folder, `${backend}.safetensors`)))))
})

describe('in a page', () => {
  let browser: Browser | undefined
  const sites: Record<string, Place> = {}
  beforeAll(async () => {
    if (missing !== null) return
    browser = await chromium.launch({
      executablePath: process.env['CHROME_PATH'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-background-networking'],
    })
    const quiet: InlineConfig = { root: folder, configFile: false, logLevel: 'error', worker: { format: 'es' } }
    await build({ ...quiet, build: { target: 'es2022' } })
    sites['built by Vite'] = await serveFolder(join(folder, 'dist'))
    const vite = await createVite({ ...quiet, server: { headers: ISOLATED, port: 0, host: '127.0.0.1' } })
    await vite.listen()
    sites['served by Vite'] = {
      address: addressOf(vite.httpServer!),
      close: () => vite.close(),
    }
    sites['with an import map'] = await serveFolder(folder, { '/': await plainPage() })
  }, LONG)
  afterAll(async () => {
    await browser?.close()
    for (const { close } of Object.values(sites)) await close()
  })

  /** A page without a bundler: bare names by an import map, which lists what the packages export. */
  async function plainPage(): Promise<string> {
    // What packages depend on has to be listed, too.
    const imports: Record<string, string> = { fflate: '/node_modules/fflate/esm/browser.js' }
    for (const name of PACKAGES) {
      const manifest = await readFile(join(folder, 'node_modules/@glissade', name, 'package.json'), 'utf8')
      const { exports } = JSON.parse(manifest) as { exports: Record<string, { readonly default?: string }> }
      for (const [path, { default: file }] of Object.entries(exports))
        if (file !== undefined)
          imports[`@glissade/${name}${path.slice(1)}`] = `/node_modules/@glissade/${name}${file.slice(1)}`
    }
    const html = await readFile(join(folder, 'index.html'), 'utf8')
    return html.replace('<script', `<script type="importmap">${JSON.stringify({ imports })}</script>\n<script`)
  }

  const ways: readonly (readonly [site: string, place: string])[] = [
    ['built by Vite', 'here'],
    ['built by Vite', 'worker'],
    ['served by Vite', 'here'],
    ['served by Vite', 'worker'],
    ['with an import map', 'here'],
  ]
  test.for(ways)('%s, %s', { timeout: LONG }, async ([site, place], { skip }) => {
    if (missing !== null) skip(missing)
    const page = await browser!.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    await page.goto(`${sites[site]!.address}#${place}`)
    // Vite may load the page anew when it has found what it depends on.
    await page.waitForFunction(() => 'finished' in globalThis, null, { timeout: 60_000 })
    const outcomes = await page.evaluate(async () => {
      const { finished } = globalThis as unknown as {
        finished: Promise<readonly (Outcome & { weights: Uint8Array })[]>
      }
      return (await finished).map(({ weights, ...rest }) => ({ ...rest, weights: Array.from(weights) }))
    })
    await page.close()
    expect(complaints).toEqual([])
    check(
      outcomes,
      outcomes.map(({ weights }) => Uint8Array.from(weights)),
    )
  })
})
