/** The same in a browser: a page that is closed while it trains and saves, and opened again. */
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle, moments } from './bundle.ts'

const CHROME = process.env['CHROME_PATH'] ?? '/usr/bin/chromium'

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

const present = existsSync(CHROME)
let server: Server
let context: BrowserContext
let url = ''
beforeAll(async () => {
  if (!present) return
  const script = await bundle(source, 'browser')
  server = createServer((request, response) => {
    const isScript = request.url === '/run.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><script type="module" src="/run.js"></script>')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const browser = await chromium.launch({
    executablePath: CHROME,
    args: ['--no-sandbox', '--disable-background-networking'],
  })
  context = await browser.newContext()
}, 60_000)
afterAll(async () => {
  await context?.browser()?.close()
  server?.close()
})

const PAGES = 10

async function open(): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  await page.waitForFunction('globalThis.run !== undefined')
  return page
}
declare const run: PageProgram

test(`a page that is closed at ${PAGES} moments loses no checkpoint and ends with the same bits`, async ({ skip }) => {
  if (!present) skip(`no browser: there is no ${CHROME}; set CHROME_PATH`)
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
