/** A store in the origin's private file system (OPFS), or in any directory of a browser. */
import type { OwnBytes } from '@glissade/core/backend'
import { kind, optional, signature, type Kind } from '@glissade/core/signature'
import { locked, waitingRows, type BrowserStoreOptions } from './browser-lock.ts'
import { crc32 } from './crc32.ts'
import { CheckpointError, quote } from './error.ts'
import { Order, orderOf } from './order.ts'
import { assertName, failed, guarded, isName, missing, taken, type Store } from './store.ts'

/** A directory of a browser; of a program that is compiled without the library `dom` there is none. */
export type Directory = typeof globalThis extends { FileSystemDirectoryHandle: { prototype: infer D } } ? D : never

const directoryHandle: Kind<FileSystemDirectoryHandle> = /* @__PURE__ */ kind(
  'a directory handle',
  (value) => typeof (value as Partial<FileSystemDirectoryHandle> | null)?.getFileHandle === 'function',
)
/** What `opfsStore` takes. */
export const OPFS_STORE = /* @__PURE__ */ signature('opfsStore', { directory: optional(directoryHandle) }, waitingRows)

const DEFAULT_FOLDER = 'glissade'

/**
 * A store in the browser's private file system; for large files. Works in pages and workers of Chrome, Firefox, and
 * Safari 26 and later.
 *
 * A write goes to a new file, `name~2` after `name~1`, which ends with its length and checksum; it is read back, and only
 * then is the older one removed. A reader takes the newest that is whole. So a crash or a full disk at any moment leaves
 * the old file or the new one, whatever the browser itself promises. Other tabs and workers may use the same folder.
 *
 * Browsers may clear what an origin stores when the disk is full; `navigator.storage.persist()` asks them not to.
 *
 * @param directory the folder to keep files in; by default `glissade` in OPFS. Any directory handle will do.
 * @throws (its methods reject with) CheckpointError (`store`), with the browser's error as `cause`: a
 * `QuotaExceededError` says that the disk or the origin's share of it is full.
 */
export function opfsStore(directory?: Directory, options?: BrowserStoreOptions): Store
export function opfsStore(directory?: Directory): Store {
  const { patience } = OPFS_STORE.read(arguments)
  // Asked for each time: a folder that was cleared away is made anew.
  const folder = directory === undefined ? openFolder : async () => directory
  const place = directory === undefined ? `opfs ${DEFAULT_FOLDER}` : null
  const order = place === null ? new Order() : orderOf(place)

  /** A writer may replace files while they are looked at: what finds nothing looks again while nobody writes. */
  const calmly = async <T>(name: string, look: () => Promise<T | undefined>): Promise<T | undefined> => {
    const found = await look().catch(() => undefined)
    return found ?? locked(name, 'shared', patience, look)
  }
  const list = async (): Promise<readonly string[]> => {
    const names: string[] = []
    for (const name of new Set((await again(async () => allGenerations(await folder()))).map((file) => file.name)))
      if (await calmly(name, async () => ((await isWhole(await folder(), name)) ? true : undefined))) names.push(name)
    return names.toSorted()
  }
  return {
    ...(place === null ? {} : { place }),
    async read(name) {
      assertName(name)
      return guarded(name, 'read', async () => {
        const found = await calmly(name, async () => readNewest(await folder(), name))
        return found ?? Promise.reject(missing(name, await list()))
      })
    },
    async write(name, bytes) {
      const whole = withFooter(taken(name, bytes))
      await order.run(name, () => locked(name, 'exclusive', patience, () => writeNext(folder, name, whole)))
    },
    list: () => guarded(DEFAULT_FOLDER, 'list', list),
    async remove(name) {
      assertName(name)
      const remove = async (): Promise<void> => {
        const opened = await folder()
        await removeSwaps(opened)
        // The newest goes last: an older one would otherwise come back if this were cut off.
        await removeAll(opened, (await generations(opened, name)).toReversed())
      }
      await order.run(name, () => guarded(name, 'remove', () => locked(name, 'exclusive', patience, remove)))
    },
  }
}

async function openFolder(): Promise<FileSystemDirectoryHandle> {
  const { storage } = (globalThis as { navigator?: { storage?: Partial<StorageManager> } }).navigator ?? {}
  if (storage?.getDirectory === undefined) {
    throw new CheckpointError(
      'store',
      quote(DEFAULT_FOLDER),
      'there is no private file system (OPFS) here: browsers have it in pages and workers of https and localhost; ' +
        'use indexedDbStore',
    )
  }
  return (await storage.getDirectory()).getDirectoryHandle(DEFAULT_FOLDER, { create: true })
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

/** What lists a folder may meet a file that is just removed. */
const ATTEMPTS = 3
async function again<T>(body: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    try {
      return await body()
    } catch {
      // The last attempt says what is wrong.
    }
  }
  return body()
}

