/**
 * Starts a thread where it can be had: a worker of Node, or of the page, from a file or else from the text of `serve`. This is
 * loaded when threads are asked for, and shares nothing with the rest, so that bundlers make one file of it.
 */
import { serve, type Assignment } from './serve.ts'

/** A thread that waits for commands. */
export interface Started {
  terminate(): void
}

interface NodeWorker {
  once(event: 'message' | 'error', listener: (value: Error) => void): void
  on(event: 'message' | 'error', listener: (value: unknown) => void): void
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

/**
 * Resolves when the thread waits for commands; rejects with an Error when it cannot be had.
 * @param onFailure called with what goes wrong later
 */
export function startWorker(assignment: Assignment, onFailure: (reason: string) => void): Promise<Started> {
  const threads = process?.getBuiltinModule?.('node:worker_threads')
  if (threads !== undefined) return startInNode(threads, assignment, onFailure)
  if (typeof Worker === 'undefined') return Promise.reject(new Error('there is no Worker here'))
  return startInPage(() => fromFile(), assignment, onFailure).catch(() =>
    startInPage(() => fromText(), assignment, onFailure),
  )
}
export type StartWorker = typeof startWorker

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
  // A thread that waits keeps no process alive.
  worker.unref()
  return { terminate: () => void worker.terminate() }
}

/** In these words bundlers know a worker. */
const fromFile = (): WebWorker =>
  new Worker(new URL('./worker.js', (import.meta as unknown as { url: string }).url), { type: 'module' })

function fromText(): WebWorker {
  const url = URL.createObjectURL(new Blob([`(${String(serve)})(self)`], { type: 'text/javascript' }))
  try {
    return new Worker(url)
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
  return { terminate: () => worker.terminate() }
}
