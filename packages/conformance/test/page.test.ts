/** The kit in a page: the same cases as in Node, with the same outcomes, and the report as the page shows it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../../tools/bundle-source.ts'
import { missing, serve, type Site } from '../../../tools/page.ts'
import { cpu } from '@glissade/cpu'
import { fromJSON, run, type Report } from '../src/index.ts'

// It runs the kit, says the report as JSON, and becomes the report.
const source = `
  import { cpu } from '@glissade/cpu'
  import { run, toHTML, toJSON } from '../src/index.ts'

  globalThis.report = run({ create: () => cpu(), fast: true }).then((report) => {
    document.open()
    document.write(toHTML(report))
    document.close()
    return toJSON(report)
  })`
declare const report: Promise<string>

let site: Site | undefined
beforeAll(async () => {
  if (missing === null) site = await serve(await bundle(source, import.meta.dirname, 'browser'))
}, 60_000)
afterAll(() => site?.close())

const outcomes = ({ results }: Report): string[] => results.map(({ id, status }) => `${status} ${id}`)

test('a page has the same outcome of every case as Node, and shows it', async ({ skip }) => {
  if (missing !== null) skip(missing)
  const page = await site!.open()
  await page.waitForFunction('globalThis.report !== undefined')
  const inPage = fromJSON(await page.evaluate(() => report))
  const here = await run({ create: () => cpu(), fast: true })
  expect(inPage.results.filter(({ status }) => status === 'fail' || status === 'stale')).toEqual([])
  expect(outcomes(inPage)).toEqual(outcomes(here))
  expect(inPage).toMatchObject({ verdict: 'in part', backend: here.backend, badges: here.badges, counts: here.counts })
  expect(await page.textContent('h1')).toContain('ran in part (the fast part)')
})
