/**
 * Works by peers, side by side in one run: every peer in a fresh process, in turn, medians of several rounds, ratios within
 * a round. `npm run bench -- --help` lists the options; docs/benchmarks.md says how to read the tables.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { bounds, judged } from './bounds.mjs'
import { peers } from './peers.mjs'
import { boundsTable, machine, workTable } from './tables.mjs'
import { works } from './works.mjs'

const here = import.meta.dirname
const run = promisify(execFile)
/** A cell that takes so many seconds a process is measured in the first round only. */
const LONG = 30

const HELP = `npm run bench -- [options]
  --works a,b    of ${Object.keys(works).join(', ')}; default all
  --peers a,b    of ${Object.keys(peers).join(', ')}; default all
  --repeat n     rounds, each with a fresh process per cell; default 3
  --seconds s    how long a process measures; default 1
  --quick        one round of 0.3 s, and only the peers that a bound names
  --json file    writes all results and verdicts there
  --python cmd   the Python that has torch; default /usr/bin/python3`

/** Peers are installed here, so that nobody else has to download them. */
async function install() {
  const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
  const isThere = ([name, version]) => {
    try {
      return JSON.parse(readFileSync(join(here, 'node_modules', name, 'package.json'), 'utf8')).version === version
    } catch {
      return false
    }
  }
  if (Object.entries(dependencies).every(isThere)) return
  console.log('Installing the peers...')
  await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: here })
}

/** A result, or `{ cannot }` with the reason. */
async function measured(peer, folder, { seconds, python }) {
  const [command, args] = peers[peer].python
    ? [python, [join(here, 'peers', peers[peer].python), folder, seconds]]
    : [process.execPath, [join(here, 'peer.mjs'), peer, folder, seconds]]
  try {
    const { stdout } = await run(command, args, { maxBuffer: 2 ** 26, cwd: here })
    return JSON.parse(stdout.trim().split('\n').at(-1))
  } catch (error) {
    if (error.code === 'ENOENT') return { cannot: `${command} is not installed` }
    const lines = String(error.stderr ?? error.message).split('\n')
    const line = lines.find((text) => /^\w*(Error|Exception)\b/.test(text))
    return { cannot: `failed: ${(line ?? lines[0]).trim()}`, failed: true }
  }
}

function chosen(text, table, what) {
  const names = text === undefined ? Object.keys(table) : text.split(',')
  for (const name of names)
    if (!Object.hasOwn(table, name)) {
      console.error(`bench: no ${what} '${name}'; there are ${Object.keys(table).join(', ')}`)
      process.exit(2)
    }
  return names
}

const { values } = parseArgs({
  options: {
    works: { type: 'string' },
    peers: { type: 'string' },
    repeat: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    python: { type: 'string', default: '/usr/bin/python3' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit()
}
const rounds = Number(values.repeat ?? (values.quick ? 1 : 3))
const options = { seconds: values.seconds ?? (values.quick ? '0.3' : '1'), python: values.python }
const needed = new Set(bounds.flatMap(({ peer, of }) => [peer, ...(of ? [of.peer] : [])]))
const peerNames = chosen(values.peers ?? (values.quick ? [...needed].join(',') : undefined), peers, 'peer')
const workNames = chosen(values.works, works, 'work')
if (!(rounds >= 1) || !(Number(options.seconds) > 0)) {
  console.error(`bench: --repeat must be at least 1 and --seconds positive (got ${values.repeat}, ${values.seconds})`)
  process.exit(2)
}

await install()
const folder = mkdtempSync(join(tmpdir(), 'glissade-bench-'))
/** Work, then peer, to its results in order of the rounds; null where a round was skipped. */
const results = Object.fromEntries(workNames.map((work) => [work, Object.fromEntries(peerNames.map((p) => [p, []]))]))
try {
  for (const work of workNames) {
    await run('mkdir', [join(folder, work)])
    await run(process.execPath, [join(here, 'dump.mjs'), work, join(folder, work)])
  }
  for (let round = 0; round < rounds; round++) {
    if (!process.stderr.isTTY) console.error(`round ${round + 1} of ${rounds}, ${new Date().toLocaleTimeString()}`)
    for (const work of workNames)
      for (const peer of peerNames) {
        if (process.stderr.isTTY) process.stderr.write(`\r\u001B[Kround ${round + 1} of ${rounds}: ${work}, ${peer}`)
        const done = results[work][peer]
        if (round > 0 && (done[0].cannot !== undefined || done[0].long)) continue
        const start = performance.now()
        const result = await measured(peer, join(folder, work), options)
        done.push({ ...result, long: performance.now() - start > 1000 * LONG })
      }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[K')
} finally {
  rmSync(folder, { recursive: true })
}

const verdicts = bounds.filter(({ work }) => workNames.includes(work)).map((bound) => judged(bound, results))
const about = machine({ rounds, seconds: options.seconds })
const tables = workNames.map((work) => workTable(work, results[work]))
console.log(`${[about, ...tables.map(({ text }) => text), boundsTable(verdicts)].join('\n\n')}\n`)
if (values.json !== undefined)
  writeFileSync(
    values.json,
    `${JSON.stringify({ about, works: tables.map(({ rows }) => rows), verdicts, results }, null, 2)}\n`,
  )
const wrong = tables.flatMap(({ wrong: list }) => list)
for (const line of wrong) console.error(line)
process.exitCode = wrong.length > 0 ? 1 : 0
