import { readFile } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import { train } from './train.js'

// oxlint-disable-next-line require-post-message-target-origin -- threads have no origin to name
parentPort.postMessage(await train(await readFile('public/digits.bin')))
