/** The life of a team of threads: what fails, what is dropped, what is there when it cannot be had. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fuse, type Backend, type Executable, type Program, type Slice } from '@glissade/core/backend'
import { compile, manualSeed, rand, setDefaultDevice } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Builder } from '../../core/src/ir/builder.ts'
import { typeOf } from '../../core/src/ir/type.ts'
import { operand, run } from '../../cpu/test/one-node.ts'
import { makeBackend } from '../src/backend.ts'
import { barrier } from '../src/codegen/barrier.ts'
import { i32 } from '../src/emitter/code.ts'
import { ModuleWriter } from '../src/emitter/module.ts'
import { wasm } from '../src/index.ts'
import { Memory } from '../src/memory.ts'
import { startWorkers } from '../src/start-worker.ts'
import { Team } from '../src/team.ts'
import { bundle } from './bundle.ts'

const SIZE = 256
const matrix = typeOf('float32', [SIZE, SIZE])
/** A product of 17 million, which is divided, of rows that are gathered, which 300 are not. */
function gatherAndMultiply(): Program {
  const builder = new Builder()
  const rows = builder.input(matrix).gather(builder.input(typeOf('int32', [SIZE])), 0)
  return fuse(builder.finish([rows.dot(builder.input(matrix))]))
}
const ones = Array.from({ length: SIZE * SIZE }, () => 1)
const counting = Array.from({ length: SIZE }, (_, i) => i)

function multiply(backend: Backend, indices: readonly number[]): number[] {
  const program = gatherAndMultiply()
  return run(backend, program, [
    operand('float32', [SIZE, SIZE], ones),
    operand('int32', [SIZE], indices),
    operand('float32', [SIZE, SIZE], ones),
  ])[0]!
}

describe.each([
  ['that every thread sees', 0],
  ['that the first thread alone sees', 200_000],
])('an index out of range %s', (_, worth) => {
  test.each([3, SIZE - 1])('at position %i is an error, and the next run is as before', async (position) => {
    const backend = await makeBackend({ memoryBytes: 2 ** 28, threads: 3, worth })
    for (let i = 0; i < 3; i++) {
      expect(() => multiply(backend, counting.with(position, 999))).toThrow(
        `gather: index 999 is not in an axis of size ${SIZE}`,
      )
      expect(new Set(multiply(backend, counting))).toEqual(new Set([SIZE]))
    }
    backend.destroy()
  })
})

test('several backends in one process, each with its threads', async () => {
  const backends = await Promise.all([2, 3, 2].map((threads) => wasm({ threads })))
  for (let i = 0; i < 5; i++) for (const backend of backends) expect(multiply(backend, counting)[i]).toBe(SIZE)
  backends[1]!.destroy()
  expect(multiply(backends[2]!, counting)[0]).toBe(SIZE)
  expect(() => multiply(backends[1]!, counting)).toThrow('this backend was destroyed')
  backends[0]!.destroy()
  backends[2]!.destroy()
})

/** Runs a program over ones. */
function prepared(backend: Backend): { executable: Executable; readonly go: () => void; out: Slice } {
  const executable = backend.prepare(gatherAndMultiply())
  const slice = (type: Slice['type'], data: ArrayBufferView): Slice => {
    const made = { storage: backend.allocate(data.byteLength), byteOffset: 0, type }
    backend.write(made, new Uint8Array(data.buffer))
    return made
  }
  const inputs = [
    slice(matrix, Float32Array.from(ones)),
    slice(typeOf('int32', [SIZE]), Int32Array.from(counting)),
    slice(matrix, Float32Array.from(ones)),
  ]
  const out = slice(matrix, new Float32Array(SIZE * SIZE))
  return { executable, go: () => executable.run(inputs, [out], new Float64Array()), out }
}

test('a thread that fails ends the run with an error and the reason in `lost`', async () => {
  const team = await Team.start(new Memory(2 ** 24, { shared: true }), 3, startWorkers)
  const program = team.add()
  // What this thread can compile, another may not be able to: it may be out of memory.
  team.load(program, Uint8Array.of(1, 2, 3))
  expect(() => team.run(program, () => 0)).toThrow('run: a thread of this backend failed')
  expect((await team.lost).message).toContain('CompileError')
  expect(() => team.assertWhole('read')).toThrow('read: a thread of this backend failed')
  team.destroy()
})

test('what fails in this thread calls the others off', async () => {
  const team = await Team.start(new Memory(2 ** 24, { shared: true }), 2, startWorkers)
  const module = new ModuleWriter({ sharedMemory: true })
  const entry = module.function('run', ['i32'], 'i32')
  entry.emit(entry.call(barrier(module, 2), entry.param(0, 'i32')))
  entry.return(i32(0))
  module.export(entry)
  const program = team.add()
  team.load(program, module.bytes())
  const fail = (): never => {
    throw new Error('a trap')
  }
  // The other thread waits at the barrier for one that never comes.
  for (let i = 0; i < 3; i++) expect(() => team.run(program, fail)).toThrow('a trap')
  team.destroy()
})

