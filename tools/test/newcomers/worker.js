import { train } from './train.js'

// oxlint-disable-next-line require-post-message-target-origin -- whoever made a worker has no origin to name
addEventListener('message', async ({ data }) => postMessage(await train(data)))
