/** A model to a file and back in one line each way: both formats, all backends, and whatever has the bytes. */
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { manualSeed, noGrad, setDefaultDevice, tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cpu } from '@glissade/cpu'
import { wasm } from '@glissade/wasm'
import {
  isCheckpointError,
  load,
  readPt,
  readSafetensors,
  save,
  stateDictOf,
  writePt,
  writeSafetensors,
  type Saveable,
  type Source,
} from '../src/index.ts'
import { loadFile, saveFile } from '../src/node.ts'
import { fixture, latin1, torches, vector } from './tensors.ts'

const devices = { cpu: cpu(), wasm: await wasm() }
type Place = keyof typeof devices
const formats = ['safetensors', 'pt'] as const

beforeEach(() => {
  setDefaultDevice(devices.cpu)
  manualSeed(0)
})
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glissade-load-'))
})
afterAll(() => rm(folder, { recursive: true }))

const makeModel = (place: Place = 'cpu'): nn.Sequential =>
  new nn.Sequential(new nn.BatchNorm1d(2), new nn.Linear(2, 3), new nn.Linear(3, 1)).to(devices[place])
const elements = async (model: nn.AnyModule): Promise<Record<string, readonly number[]>> =>
  Object.fromEntries(
    await Promise.all([...model.stateDict()].map(async ([key, value]) => [key, [...(await value.data())]] as const)),
  )

describe.each(formats)('%s', (format) => {
  test.each<[Place, Place]>([
    ['cpu', 'cpu'],
    ['cpu', 'wasm'],
    ['wasm', 'cpu'],
    ['wasm', 'wasm'],
  ])('goes from a model on %s to one on %s', async (from, to) => {
    const model = makeModel(from)
    model(
      tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { device: devices[from] },
      ),
    )
    const other = makeModel(to)
    const result = other.loadStateDict(await load(await save(model, { format })))
    expect(result).toEqual({ missingKeys: [], unexpectedKeys: [] })
    expect(await elements(other)).toEqual(await elements(model))
    expect(other.parameters().every(({ device }) => device === devices[to])).toBe(true)
  })

  test('through a path', async () => {
    const model = makeModel('wasm')
    for (const path of [join(folder, `a model.${format}`), pathToFileURL(join(folder, `url.${format}`))]) {
      await saveFile(model, path)
      const other = makeModel()
      other.loadStateDict(await loadFile(path))
      expect(await elements(other)).toEqual(await elements(model))
    }
    expect((await readdir(folder)).filter((name) => name.includes('tmp'))).toEqual([])
  })

  test('what is saved is the state at the call', async () => {
    const model = makeModel()
    const before = await elements(model)
    const saving = save(model, { format })
    noGrad(() => model.parameters().forEach((parameter) => parameter.zero_()))
    model.loadStateDict(await load(await saving))
    expect(await elements(model)).toEqual(before)
  })
})

test('the functions that do not wait take tensors too', async () => {
  const model = makeModel('wasm')
  const state = model.stateDict()
  const files = [stateDictOf(readPt(writePt(state))), readSafetensors(writeSafetensors(state)).tensors]
  for (const tensors of files) {
    const other = makeModel()
    other.loadStateDict(tensors)
    expect(await elements(other)).toEqual(await elements(model))
    expect(tensors.get('0.num_batches_tracked')).toMatchObject({ dtype: 'int32', as: 'int64' })
  }
})

test('state dicts of all parts, written out as in PyTorch, give the same file as the parts', async () => {
  const model = makeModel()
  const optimizer = new optim.Adam(model.parameters())
  const scheduler = new optim.lrScheduler.StepLR(optimizer, { stepSize: 2 })
  model(
    tensor([
      [1, 2],
      [3, 4],
    ]),
  )
    .sum()
    .backward()
  optimizer.step()
  const states = {
    model: model.stateDict(),
    optimizer: optimizer.stateDict(),
    scheduler: scheduler.stateDict(),
    epoch: 1,
  }
  const bytes = await save({ model, optimizer, scheduler, epoch: 1 }, { format: 'pt' })
  expect(await save(states, { format: 'pt' })).toEqual(bytes)
  expect(readPt(writePt({ optimizer: optimizer.stateDict() }))).toEqual(
    new Map([['optimizer', (await load(bytes)).get('optimizer')]]),
  )
})

