/** The page that trains the digits, as vite builds it, in a real browser. */
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { missing, serve, type Site } from '../../../tools/page.ts'

const TYPES: Readonly<Record<string, string>> = { css: 'text/css', html: 'text/html', js: 'text/javascript' }

describe('the page of the digits', () => {
  let site: Site | undefined
  beforeAll(async () => {
    if (missing !== null) return
    const { output } = (await build({
      configFile: fileURLToPath(new URL('../page/vite.config.ts', import.meta.url)),
      logLevel: 'error',
      build: { write: false },
    })) as Rolldown.RolldownOutput
    const files = output.map((file): [string, [Uint8Array, string]] => [
      file.fileName === 'index.html' ? '/' : `/${file.fileName}`,
      [
        Buffer.from(file.type === 'chunk' ? file.code : file.source),
        TYPES[file.fileName.split('.').at(-1)!] ?? 'application/octet-stream',
      ],
    ])
    site = await serve('', Object.fromEntries(files))
  })
  afterAll(() => site?.close())
  beforeEach(({ skip }) => {
    if (missing !== null) skip(missing)
  })

  // WebGPU is a processor that plays a GPU here: fewer steps.
  test.for([
    { backend: 'wasm', batch: 64, least: 85 },
    { backend: 'cpu', batch: 64, least: 85 },
    { backend: 'webgpu', batch: 400, least: 70 },
  ])('an epoch on $backend: the loss falls, the weights can be saved', async ({ backend, batch, least }) => {
    const tab = await site!.open()
    await tab.selectOption('[name=backend]', backend)
    await tab.fill('[name=epochs]', '1')
    await tab.fill('[name=batchSize]', String(batch))
    await tab.click('#start')
    await tab.waitForFunction('!document.getElementById("start").disabled')
    const [, accuracy] = new RegExp(`^Trained on ${backend}: ([\\d.]+) %`).exec((await tab.textContent('#status'))!)!
    expect(Number(accuracy)).toBeGreaterThan(least)
    expect(await tab.textContent('#step')).toBe(String(8000 / batch))
    expect(await tab.locator('#curve svg path').count()).toBeGreaterThan(0)
    expect(await tab.getAttribute('#weights', 'download')).toBe('mlp.safetensors')
    expect(await tab.locator('#weights').isVisible()).toBe(true)
    await tab.close()
  })

  test('a run that is stopped says so, and another can be started', async () => {
    const tab = await site!.open()
    await tab.selectOption('[name=backend]', 'wasm')
    await tab.click('#start')
    await tab.waitForFunction('document.getElementById("step").textContent !== "–"')
    await tab.click('#stop')
    expect(await tab.textContent('#status')).toBe('Stopped.')
    expect(await tab.isEnabled('#start')).toBe(true)
    await tab.close()
  })
})
