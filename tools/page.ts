/** Programs in the page of a real browser: served, and opened. */
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Page } from 'playwright-core'

const BROWSER = process.env['CHROME_PATH'] ?? '/usr/bin/chromium'
/** Why a test of a page cannot run here; null where it can. */
export const missing: string | null = existsSync(BROWSER) ? null : `no browser: there is no ${BROWSER}; set CHROME_PATH`

/** An origin with one page, which runs one script. */
export interface Site {
  /** Opens the page in a tab of its own; all tabs share what the origin stores. */
  open(): Promise<Page>
  close(): Promise<void>
}

/**
 * @param script what the page runs, as a module
 * @param files what else the origin has: bytes and media type by path
 */
export async function serve(
  script: string,
  files: Readonly<Record<string, readonly [body: Uint8Array, type: string]>> = {},
): Promise<Site> {
  const bodies: typeof files = {
    '/': [Buffer.from('<!doctype html><script type="module" src="/run.js"></script>'), 'text/html'],
    '/run.js': [Buffer.from(script), 'text/javascript'],
    ...files,
  }
  const server = createServer((request, response) => {
    const found = bodies[request.url ?? '/']
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': found?.[1] ?? 'text/plain' }).end(found?.[0])
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const browser = await chromium.launch({
    executablePath: BROWSER,
    // Without a GPU, Chromium gives WebGPU by SwiftShader to those who ask for it.
    args: ['--no-sandbox', '--disable-background-networking', '--enable-unsafe-webgpu'],
  })
  const context = await browser.newContext()
  return {
    async open() {
      const page = await context.newPage()
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      return page
    },
    async close() {
      await browser.close()
      server.close()
    },
  }
}
