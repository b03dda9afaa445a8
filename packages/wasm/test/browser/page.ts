/**
 * What the pages of the browser tests run; as a worker, what that runs. A page sends its results to the server and goes on
 * to the page that the server names.
 */
import { compile, rand, setDefaultDevice, type Tensor } from '@glissade/core'
import { cpu } from '../../../cpu/src/index.ts'
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

/** A run whose threads are ended. */
export interface Ending {
  readonly where: string
  readonly ended: 'one' | 'all'
  /** What steps say then, and what the backend does. */
  readonly error: string
  readonly lost: string
  readonly seconds: number
}

/** Ends threads while steps run, and steps until one fails. @param atOnce before the event loop turns again */
async function ending(where: string, ended: Ending['ended'], atOnce: boolean): Promise<Ending> {
  const { Worker: Real } = page
  const workers: { terminate(): void }[] = []
  page.Worker = class extends Real {
    constructor(...given: ConstructorParameters<typeof Real>) {
      super(...given)
      workers.push(this)
    }
  }
  const backend = await wasm({ threads: 3 })
  page.Worker = Real
  setDefaultDevice(backend)
  const x = rand([300, 300])
  const step = compile((a: Tensor) => a.matmul(a).sum())
  await step(x).item()
  let from = Infinity
  const end = (): void => {
    from = performance.now()
    for (const worker of ended === 'one' ? workers.slice(-1) : workers) worker.terminate()
  }
  if (atOnce) end()
  else setTimeout(end, 50)
  let error = ''
  while (error === '')
    try {
      await step(x).item()
    } catch (thrown) {
      error = String(thrown)
    }
  const lost = String(await backend.lost)
  const seconds = (performance.now() - from) / 1000
  backend.destroy()
  return { where, ended, error, lost, seconds }
}

export type Told = Outcome | Ending | Allowed

/** What a page's policy leaves. */
export interface Allowed {
  readonly where: string
  /** How many threads, or why there are none. */
  readonly wasm: string
  readonly unfusedBecause: string | null
  /** What the policy had to refuse. */
  readonly violations: readonly string[]
}

async function allowed(where: string): Promise<Allowed> {
  const violations: string[] = []
  page.document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
    violations.push(`${effectiveDirective}: ${blockedURI}`),
  )
  const said = await wasm({ threads: 2 }).then(
    ({ threads, oneThreadBecause }) => `${threads} threads ${oneThreadBecause ?? ''}`.trim(),
    (error: unknown) => String(error),
  )
  const backend = cpu()
  setDefaultDevice(backend)
  // Both ways have the same sums.
  if ((await rand([4]).mul(0).add(2).exp().log().sum().item()) !== 8) throw new Error('cpu is wrong')
  await new Promise((resolve) => setTimeout(resolve, 50))
  return { where: `a page, ${where}`, wasm: said, unfusedBecause: backend.unfusedBecause, violations }
}

interface Page {
  readonly document: {
    addEventListener(
      type: 'securitypolicyviolation',
      listener: (event: { readonly effectiveDirective: string; readonly blockedURI: string }) => void,
    ): void
  }
  readonly location: { pathname: string; href: string }
  Worker: new (
    url: string,
    options: { type: 'module' },
  ) => {
    terminate(): void
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
async function outcomes(where: string): Promise<Told[]> {
  if (where === 'strict' || where === 'trusted' || where === 'untrusted') return [await allowed(where)]
  const all: Told[] = []
  for (const threads of where === 'isolated' ? [1, 2, 4] : [2]) all.push(await outcome(`a page, ${where}`, threads))
  if (where === 'isolated') {
    all.push(await inWorker())
    for (const ended of ['one', 'all'] as const)
      for (const atOnce of [true, false]) all.push(await ending(`a page, ${where}`, ended, atOnce))
  }
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