test('what BatchNorm of before PyTorch 0.4.1 lacks is 0 after a strict load', async () => {
  const state = await load(await save(makeModel()))
  state.delete('0.num_batches_tracked')
  const model = makeModel('wasm')
  model(
    tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { device: devices.wasm },
    ),
  )
  model.loadStateDict(state)
  expect((await elements(model))['0.num_batches_tracked']).toEqual([0])
})

test.each(torches)('a checkpoint of %s loads into a model and an optimizer on wasm', async (torch) => {
  setDefaultDevice(devices.wasm)
  const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.ReLU(), new nn.Linear(4, 2))
  const optimizer = new optim.SGD(model.parameters(), { lr: 1, momentum: 0.5 })
  const checkpoint = await load(fixture(`${torch}/checkpoint.pt`))
  model.loadStateDict(checkpoint.get('model'))
  optimizer.loadStateDict(checkpoint.get('optimizer'))
  expect([checkpoint.get('epoch'), optimizer.paramGroups[0]!.momentum]).toEqual([3, 0.9])
  const weight = checkpoint.get('model').get('0.weight') as { data: Float32Array }
  expect((await elements(model))['0.weight']).toEqual([...weight.data])
  expect(optimizer.state.size).toBe(6)
})

describe.each<[string, (params: nn.Parameter[]) => optim.AnyOptimizer]>([
  ['SGD', (params) => new optim.SGD(params, { lr: 0.1, momentum: 0.9 })],
  ['Adam', (params) => new optim.Adam(params, { amsgrad: true })],
  ['AdamW', (params) => new optim.AdamW(params)],
  ['RMSprop', (params) => new optim.RMSprop(params, { momentum: 0.5, centered: true })],
  ['Adagrad', (params) => new optim.Adagrad(params)],
])('a checkpoint with %s', (_, makeOptimizer) => {
  test('goes on elsewhere as if nothing had been', async () => {
    const parts = (place: Place) => {
      const model = makeModel(place)
      const optimizer = makeOptimizer(model.parameters())
      const scheduler = new optim.lrScheduler.StepLR(optimizer, { stepSize: 2 })
      const step = (): void => {
        optimizer.zeroGrad()
        model(
          tensor(
            [
              [1, 2],
              [3, -4],
            ],
            { device: devices[place] },
          ),
        )
          .pow(2)
          .mean()
          .backward()
        optimizer.step()
      }
      return { model, optimizer, scheduler, step }
    }
    const first = parts('cpu')
    first.step()
    const { step, ...saved } = first
    const file = await load(await save({ ...saved, epoch: 7 }, { format: 'pt' }))
    const second = parts('wasm')
    second.model.loadStateDict(file.get('model'))
    second.optimizer.loadStateDict(file.get('optimizer'))
    second.scheduler.loadStateDict(file.get('scheduler'))
    expect(file.get('epoch')).toBe(7)
    step()
    second.step()
    const [want, got] = [await elements(first.model), await elements(second.model)]
    for (const key in want) want[key]!.forEach((value, i) => expect(got[key]![i]).toBeCloseTo(value, 4))
  })
})

