import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { folderStore, writeFileAtomic } from '../src/store-node.ts'
import { latin1 } from './tensors.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glissade-checkpoint-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

/** Which has neither these links nor these permissions. */
const windows = process.platform === 'win32'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('a store in a folder', () => {
  test('keeps files by name, and replaces them', async () => {
    const store = folderStore(join(folder, 'made', 'at the first write'))
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

  test('removes nothing from a folder that is not there', async () => {
    await folderStore(join(folder, 'none')).remove('a')
  })

  test('names the files there are when asked for another', async () => {
    const store = folderStore(folder)
    await expect(store.read('a')).rejects.toThrow('store: no file of this name; there are no files (at "a")')
    await store.write('b', latin1(''))
    await expect(store.read('a')).rejects.toThrow('store: no file of this name; there are "b" (at "a")')
  })

  test.each(['', '.', '..', '.a', 'a/b', '../a', 'a\\b', 'a\0', 'é', 'a b', 'x'.repeat(129)])(
    'does not take %j for a name',
    async (name) => {
      const store = folderStore(folder)
      const message = 'a name has up to 128 letters, digits, dots, hyphens and underscores'
      await expect(store.write(name, latin1(''))).rejects.toThrow(message)
      await expect(store.read(name)).rejects.toThrow(message)
      await expect(store.remove(name)).rejects.toThrow(message)
    },
  )

  test('gives memory of its own, not a part of a pool', async () => {
    const store = folderStore(folder)
    await store.write('a', latin1('small'))
    const bytes = await store.read('a')
    expect([bytes.byteOffset, bytes.buffer.byteLength]).toEqual([0, 5])
  })
})

describe('an atomic write', () => {
  test('leaves no other file', async () => {
    await writeFileAtomic(join(folder, 'a'), latin1('1'))
    await writeFileAtomic(join(folder, 'a'), latin1('2'))
    expect(await readdir(folder)).toEqual(['a'])
  })

  test('that fails keeps the old file, leaves no other, and says why', async () => {
    // A folder cannot be replaced by a file.
    await mkdir(join(folder, 'a'))
    await expect(writeFileAtomic(join(folder, 'a'), latin1('1'))).rejects.toMatchObject({
      name: 'CheckpointError',
      kind: 'store',
      what: expect.stringMatching(/^could not write it \(.*EISDIR.*\); what was there before is kept$/),
      cause: { code: 'EISDIR' },
    })
    expect(await readdir(folder)).toEqual(['a'])
  })

  test('to a folder that is not there says so', async () => {
    await expect(writeFileAtomic(join(folder, 'no', 'a'), latin1('1'))).rejects.toMatchObject({
      cause: { code: 'ENOENT' },
    })
  })

  test.skipIf(windows)('follows a symbolic link instead of replacing it', async () => {
    await writeFile(join(folder, 'real'), 'old')
    await symlink('real', join(folder, 'link'))
    await writeFileAtomic(join(folder, 'link'), latin1('new'))
    expect(await readFile(join(folder, 'real'), 'utf8')).toBe('new')
  })

  test.skipIf(windows)('keeps the permissions of the file that it replaces', async () => {
    await writeFile(join(folder, 'a'), 'old')
    await chmod(join(folder, 'a'), 0o600)
    await writeFileAtomic(join(folder, 'a'), latin1('new'))
    const { mode } = await stat(join(folder, 'a'))
    expect(mode & 0o777).toBe(0o600)
  })

  test('removes what a killed process left for the same file, once it is an hour old', async () => {
    const names = ['.a.0123456789abcdef.tmp', '.a.fedcba9876543210.tmp', '.b.0123456789abcdef.tmp']
    for (const name of names) await writeFile(join(folder, name), '')
    const old = new Date(Date.now() - 2 * 3_600_000)
    for (const name of [names[0]!, names[2]!]) await utimes(join(folder, name), old, old)
    await writeFileAtomic(join(folder, 'a'), latin1('1'))
    expect((await readdir(folder)).toSorted()).toEqual([names[1]!, names[2]!, 'a'])
    expect(await folderStore(folder).list()).toEqual(['a'])
  })

  test('of one name by many at once happens in the order of the calls, whoever opened the folder', async () => {
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(30_000 - 1500 * i))
    const written = contents.map((content) => folderStore(`${folder}/./`).write('a', latin1(content)))
    const removed = folderStore(folder).remove('b')
    await Promise.all([...written, removed, writeFileAtomic(join(folder, 'a'), latin1('last'))])
    expect(text(await folderStore(folder).read('a'))).toBe('last')
    expect(await readdir(folder)).toEqual(['a'])
  })

  test('writes the bytes of the call, although they change before it is done', async () => {
    const bytes = new Uint8Array(1 << 20).fill(1)
    const writing = folderStore(folder).write('a', bytes)
    bytes.fill(2)
    await writing
    expect(new Set(await folderStore(folder).read('a'))).toEqual(new Set([1]))
  })

  test('to a folder that was removed makes it anew, and a failure there says what became of the old file', async () => {
    const place = join(folder, 'cleared')
    const store = folderStore(place)
    await store.write('a', latin1('1'))
    await rm(place, { recursive: true })
    await expect(store.read('a')).rejects.toThrow('no file of this name; there are no files')
    expect(await store.list()).toEqual([])
    await store.write('a', latin1('2'))
    expect(text(await store.read('a'))).toBe('2')
  })
})
