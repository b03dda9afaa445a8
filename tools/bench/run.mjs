/**
 * Works by peers, side by side in one run: every peer in a fresh process each round, all of a work taking turns, medians over
 * all turns, ratios within a turn. `npm run bench -- --help` lists the options; docs/benchmarks.md says how to read the tables.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { bounds, cellName, judged } from './bounds.mjs'
import { startCell } from './cell.mjs'
import { median } from './median.mjs'
import { peers } from './peers.mjs'
import { boundsTable, machine, workTable } from './tables.mjs'
import { works } from './works.mjs'

const here = import.meta.dirname
const run = promisify(execFile)
/** In a round each cell is measured so many times, taking turns, so that neighbours in time are compared. */
const TURNS = 20
/** A cell whose step takes so many seconds has no turns: its first steps are timed, in the first round. */
const LONG = 1

const HELP = `npm run bench -- [options]
  --works a,b    of ${Object.keys(works).join(', ')}; default all but those
                 with a number at their ends, which want a GPU
  --peers a,b    of ${Object.keys(peers).join(', ')}; default all but those of webgpu
  --repeat n     rounds, each with a fresh process per cell; default 3
  --seconds s    how long a process measures, in ${TURNS} turns; default 1
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

/** The cells of a work, those that a bound compares beside each other, and its other side where that is another work. */
function cellsOf(work, peerNames) {
  const compared = bounds
    .filter((bound) => bound.work === work)
    .flatMap(({ peer, of }) => [{ work, peer }, ...(of ? [of] : [])])
  const cells = [...compared, ...peerNames.map((peer) => ({ work, peer }))].filter(({ peer }) =>
    peerNames.includes(peer),
  )
  return [...new Map(cells.map((cell) => [cellName(cell), cell])).values()]
}

/** All cells in new processes, one after the other; then they take turns at the clock, back and forth. */
async function round(cells, { folder, seconds, python }) {
  const there = []
  try {
    for (const { work, peer } of cells) {
      process.stderr.write(process.stderr.isTTY ? `\r\u001B[K${work}: ${peer}` : '')
      there.push(await startCell(peer, join(folder, work), python))
    }
    const results = there.map(({ answer }) => ({ ...answer, turns: [] }))
    const forward = [...cells.keys()].filter((i) => results[i].cannot === undefined && results[i].seconds < LONG)
    for (let turn = 0; turn < TURNS; turn++)
      for (const i of turn % 2 === 0 ? forward : forward.toReversed()) {
        if (results[i].cannot !== undefined) continue
        const answer = await there[i].turn(seconds / TURNS)
        if (answer.cannot === undefined) results[i].turns.push(answer)
        else results[i] = answer
      }
    return results.map((result) => (result.turns?.length > 0 ? { ...result, ...middle(result.turns) } : result))
  } finally {
    for (const cell of there) await cell.stop()
  }
}
const middle = (turns) => ({
  seconds: median(turns.map((turn) => turn.seconds)),
  share: median(turns.map((turn) => turn.share)),
})

function chosen(text, table, what) {
  const names = text?.split(',') ?? Object.keys(table).filter((name) => !table[name].isAsked)
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
const options = { seconds: Number(values.seconds ?? (values.quick ? 0.3 : 1)), python: values.python }
const needed = new Set(bounds.flatMap(({ peer, of }) => [peer, ...(of ? [of.peer] : [])]))
const peerNames = chosen(values.peers ?? (values.quick ? [...needed].join(',') : undefined), peers, 'peer')
const workNames = chosen(values.works, works, 'work')
if (!(rounds >= 1) || !(options.seconds > 0)) {
  console.error(`bench: --repeat must be at least 1 and --seconds positive (got ${values.repeat}, ${values.seconds})`)
  process.exit(2)
}

await install()
const folder = mkdtempSync(join(tmpdir(), 'glissade-bench-'))
/** Of each work, name of a cell to its results in order of the rounds. */
const results = Object.fromEntries(workNames.map((work) => [work, {}]))
try {
  const cells = new Map(workNames.map((work) => [work, cellsOf(work, peerNames)]))
  for (const work of new Set([...cells.values()].flat().map((cell) => cell.work))) {
    mkdirSync(join(folder, work))
    await run(process.execPath, [join(here, 'dump.mjs'), work, join(folder, work)])
  }
  for (let i = 0; i < rounds; i++)
    for (const work of workNames) {
      if (!process.stderr.isTTY)
        console.error(`${new Date().toLocaleTimeString()} round ${i + 1} of ${rounds}: ${work}`)
      const takePart = cells.get(work).filter((cell) => {
        const [before] = results[work][cellName(cell)] ?? []
        return before === undefined || (before.cannot === undefined && before.turns.length > 0)
      })
      const measured = await round(takePart, { folder, ...options })
      for (const [k, cell] of takePart.entries()) (results[work][cellName(cell)] ??= []).push(measured[k])
    }
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[K')
} finally {
  rmSync(folder, { recursive: true })
}

const verdicts = bounds.filter(({ work }) => workNames.includes(work)).map((bound) => judged(bound, results))
const about = machine({ rounds, seconds: options.seconds })
const tables = workNames.map((work) => workTable(work, peerNames, results[work]))
console.log(`${[about, ...tables.map(({ text }) => text), boundsTable(verdicts)].join('\n\n')}\n`)
if (values.json !== undefined)
  writeFileSync(
    values.json,
    `${JSON.stringify({ about, works: tables.map(({ rows }) => rows), verdicts, results }, null, 2)}\n`,
  )
const wrong = tables.flatMap(({ wrong: list }) => list)
for (const line of wrong) console.error(line)
process.exitCode = wrong.length > 0 ? 1 : 0
