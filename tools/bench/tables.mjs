/** What is printed: a table per work, and the table of what is to be reached. */
import { cpus } from 'node:os'
import { BUSY, cellName, measures, ratios } from './bounds.mjs'
import { median } from './median.mjs'
import { works } from './works.mjs'

/** First losses may differ by so much, relatively: float32 sums in another order. */
const CLOSE = 1e-5
const BASE = 'glissade-wasm'

export const machine = ({ rounds, seconds }) =>
  `Node ${process.version}, ${cpus()[0].model}, ${cpus().length} processors; ` +
  `medians of ${rounds} fresh process${rounds === 1 ? '' : 'es'} of ${seconds} s each, which take turns`

/** Columns as wide as their widest cell; the first and the last are left-aligned. */
function aligned(rows) {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)))
  return rows
    .map((row) =>
      row
        .map((cell, c) => (c === 0 || c === row.length - 1 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n')
}

const figures = (value) => (value >= 1000 ? value.toFixed(0) : value.toPrecision(3))

/** The median peer's number is the reference, so that no peer is right by definition. */
function deviations(byPeer) {
  const there = Object.entries(byPeer).filter(([, rounds]) => rounds.every(({ cannot }) => cannot === undefined))
  if (there.length < 2) return {}
  const length = there[0][1][0].check.length
  const reference = Array.from({ length }, (_, i) => median(there.map(([, [{ check }]]) => check[i])))
  return Object.fromEntries(
    there.map(([peer, [{ check }]]) => [
      peer,
      Math.max(
        ...check.map((value, i) =>
          value === reference[i] ? 0 : Math.abs(value - reference[i]) / Math.abs(reference[i]),
        ),
      ),
    ]),
  )
}

export function workTable(name, peers, measured) {
  const work = works[name]
  const byPeer = Object.fromEntries(peers.map((peer) => [peer, measured[cellName({ work: name, peer })]]))
  const away = deviations(byPeer)
  const seconds = (rounds) => median(rounds.map((result) => result.seconds))
  const base = byPeer[BASE]?.every(({ cannot }) => cannot === undefined) ? byPeer[BASE] : undefined
  const rows = Object.entries(byPeer).map(([peer, rounds]) => {
    const [first] = rounds
    const failure = rounds.find(({ cannot }) => cannot !== undefined)
    if (failure !== undefined) return { peer, cannot: failure.cannot, failed: failure.failed ?? false }
    const rate = 1 / seconds(rounds)
    const paired = base && ratios([rounds, base], [measures.rate, measures.rate]).flat()
    const share = median(rounds.map((result) => result.share))
    return {
      peer,
      rate,
      work: work.flops ? `${figures((rate * work.flops) / 1e9)} GFLOP/s` : `${figures((rate * work.bytes) / 1e9)} GB/s`,
      ratio: paired ? median(paired) : null,
      first: median(rounds.map((result) => result.first)),
      away: away[peer] ?? null,
      rounds: rounds.length,
      share,
      ready:
        first.record === undefined ? null : [median(rounds.map((r) => r.record)), median(rounds.map((r) => r.prepare))],
      note: first.note ?? '',
    }
  })
  const cells = rows.map((row) => {
    if (row.cannot !== undefined) return [row.peer, '-', '-', '-', '-', '-', row.cannot]
    const notes = [
      row.ready && `record ${row.ready[0].toFixed(0)} + prepare ${row.ready[1].toFixed(0)} ms`,
      row.note,
      row.share < BUSY && `had ${(100 * row.share).toFixed(0)} % of a processor`,
      row.away > CLOSE && 'DIFFERS',
    ]
    return [
      row.peer,
      figures(row.rate),
      row.work,
      row.ratio === null ? '-' : row.ratio.toPrecision(3),
      row.first.toPrecision(3),
      row.away === null ? '-' : row.away.toExponential(1),
      notes.filter(Boolean).join('; '),
    ]
  })
  const heading = ['peer', `${work.unit}s/s`, 'work', `of ${BASE}`, 'first ms', 'differs by', 'notes']
  return {
    rows: { work: name, title: work.title, rows },
    text: `${name}: ${work.title}\n${aligned([heading, ...cells])}`,
    wrong: rows.flatMap(({ peer, away: by, failed, cannot }) => {
      if (failed) return [`${name}: ${peer} ${cannot}`]
      return by > CLOSE
        ? [`${name}: ${peer} differs from the other peers by ${by.toExponential(1)}, allowed ${CLOSE.toExponential()}`]
        : []
    }),
  }
}

const UNITS = { rate: 'of', flops: 'GFLOP/s of' }
const wanted = ({ work, measure, atLeast, atMost, of }) => {
  if (of === undefined) return `at most ${atMost} ms until ready`
  return `${atLeast} ${UNITS[measure]} ${of.peer}${of.work === work ? '' : ` at ${of.work}`}`
}

const outcome = ({ got, why, met, disturbed }) => {
  if (got === null) return `not known: ${why}`
  return `${met ? 'met' : 'missed'}${disturbed ? ', but the machine was busy' : ''}`
}

export function boundsTable(verdicts) {
  const cells = verdicts.map((verdict) => [
    verdict.work,
    verdict.peer,
    verdict.got === null ? '-' : verdict.got.toPrecision(3),
    verdict.got === null ? '-' : verdict.range.map((value) => value.toPrecision(3)).join(' to '),
    wanted(verdict),
    outcome(verdict),
  ])
  const met = verdicts.filter((verdict) => verdict.met).length
  const unknown = verdicts.filter(({ got }) => got === null).length
  const heading = ['work', 'peer', 'reached', 'rounds', 'to reach', '']
  return `To reach: ${met} met, ${verdicts.length - met - unknown} missed, ${unknown} not known\n${aligned([heading, ...cells])}`
}
