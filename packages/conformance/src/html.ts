/** A report as one page that needs nothing else: what failed first, with index, value, wanted value and ulp. */
import { failuresPart } from './html-failures.ts'
import { escape, text } from './html-text.ts'
import { headline, type Reason, type Report, type Result, type Status, type Verdict } from './report.ts'

const ulp = (x: number): string => (x >= 1e300 ? '∞' : x === 0 ? '0' : Number(x.toPrecision(4)).toString())
const ORDER: readonly Status[] = ['fail', 'stale', 'known', 'excused', 'pass']
const TITLES: Readonly<Record<Status, string>> = {
  fail: 'Failed',
  stale: 'Stale entries of the known list',
  known: 'Known failures',
  excused: 'Excused',
  pass: 'Passed',
}

const row = ({ id, level, worstUlp, allowedUlp, ms, detail }: Result): string =>
  `<tr><td><code>${escape(id)}</code></td><td>${level}</td><td class="n" data-of="worst ulp">${ulp(worstUlp)}</td>` +
  `<td class="n" data-of="allowed">${ulp(allowedUlp)}</td><td class="n" data-of="ms">${ms.toFixed(1)}</td><td>${text(detail)}</td></tr>`

function section(status: Status, results: readonly Result[]): string {
  const own = results.filter((result) => result.status === status)
  if (own.length === 0) return ''
  const open = status === 'stale' ? ' open' : ''
  return (
    `<details class="${status}"${open}><summary>${TITLES[status]} <b>${own.length}</b></summary><table class="cases"><thead><tr><th>case</th><th>level</th>` +
    `<th>worst ulp</th><th>allowed</th><th>ms</th><th>detail</th></tr></thead><tbody>${own.map(row).join('\n')}</tbody></table></details>`
  )
}

interface Line {
  readonly op: string
  count: number
  failed: number
  worst: number
}
/** One line per operation: the greatest error among the cases that passed, and how many did not. */
function operations(results: readonly Result[]): string {
  const lines = new Map<string, Line>()
  for (const { id, status, worstUlp } of results) {
    if (status === 'excused') continue
    const op = id.split('/')[1] ?? id
    const line = lines.get(op) ?? { op, count: 0, failed: 0, worst: 0 }
    line.count++
    if (status !== 'pass') line.failed++
    else line.worst = Math.max(line.worst, worstUlp)
    lines.set(op, line)
  }
  const body = [...lines.values()].map(
    ({ op, count, failed, worst }) =>
      `<tr class="${failed > 0 ? 'bad' : ''}"><td><code>${escape(op)}</code></td><td class="n">${count}</td><td class="n">${failed}</td><td class="n">${ulp(worst)}</td></tr>`,
  )
  return (
    `<details><summary>Operations <b>${lines.size}</b></summary><table><thead><tr><th>operation</th><th>cases</th><th>not passed</th>` +
    `<th>worst ulp that passed</th></tr></thead><tbody>${body.join('\n')}</tbody></table></details>`
  )
}

const COLOURS: { readonly [V in Verdict]: string } = {
  conforms: 'yes',
  'conforms but for known failures': 'partly',
  'does not conform': 'no',
  'in part': 'partly',
}
function reasons(title: string, list: readonly Reason[]): string {
  if (list.length === 0) return ''
  const items = list.map(({ reason, count }) => `<li><b>${count}</b> ${escape(reason)}</li>`)
  return `<p>${title}</p><ul>${items.join('')}</ul>`
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bad: #c62828; --good: #2e7d32; --warn: #b26a00 }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 } code { font-size: .9em } table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem; text-align: left; vertical-align: top } th { white-space: nowrap }
td:first-child, td:last-child { overflow-wrap: anywhere }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } summary { cursor: pointer; font-size: 1.1rem; margin-top: 1rem }
.verdict { font-weight: 600 } .yes { color: var(--good) } .partly { color: var(--warn) } .no, .fail summary, .stale summary, .bad td { color: var(--bad) } .known summary { color: var(--warn) }
.badge { border: 1px solid currentColor; border-radius: 1rem; padding: .1rem .7rem; margin-right: .4rem; color: var(--good) }
input { font: inherit; width: 24rem; max-width: 100%; padding: .3rem .5rem; margin-top: 1rem }
h2 { font-size: 1.2rem; margin: 0 } h3 { font-size: 1rem; margin: 0; font-weight: 600; opacity: .75 } .wrong { font-size: 1.2rem; font-weight: 600 }
.failure { border: 1px solid var(--line); border-left: 4px solid var(--bad); border-radius: .4rem; padding: .8rem 1rem; margin: 1rem 0 }
.failure table { margin: .4rem 0 .8rem } .failure table:last-child { margin-bottom: 0 } .failure th { width: 7rem; font-weight: 400; opacity: .75 } .failure td { overflow-wrap: anywhere }
.failure tr:last-child > * { border-bottom: 0 } .badge.no { color: var(--bad) }
.counts span { margin-right: 1.2rem; white-space: nowrap }
@media (max-width: 44rem) {
  .cases thead, .cases tr[hidden] { display: none } .cases tr { display: block; border-bottom: 1px solid var(--line); padding: .4rem 0 }
  .cases td { display: inline-block; border: 0; padding: 0 .6rem 0 0 } .cases td:first-child, .cases td:last-child { display: block }
  .cases [data-of]::before { content: attr(data-of) ' ' }
}`
const SCRIPT = `
document.querySelector('input').addEventListener('input', (event) => {
  const wanted = event.target.value.toLowerCase()
  for (const row of document.querySelectorAll('tbody tr')) row.hidden = !row.textContent.toLowerCase().includes(wanted)
})`

/** A self-contained page: no address is fetched. */
export function toHTML(report: Report): string {
  const { backend, kit, verdict, badges, counts, capabilities, excuses, known, part, results } = report
  const said =
    part === undefined || part.length > 40 ? verdict : `${verdict === 'in part' ? 'ran in part' : verdict} (${part})`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(backend)}: conformance</title>
<style>${STYLE}</style></head><body>
<h1>${escape(backend)} <span class="verdict ${COLOURS[verdict]}">${escape(said)}</span></h1>
<p>${escape(headline(report))}</p>
<p>Glissade conformance kit ${escape(kit)}, report version ${report.version}, ${results.length} results</p>
<p>${badges.map((badge) => `<span class="badge">${escape(badge)}</span>`).join('')}</p>
<p class="counts">${ORDER.map((status) => `<span>${TITLES[status]}: <b>${counts[status]}</b></span>`).join(' ')}</p>
${failuresPart(report)}
${reasons('Excused, because', excuses)}${reasons('Known to fail, because', known)}
<h2>All cases</h2>
<details><summary>Capabilities</summary><pre>${escape(JSON.stringify(capabilities, null, 2))}</pre></details>
<input type="search" placeholder="filter: op, dtype, shape, text" aria-label="filter">
${ORDER.slice(0, 3)
  .map((status) => section(status, results))
  .join('\n')}
${operations(results)}
${ORDER.slice(3)
  .map((status) => section(status, results))
  .join('\n')}
<script>${SCRIPT}</script></body></html>
`
}