/** The files of a name, newest first. */
async function generations(folder: FileSystemDirectoryHandle, name: string): Promise<Generation[]> {
  const own = (await allGenerations(folder)).filter((generation) => generation.name === name)
  return own.toSorted((a, b) => b.number - a.number)
}

/** How Chromium names what it writes to until a file is closed; after a crash it stays. */
const SWAP = /~[1-9][0-9]{0,14}(\.[0-9]+)?\.crswap$/

/** Removes what killed tabs left behind. Those of living ones cannot be removed, and stay. */
async function removeSwaps(folder: FileSystemDirectoryHandle): Promise<void> {
  const swaps: string[] = []
  for await (const file of folder.keys()) if (SWAP.test(file)) swaps.push(file)
  for (const file of swaps) await folder.removeEntry(file).catch(() => undefined)
}

/** `GLCK`, checksum, and length as two words: what a whole file ends with. */
const FOOTER_LENGTH = 16
const MAGIC = 0x4b434c47
const WORD = 2 ** 32

function footerOf(bytes: Uint8Array): OwnBytes {
  const words = [MAGIC, crc32(bytes), bytes.length % WORD, Math.floor(bytes.length / WORD)]
  const footer = new DataView(new ArrayBuffer(FOOTER_LENGTH))
  for (const [i, word] of words.entries()) footer.setUint32(4 * i, word, true)
  return new Uint8Array(footer.buffer)
}

/** What a file consists of: the bytes, and what tells that they are whole. */
type Parts = readonly [content: OwnBytes, footer: OwnBytes]
const withFooter = (bytes: OwnBytes): Parts => [bytes, footerOf(bytes)]

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i])

/** A file that is whole, in its parts; undefined for any other, and for one that is gone. */
async function readWhole(folder: FileSystemDirectoryHandle, file: string): Promise<Parts | undefined> {
  try {
    const blob = await (await folder.getFileHandle(file)).getFile()
    if (blob.size < FOOTER_LENGTH) return undefined
    const all = new Uint8Array(await blob.arrayBuffer())
    const content = all.subarray(0, all.length - FOOTER_LENGTH)
    const footer = all.subarray(all.length - FOOTER_LENGTH)
    return isSame(footerOf(content), footer) ? [content, footer] : undefined
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

const isGone = (error: unknown): boolean => error instanceof Error && error.name === 'NotFoundError'

/** The content of the newest file that is whole. */
async function readNewest(folder: FileSystemDirectoryHandle, name: string): Promise<OwnBytes | undefined> {
  for (const { file } of await generations(folder, name)) {
    const whole = await readWhole(folder, file)
    if (whole !== undefined) return whole[0]
  }
  return undefined
}

/** Whether a name has a file with a footer; the checksums are left to `read`. */
async function isWhole(folder: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  for (const { file } of await generations(folder, name)) {
    const blob = await (await folder.getFileHandle(file)).getFile()
    if (blob.size < FOOTER_LENGTH) continue
    const footer = new DataView(await blob.slice(-FOOTER_LENGTH).arrayBuffer())
    const length = footer.getUint32(8, true) + footer.getUint32(12, true) * WORD
    if (footer.getUint32(0, true) === MAGIC && length === blob.size - FOOTER_LENGTH) return true
  }
  return false
}

/** Writes the next file of a name, makes sure that it is there, and removes the older ones. */
async function writeNext(
  open: () => Promise<FileSystemDirectoryHandle>,
  name: string,
  [content, footer]: Parts,
): Promise<void> {
  let older: readonly Generation[] = []
  try {
    const folder = await open()
    await removeSwaps(folder)
    older = await generations(folder, name)
    const next = { file: `${name}~${(older[0]?.number ?? 0) + 1}` }
    try {
      await writeClosed(await folder.getFileHandle(next.file, { create: true }), [content, footer])
      const found = await readWhole(folder, next.file)
      if (found === undefined || !isSame(found[1], footer)) throw new Error('what was written does not read back')
    } catch (error) {
      await removeAll(folder, [next]).catch(() => undefined) // the error that matters is the first
      throw error
    }
    // The new file counts, whether or not this succeeds; the next write does it again.
    await removeAll(folder, older.toReversed()).catch(() => undefined)
  } catch (error) {
    if (error instanceof CheckpointError) throw error
    const left = await open().then(
      async (folder) => generations(folder, name),
      () => [],
    )
    const kept = left.some(({ file }) => older.some((before) => before.file === file))
    throw failed(name, 'write', error, older.length === 0 ? 'none' : kept ? 'kept' : 'gone')
  }
}

async function writeClosed(handle: FileSystemFileHandle, parts: Parts): Promise<void> {
  // Safari before 26 has the handle without the method.
  if ((handle as Partial<FileSystemFileHandle>).createWritable === undefined) {
    throw new CheckpointError('store', quote(handle.name), 'this browser cannot write files here; use indexedDbStore')
  }
  const stream = await handle.createWritable()
  try {
    for (const part of parts) await stream.write(part)
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
