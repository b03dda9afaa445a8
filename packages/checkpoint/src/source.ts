/** Where bytes of files come from: memory, at once, or what has to be waited for. */
import { kind, type Kind } from '@glissade/core/signature'
import { CheckpointError, describe, refuseAt } from './error.ts'

/** Bytes in memory. */
export type Bytes = ArrayBufferLike | ArrayBufferView

/** What has its bytes on request: a Blob, a File, a Response. */
interface Buffered {
  arrayBuffer(): PromiseLike<ArrayBufferLike>
}
/** A file of the File System API, as a page's picker and OPFS give. */
interface Handle {
  getFile(): PromiseLike<Buffered>
}
/** A stream of the web in a browser that cannot iterate over it. */
interface Readable {
  getReader(): { read(): PromiseLike<{ readonly done: boolean; readonly value?: unknown }>; releaseLock(): void }
}

/**
 * Where the bytes of a file come from: an ArrayBuffer, a typed array or DataView; a Blob, a File or its handle; a Response; a
 * stream of the web or of Node; or a promise of one of these, such as `fetch(url)`.
 */
export type Source =
  | Bytes
  | Buffered
  | Handle
  | Readable
  | AsyncIterable<Bytes>
  | PromiseLike<Bytes | Buffered | Handle | Readable | AsyncIterable<Bytes>>

/** By its tag, so that buffers of another realm are taken. */
const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1)
const isBuffer = (value: unknown): value is ArrayBufferLike =>
  tagOf(value) === 'ArrayBuffer' || tagOf(value) === 'SharedArrayBuffer'
const isBytes = (value: unknown): value is Bytes => ArrayBuffer.isView(value) || isBuffer(value)

const has = (value: unknown, method: string): boolean =>
  typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[method] === 'function'
const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof (value as Partial<AsyncIterable<unknown>> | null)?.[Symbol.asyncIterator] === 'function'

/** What has to be waited for. */
const isAwaited = (value: unknown): boolean =>
  ['then', 'arrayBuffer', 'getFile', 'getReader'].some((method) => has(value, method)) || isIterable(value)

/** What to do instead of passing this value. */
function hint(value: unknown): string | null {
  if (typeof value === 'string' || tagOf(value) === 'URL')
    return 'in Node a path is read by loadFile of @glissade/checkpoint/node; in a page: load(fetch(url))'
  if (Array.isArray(value)) return 'wrap the numbers: Uint8Array.from(list)'
  if (tagOf(value) === 'FileList') return 'pass one file: files[0]'
  if (tagOf(value) === 'HTMLInputElement') return 'pass a file: input.files[0]'
  if (has(value, 'read') && has(value, 'write') && has(value, 'list')) return 'read the file: await store.read(name)'
  return null
}

export const bytes: Kind<Bytes> = /* @__PURE__ */ kind(
  'an ArrayBuffer, a typed array or a DataView with the bytes of the file',
  isBytes,
  (value) => (isAwaited(value) ? 'load(source) waits for the bytes' : hint(value)),
)
export const source: Kind<Source> = /* @__PURE__ */ kind(
  'bytes (an ArrayBuffer, a typed array), a Blob, a Response or a stream',
  (value) => isBytes(value) || isAwaited(value),
  hint,
)

/** These bytes; what other threads may change meanwhile is copied. */
export function bytesOf(given: Bytes): Uint8Array {
  const [buffer, offset, length] = ArrayBuffer.isView(given)
    ? [given.buffer, given.byteOffset, given.byteLength]
    : [given, 0, given.byteLength]
  const view = new Uint8Array(buffer, offset, length)
  return tagOf(buffer) === 'SharedArrayBuffer' ? new Uint8Array(view) : view
}

/** The bytes, when they are there. CheckpointError (`source`) for what cannot be had. */
export async function readSource(operation: string, given: Source): Promise<Uint8Array> {
  const refuse = refuseAt('source', operation)
  try {
    const from = await given
    if (isBytes(from)) return bytesOf(from)
    if (tagOf(from) === 'Response') assertOk(from as unknown as Response, refuse)
    if (has(from, 'arrayBuffer')) return bytesOf(await (from as Buffered).arrayBuffer())
    if (has(from, 'getFile')) return bytesOf(await (await (from as Handle).getFile()).arrayBuffer())
    if (isIterable(from)) return await collect(from, refuse)
    if (has(from, 'getReader')) return await collect(chunksOf(from as Readable), refuse)
    return refuse(
      `the promise gave ${describe(from)}; ${hint(from) ?? 'it must give bytes, a Blob, a Response or a stream'}`,
    )
  } catch (error) {
    if (error instanceof CheckpointError) throw error
    throw new CheckpointError('source', operation, `the bytes could not be had (${String(error)})`, { cause: error })
  }
}

function assertOk({ ok, status, statusText, url }: Response, refuse: (what: string) => never): void {
  if (!ok) refuse(`the server answered ${[status, statusText].join(' ').trim()}${url === '' ? '' : ` for ${url}`}`)
}

async function* chunksOf(stream: Readable): AsyncGenerator {
  const reader = stream.getReader()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
  } finally {
    reader.releaseLock()
  }
}

async function collect(chunks: AsyncIterable<unknown>, refuse: (what: string) => never): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) {
    if (typeof chunk === 'string') refuse('it is a stream of texts; take the encoding away, so that it gives bytes')
    // A copy: some streams fill one buffer again and again.
    parts.push(
      isBytes(chunk) ? new Uint8Array(bytesOf(chunk)) : refuse(`it is a stream of ${describe(chunk)}, not of bytes`),
    )
  }
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
