/** A plain page: one script, no import map, no bundler; it trains on the digits. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { bundle } from '../../../tools/bundle-source.ts'
import { missing, serve } from '../../../tools/page.ts'
import { loadDigits } from '../src/digits/data.ts'

const page = `
import { compile, cpu, data, functional, manualSeed, nn, optim, setDefaultDevice, tensor } from '/glissade.js'

setDefaultDevice(cpu())
manualSeed(0)
const bytes = async (path) => (await fetch(path)).arrayBuffer()
const images = tensor(new Float32Array(await bytes('/images')), { shape: [1000, 784] })
const labels = tensor(Int32Array.from(new Uint8Array(await bytes('/labels'))))
const model = new nn.Sequential(new nn.Linear(784, 32), new nn.ReLU(), new nn.Linear(32, 10))
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
const step = compile((x, y) => {
  optimizer.zeroGrad()
  const loss = functional.crossEntropy(model(x), y)
  loss.backward()
  optimizer.step()
  return loss
})
const loader = new data.DataLoader(new data.TensorDataset(images, labels), { batchSize: 50, shuffle: true })
for (let epoch = 0; epoch < 5; epoch++) for await (const [x, y] of loader) step(x, y)
const right = await model(images).argmax({ dim: 1 }).eq(labels).float().mean().item()
const scripts = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).length
document.title = 'accuracy ' + right.toFixed(3) + ' with ' + scripts + ' scripts'
`

test('a page with one script and no import map trains the digits', async ({ skip }) => {
  if (missing !== null) skip(missing)
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const file = await bundle("export * from '@glissade/cpu/standalone'", folder, 'browser')
  const digits = await loadDigits()
  // Digits are sorted: every tenth makes 1,000 of all kinds.
  const chosen = Array.from({ length: 1000 }, (_, i) => i * 10)
  const images = Float32Array.from(chosen.flatMap((i) => [...digits.images.subarray(i * 784, (i + 1) * 784)]))
  const labels = Uint8Array.from(chosen, (i) => digits.labels[i]!)
  const site = await serve(page, {
    '/glissade.js': [Buffer.from(file), 'text/javascript'],
    '/images': [new Uint8Array(images.buffer), 'application/octet-stream'],
    '/labels': [labels, 'application/octet-stream'],
  })
  try {
    const tab = await site.open()
    await tab.waitForFunction('document.title.startsWith("accuracy")')
    const [, accuracy, scripts] = /accuracy ([\d.]+) with (\d+) scripts/.exec(await tab.title())!
    expect(Number(accuracy)).toBeGreaterThan(0.95)
    // That of the page, and the library.
    expect(Number(scripts)).toBe(2)
  } finally {
    await site.close()
  }
})
