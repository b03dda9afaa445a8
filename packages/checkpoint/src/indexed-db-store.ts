/** A store in IndexedDB: a record per file in one object store, a transaction per call. */
import type { OwnBytes } from '@glissade/core/backend'
import { optional, signature, string } from '@glissade/core/signature'
import { waitingRows, type BrowserStoreOptions } from './browser-lock.ts'
import { CheckpointError, quote } from './error.ts'
import { orderOf } from './order.ts'
import { assertName, failed, guarded, isName, missing, taken, type Store } from './store.ts'

/** What `indexedDbStore` takes. */
export const INDEXED_DB_STORE = /* @__PURE__ */ signature('indexedDbStore', { database: optional(string) }, waitingRows)

const DEFAULT_DATABASE = 'glissade'
const FILES = 'files'
/** No name of a file: what the browser said when it lost the database. It stays until the next write or removal. */
const LOSS = '~loss'

/**
 * A store in IndexedDB; works in every browser, in pages and workers. A write is one transaction, which the browser
 * completes or undoes as a whole; `durability: 'strict'` asks it to reach the disk first. Where the browser says that it
 * found its files damaged and began anew (Chromium's `dataLoss`), `read` and `list` reject with that until something is
 * written or removed, so that a program does not take it for a first start.
 *
 * @param database the name of the database, by default `glissade`.
 * @throws (its methods reject with) CheckpointError (`store`), with the browser's error as `cause`: a
 * `QuotaExceededError` says that the disk or the origin's share of it is full.
 */
export function indexedDbStore(database?: string, options?: BrowserStoreOptions): Store
export function indexedDbStore(database: string = DEFAULT_DATABASE): Store {
  const { patience } = INDEXED_DB_STORE.read(arguments)
  const place = `indexeddb ${database}`
  const run = async <T>(mode: IDBTransactionMode, request: (files: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    try {
      return await transact(database, patience, mode, request)
    } catch (error) {
      // Closed for another tab before the transaction began.
      if (!(error instanceof Error && error.name === 'InvalidStateError')) throw error
      return transact(database, patience, mode, request)
    }
  }
  const names = async (): Promise<readonly string[]> => {
    const keys = (await run('readonly', (files) => files.getAllKeys())) as string[]
    if (keys.includes(LOSS)) throw lossError(database, await run('readonly', (files) => files.get(LOSS)))
    return keys.filter(isName)
  }
  return {
    place,
    async read(name) {
      assertName(name)
      return guarded(name, 'read', async () => {
        const found: unknown = await run('readonly', (files) => files.get(name))
        if (found === undefined) throw missing(name, await names())
        if (found instanceof Uint8Array) return found as OwnBytes
        throw new CheckpointError('store', quote(name), 'what is there is no file of this library')
      })
    },
    async write(name, bytes) {
      const own = taken(name, bytes)
      let existed = false
      const write = (): Promise<unknown> =>
        run('readwrite', (files) => {
          const known = files.getKey(name)
          known.addEventListener('success', () => (existed = known.result !== undefined))
          files.delete(LOSS)
          return files.put(own, name)
        })
      await orderOf(place).run(name, async () => {
        try {
          await write()
        } catch (error) {
          const now = await run('readonly', (files) => files.getKey(name)).catch(() => undefined)
          throw failed(name, 'write', error, now !== undefined ? 'kept' : existed ? 'gone' : 'none')
        }
      })
    },
    list: () => guarded(database, 'list', names),
    async remove(name) {
      assertName(name)
      await orderOf(place).run(name, () =>
        guarded(name, 'remove', async () => {
          await run('readwrite', (files) => {
            files.delete(LOSS)
            return files.delete(name)
          })
        }),
      )
    },
  }
}

const lossError = (database: string, message: unknown): CheckpointError =>
  new CheckpointError(
    'store',
    quote(database),
    `the browser found this database damaged and began it anew, so what was saved in it is gone (${String(message)}); ` +
      'write or remove a file to go on without it',
  )

/** The requests of a transaction of its own; gives the last one's result when the transaction is complete. */
async function transact<T>(
  database: string,
  patience: number,
  mode: IDBTransactionMode,
  request: (files: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const connection = await connect(database, patience)
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = begin(connection, mode)
      const answer = request(transaction.objectStore(FILES))
      transaction.addEventListener('complete', () => resolve(answer.result))
      transaction.addEventListener('abort', () =>
        reject(transaction.error ?? failureOf(answer) ?? new Error('the browser undid it; was its storage cleared?')),
      )
    })
  } finally {
    connection.close()
  }
}

function begin(connection: IDBDatabase, mode: IDBTransactionMode): IDBTransaction {
  if (!connection.objectStoreNames.contains(FILES))
    throw new Error(`the database belongs to another program: it has no ${quote(FILES)}; use another name`)
  return connection.transaction(FILES, mode, { durability: 'strict' })
}

/** A request without an answer has no error, and says so by an error. */
const failureOf = (answer: IDBRequest): DOMException | null => (answer.readyState === 'done' ? answer.error : null)

function connect(database: string, patience: number): Promise<IDBDatabase> {
  const { indexedDB } = globalThis as { indexedDB?: IDBFactory }
  if (indexedDB === undefined)
    throw new CheckpointError(
      'store',
      quote(database),
      'there is no IndexedDB here; in a browser use a page or a worker',
    )
  return new Promise((resolve, reject) => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      reject(
        new CheckpointError(
          'store',
          quote(database),
          `the browser has not opened the database for ${patience} ms: another tab or worker removes it or changes its ` +
            'version, or holds it open meanwhile; close it, or raise patience',
        ),
      )
    }, patience)
    const fail = (error: Error): void => {
      clearTimeout(timer)
      reject(error)
    }
    const opening = indexedDB.open(database, 1)
    opening.addEventListener('upgradeneeded', (event) => {
      const files = opening.result.createObjectStore(FILES)
      // Chromium's own: https://chromium.googlesource.com, idb_version_change_event.idl
      const { dataLoss, dataLossMessage } = event as { dataLoss?: string; dataLossMessage?: string }
      if (dataLoss !== undefined && dataLoss !== 'none') files.put(dataLossMessage || dataLoss, LOSS)
    })
    opening.addEventListener('success', () => {
      clearTimeout(timer)
      const connection = opening.result
      // Another tab that removes the database waits for nobody; a transaction that has begun still ends.
      connection.addEventListener('versionchange', () => connection.close())
      if (late) connection.close()
      else resolve(connection)
    })
    opening.addEventListener('error', () => fail(opening.error ?? new Error('the database could not be opened')))
  })
}
