import { IDBFactory, IDBObjectStore } from 'fake-indexeddb'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Store } from '../src/index.ts'
import { indexedDbStore, opfsStore } from '../src/store-browser.ts'
import { Disk } from './opfs.ts'
import { latin1 } from './tensors.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  return () => vi.unstubAllGlobals()
})

describe.each<[string, () => Store]>([
  ['opfsStore', () => opfsStore(new Disk().open())],
  ['indexedDbStore', () => indexedDbStore()],
])('%s', (_, open) => {
  test('keeps files by name, and replaces them', async () => {
    const store = open()
    expect(await store.list()).toEqual([])
    await store.write('last.safetensors', latin1('one'))
    await store.write('best.pt', latin1('two'))
    await store.write('last.safetensors', latin1('three'))
    expect(await store.list()).toEqual(['best.pt', 'last.safetensors'])
    expect(text(await store.read('last.safetensors'))).toBe('three')
    await store.remove('last.safetensors')
    await store.remove('last.safetensors')
    expect(await store.list()).toEqual(['best.pt'])
  })

  test('names the files there are when asked for another', async () => {
    const store = open()
    await expect(store.read('a')).rejects.toThrow('store: no file of this name; there are no files (at "a")')
    await store.write('b', latin1(''))
    await expect(store.read('a')).rejects.toThrow('store: no file of this name; there are "b" (at "a")')
  })

  test.each(['', '.a', 'a/b', 'a~1'])('does not take %j for a name', async (name) => {
    const store = open()
    const message = 'a name has up to 128 letters, digits, dots, hyphens and underscores'
    await expect(store.write(name, latin1(''))).rejects.toThrow(message)
    await expect(store.read(name)).rejects.toThrow(message)
    await expect(store.remove(name)).rejects.toThrow(message)
  })

  test('keeps a part of an array, and only that part', async () => {
    const store = open()
    await store.write('a', latin1('abcd').subarray(1, 3))
    const bytes = await store.read('a')
    expect(text(bytes)).toBe('bc')
    await store.write('a', bytes)
    expect(text(await store.read('a'))).toBe('bc')
  })

  test('of many writes of one name at once keeps one, whole', async () => {
    const store = open()
    const contents = Array.from({ length: 20 }, (__, i) => String(i).repeat(100))
    await Promise.all(contents.map((content) => store.write('a', latin1(content))))
    expect(contents).toContain(text(await store.read('a')))
  })
})

describe('a page that dies', () => {
  /** Does something in pages that die after 0, 1, 2, ... steps, until one lives; says what the next page finds. */
  async function diesAnywhere(torn: number, act: (store: Store) => Promise<void>): Promise<(string | undefined)[]> {
    const found: (string | undefined)[] = []
    for (let steps = 0; ; steps++) {
      const disk = new Disk()
      await opfsStore(disk.open()).write('a', latin1('old'))
      const done = await act(opfsStore(disk.open({ steps, torn }))).then(
        () => true,
        () => false,
      )
      const next = opfsStore(disk.open())
      const names = await next.list()
      found.push(names.includes('a') ? text(await next.read('a')) : undefined)
      // The next write works, whatever was left lying around, and clears it.
      await next.write('a', latin1('next'))
      expect([text(await next.read('a')), disk.files.size]).toEqual(['next', 1])
      if (done) return found
    }
  }

  test.each([0, 0.5, 0.99])(
    'while it writes leaves the old file or the new, also when %f of it is there',
    async (torn) => {
      const found = await diesAnywhere(torn, (store) => store.write('a', latin1('a new and longer one')))
      const firstNew = found.indexOf('a new and longer one')
      expect(found.length).toBeGreaterThan(6)
      expect(found).toEqual(found.map((_, i) => (i < firstNew ? 'old' : 'a new and longer one')))
    },
  )

  test('while it removes leaves the file or nothing', async () => {
    const found = await diesAnywhere(0, (store) => store.remove('a'))
    expect(new Set(found)).toEqual(new Set(['old', undefined]))
  })

  test('before it could remove the older file, which a later removal does not bring back', async () => {
    const disk = new Disk()
    const store = opfsStore(disk.open())
    await store.write('a', latin1('1'))
    const older = new Map(disk.files)
    await store.write('a', latin1('2'))
    for (const [file, content] of older) disk.files.set(file, content)
    expect(text(await store.read('a'))).toBe('2')
    await store.remove('a')
    expect(disk.files.size).toBe(0)
  })
})