describe('load takes', () => {
  const bytes = writeSafetensors({ a: vector(1, 2) })
  const copy = (): ArrayBuffer => bytes.slice().buffer
  const shared = (): SharedArrayBuffer => {
    const buffer = new SharedArrayBuffer(bytes.length)
    new Uint8Array(buffer).set(bytes)
    return buffer
  }
  const padded = (): Uint8Array => Uint8Array.of(9, ...bytes, 9).subarray(1, -1)
  const halves = (): Uint8Array[] => [bytes.slice(0, 11), bytes.slice(11)]
  test.each<[string, () => Source]>([
    ['a typed array', () => bytes],
    ['a part of one', padded],
    ['a Buffer', () => Buffer.from(bytes)],
    ['a DataView', () => new DataView(copy())],
    ['an Int8Array', () => new Int8Array(copy())],
    ['an ArrayBuffer', copy],
    [
      'one of another realm',
      () => runInNewContext('Uint8Array.from(list).buffer', { list: [...bytes] }) as ArrayBuffer,
    ],
    ['a SharedArrayBuffer', shared],
    ['a Blob', () => new Blob([bytes])],
    ['a File', () => new File([bytes], 'model')],
    ['a handle of a file', () => ({ getFile: async () => new File([bytes], 'model') })],
    ['a Response', () => new Response(bytes)],
    ['a promise of one', () => Promise.resolve(new Response(bytes))],
    ['a stream of the web', () => new Blob([bytes]).stream()],
    ['one that cannot be iterated', () => ({ getReader: () => new Blob([bytes]).stream().getReader() })],
    ['a stream of Node', () => Readable.from(halves())],
    [
      'a generator of ArrayBuffers',
      async function* buffers() {
        yield* halves().map(({ buffer }) => buffer)
      },
    ],
    [
      'a stream that fills one buffer again',
      async function* chunks() {
        const one = new Uint8Array(1)
        for (const byte of bytes) {
          one[0] = byte
          yield one
        }
      },
    ],
  ])('%s', async (_, make) => {
    expect(await load(make())).toEqual(new Map([['a', vector(1, 2)]]))
  })

  test('what a server answers, and says when that is no file', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/model') response.end(bytes)
      else response.writeHead(404).end('<html>no</html>')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await load(fetch(`${origin}/model`))).toEqual(new Map([['a', vector(1, 2)]]))
    await expect(load(fetch(`${origin}/other`))).rejects.toThrow(
      `source: the server answered 404 Not Found for ${origin}/other (at load)`,
    )
    server.close()
    await expect(load(fetch(`${origin}/model`, { signal: AbortSignal.abort() }))).rejects.toMatchObject({
      name: 'CheckpointError',
      kind: 'source',
    })
  })

  test.each<[string, unknown, string]>([
    [
      'a path',
      'model.pt',
      'in Node a path is read by loadFile of @glissade/checkpoint/node; in a page: load(fetch(url))',
    ],
    ['a URL', new URL('https://example.org/a.pt'), 'load(fetch(url))'],
    ['a list of numbers', [1, 2], 'wrap the numbers: Uint8Array.from(list)'],
    ['a store', { read() {}, write() {}, list() {} }, 'read the file: await store.read(name)'],
    ['nothing', undefined, 'load: '],
    ['a promise of a path', Promise.resolve('a'), 'the promise gave "a"; in Node a path is read by loadFile'],
    ['a stream of texts', Readable.from(['a', 'b']), 'it is a stream of texts; take the encoding away'],
    ['a stream of objects', Readable.from([{}]), 'it is a stream of an object, not of bytes'],
    [
      'a stream that breaks',
      Readable.from(
        (async function* breaks() {
          yield bytes
          throw new Error('gone')
        })(),
      ),
      'the bytes could not be had (Error: gone)',
    ],
    [
      'a Response that was read',
      (() => {
        const response = new Response('a')
        void response.text()
        return response
      })(),
      'the bytes could not be had',
    ],
  ])('not %s', async (_, value, message) => {
    await expect(load(value as Source)).rejects.toThrow(message)
  })

  test('no list, which readPt gives as it is', async () => {
    await expect(load(writePt([1]))).rejects.toThrow(
      'the file holds an array of 1 and no dict with names; readPt gives it',
    )
  })
})

