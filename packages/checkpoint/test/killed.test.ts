/** Processes that are killed while they save: what was acknowledged is there, whole, or something later is. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, test } from 'vitest'
import { bundle } from '../../../tools/bundle-source.ts'
import { readPt, readSafetensors, stateDictOf } from '../src/index.ts'
import { folderStore } from '../src/store-node.ts'
import { randomIntegers } from './random.ts'

/** How each kind of file says a number many times, and how it is read back: every number that is in the file. */
const kinds: Readonly<Record<string, { write: string; read: (bytes: Uint8Array<ArrayBuffer>) => Iterable<number> }>> = {
  'plain bytes': {
    write: 'new Uint8Array(numbers.buffer)',
    read: (bytes) => new Int32Array(bytes.buffer),
  },
  safetensors: {
    write: `writeSafetensors({ a: tensor, b: tensor })`,
    read: (bytes) => [...readSafetensors(bytes).tensors.values()].flatMap(({ data }) => [...data]),
  },
  'a .pt file': {
    write: `writePt({ a: tensor })`,
    read: (bytes) => stateDictOf(readPt(bytes)).get('a')!.data,
  },
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glissade-killed-saves-'))
})
afterAll(() => rm(folder, { recursive: true }))

const KILLS = 30

test.concurrent.for(Object.keys(kinds))(
  `${KILLS} kills during saves of %s lose nothing`,
  async (kind, { expect: wants }) => {
    const { write, read } = kinds[kind]!
    const name = kind.replaceAll(/\W/g, '')
    // Saves files of one repeated number, and says before and after which one it is.
    const source = `
    import { writeSync } from 'node:fs'
    import { writePt } from '../src/pt.ts'
    import { writeSafetensors } from '../src/safetensors.ts'
    import { folderStore } from '../src/store-node.ts'

    const store = folderStore(process.argv[2])
    for (let i = Number(process.argv[3]); ; i++) {
      const numbers = new Int32Array(1 << 16).fill(i)
      const tensor = { dtype: 'int32', shape: [1 << 16], data: numbers }
      writeSync(1, 'saving ' + i + '\\n')
      await store.write('state', ${write})
      writeSync(1, 'saved ' + i + '\\n')
    }`
    const program = join(folder, `${name}.mjs`)
    await writeFile(program, await bundle(source, import.meta.dirname, 'node'))
    const place = join(folder, name)
    const random = randomIntegers(name.length)
    let [last, withinSave] = [0, 0]
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(process.execPath, [program, place, String(last + 1)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const closed = once(child, 'close')
      let printed = ''
      const all = (what: string): string[] => printed.match(new RegExp(`^${what} (\\d+)$`, 'gm')) ?? []
      // The moment falls some milliseconds after a save began, whatever the machine does beside.
      const [saves, ms] = [1 + random(4), random(6)]
      let isDying = false
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        printed += chunk
        if (isDying || all('saving').length < saves) return
        isDying = true
        setTimeout(() => child.kill('SIGKILL'), ms)
      })
      await closed

      const numberOf = (line: string | undefined): number => Number(line?.split(' ')[1] ?? 0)
      const [begun, acknowledged] = [numberOf(all('saving').at(-1)), Math.max(last, numberOf(all('saved').at(-1)))]
      if (begun > acknowledged) withinSave++
      if (acknowledged === 0 && !(await folderStore(place).list()).includes('state')) continue
      const numbers = new Set(read(await folderStore(place).read('state')))
      wants(numbers.size).toBe(1)
      last = [...numbers][0]!
      wants(last).toBeGreaterThanOrEqual(acknowledged)
      wants(last).toBeLessThanOrEqual(begun)
    }
    // The moments mean something: some fell into a save, and files were replaced.
    wants(withinSave).toBeGreaterThan(3)
    wants(last).toBeGreaterThan(KILLS)
    wants(await folderStore(place).list()).toEqual(['state'])
    // What is left lying around is temporary, and of killed processes.
    const others = (await readdir(place)).filter((file) => file !== 'state')
    wants(others.length).toBeLessThanOrEqual(withinSave)
  },
)
