/**
 * Files in a folder, for Node. A write goes to a temporary file in the same folder, is forced to the disk, and takes
 * the name in one step (`rename` of POSIX replaces atomically); then the folder is forced to the disk too.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { OwnBytes } from '@glissade/core/backend'
import { signature, string } from '@glissade/core/signature'
import { bytes as bytesKind } from './kinds.ts'
import { orderOf } from './order.ts'
import { assertName, failed, isName, missing, taken, type Store } from './store.ts'

/** What `folderStore` takes. */
export const FOLDER_STORE = /* @__PURE__ */ signature('folderStore', { folder: string })
/** What `writeFileAtomic` takes. */
export const WRITE_FILE_ATOMIC = /* @__PURE__ */ signature('writeFileAtomic', { path: string, bytes: bytesKind })

/** A temporary file without a change for so long belongs to a process that was killed: live ones write all the time. */
const STALE_MS = 3_600_000
const TEMPORARY = /^\.(.+)\.[0-9a-f]{16}\.tmp$/

/**
 * A store of the files in one folder, which is made at the first write.
 *
 * @throws (its methods reject with) CheckpointError (`store`), with the system's error as `cause`.
 */
export function folderStore(folder: string): Store {
  FOLDER_STORE.read(arguments)
  const names = async (): Promise<readonly string[]> => {
    try {
      const entries = await readdir(folder, { withFileTypes: true })
      return entries
        .filter((entry) => !entry.isDirectory() && isName(entry.name))
        .map(({ name }) => name)
        .toSorted()
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return []
      throw failed(folder, 'list', error)
    }
  }
  return {
    place: `folder ${resolve(folder)}`,
    async read(name) {
      assertName(name)
      try {
        return await readWhole(join(folder, name))
      } catch (error) {
        if (hasCode(error, 'ENOENT')) throw missing(name, await names())
        throw failed(name, 'read', error)
      }
    },
    async write(name, bytes) {
      await replace(join(folder, name), taken(name, bytes), true)
    },
    list: names,
    async remove(name) {
      assertName(name)
      const path = join(folder, name)
      await inOrder(path, async () => {
        try {
          await rm(path, { force: true })
          await syncFolder(folder)
        } catch (error) {
          if (!hasCode(error, 'ENOENT')) throw failed(name, 'remove', error)
        }
      })
    },
  }
}

/**
 * Writes one file atomically: a reader of `path` finds what was there before, or all of `bytes`. A symbolic link is
 * followed, and the permissions stay. Temporary files that a killed process left for this path are removed once they are an hour old.
 *
 * @throws (rejects with) CheckpointError (`store`), with the system's error as `cause`; the old file is then kept.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  WRITE_FILE_ATOMIC.read(arguments)
  await replace(path, new Uint8Array(bytes), false)
}

/** Of one path, in the order of the calls. */
const inOrder = <T>(path: string, body: () => Promise<T>): Promise<T> => orderOf('files').run(resolve(path), body)

/** `makes`: also the folder, where there is none. */
function replace(path: string, bytes: Uint8Array, makes: boolean): Promise<void> {
  return inOrder(path, () => replaceNow(path, bytes, makes))
}

async function replaceNow(path: string, bytes: Uint8Array, makes: boolean): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const mode = await modeOf(target)
  try {
    const folder = dirname(target)
    if (makes) await mkdir(folder, { recursive: true })
    await removeStale(folder, basename(target))
    const temporary = join(folder, `.${basename(target)}.${randomBytes(8).toString('hex')}.tmp`)
    try {
      await writeSynced(temporary, bytes, mode)
      await rename(temporary, target)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  } catch (error) {
    const before = mode === undefined ? 'none' : (await modeOf(target)) === undefined ? 'gone' : 'kept'
    throw failed(path, 'write', error, before)
  }
  await syncFolder(dirname(target)).catch((error: unknown) => {
    throw failed(path, 'force the name of', error)
  })
}

/** The permissions of a file that will be replaced; undefined where there is none. */
async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o7777
  } catch {
    return undefined
  }
}

async function writeSynced(path: string, bytes: Uint8Array, mode: number | undefined): Promise<void> {
  const file = await open(path, 'wx')
  try {
    if (mode !== undefined) await file.chmod(mode)
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The new name is in the folder, which is data of its own. Windows has no way to force it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function removeStale(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (TEMPORARY.exec(entry)?.[1] !== name) continue
    const path = join(folder, entry)
    // Another process may be cleaning up too.
    const modified = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity,
    )
    if (Date.now() - modified > STALE_MS) await rm(path, { force: true })
  }
}

/** At one go Node reads at most 2 GiB. */
const MAX_READ = 2 ** 30

/** The whole file, of whatever length. The handle keeps to one file even if another takes its name meanwhile. */
export async function readWhole(path: string): Promise<OwnBytes> {
  const file = await open(path)
  try {
    const bytes = new Uint8Array((await file.stat()).size)
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await file.read(bytes, at, Math.min(MAX_READ, bytes.length - at), at)
      if (bytesRead === 0) throw new Error(`it ended after ${at} of ${bytes.length} bytes`)
      at += bytesRead
    }
    return bytes
  } finally {
    await file.close()
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
