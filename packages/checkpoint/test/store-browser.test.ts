import { IDBDatabase, IDBFactory, IDBObjectStore } from 'fake-indexeddb'
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

  test('of many writes of one name at once keeps the last that was called', async () => {
    const store = open()
    const contents = Array.from({ length: 20 }, (__, i) => String(i).repeat(100))
    await Promise.all(contents.map((content) => store.write('a', latin1(content))))
    expect(text(await store.read('a'))).toBe(contents.at(-1))
    await Promise.all([store.write('a', latin1('x')), store.remove('a')])
    expect(await store.list()).toEqual([])
  })

  test('writes the bytes of the call, although they change before it is done', async () => {
    const store = open()
    await store.write('a', latin1('old'))
    const bytes = latin1('new')
    const writing = store.write('a', bytes)
    bytes.fill(0)
    await writing
    expect(text(await store.read('a'))).toBe('new')
  })

  test.each([undefined, 'text', new ArrayBuffer(8), Float32Array.of(1)])(
    'does not take %j for a file',
    async (wrong) => {
      const store = open()
      await expect(store.write('a', wrong as unknown as Uint8Array)).rejects.toThrow(
        /^store: a file is written from a Uint8Array with the bytes of the file, not .* \(at "a"\)$/,
      )
      expect(await store.list()).toEqual([])
    },
  )
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

/** The locks of an origin, as far as stores use them: granted in the order of the requests, given up on abort. */
function lockManager() {
  interface Request {
    readonly name: string
    readonly mode: string
    readonly clientId: string
    readonly grant: () => void
  }
  const held: Request[] = []
  const waiting: Request[] = []
  const requests: string[] = []
  const serve = (): void => {
    for (const request of waiting.slice()) {
      const before = [...held, ...waiting.slice(0, waiting.indexOf(request))].filter(
        ({ name }) => name === request.name,
      )
      if (before.some(({ mode }) => mode === 'exclusive' || request.mode === 'exclusive')) continue
      waiting.splice(waiting.indexOf(request), 1)
      held.push(request)
      request.grant()
    }
  }
  const take = (name: string, mode: string, clientId: string, signal?: AbortSignal) =>
    new Promise<() => void>((resolve, reject) => {
      const release = (): void => {
        held.splice(held.indexOf(request), 1)
        serve()
      }
      const request: Request = { name, mode, clientId, grant: () => resolve(release) }
      signal?.addEventListener('abort', () => {
        if (!waiting.includes(request)) return
        waiting.splice(waiting.indexOf(request), 1)
        reject(signal.reason as Error)
      })
      waiting.push(request)
      serve()
    })
  const locks = {
    async request(name: string, { mode, signal }: LockOptions, body: () => Promise<unknown>) {
      requests.push(`${mode} ${name}`)
      const release = await take(name, mode!, 'this tab', signal)
      try {
        return await body()
      } finally {
        release()
      }
    },
    query: async () => ({ held, pending: waiting }),
  }
  /** Another tab takes a lock; gives what releases it. */
  const hold = (name: string, clientId: string): (() => void) => {
    let release = (): void => {}
    void take(name, 'exclusive', clientId).then((done) => (release = done))
    return () => release()
  }
  return { locks, requests, hold }
}

