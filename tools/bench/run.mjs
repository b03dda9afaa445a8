/**
 * Steps per second of the same training by several peers, side by side in one run: every peer in a fresh process,
 * interleaved, medians. `npm run bench -- --works seed,mlp --peers hand,glissade-cpu,tfjs-cpu --repeat 3`.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'

const here = import.meta.dirname
const { values } = parseArgs({
  options: {
    works: { type: 'string', default: 'seed,mlp' },
    peers: { type: 'string', default: 'hand,glissade-cpu,glissade-cpu-eager,tfjs-cpu,tfjs-wasm' },
    repeat: { type: 'string', default: '3' },
  },
})
if (!existsSync(join(here, 'node_modules')) && values.peers.includes('tfjs')) {
  console.log('Installing the peers...')
  await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: here })
}
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1]
console.log(`Node ${process.version}, ${cpus()[0].model}, medians of ${values.repeat} processes each, interleaved`)
for (const work of values.works.split(',')) {
  const peers = values.peers.split(',')
  const results = Object.fromEntries(peers.map((peer) => [peer, []]))
  for (let i = 0; i < Number(values.repeat); i++)
    for (const peer of peers) {
      const { stdout } = await promisify(execFile)(process.execPath, [join(here, 'peer.mjs'), peer, work], {
        maxBuffer: 2 ** 24,
      })
      results[peer].push(JSON.parse(stdout.trim().split('\n').at(-1)))
    }
  const [base] = peers
  const rate = (peer) => median(results[peer].map(({ rates }) => median(rates)))
  console.log(`\n${work}`)
  for (const peer of peers) {
    const [first] = results[peer]
    const away = Math.max(...first.losses.map((loss, i) => Math.abs(loss - results[base][0].losses[i])))
    console.log(
      `  ${peer.padEnd(20)} ${rate(peer)
        .toFixed(rate(peer) < 100 ? 2 : 0)
        .padStart(10)} steps/s  ${(rate(peer) / rate(base)).toFixed(3).padStart(8)} of ${base}` +
        `  first ${first.losses.length} steps ${first.firstStep.toFixed(0)} ms  losses within ${away.toExponential(1)}`,
    )
  }
}
