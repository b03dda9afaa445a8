import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { loadDigits } from '../src/digits/data.ts'

const FILE = 'digits.bin'

/** A byte per label, then a byte per pixel: an eighth of the numbers as text, and what MNIST has. */
async function digitsAsBytes(): Promise<Uint8Array> {
  const { images, labels } = await loadDigits()
  const bytes = new Uint8Array(labels.length + images.length)
  bytes.set(labels)
  bytes.set(
    images.map((ink) => Math.round(ink * 255)),
    labels.length,
  )
  return bytes
}

const digits = (): Plugin => ({
  name: 'digits',
  configureServer({ middlewares }) {
    middlewares.use(`/${FILE}`, (_, response) => {
      void digitsAsBytes().then((bytes) => response.end(bytes))
    })
  },
  async generateBundle() {
    this.emitFile({ type: 'asset', fileName: FILE, source: await digitsAsBytes() })
  },
})

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  // From the packages' sources, as tests run.
  resolve: { conditions: ['@glissade/source', 'module', 'browser', 'development|production'] },
  plugins: [digits()],
  worker: { format: 'es' },
  build: { target: 'es2022', outDir: '../page-dist', emptyOutDir: true },
})
