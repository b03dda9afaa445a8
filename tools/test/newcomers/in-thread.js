import { Worker } from 'node:worker_threads'
import { report } from './report.js'

const worker = new Worker(new URL('./thread.js', import.meta.url))
worker.on('message', async (outcomes) => {
  await report(outcomes)
  await worker.terminate()
})
