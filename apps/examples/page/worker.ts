/** Trains in a thread of its own, so that the page stays free: told what to train, it tells how far it is. */
import { firstAvailable, setDefaultDevice, type Backend } from '@glissade/core'
import { PIXELS, type Digits } from '../src/digits/digits.ts'
import { trainDigits } from '../src/digits/train.ts'
import type { Batch } from '../src/progress.ts'
import { BACKENDS, type BackendName, type Message, type Order } from './messages.ts'

/** Milliseconds between two messages about batches: a small step takes less than one. */
const EVERY = 50

/** A page loads the backend that it runs. */
const makers: { readonly [B in BackendName]: () => Backend | Promise<Backend> } = {
  webgpu: async () => (await import('@glissade/webgpu')).webgpu(),
  wasm: async () => (await import('@glissade/wasm')).wasm(),
  cpu: async () => (await import('@glissade/cpu')).cpu(),
}
const tell = (message: Message): void => postMessage(message)

/** A byte per label, then a byte per pixel. */
async function loadDigits(url: string): Promise<Digits> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`)
  const bytes = new Uint8Array(await response.arrayBuffer())
  const count = bytes.length / (PIXELS + 1)
  const images = Float32Array.from(bytes.subarray(count), (level) => level / 255)
  return { images, labels: bytes.slice(0, count), count }
}

async function train({ backend: name, digits, ...options }: Order): Promise<void> {
  const backend = await (name === 'first' ? firstAvailable(BACKENDS.map((each) => makers[each])) : makers[name]())
  setDefaultDevice(backend)
  let waiting: Batch[] = []
  let told = 0
  const tellBatches = (): void => {
    if (waiting.length > 0) tell({ kind: 'batches', batches: waiting })
    waiting = []
    told = performance.now()
  }
  const run = await trainDigits(await loadDigits(digits), options, (plan) => {
    tell({ kind: 'started', backend: backend.name, plan })
    return {
      batch(done) {
        waiting.push(done)
        if (performance.now() - told > EVERY) tellBatches()
      },
      endEpoch(note = '') {
        tellBatches()
        tell({ kind: 'epoch', note })
      },
      stop: tellBatches,
    }
  })
  tell({ kind: 'done', accuracy: run.accuracy, weights: run.weights })
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  train(data).catch((error: unknown) => tell({ kind: 'failed', reason: String(error) }))
})
