/** Runs that were changed after they were written: by accident, which the checksum finds, and on purpose, with a checksum that fits. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setDefaultDevice } from '@glissade/core'
import { cpu } from '@glissade/cpu'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isCheckpointError } from '../../src/index.ts'
import { readRunFile, writeRunFile, type RunHeader } from '../../src/run-file.ts'
import { loadRun, saveRun } from '../../src/run.ts'
import { folderStore } from '../../src/store-node.ts'
import { FILES, SEED, randomIntegers, type Random } from '../random.ts'
import { makeTraining, setups, train, weightsOf } from './training.ts'

let folder = ''
beforeAll(async () => {
  setDefaultDevice(cpu())
  folder = await mkdtemp(join(tmpdir(), 'glissade-damaged-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A run after two steps, in a file. */
async function saved(setup: string): Promise<Uint8Array> {
  const training = makeTraining(setup, 1)
  await train(training, { step: 0 }, (step) => step === 2)
  const store = folderStore(folder)
  await saveRun(store, 'run', {
    ...training,
    step: 2,
    extra: { best: [1, -Infinity], at: new Map([['a', 2n ** 60n]]) },
  })
  return store.read('run')
}

test('any bit that changes in the folder of a run is noticed, and the run is named', async () => {
  const whole = await saved('SGD with momentum, in steps')
  const target = makeTraining('SGD with momentum, in steps', 2)
  const before = await weightsOf(target)
  const path = join(folder, 'run')
  // Every bit of the beginning, with the header's length and the checksum itself, and then some of all the others.
  const random = randomIntegers(SEED)
  const bits = [
    ...Array.from({ length: 8 * 48 }, (_, bit) => bit),
    ...Array.from({ length: 400 }, () => random(8 * whole.length)),
    8 * whole.length - 1,
  ]
  for (const bit of bits) {
    const damaged = new Uint8Array(whole)
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    await writeFile(path, damaged)
    const error = await loadRun(folderStore(folder), 'run', target).catch((reason: unknown) => reason)
    expect(error, `bit ${bit}`).toMatchObject({ name: 'CheckpointError', kind: 'run', where: 'run' })
    expect((error as { what: string }).what).toMatch(/damaged/)
  }
  expect(await weightsOf(target)).toBe(before)
  await writeFile(path, whole)
  expect((await loadRun(folderStore(folder), 'run', target)).step).toBe(2)
  expect((await readFile(path)).length).toBe(whole.length)
})

test('a file that is cut off or goes on is noticed', async () => {
  const whole = await saved('Adam, along a cosine')
  const cut = Array.from({ length: 60 }, (_, i) => whole.subarray(0, Math.floor((i * whole.length) / 60)))
  for (const bytes of [...cut, whole.subarray(0, -1), Uint8Array.from([...whole, 0])])
    expect(() => readRunFile(bytes, 'run')).toThrow(/^run: .*damaged.*\(at run\)$/)
})

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** What may stand in the place of any value. */
const STRANGE: readonly Json[] = [null, true, 0, -1, 1.5, 1e300, '', 'x', '__proto__', [], [[]], {}, { $tensor: 'generator.default' }, { $array: 'generator.default' }, { $map: [[1, 2]] }, { $tuple: [] }, { $number: 'NaN' }, { $bigint: '9' }, { $object: [['__proto__', 1]] }, { $odd: 1 }] // prettier-ignore

/** One change of a value somewhere in a header: another value, another name, one more, one less. */
function change(json: Json, random: Random): Json {
  const strange = (): Json => structuredClone(STRANGE[random(STRANGE.length)]!)
  if (typeof json !== 'object' || json === null || random(12) === 0) return strange()
  const keys = Object.keys(json)
  if (keys.length === 0) return strange()
  const key = keys[random(keys.length)]!
  if (Array.isArray(json)) {
    const at = Number(key)
    const changes = [
      () => json.with(at, change(json[at]!, random)),
      () => json.toSpliced(at, 1),
      () => json.toSpliced(at, 0, structuredClone(json[random(json.length)]!)),
    ]
    return changes[random(4) % 3]!()
  }
  const entries = Object.entries(json)
  const at = entries.findIndex(([name]) => name === key)
  const changes = [
    () => entries.with(at, [key, change(json[key]!, random)]),
    () => entries.with(at, [key, change(json[key]!, random)]),
    () => entries.toSpliced(at, 1),
    () => entries.with(at, [`${key}${random(10)}`, json[key]!]),
    () => [...entries, [keys[random(keys.length)]! + '_', strange()] as [string, Json]],
  ]
  return Object.fromEntries(changes[random(changes.length)]!())
}

test.each(Object.keys(setups))(
  'a changed header is loaded or refused, and then nothing has changed: %s',
  async (setup) => {
    const { header, tensors } = readRunFile(await saved(setup), 'run')
    const target = makeTraining(setup, 3)
    let now = await weightsOf(target)
    const random = randomIntegers(SEED)
    const reasons = new Set<string>()
    let loaded = 0
    for (let i = 0; i < FILES / 25; i++) {
      let changed = structuredClone(header) as unknown as Json
      for (let k = random(2); k >= 0; k--) changed = change(changed, random)
      const file = writeRunFile(changed as unknown as RunHeader, tensors)
      const store = { read: async () => file, write: async () => {}, list: async () => [], remove: async () => {} }
      const error = await loadRun(store, 'run', target).then(
        () => null,
        (reason: unknown) => reason,
      )
      if (error === null) {
        loaded++
        // What was taken is usable: the next step of everything ends.
        await train(target, { step: 0 }, (step) => step === 1)
        now = await weightsOf(target)
        continue
      }
      if (!isCheckpointError(error) || [TypeError, RangeError].some((kind) => error.cause instanceof kind))
        throw new Error(`header ${i} of seed ${SEED}: ${JSON.stringify(changed)}`, { cause: error })
      expect(await weightsOf(target)).toBe(now)
      reasons.add(error.what.replaceAll(/"[^"]*"|'[^']*'|-?\d+/g, '#').slice(0, 60))
    }
    if (FILES >= 10_000) expect([loaded > 5, reasons.size > 10]).toEqual([true, true])
  },
)
