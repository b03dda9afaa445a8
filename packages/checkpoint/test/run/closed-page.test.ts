/** The same in a browser: a page that is closed while it trains and saves, and opened again. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../../../tools/bundle-source.ts'
import { missing, serve, type Site } from '../../../../tools/page.ts'
import { moments } from './moments.ts'

/** What the page offers, under `globalThis.run`. */
interface PageProgram {
  /** Goes on from the checkpoint in a folder of OPFS, saving after every step; gives the weights after `until`. */
  go(folder: string, until: number | null): Promise<string>
  /** The step of that checkpoint. */
  stepOf(folder: string): Promise<number>
  /** Steps that were saved in this page, and whether one is being saved. */
  readonly progress: { from: number; saving: number; saved: number }
}
const source = `
  import { setDefaultDevice } from '@glissade/core'
  import { cpu } from '@glissade/cpu'
  import { loadRun, saveRun } from '../../src/run.ts'
  import { opfsStore } from '../../src/store-browser.ts'
  import { makeTraining, train, weightsOf } from './training.ts'

  const setup = 'SGD with momentum, in steps'
  const progress = { from: -1, saving: -1, saved: -1 }
  const storeIn = async (folder) =>
    opfsStore(await (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true }))
  globalThis.run = {
    progress,
    async stepOf(folder) {
      setDefaultDevice(cpu())
      return (await loadRun(await storeIn(folder), 'last', makeTraining(setup))).step
    },
    async go(folder, until) {
      setDefaultDevice(cpu())
      const store = await storeIn(folder)
      let training = makeTraining(setup, 5)
      const resumes = (await store.list()).includes('last')
      const start = resumes ? await loadRun(store, 'last', training) : { step: 0 }
      if (!resumes) training = makeTraining(setup, 1)
      progress.from = start.step
      await train(training, start, async (step) => {
        progress.saving = step
        await saveRun(store, 'last', { ...training, step })
        progress.saved = step
        return step === until
      })
      return await weightsOf(training)
    },
  }`

let site: Site | undefined
beforeAll(async () => {
  if (missing === null) site = await serve(await bundle(source, import.meta.dirname, 'browser'))
}, 60_000)
afterAll(() => site?.close())

const PAGES = 10

type Page = Awaited<ReturnType<Site['open']>>

async function open(): Promise<Page> {
  const page = await site!.open()
  await page.waitForFunction('globalThis.run !== undefined')
  return page
}
declare const run: PageProgram

test(`a page that is closed at ${PAGES} moments loses no checkpoint and ends with the same bits`, async ({ skip }) => {
  if (missing !== null) skip(missing)
  const random = moments(20260102)
  let acknowledged = 0
  let withinSave = 0
  for (let visit = 0; visit < PAGES; visit++) {
    const page = await open()
    await page.evaluate(() => void run.go('closed', null))
    await page.waitForFunction(() => run.progress.from >= 0)
    await new Promise((resolve) => setTimeout(resolve, 150 * random()))
    const { from, saving, saved } = await page.evaluate(() => run.progress)
    // Without a beforeunload, at once.
    await page.close({ runBeforeUnload: false })
    expect(from).toBeGreaterThanOrEqual(acknowledged)
    acknowledged = Math.max(acknowledged, saved)
    if (saving > saved) withinSave++
  }
  // The moments mean something: it got on, and some fell into a save.
  expect(acknowledged).toBeGreaterThan(0)
  expect(withinSave).toBeGreaterThan(0)

  const page = await open()
  const found = await page.evaluate(() => run.stepOf('closed'))
  expect(found).toBeGreaterThanOrEqual(acknowledged)
  const until = found + 5
  const resumed = await page.evaluate((last) => run.go('closed', last), until)
  const whole = await page.evaluate((last) => run.go('whole', last), until)
  expect(resumed).toBe(whole)
  expect(whole.length).toBeGreaterThan(400)
}, 90_000)
