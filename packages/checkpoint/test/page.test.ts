/** Weights in a page of a real browser: from a server, a picked file, OPFS and streams, on both backends, and out again. */
import { setDefaultDevice } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import { cpu } from '@glissade/cpu'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../../tools/bundle-source.ts'
import { missing, serve, type Site } from '../../../tools/page.ts'
import { load, save } from '../src/index.ts'
import { fixture, latin1 } from './tensors.ts'

type Place = 'cpu' | 'wasm'
/** What the page offers, under `globalThis.weights`. */
interface PageProgram {
  /** The sources of a file of this name, by the way it comes. */
  readonly ways: Readonly<Record<string, (name: string) => unknown>>
  /** Loads a file into a model, and gives the model's file in the other format, byte by byte. */
  through(place: Place, way: string, name: string): Promise<number[]>
  /** What loading throws. */
  error(source: () => unknown): Promise<string>
}
const source = `
  import { setDefaultDevice } from '@glissade/core'
  import * as nn from '@glissade/core/nn'
  import { cpu } from '@glissade/cpu'
  import { wasm } from '@glissade/wasm'
  import { load, save } from '../src/index.ts'

  const bytes = async (name) => (await fetch(name)).arrayBuffer()
  const handleOf = async (name) => {
    const folder = await navigator.storage.getDirectory()
    const handle = await folder.getFileHandle(name.slice(1), { create: true })
    const writing = await handle.createWritable()
    await writing.write(await bytes(name))
    await writing.close()
    return handle
  }
  const devices = { cpu, wasm }
  globalThis.weights = {
    ways: {
      'a request': (name) => fetch(name),
      'its body': async (name) => (await fetch(name)).body,
      'a buffer': bytes,
      'a typed array': async (name) => new Uint8Array(await bytes(name)),
      'a Blob': async (name) => (await fetch(name)).blob(),
      'a stream of a Blob': async (name) => (await (await fetch(name)).blob()).stream(),
      'a stream through another': async (name) =>
        (await fetch(name)).body.pipeThrough(new CompressionStream('gzip')).pipeThrough(new DecompressionStream('gzip')),
      'a handle of OPFS': handleOf,
      'a picked file': () => document.querySelector('input').files[0],
    },
    async through(place, way, name) {
      setDefaultDevice(await devices[place]())
      const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.ReLU(), new nn.Linear(4, 2))
      const file = await load(weights.ways[way](name))
      model.loadStateDict(file.get('model') ?? file)
      return [...(await save(model, { format: name.endsWith('.pt') ? 'safetensors' : 'pt' }))]
    },
    error: (source) => load(source()).then(() => 'nothing', (error) => error.message),
  }
  document.body.append(Object.assign(document.createElement('input'), { type: 'file' }))`
declare const weights: PageProgram

const checkpoint = fixture('torch-1.13/checkpoint.pt')
let model: nn.Sequential
let safetensors: Uint8Array
let site: Site | undefined
let page: Awaited<ReturnType<Site['open']>>
beforeAll(async () => {
  if (missing !== null) return
  setDefaultDevice(cpu())
  model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.ReLU(), new nn.Linear(4, 2))
  model.loadStateDict((await load(checkpoint)).get('model'))
  safetensors = await save(model)
  const binary = 'application/octet-stream'
  site = await serve(await bundle(source, import.meta.dirname, 'browser'), {
    '/checkpoint.pt': [checkpoint, binary],
    '/model.safetensors': [safetensors, binary],
    '/pointer.pt': [latin1('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n'), binary],
  })
  page = await site.open()
  await page.waitForFunction('globalThis.weights !== undefined && document.querySelector("input") !== null')
}, 60_000)
afterAll(() => site?.close())

test.skipIf(missing !== null).each<Place>(['cpu', 'wasm'])(
  'a model on %s has the weights of a file however it comes, and gives the bytes that Node gives',
  async (place) => {
    const files: readonly (readonly [string, Uint8Array, Uint8Array])[] = [
      ['/checkpoint.pt', checkpoint, safetensors],
      ['/model.safetensors', safetensors, await save(model, { format: 'pt' })],
    ]
    const ways = await page.evaluate(() => Object.keys(weights.ways))
    expect(ways).toHaveLength(9)
    for (const [name, content, want] of files) {
      await page.setInputFiles('input', { name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) })
      for (const way of ways) {
        const got = await page.evaluate(([where, how, what]) => weights.through(where, how, what), [
          place,
          way,
          name,
        ] as const)
        expect({ name, way, same: Buffer.from(got).equals(want) }).toEqual({ name, way, same: true })
      }
    }
  },
  60_000,
)

test.skipIf(missing !== null)('what is no file of weights is told as what it is', async () => {
  expect(await page.evaluate(() => weights.error(() => fetch('/nothing')))).toContain('the server answered 404')
  expect(await page.evaluate(() => weights.error(() => fetch('/')))).toContain('this is a web page, not the file')
  expect(await page.evaluate(() => weights.error(() => fetch('/pointer.pt')))).toContain(
    'this is a pointer of Git LFS to a file of 12 bytes',
  )
  expect(await page.evaluate(() => weights.error(() => '/checkpoint.pt'))).toContain('in a page: load(fetch(url))')
  expect(await page.evaluate(() => weights.error(() => document.querySelector('input')))).toContain('input.files[0]')
  expect(await page.evaluate(() => weights.error(() => document.querySelector('input')!.files))).toContain('files[0]')
  expect(await page.evaluate(() => weights.error(() => fetch('http://127.0.0.1:1/')))).toContain(
    'could not be had (TypeError',
  )
})
