/**
 * Files in the browser: in the origin's private file system (OPFS), or in IndexedDB where that cannot be written.
 * Neither is chosen for the caller: a browser that gains OPFS would otherwise lose sight of what is in IndexedDB.
 */
import { kind, optional, signature, string, type Kind } from '@glissade/core/signature'
import { crc32 } from './crc32.ts'
import { CheckpointError, quote } from './error.ts'
import { assertName, failed, isName, missing, type Store } from './store.ts'

/** A directory of a browser; of a program that is compiled without the library `dom` there is none. */
export type Directory = typeof globalThis extends { FileSystemDirectoryHandle: { prototype: infer D } } ? D : never

const directoryHandle: Kind<FileSystemDirectoryHandle> = /* @__PURE__ */ kind(
  'a directory handle',
  (value) => typeof (value as Partial<FileSystemDirectoryHandle> | null)?.getFileHandle === 'function',
)
/** What `opfsStore` takes. */
export const OPFS_STORE = /* @__PURE__ */ signature('opfsStore', { directory: optional(directoryHandle) })
/** What `indexedDbStore` takes. */
export const INDEXED_DB_STORE = /* @__PURE__ */ signature('indexedDbStore', { database: optional(string) })

/** The folder of OPFS and the database of IndexedDB that are used by default. */
const DEFAULT_PLACE = 'glissade'

/**
 * A store in the browser's private file system; for large files. Works in pages and workers of Chrome, Firefox, and
 * Safari 26 and later.
 *
 * A write goes to a new file, `name~2` after `name~1`, which ends with its length and checksum; the older one is removed
 * only when the newer one is closed. A reader takes the newest that is whole. So a crash or a full disk at any moment
 * leaves the old file or the new one, whatever the browser itself promises.
 *
 * @param directory the folder to keep files in; by default `glissade` in OPFS. Any directory handle will do.
 * @throws (its methods reject with) CheckpointError (`store`), with the browser's error as `cause`: a
 * `QuotaExceededError` says that the disk or the origin's share of it is full.
 */
export function opfsStore(directory?: Directory): Store {
  OPFS_STORE.read(arguments)
  let opened: Promise<FileSystemDirectoryHandle> | undefined
  const folder = (): Promise<FileSystemDirectoryHandle> =>
    (opened ??= directory
      ? Promise.resolve(directory)
      : navigator.storage.getDirectory().then((root) => root.getDirectoryHandle(DEFAULT_PLACE, { create: true })))

  return {
    ...(directory === undefined ? { place: `opfs ${DEFAULT_PLACE}` } : {}),
    read: (name) => guarded(name, 'read', async () => readNewest(await folder(), name)),
    write: (name, bytes) =>
      guarded(name, 'write', async () => {
        const place = await folder()
        await alone(name, () => writeNext(place, name, bytes))
      }),
    list: () => guarded(DEFAULT_PLACE, 'list', async () => listWhole(await folder())),
    remove: (name) =>
      guarded(name, 'remove', async () => {
        const place = await folder()
        // The newest goes last: an older one would otherwise come back if this were cut off.
        await alone(name, async () => removeAll(place, (await generations(place, name)).toReversed()))
      }),
  }
}

/** Checks the name, and turns what the browser throws into a CheckpointError. */
async function guarded<T>(name: string, action: string, body: () => Promise<T>): Promise<T> {
  assertName(name)
  try {
    return await body()
  } catch (error) {
    throw error instanceof CheckpointError ? error : failed(name, action, error, action === 'write' ? 'kept' : 'none')
  }
}

/** Keeps other tabs and workers from writing the same name meanwhile, where the platform has locks. */
async function alone(name: string, body: () => Promise<void>): Promise<void> {
  const { locks } = (globalThis as { navigator?: { locks?: LockManager } }).navigator ?? {}
  await (locks === undefined ? body() : locks.request(`glissade-checkpoint/${name}`, body))
}

/** A file of a name: the one with the highest number that is whole counts. */
interface Generation {
  readonly file: string
  readonly name: string
  readonly number: number
}

const GENERATION = /^(.+)~([1-9][0-9]{0,14})$/

async function allGenerations(folder: FileSystemDirectoryHandle): Promise<Generation[]> {
  const found: Generation[] = []
  for await (const file of folder.keys()) {
    const [, name, number] = GENERATION.exec(file) ?? []
    if (name !== undefined && isName(name)) found.push({ file, name, number: Number(number) })
  }
  return found
}

/** The files of a name, newest first. */
async function generations(folder: FileSystemDirectoryHandle, name: string): Promise<Generation[]> {
  const own = (await allGenerations(folder)).filter((generation) => generation.name === name)
  return own.toSorted((a, b) => b.number - a.number)
}

/** `GLCK`, checksum, and length as two words: what a whole file ends with. */
const FOOTER_LENGTH = 16
const MAGIC = 0x4b434c47
const WORD = 2 ** 32

function footerOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const words = [MAGIC, crc32(bytes), bytes.length % WORD, Math.floor(bytes.length / WORD)]
  const footer = new DataView(new ArrayBuffer(FOOTER_LENGTH))
  for (const [i, word] of words.entries()) footer.setUint32(4 * i, word, true)
  return new Uint8Array(footer.buffer)
}

