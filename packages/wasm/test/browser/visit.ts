/** Sends a browser through the test's pages, which report to a server of this process. No driver is needed for that. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../bundle.ts'
import type { Told } from './page.ts'

export interface Browser {
  readonly path: string
  readonly options: (profile: string) => readonly string[]
}

const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}
/** The pages in turn, by the first part of their path, with their headers. */
const PAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  isolated: ISOLATED,
  policy: {
    ...ISOLATED,
    'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
  },
  plain: {},
  strict: { ...ISOLATED, 'content-security-policy': "script-src 'self'" },
  trusted: {
    ...ISOLATED,
    'content-security-policy':
      "script-src 'self' 'unsafe-eval'; require-trusted-types-for 'script'; trusted-types glissade-wasm glissade-cpu",
  },
  untrusted: {
    ...ISOLATED,
    'content-security-policy':
      "script-src 'self' 'unsafe-eval'; require-trusted-types-for 'script'; trusted-types 'none'",
  },
}
/** Where the backend's own worker is a file; elsewhere it has to do without. */
const WITH_FILE: ReadonlySet<string> = new Set(['policy', 'trusted'])

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}

export async function visit({ path, options }: Browser, patience: number): Promise<Told[]> {
  const [run, worker] = await Promise.all([bundle('browser/page.ts', 'browser'), bundle('../src/worker.ts', 'browser')])
  const names = Object.keys(PAGES)
  const all: Told[] = []
  let finish: () => void = () => {}
  const finished = new Promise<void>((resolve) => (finish = resolve))
  const receive = async (page: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    all.push(...(JSON.parse(await bodyOf(request)) as Told[]))
    const next = names[names.indexOf(page) + 1]
    response.end(next === undefined ? '' : `/${next}/`)
    if (next === undefined) finish()
  }
  const server = createServer((request, response) => {
    const [, name, file] = request.url!.split('/') as [string, string, string]
    if (name === 'results') {
      void receive(file, request, response)
      return
    }
    const script = file === 'run.js' ? run : file === 'worker.js' && WITH_FILE.has(name) ? worker : null
    const isPage = file === '' && name in PAGES
    response.writeHead(script !== null || isPage ? 200 : 404, {
      ...PAGES[name],
      'content-type': script === null ? 'text/html' : 'text/javascript',
    })
    response.end(script ?? '<!doctype html><script type="module" src="run.js"></script>')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${names[0]}/`
  const profile = mkdtempSync(join(tmpdir(), 'glissade-browser-'))
  // A group of its own, so that all its processes can be ended together.
  const child = spawn(path, [...options(profile), url], { stdio: 'ignore', detached: true })
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${path} ended with ${code} before it had visited all pages`)))
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${path} visited ${all.length} of the pages in time`)), patience)
  })
  try {
    await Promise.race([finished, died, late])
    return all
  } finally {
    clearTimeout(timer)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, 'SIGKILL')
      await ended
    }
    server.closeAllConnections()
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
