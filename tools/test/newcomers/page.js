/** Trains here, or in a worker where the address asks for it; whoever opened the page looks for `finished`. */
import { train } from './train.js'

const response = await fetch('/digits.bin')
const digits = new Uint8Array(await response.arrayBuffer())

function inWorker() {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data))
    worker.addEventListener('error', ({ message }) => reject(new Error(message)))
    // oxlint-disable-next-line require-post-message-target-origin -- a worker has no origin to name
    worker.postMessage(digits)
  })
}
globalThis.finished = location.hash === '#worker' ? inWorker() : train(digits)