describe('what is no checkpoint is told as what it is', () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 46830571\n'
  const weightMap = '{"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}'
  test.each<[string, Uint8Array | string, string]>([
    ['nothing', '', 'the file is empty'],
    ['a pointer of Git LFS', pointer, 'this is a pointer of Git LFS to a file of 46830571 bytes, not the file'],
    ['a pointer of git-annex', '/annex/objects/SHA256E-s3--a.pt\n', 'this is a pointer of git-annex'],
    ['what a link of git-annex became', '../.git/annex/objects/a/b/c', 'this is a pointer of git-annex'],
    ['a pointer of DVC', 'outs:\n- md5: a\n', 'this is a pointer of DVC'],
    ['a web page', '\n<!DOCTYPE html><html><title>Sign in</title>', 'this is a web page, not the file'],
    ['its title', '<html><head>\n<title> Sign in </title>', 'its title is "Sign in"'],
    [
      'an error of a store',
      '<?xml version="1.0"?><Error><Code>AccessDenied</Code>',
      'this is XML, which stores of files answer',
    ],
    ['JSON', '{"error": "no such model"}', 'this is JSON: "{\\"error\\": \\"no such model\\"}"'],
    ['an index', weightMap, 'this is the index of a checkpoint in several files'],
    ['a text', 'Entry not found', 'this is text, not a checkpoint: "Entry not found" (15 bytes)'],
    ['gzip', gzipSync('a'), "this is compressed with gzip; decompress (new DecompressionStream('gzip')) it first"],
    ['HDF5', '\x89HDF\r\n\x1a\n', 'this is a file of HDF5, as Keras writes, which is not read'],
    ['a bare pickle', '\x80\x04]\x94.', 'this is a bare pickle (of joblib or pickle.dump), which is not read'],
    ['numbers', '\xff\xfe\0\x01', 'it begins with the bytes ff fe 00 01 (4 bytes)'],
  ])('%s', async (_, content, message) => {
    const file = typeof content === 'string' ? latin1(content) : content
    for (const read of [load, async () => readPt(file), async () => readSafetensors(file)]) {
      const error: unknown = await read(file).then(
        () => null,
        (thrown: unknown) => thrown,
      )
      expect(isCheckpointError(error)).toBe(true)
      if (read === load || file.length === 0) expect((error as Error).message).toContain(message)
    }
    await writeFile(join(folder, 'other.pt'), file)
    await expect(loadFile(join(folder, 'other.pt'))).rejects.toThrow(message)
  })

  test('a file of the other format, to the readers of one', () => {
    expect(() => readPt(writeSafetensors({}))).toThrow('this is a safetensors file; readSafetensors and load read it')
    expect(() => readSafetensors(writePt({}))).toThrow(
      'this is a .pt file, or another zip archive; readPt and load read it',
    )
  })
})

describe('paths', () => {
  test('that lead to nothing', async () => {
    await expect(loadFile(join(folder, 'none.pt'))).rejects.toMatchObject({ kind: 'store', cause: { code: 'ENOENT' } })
    await expect(loadFile(folder)).rejects.toMatchObject({ kind: 'store', cause: { code: 'EISDIR' } })
    await expect(loadFile(Readable.from([]) as never)).rejects.toThrow('load(source) takes what is no path')
  })
  test('whose end does not say the format', async () => {
    const path = join(folder, 'model')
    await expect(saveFile(makeModel(), path)).rejects.toThrow('the name does not say which format')
    await saveFile(makeModel(), path, { format: 'pt' })
    expect((await loadFile(path)).size).toBe(9)
  })
  test('keep the old file when the value cannot be written', async () => {
    const path = join(folder, 'kept.pt')
    await saveFile({ a: 1 }, path)
    const before = await readFile(path)
    await expect(saveFile({ a: () => 1 } as never, path)).rejects.toThrow('a value of the kind function')
    expect(await readFile(path)).toEqual(before)
  })
})

describe('save', () => {
  test('writes what readers of PyTorch tensors ask for, or other texts', async () => {
    expect(readSafetensors(await save(makeModel())).metadata).toEqual(new Map([['format', 'pt']]))
    expect(readSafetensors(await save(makeModel(), { metadata: { a: 'b' } })).metadata).toEqual(new Map([['a', 'b']]))
  })
  test.each<[string, () => unknown, string]>([
    [
      'an optimizer as safetensors',
      () => new optim.SGD(makeModel().parameters()),
      `"state" is no tensor but an object; { format: 'pt' } holds anything`,
    ],
    ['a number', () => 1, 'it holds tensors by name, not 1'],
    ['a tensor alone', () => tensor([1]), 'it holds tensors by name, not an object'],
    ['a name that is no text', () => new Map([[1, tensor([1])]]), 'the name 1 is no text'],
  ])('refuses %s', async (_, make, message) => {
    await expect(save(make() as Saveable)).rejects.toThrow(message)
  })
  test('refuses what holds itself', async () => {
    const circle: unknown[] = []
    circle.push(circle)
    await expect(save(circle as Saveable, { format: 'pt' })).rejects.toThrow('does it contain itself?')
  })
})