describe('a full disk', () => {
  const full = { name: 'CheckpointError', kind: 'store', cause: { name: 'QuotaExceededError' } }

  test('keeps the old file in OPFS, and nothing of the new', async () => {
    const disk = new Disk()
    const store = opfsStore(disk.open())
    await store.write('a', latin1('old'))
    disk.quota = 60
    await expect(store.write('a', latin1('x'.repeat(100)))).rejects.toMatchObject({
      ...full,
      message:
        'store: could not write it (QuotaExceededError: the disk is full); what was there before is kept (at "a")',
    })
    expect([text(await store.read('a')), disk.files.size]).toEqual(['old', 1])
  })

  test.each(['at the request', 'at the end of the transaction'])(
    'keeps the old file in IndexedDB: %s',
    async (moment) => {
      const store = indexedDbStore()
      await store.write('a', latin1('old'))
      const quota = new DOMException('the disk is full', 'QuotaExceededError')
      const put = Reflect.get(IDBObjectStore.prototype, 'put') as (
        this: IDBObjectStore,
        ...args: unknown[]
      ) => IDBRequest
      const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
        this: IDBObjectStore,
        value,
        key,
      ) {
        if (moment === 'at the request') throw quota
        const request = put.call(this, value, key)
        request.addEventListener('success', () => {
          Object.defineProperty(this.transaction, 'error', { value: quota })
          this.transaction.abort()
        })
        return request
      })
      await expect(store.write('a', latin1('new'))).rejects.toMatchObject(full)
      spy.mockRestore()
      expect(text(await store.read('a'))).toBe('old')
    },
  )
})

describe('OPFS', () => {
  test('is asked for the folder `glissade` where none is given', async () => {
    const disk = new Disk()
    const getDirectoryHandle = vi.fn<() => Promise<FileSystemDirectoryHandle>>(async () => disk.open())
    vi.stubGlobal('navigator', { storage: { getDirectory: async () => ({ getDirectoryHandle }) } })
    await opfsStore().write('a', latin1('1'))
    expect(getDirectoryHandle).toHaveBeenCalledExactlyOnceWith('glissade', { create: true })
    expect([...disk.files.keys()]).toEqual(['a~1'])
  })

  test('without a way to write says what to use instead', async () => {
    const bare = { getFileHandle: async (name: string) => ({ name }), removeEntry: async () => {}, async *keys() {} }
    const store = opfsStore(bare as unknown as FileSystemDirectoryHandle)
    await expect(store.write('a', latin1('1'))).rejects.toThrow(
      'this browser cannot write files here; use indexedDbStore',
    )
  })

  test('takes a lock for the name while it writes', async () => {
    const request = vi.fn<(name: string, body: () => Promise<void>) => Promise<void>>(async (_, body) => body())
    vi.stubGlobal('navigator', { locks: { request } })
    await opfsStore(new Disk().open()).write('a', latin1('1'))
    expect(request).toHaveBeenCalledExactlyOnceWith('glissade-checkpoint/a', expect.any(Function))
  })

  test('a file of another origin or program among ours is left alone', async () => {
    const disk = new Disk()
    for (const name of ['a', 'a~0', '~1', 'a~x', '.b~1']) disk.files.set(name, latin1('foreign'))
    const store = opfsStore(disk.open())
    expect(await store.list()).toEqual([])
    await store.write('a', latin1('1'))
    await store.remove('a')
    expect(disk.files.size).toBe(5)
  })
})