test('threads that sleep since long wake up', async () => {
  const backend = await wasm({ threads: 2 })
  const { go } = prepared(backend)
  for (let i = 0; i < 5; i++) {
    go()
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  backend.destroy()
})

test('threads that sleep keep no process alive', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'glissade-idle-'))
  const file = join(folder, 'idle.mjs')
  writeFileSync(file, await bundle('idle-process.ts', 'node'))
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 60_000 })
  rmSync(folder, { recursive: true })
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '3 threads, 90000 results\n', stderr: '' })
})

test('programs that are released are dropped, and memory stays as it was', async () => {
  const backend = await wasm({ threads: 2 })
  const { executable } = prepared(backend)
  executable.release()
  const { reserved } = backend.memory()
  for (let i = 0; i < 100; i++) {
    const other = backend.prepare(gatherAndMultiply())
    other.release()
  }
  expect(backend.memory().reserved).toBe(reserved)
  backend.destroy()
  executable.release()
})

test('a memory that grows while threads wait is seen by all of them', async () => {
  const backend = await wasm({ threads: 2 })
  const first = prepared(backend)
  first.go()
  const before = backend.memory().reserved
  backend.allocate(2 ** 26)
  expect(backend.memory().reserved).toBeGreaterThan(before)
  // Its module, its bytes and its operands lie behind what the threads have seen.
  const second = prepared(backend)
  second.go()
  first.go()
  const [a, b] = [first, second].map(({ out }) => backend.readSync!(out))
  expect(a).toEqual(b)
  backend.destroy()
})

test('10,000 compiled steps on two threads take no more memory than the first, and end with the bits of one thread', async () => {
  const weightsOf = async (threads: number): Promise<number[]> => {
    const backend = await makeBackend({ memoryBytes: 2 ** 28, threads, worth: 0 })
    setDefaultDevice(backend)
    manualSeed(1)
    const model = new nn.Sequential(new nn.Linear(12, 16), new nn.Tanh(), new nn.Linear(16, 3))
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 })
    const [x, y] = [rand([8, 12]), rand([8, 3])]
    const step = compile((): void => {
      optimizer.zeroGrad()
      const loss = new nn.MSELoss()(model(x), y)
      loss.backward()
      optimizer.step()
    })
    for (let i = 0; i < 10; i++) step()
    const before = backend.memory()
    for (let i = 0; i < 10_000; i++) step()
    expect(backend.memory()).toEqual(before)
    const weights = await Promise.all(model.parameters().map(async (weight) => [...(await weight.data())]))
    backend.destroy()
    return weights.flat()
  }
  expect(await weightsOf(2)).toEqual(await weightsOf(1))
})

test('a program larger than a module may be becomes several, on one thread and on two', async () => {
  const builder = new Builder()
  const type = typeOf('float32', [40, 40])
  let x = builder.input(type)
  const y = builder.input(type)
  for (let i = 0; i < 12; i++) x = x.dot(y).mul(0.1).tanh()
  const program = fuse(builder.finish([x, x.sum([0])]))
  const operands = [1, 2].map((k) =>
    operand(
      'float32',
      [40, 40],
      ones.slice(0, 1600).map((_, i) => ((i * k) % 7) / 7),
    ),
  )
  const results = await Promise.all(
    [{ threads: 1 }, { threads: 1, moduleBytes: 3000 }, { threads: 2, worth: 0, moduleBytes: 3000 }].map(
      async (settings) => {
        const backend = await makeBackend({ memoryBytes: 2 ** 28, genericNodes: 0, ...settings })
        const result = run(backend, program, operands)
        backend.destroy()
        return result
      },
    ),
  )
  expect(results[1]).toEqual(results[0])
  expect(results[2]).toEqual(results[0])
})

describe('where there can be no threads there is one, and the reason', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })
  const cases: [string, () => void, string][] = [
    [
      'in a page that is not cross-origin isolated',
      () => vi.stubGlobal('crossOriginIsolated', false),
      'the page is not cross-origin isolated; serve it with the headers "Cross-Origin-Opener-Policy: same-origin"',
    ],
    [
      'without SharedArrayBuffer',
      () => vi.stubGlobal('SharedArrayBuffer', undefined),
      'there is no SharedArrayBuffer here',
    ],
    [
      'without workers',
      () => vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined),
      'workers could not be started: there is no Worker here',
    ],
  ]
  test.each(cases)('%s', async (_, prevent, reason) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    prevent()
    const backends = [await wasm({ threads: 2 }), await wasm({ threads: 2 })]
    expect(backends.map(({ threads }) => threads)).toEqual([1, 1])
    expect(backends[0]!.oneThreadBecause).toContain(reason)
    expect(warn).toHaveBeenCalledTimes(1)
    expect(warn).toHaveBeenCalledWith(expect.stringContaining(`wasm: one thread instead of 2: ${reason}`))
    expect(multiply(backends[0]!, counting)[0]).toBe(SIZE)
  })
})

test.each([0, -1, 1.5, 257, Number.NaN])('%d threads are refused', async (threads) => {
  await expect(wasm({ threads })).rejects.toThrow(`wasm: threads is a whole number from 1 to 256 (got ${threads})`)
})
