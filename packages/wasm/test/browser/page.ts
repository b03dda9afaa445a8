/**
 * What the pages of the browser tests run; as a worker, what that runs. A page sends its results to the server and goes on
 * to the page that the server names.
 */
import { wasm } from '../../src/index.ts'
import { trainAndHash } from '../golden-steps.ts'

/** One training run: what was asked for, and what came of it. */
export interface Outcome {
  readonly where: string
  readonly asked: number
  readonly threads: number
  readonly because: string | null
  readonly hash: string
}

async function outcome(where: string, asked: number): Promise<Outcome> {
  const backend = await wasm({ threads: asked })
  const hash = await trainAndHash(backend)
  backend.destroy()
  return { where, asked, threads: backend.threads, because: backend.oneThreadBecause, hash }
}

interface Page {
  readonly location: { pathname: string; href: string }
  readonly Worker: new (
    url: string,
    options: { type: 'module' },
  ) => {
    addEventListener(event: string, listener: (event: { data: Outcome | string }) => void): void
  }
  fetch(url: string, options: { method: string; body: string }): Promise<{ text(): Promise<string> }>
}
const page = globalThis as unknown as Page
const worker = globalThis as unknown as { postMessage(message: Outcome | string, transfer: readonly never[]): void }

const inWorker = (): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const other = new page.Worker('run.js', { type: 'module' })
    other.addEventListener('message', ({ data }) =>
      typeof data === 'string' ? reject(new Error(data)) : resolve(data),
    )
    other.addEventListener('error', () => reject(new Error('the worker of the test failed')))
  })

/** One after another: they share the processors. */
async function outcomes(where: string): Promise<Outcome[]> {
  const all: Outcome[] = []
  for (const threads of where === 'isolated' ? [1, 2, 4] : [2]) all.push(await outcome(`a page, ${where}`, threads))
  if (where === 'isolated') all.push(await inWorker())
  return all
}

async function report(): Promise<void> {
  const [, where] = page.location.pathname.split('/')
  const body = await outcomes(where!).catch((error: unknown) => [{ where, error: String(error) }])
  const next = await (await page.fetch(`/results/${where}`, { method: 'POST', body: JSON.stringify(body) })).text()
  if (next !== '') page.location.href = next
}

if ('document' in globalThis) void report()
else
  outcome('a worker of an isolated page', 2).then(
    (one) => worker.postMessage(one, []),
    (error: unknown) => worker.postMessage(String(error), []),
  )
