/** Pages of a real browser that end while they save, closed or with their renderer: nothing acknowledged is lost, nothing is half-written. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../../tools/bundle-source.ts'
import { missing, serve, type Site } from '../../../tools/page.ts'
import { randomIntegers } from './random.ts'

type Kind = 'opfs' | 'indexedDb'
/** What the page offers, under `globalThis.saves`. */
interface PageProgram {
  /** Saves files of one repeated number, from `first` on, without an end. */
  go(kind: Kind, first: number): Promise<never>
  /** The number of the file, when all of it is that number. */
  read(kind: Kind): Promise<number>
  /** Reads and lists so many times while others save; gives what went wrong. */
  watch(kind: Kind, times: number): Promise<string[]>
  /** Takes the lock of a name, and keeps it. */
  hold(name: string): Promise<void>
  /** Writes a file of this name within 100 ms; gives `written`, or what the store says. */
  wait(name: string): Promise<string>
  readonly progress: { saving: number; saved: number }
}
const source = `
  import { indexedDbStore, opfsStore } from '../src/store-browser.ts'

  const stores = { opfs: opfsStore(), indexedDb: indexedDbStore() }
  const progress = { saving: 0, saved: 0 }
  globalThis.saves = {
    progress,
    async go(kind, first) {
      for (let i = first; ; i++) {
        progress.saving = i
        await stores[kind].write('last', new Uint8Array(new Uint32Array(1 << 16).fill(i).buffer))
        progress.saved = i
      }
    },
    async read(kind) {
      if (!(await stores[kind].list()).includes('last')) return 0
      const numbers = new Uint32Array((await stores[kind].read('last')).slice().buffer)
      if (numbers.length !== 1 << 16 || numbers.some((number) => number !== numbers[0])) throw new Error('half-written')
      return numbers[0]
    },
    async watch(kind, times) {
      const wrong = []
      let last = 0
      for (let i = 0; i < times; i++) {
        try {
          const number = await saves.read(kind)
          if (number < last) wrong.push(number + ' after ' + last)
          last = number
        } catch (error) {
          wrong.push(String(error))
        }
      }
      return wrong
    },
    hold: (name) =>
      new Promise((resolve) => {
        navigator.locks.request('glissade-checkpoint/' + name, () => new Promise(() => resolve()))
      }),
    wait: (name) =>
      opfsStore(undefined, { patience: 100 }).write(name, new Uint8Array(1)).then(() => 'written', ({ message }) => message),
  }`
declare const saves: PageProgram

let site: Site | undefined
beforeAll(async () => {
  if (missing === null) site = await serve(await bundle(source, import.meta.dirname, 'browser'))
}, 60_000)
afterAll(() => site?.close())

type Page = Awaited<ReturnType<Site['open']>>
async function open(): Promise<Page> {
  const page = await site!.open()
  await page.waitForFunction('globalThis.saves !== undefined')
  return page
}

/** Ends the process of the page, as the system does when memory runs out. */
async function crash(page: Page): Promise<void> {
  const client = await page.context().newCDPSession(page)
  const crashed = page.waitForEvent('crash')
  client.send('Page.crash').catch(() => undefined) // nobody is left to answer
  await crashed
  await page.close()
}
const endings: readonly ((page: Page) => Promise<void>)[] = [
  async (page) => page.close({ runBeforeUnload: false }),
  crash,
]
/** Of each kind. */
const PAGES = 10

test.for(['opfs', 'indexedDb'] as const)(
  `${PAGES} pages that end during saves lose nothing: %s`,
  async (kind, { skip }) => {
    if (missing !== null) skip(missing)
    const random = randomIntegers(kind.length)
    const reader = await open()
    let [last, withinSave] = [0, 0]
    for (let i = 0; i < PAGES; i++) {
      const page = await open()
      await page.evaluate(([which, first]) => void saves.go(which, first), [kind, last + 1] as const)
      await page.waitForFunction((from) => saves.progress.saving >= from, last + random(3))
      await new Promise((resolve) => setTimeout(resolve, random(20)))
      const { saving, saved } = await page.evaluate(() => saves.progress)
      await endings[i % 2]!(page)
      if (saving > saved) withinSave++
      const found = await reader.evaluate((which) => saves.read(which), kind)
      expect(found).toBeGreaterThanOrEqual(Math.max(last, saved))
      last = found
    }
    expect(last).toBeGreaterThan(PAGES / 2)
    expect(withinSave).toBeGreaterThan(0)

    // Another page reads and lists while this one saves.
    const page = await open()
    await page.evaluate(([which, first]) => void saves.go(which, first), [kind, last + 1] as const)
    expect(await reader.evaluate((which) => saves.watch(which, 60), kind)).toEqual([])
    expect(await page.evaluate(() => saves.progress.saved)).toBeGreaterThan(last)
    await page.close()
    await reader.close()
  },
)

test('a page whose lock another page holds gives up, and says who has it', async ({ skip }) => {
  if (missing !== null) skip(missing)
  const [holder, waiter] = [await open(), await open()]
  await holder.evaluate(async () => saves.hold('held'))
  const message = await waiter.evaluate(async () => saves.wait('held'))
  expect(message).toMatch(
    /^store: another tab or worker \(client [0-9A-Fa-f-]+\) has held the lock "glissade-checkpoint\/held" for more than 100 ms/,
  )
  // With the page its locks end; the browser takes its time for that.
  await holder.close()
  await expect.poll(() => waiter.evaluate(async () => saves.wait('held')), { timeout: 20_000 }).toBe('written')
  await waiter.close()
})
