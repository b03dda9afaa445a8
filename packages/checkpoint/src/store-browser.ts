/**
 * Files in the browser: in the origin's private file system (OPFS), or in IndexedDB where that cannot be written.
 * Neither is chosen for the caller: a browser that gains OPFS would otherwise lose sight of what is in IndexedDB.
 */
export { indexedDbStore } from './indexed-db-store.ts'
export { opfsStore, type Directory } from './opfs-store.ts'
export type { BrowserStoreOptions } from './browser-lock.ts'
