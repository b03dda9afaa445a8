/** A training process that is killed, at any moment, goes on where its last checkpoint was, and ends with the same bits. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../../../tools/bundle-source.ts'
import { readSafetensors } from '../../src/index.ts'
import { folderStore } from '../../src/store-node.ts'
import { moments } from './moments.ts'

let folder = ''
let program = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glissade-killed-'))
  program = join(folder, 'train.mjs')
  // Trains from the checkpoint in a folder, saves after every step, and says before and after; ends after `until`.
  const source = `
    import { writeSync } from 'node:fs'
    import { setDefaultDevice } from '@glissade/core'
    import { cpu } from '@glissade/cpu'
    import { loadRun, saveRun } from '../../src/run.ts'
    import { folderStore } from '../../src/store-node.ts'
    import { makeTraining, train, weightsOf } from './training.ts'

    const [, , folder, until] = process.argv
    setDefaultDevice(cpu())
    const store = folderStore(folder)
    let training = makeTraining('Adam, along a cosine', process.pid)
    const resumes = (await store.list()).includes('last')
    const start = resumes ? await loadRun(store, 'last', training) : { step: 0 }
    if (!resumes) training = makeTraining('Adam, along a cosine', 1)
    writeSync(1, 'from ' + start.step + '\\n')
    await train(training, start, async (step) => {
      writeSync(1, 'saving ' + step + '\\n')
      await saveRun(store, 'last', { ...training, step })
      writeSync(1, 'saved ' + step + '\\n')
      return step === Number(until)
    })
    writeSync(1, await weightsOf(training))`
  await writeFile(program, await bundle(source, import.meta.dirname, 'node'))
})
afterAll(() => rm(folder, { recursive: true }))

interface Life {
  readonly printed: string
  /** The last step of which the program said this. */
  last(what: 'from' | 'saving' | 'saved'): number
}

/** Runs the program; kills it some milliseconds after it began its so manieth save, or lets it end. */
async function live(place: string, until: number, kill?: { saves: number; ms: number }): Promise<Life> {
  const child = spawn(process.execPath, [program, place, String(until)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  let isDying = false
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk
    if (kill === undefined || isDying || (printed.match(/^(from|saving) /gm) ?? []).length <= kill.saves) return
    isDying = true
    setTimeout(() => child.kill('SIGKILL'), kill.ms)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (kill === undefined && code !== 0) throw new Error(`the program ended with ${code}: ${printed.slice(-500)}`)
  const last = (what: string): number =>
    Number(
      printed
        .match(new RegExp(`^${what} (\\d+)$`, 'gm'))
        ?.at(-1)
        ?.split(' ')[1] ?? -1,
    )
  return { printed, last }
}

const KILLS = 30

test(`killed at ${KILLS} moments, it loses no checkpoint, finds none half-written, and ends with the same bits`, async () => {
  const random = moments(20260101)
  const place = join(folder, 'killed')
  const store = folderStore(place)
  let acknowledged = 0
  let withinSave = 0
  for (let kill = 0; kill < KILLS; kill++) {
    // From the first line on, then within the first saves: a save takes a few milliseconds.
    const life = await live(place, Infinity, { saves: Math.floor(4 * random()), ms: 12 * random() })
    if (life.last('from') >= 0) expect(life.last('from')).toBeGreaterThanOrEqual(acknowledged)
    acknowledged = Math.max(acknowledged, life.last('saved'))
    if (life.last('saving') > life.last('saved')) withinSave++
    if (!(await store.list()).includes('last')) {
      expect(acknowledged).toBe(0)
      continue
    }
    // Whole, and the last that was acknowledged or the one that was being saved.
    const { metadata } = readSafetensors(await store.read('last'))
    const { step } = JSON.parse(metadata.get('run')!) as { step: number }
    expect(step).toBeGreaterThanOrEqual(acknowledged)
    acknowledged = step
  }
  // The moments mean something: it got on, and some fell into a save.
  expect(acknowledged).toBeGreaterThan(0)
  expect(withinSave).toBeGreaterThan(0)

  const until = acknowledged + 5
  const resumed = await live(place, until)
  const whole = await live(join(folder, 'whole'), until)
  expect(resumed.last('from')).toBe(acknowledged)
  const weights = ({ printed }: Life): string => printed.slice(printed.indexOf(`saved ${until}\n`))
  expect(weights(resumed)).toBe(weights(whole))
  expect(weights(whole).length).toBeGreaterThan(400)
  // What the killed processes left lying around does not show.
  expect(await store.list()).toEqual(['last'])
}, 90_000)
