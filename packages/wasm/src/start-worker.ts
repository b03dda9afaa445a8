/**
 * Starts a thread where it can be had: a worker of Node, or of the page, from a file or else from the text of `serve`. This is
 * loaded when threads are asked for, and shares nothing with the rest, so that bundlers make one file of it.
 */
import { serve, type Assignment } from './serve.ts'

/** A thread that waits for commands. */
export interface Started {
  terminate(): void
  /** Whether it is seen to have ended without letting the event loop turn; null where that cannot be seen. */
  readonly hasEnded: (() => boolean) | null
}

interface NodeWorker {
  readonly performance?: { eventLoopUtilization(): { readonly idle: number } }
  once(event: 'message' | 'error', listener: (value: Error) => void): void
  on(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): void
  postMessage(message: Assignment, transfer: readonly never[]): void
  unref(): void
  terminate(): Promise<number>
}
interface WebWorker {
  addEventListener(event: 'message', listener: (event: { readonly data: string | null }) => void): void
  addEventListener(event: 'error', listener: (event: { readonly message?: string }) => void): void
  postMessage(message: Assignment, transfer: readonly never[]): void
  terminate(): void
}
declare const Worker: new (url: object | string, options?: { type: 'module' }) => WebWorker
declare const URL: {
  new (path: string, base: string): object
  createObjectURL(blob: object): string
  revokeObjectURL(url: string): void
}
declare const Blob: new (parts: readonly string[], options: { type: string }) => object

interface Threads {
  readonly Worker: new (source: string, options: { eval: true; execArgv: readonly string[] }) => NodeWorker
}
const { process } = globalThis as {
  process?: { getBuiltinModule?: (name: 'node:worker_threads') => Threads | undefined }
}

/** How long a worker of a page may take to answer: a server may give something else in place of its file. */
const PATIENCE = 10_000

/** Why there can be no threads here, in plain words; null when nothing is known to speak against them. */
export function whyNoThreads(): string | null {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean }
  if (crossOriginIsolated === false)
    return (
      'the page is not cross-origin isolated; serve it with the headers "Cross-Origin-Opener-Policy: same-origin" and ' +
      '"Cross-Origin-Embedder-Policy: require-corp"'
    )
  if (typeof SharedArrayBuffer === 'undefined') return 'there is no SharedArrayBuffer here'
  return null
}

/** What all threads are told alike. */
type Common = Omit<Assignment, 'thread' | 'lock'>

/**
 * Resolves when `count` threads wait for commands; rejects with an Error when they cannot be had.
 *
 * A page is not told when a worker ends. So every thread there holds a lock of the page as long as it lives, and the first thread
 * waits for those locks.
 * @param onFailure called with what goes wrong later
 */
export async function startWorkers(
  common: Common,
  count: number,
  onFailure: (reason: string) => void,
): Promise<Started[]> {
  const threads = process?.getBuiltinModule?.('node:worker_threads')
  if (threads === undefined && typeof Worker === 'undefined') throw new Error('there is no Worker here')
  const start = (assignment: Assignment): Promise<Started> =>
    threads !== undefined
      ? startInNode(threads, assignment, onFailure)
      : startInPage(fromFile, assignment, onFailure).catch(() => startInPage(fromText, assignment, onFailure))
  const { navigator, crypto } = globalThis as unknown as Page
  const locks = threads === undefined ? navigator?.locks : undefined
  const team = locks === undefined ? '' : `glissade ${crypto.randomUUID()} `
  const lockOf = (thread: number): string | null => (locks === undefined ? null : team + thread)
  const assignments = Array.from({ length: count }, (_, i): Assignment => {
    return { ...common, thread: i + 1, lock: lockOf(i + 1) }
  })
  return await all(assignments.map(start))
}
export type StartWorkers = typeof startWorkers

/** All of them, or none. */
async function all(starting: readonly Promise<Started>[]): Promise<Started[]> {
  const results = await Promise.allSettled(starting)
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const refused = results.find((result) => result.status === 'rejected')
  if (refused === undefined) return started
  for (const one of started) one.terminate()
  throw refused.reason
}
interface Page {
  readonly navigator?: { readonly locks?: { request(name: string, then: () => void): Promise<unknown> } }
  readonly crypto: { randomUUID(): string }
}