describe('IndexedDB', () => {
  const opening = (change: (event: Event & { dataLoss?: string }) => void): void => {
    const open = Reflect.get(IDBFactory.prototype, 'open') as (this: IDBFactory, ...args: unknown[]) => IDBOpenDBRequest
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, ...args) {
      const request = open.apply(this, args)
      request.addEventListener('upgradeneeded', (event) => change(event))
      return request
    })
  }

  test('that the browser found damaged and began anew says so until something is written', async () => {
    opening((event) => Object.assign(event, { dataLoss: 'total', dataLossMessage: 'a bad block' }))
    const store = indexedDbStore('lost')
    const message =
      'store: the browser found this database damaged and began it anew, so what was saved in it is gone (a bad block); ' +
      'write or remove a file to go on without it (at "lost")'
    await expect(store.list()).rejects.toThrow(message)
    vi.restoreAllMocks()
    await expect(store.read('last')).rejects.toThrow(message)
    await expect(store.list()).rejects.toThrow(message)
    await store.write('last', latin1('1'))
    expect([await store.list(), text(await store.read('last'))]).toEqual([['last'], '1'])
  })

  test('asks for the disk before it says that it has written', async () => {
    const begin = vi.spyOn(IDBDatabase.prototype, 'transaction')
    await indexedDbStore().write('a', latin1('1'))
    expect(begin.mock.calls).toContainEqual(['files', 'readwrite', { durability: 'strict' }])
    begin.mockRestore()
  })

  test('that is not there is told in words', async () => {
    vi.stubGlobal('indexedDB', undefined)
    const store = indexedDbStore()
    for (const call of [store.read('a'), store.write('a', latin1('1')), store.list(), store.remove('a')])
      await expect(call).rejects.toThrow('there is no IndexedDB here; in a browser use a page or a worker')
  })

  test('of another program is refused in words', async () => {
    await new Promise((resolve) => {
      const request = indexedDB.open('theirs', 1)
      request.addEventListener('success', () => resolve(request.result.close()))
    })
    await expect(indexedDbStore('theirs').list()).rejects.toThrow(
      'store: could not list it (Error: the database belongs to another program: it has no "files"; use another name) (at "theirs")',
    )
  })

  test('that is removed while it is in use is made anew', async () => {
    const store = indexedDbStore('cleared')
    await store.write('a', latin1('1'))
    const writing = Promise.allSettled(Array.from({ length: 5 }, async (_, i) => store.write('a', latin1(String(i)))))
    await new Promise((resolve) => {
      indexedDB.deleteDatabase('cleared').addEventListener('success', resolve)
    })
    await writing
    await store.write('a', latin1('last'))
    expect(text(await store.read('a'))).toBe('last')
  })

  test('that another tab keeps from opening is given up, and says so', async () => {
    const held = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('held', 1)
      request.addEventListener('success', () => resolve(request.result))
    })
    const removal = indexedDB.deleteDatabase('held')
    await expect(indexedDbStore('held', { patience: 30 }).list()).rejects.toThrow(
      'store: the browser has not opened the database for 30 ms: another tab or worker removes it or changes its version, or holds it',
    )
    const removed = new Promise((resolve) => removal.addEventListener('success', resolve))
    held.close()
    await removed
    expect(await indexedDbStore('held').list()).toEqual([])
  })
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
    const { locks, requests } = lockManager()
    vi.stubGlobal('navigator', { locks })
    await opfsStore(new Disk().open()).write('a', latin1('1'))
    expect(requests).toEqual(['exclusive glissade-checkpoint/a'])
  })

  test('gives up on a lock that another tab holds, and says who waits for what', async () => {
    const { locks, hold } = lockManager()
    vi.stubGlobal('navigator', { locks })
    const disk = new Disk()
    const store = opfsStore(disk.open(), { patience: 20 })
    await store.write('a', latin1('1'))
    const release = hold('glissade-checkpoint/a', 'tab 7')
    const message =
      'store: another tab or worker (client tab 7) has held the lock "glissade-checkpoint/a" for more than 20 ms: it is saving or ' +
      'reading this file, or is frozen; close it, use another name, or raise patience (at "a")'
    await expect(store.write('a', latin1('2'))).rejects.toThrow(message)
    await expect(store.remove('a')).rejects.toThrow(message)
    // What is whole is read without it, and other names are free.
    expect([text(await store.read('a')), await store.list()]).toEqual(['1', ['a']])
    await store.write('b', latin1('3'))
    release()
    await store.write('a', latin1('4'))
    expect(text(await store.read('a'))).toBe('4')
  })

  test('what is being replaced while it is read or listed is looked at again when the writer is done', async () => {
    const { locks, hold } = lockManager()
    vi.stubGlobal('navigator', { locks })
    const disk = new Disk()
    const store = opfsStore(disk.open())
    await store.write('a', latin1('1'))
    const release = hold('glissade-checkpoint/a', 'another tab')
    const whole = disk.files.get('a~1')!
    disk.files.set('a~1', whole.subarray(0, 5))
    const [reading, listing] = [store.read('a'), store.list()]
    await new Promise((resolve) => setTimeout(resolve, 10))
    disk.files.set('a~2', whole)
    release()
    expect([text(await reading), await listing]).toEqual(['1', ['a']])
  })

  test('the older file stays until the newer one was read back', async () => {
    const disk = new Disk()
    const store = opfsStore(disk.open())
    await store.write('a', latin1('old'))
    // A browser that loses some of what it took: the file closes, but is not what was written.
    const set = disk.files.set.bind(disk.files)
    disk.files.set = (file, content) => set(file, file === 'a~2' ? content.subarray(1) : content)
    await expect(store.write('a', latin1('new'))).rejects.toThrow(
      'store: could not write it (Error: what was written does not read back); what was there before is kept (at "a")',
    )
    disk.files.set = set
    expect([text(await store.read('a')), disk.files.size]).toEqual(['old', 1])
  })

  test('swap files that killed tabs left are removed, those of living tabs are not', async () => {
    const disk = new Disk()
    const store = opfsStore(disk.open())
    for (const name of ['a~1.crswap', 'b~12.1.crswap', 'c~3.crswap', 'foreign.crswap'])
      disk.files.set(name, latin1('x'))
    disk.held.add('c~3.crswap')
    expect(await store.list()).toEqual([])
    await store.write('a', latin1('1'))
    expect([...disk.files.keys()].toSorted()).toEqual(['a~1', 'c~3.crswap', 'foreign.crswap'])
    disk.held.clear()
    await store.remove('a')
    expect([...disk.files.keys()]).toEqual(['foreign.crswap'])
  })

  test('storage that is cleared meanwhile is told as that, and the store goes on', async () => {
    const disk = new Disk()
    vi.stubGlobal('navigator', {
      storage: { getDirectory: async () => ({ getDirectoryHandle: async () => disk.open() }) },
    })
    const store = opfsStore()
    await store.write('a', latin1('old'))
    disk.beforeWrite = () => {
      disk.files.clear()
      throw new DOMException('it is gone', 'NotFoundError')
    }
    await expect(store.write('a', latin1('new'))).rejects.toThrow(
      'store: could not write it (NotFoundError: it is gone); what was there before is gone too: the place was cleared (at "a")',
    )
    disk.beforeWrite = () => {}
    await expect(store.read('a')).rejects.toThrow('no file of this name; there are no files')
    await store.write('a', latin1('next'))
    expect(text(await store.read('a'))).toBe('next')
  })

  test.each([undefined, {}, { storage: undefined }, { storage: {} }])(
    'that is not there (navigator: %j) is told in words',
    async (navigator) => {
      vi.stubGlobal('navigator', navigator)
      const store = opfsStore()
      for (const call of [store.read('a'), store.write('a', latin1('1')), store.list(), store.remove('a')])
        await expect(call).rejects.toMatchObject({
          name: 'CheckpointError',
          message: expect.stringContaining('there is no private file system (OPFS) here: browsers have it in pages'),
        })
    },
  )

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