/** The content of a file that is whole; undefined for any other, and for one that is gone. */
async function readWhole(
  folder: FileSystemDirectoryHandle,
  { file }: Generation,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const blob = await (await folder.getFileHandle(file)).getFile()
    if (blob.size < FOOTER_LENGTH) return undefined
    const all = new Uint8Array(await blob.arrayBuffer())
    const content = all.subarray(0, all.length - FOOTER_LENGTH)
    const footer = footerOf(content)
    return footer.every((byte, i) => byte === all[content.length + i]) ? content : undefined
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

const isGone = (error: unknown): boolean => error instanceof Error && error.name === 'NotFoundError'

/** A writer may replace the file that was just listed: then there is a newer one. */
const ATTEMPTS = 3

async function readNewest(folder: FileSystemDirectoryHandle, name: string): Promise<Uint8Array<ArrayBuffer>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    for (const generation of await generations(folder, name)) {
      const content = await readWhole(folder, generation)
      if (content !== undefined) return content
    }
  }
  throw missing(name, await listWhole(folder))
}

/** Names with a file that has a footer; the checksums are left to `read`. */
async function listWhole(folder: FileSystemDirectoryHandle): Promise<readonly string[]> {
  const names = new Set<string>()
  for (const { file, name } of await allGenerations(folder)) {
    if (names.has(name)) continue
    const handle = await folder.getFileHandle(file).catch(() => undefined)
    const blob = await handle?.getFile()
    if (blob === undefined || blob.size < FOOTER_LENGTH) continue
    const footer = new DataView(await blob.slice(-FOOTER_LENGTH).arrayBuffer())
    const length = footer.getUint32(8, true) + footer.getUint32(12, true) * WORD
    if (footer.getUint32(0, true) === MAGIC && length === blob.size - FOOTER_LENGTH) names.add(name)
  }
  return [...names].toSorted()
}

async function writeNext(folder: FileSystemDirectoryHandle, name: string, bytes: Uint8Array): Promise<void> {
  const older = await generations(folder, name)
  const next = { file: `${name}~${(older[0]?.number ?? 0) + 1}` }
  try {
    await writeClosed(await folder.getFileHandle(next.file, { create: true }), bytes)
  } catch (error) {
    await removeAll(folder, [next]).catch(() => undefined) // the error that matters is the first
    throw error
  }
  await removeAll(folder, older.toReversed())
}

async function writeClosed(handle: FileSystemFileHandle, bytes: Uint8Array): Promise<void> {
  // Safari before 26 has the handle without the method.
  if ((handle as Partial<FileSystemFileHandle>).createWritable === undefined) {
    throw new CheckpointError('store', quote(handle.name), 'this browser cannot write files here; use indexedDbStore')
  }
  const stream = await handle.createWritable()
  try {
    await stream.write(unshared(bytes))
    await stream.write(footerOf(bytes))
  } catch (error) {
    await stream.abort().catch(() => undefined) // the error that matters is the first
    throw error
  }
  await stream.close()
}

async function removeAll(
  folder: FileSystemDirectoryHandle,
  files: readonly { readonly file: string }[],
): Promise<void> {
  for (const { file } of files) {
    await folder.removeEntry(file).catch((error: unknown) => {
      if (!isGone(error)) throw error
    })
  }
}

/** The platform's writers do not take shared memory. */
function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes)
}

const FILES = 'files'

/**
 * A store in IndexedDB; works in every browser, in pages and workers. A write is one transaction, which the browser
 * completes or undoes as a whole; `durability: 'strict'` asks it to reach the disk first.
 *
 * @param database the name of the database, by default `glissade`.
 * @throws (its methods reject with) CheckpointError (`store`), with the browser's error as `cause`: a
 * `QuotaExceededError` says that the disk or the origin's share of it is full.
 */
export function indexedDbStore(database: string = DEFAULT_PLACE): Store {
  INDEXED_DB_STORE.read(arguments)
  const run = <T>(mode: IDBTransactionMode, request: (files: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    transact(database, mode, request)
  const names = async (): Promise<readonly string[]> =>
    (await run('readonly', (files) => files.getAllKeys())) as string[]
  return {
    place: `indexeddb ${database}`,
    read: (name) =>
      guarded(name, 'read', async () => {
        const found = (await run('readonly', (files) => files.get(name))) as Uint8Array<ArrayBuffer> | undefined
        return found ?? Promise.reject(missing(name, await names()))
      }),
    write: (name, bytes) =>
      guarded(name, 'write', async () => {
        // A clone of a view would clone all the memory behind it.
        const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
        await run('readwrite', (files) => files.put(own, name))
      }),
    list: () => guarded(DEFAULT_PLACE, 'list', names),
    remove: (name) =>
      guarded(name, 'remove', async () => {
        await run('readwrite', (files) => files.delete(name))
      }),
  }
}

/** One request in a transaction of its own; resolves when the transaction is complete, not when the request is. */
async function transact<T>(
  database: string,
  mode: IDBTransactionMode,
  request: (files: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const connection = await connect(database)
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = connection.transaction(FILES, mode, { durability: 'strict' })
      const answer = request(transaction.objectStore(FILES))
      transaction.addEventListener('complete', () => resolve(answer.result))
      transaction.addEventListener('abort', () =>
        reject(transaction.error ?? answer.error ?? new Error('the transaction was undone')),
      )
    })
  } finally {
    connection.close()
  }
}

function connect(database: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(database, 1)
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(FILES))
    opening.addEventListener('success', () => resolve(opening.result))
    opening.addEventListener('error', () => reject(opening.error ?? new Error('the database could not be opened')))
    opening.addEventListener('blocked', () => reject(new Error('the database is open elsewhere with another version')))
  })
}