async function startInNode(
  threads: Threads,
  assignment: Assignment,
  onFailure: (reason: string) => void,
): Promise<Started> {
  const source = `(${String(serve)})(process.getBuiltinModule('node:worker_threads').parentPort)`
  const worker = new threads.Worker(source, { eval: true, execArgv: [] })
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', (error) => reject(error))
    worker.postMessage(assignment, [])
  })
  worker.on('message', (reason) => onFailure(String(reason)))
  worker.on('error', (error) => onFailure(String(error)))
  worker.on('exit', (code) => onFailure(`it ended with ${String(code)}`))
  // A thread that waits keeps no process alive.
  worker.unref()
  // Events tell the same, but not to a thread that waits. The first call notes when the worker began.
  const { performance } = worker
  performance?.eventLoopUtilization()
  const hasEnded = performance === undefined ? null : (): boolean => performance.eventLoopUtilization().idle < 0
  return { terminate: () => void worker.terminate(), hasEnded }
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}
let trust: ((url: string) => string) | null = null
/** What is told beside the reason where a worker could not be made. */
let forbidden = ''
/** What pages with `require-trusted-types-for 'script'` ask for; the URL itself where nobody does, or the name is not allowed. */
function trusted(url: { toString(): string }): string {
  if (trust === null) {
    const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
    const itself = (text: string): string => text
    trust = itself
    try {
      const policy = trustedTypes?.createPolicy('glissade-wasm', { createScriptURL: itself })
      if (policy !== undefined) trust = (text) => policy.createScriptURL(text)
    } catch {
      // A default policy of the page's own may take it.
      trust = (text) => {
        forbidden = "; trusted-types of this page forbids the name 'glissade-wasm'"
        return text
      }
    }
  }
  return trust(url.toString())
}

/** Bundlers know a worker by these very words, in which there is no room for a trusted URL: it is put in between. */
function fromFile(): WebWorker {
  const page = globalThis as unknown as { Worker: typeof Worker }
  const { Worker: Real } = page
  page.Worker = function (url: { toString(): string }, options: { type: 'module' }) {
    return new Real(trusted(url), options)
  } as unknown as typeof Worker
  try {
    return new Worker(new URL('./worker.js', (import.meta as unknown as { url: string }).url), { type: 'module' })
  } finally {
    page.Worker = Real
  }
}

function fromText(): WebWorker {
  const url = URL.createObjectURL(new Blob([`(${String(serve)})(self)`], { type: 'text/javascript' }))
  try {
    return new Worker(trusted(url))
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}${forbidden}`, { cause: error })
  } finally {
    // The worker has its text by the time that another task runs.
    setTimeout(() => URL.revokeObjectURL(url), PATIENCE)
  }
}
declare const setTimeout: (run: () => void, milliseconds: number) => unknown

async function startInPage(
  make: () => WebWorker,
  assignment: Assignment,
  onFailure: (reason: string) => void,
): Promise<Started> {
  const worker = make()
  try {
    await new Promise<void>((resolve, reject) => {
      worker.addEventListener('message', () => resolve())
      worker.addEventListener('error', ({ message }) => reject(new Error(message ?? 'its script could not be loaded')))
      setTimeout(() => reject(new Error(`it did not answer within ${PATIENCE / 1000} s`)), PATIENCE)
      worker.postMessage(assignment, [])
    })
  } catch (error) {
    worker.terminate()
    throw error
  }
  worker.addEventListener('message', ({ data }) => onFailure(String(data)))
  worker.addEventListener('error', ({ message }) => onFailure(message ?? 'a worker failed'))
  const { lock } = assignment
  const { navigator } = globalThis as unknown as Page
  if (lock !== null) void navigator!.locks!.request(lock, () => onFailure('it ended'))
  return { terminate: () => worker.terminate(), hasEnded: null }
}
