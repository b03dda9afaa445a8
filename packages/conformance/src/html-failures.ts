/** The part of the page for someone who has not seen it before: which kernel is wrong, for which values, from where on. */
import { failuresOf, pointOf, shareOf, type Failure, type Share } from './failures.ts'
import { escape, text } from './html-text.ts'
import type { Report } from './report.ts'

const number = (n: number): string => n.toLocaleString('en-US')
const row = (name: string, content: string): string =>
  content === '' ? '' : `<tr><th>${name}</th><td>${content}</td></tr>`
const shares = (list: readonly Share[]): string =>
  list.map((share) => `<span class="${share.failed > 0 ? 'no' : 'yes'}">${escape(shareOf(share))}</span>`).join(', ')

/** What it was given, what it gave, and what it should have given. */
function example({ smallest }: Failure): string {
  const point = pointOf(smallest)
  const inputs = smallest.ran?.inputs ?? ''
  const given =
    inputs === ''
      ? ''
      : inputs
          .split('; ')
          .map((one) => `<code>${escape(one)}</code>`)
          .join('<br>')
  if (point === null) return row('Given', given) + row('It says', text(smallest.detail))
  const { index, call, got, want, rest } = point
  return (
    row('Given', given) +
    row('At', `<code>${escape(index)}</code>, <code>${escape(call)}</code>`) +
    row('Got', `<code class="no">${escape(got)}</code>`) +
    row('Want', `<code class="yes">${escape(want)}</code>`) +
    row('Off by', rest.map(escape).join('<br>'))
  )
}
function card(failure: Failure): string {
  const { operation, failed, ran, smallest, begins, dtypes, kinds, badges } = failure
  return `<section class="failure"><h2><code>${escape(operation)}</code> <span class="no">${number(failed)} of ${number(ran)} cases fail</span></h2>
<table>${row('Begins', escape(begins))}${row('By dtype', shares(dtypes))}${row('Most telling', shares(kinds))}${row('Costs', badges.map((badge) => `<span class="badge no">${badge}</span>`).join(''))}</table>
<h3>The smallest example</h3>
<table>${row('Case', `<code>${escape(smallest.id)}</code>`)}${example(failure)}</table></section>`
}

/** Cards that are open; the others are folded. */
const OPEN = 5

export function failuresPart(report: Report): string {
  const { own, following } = failuresOf(report)
  if (own.length + following.length === 0) return ''
  const [open, folded] = [own.slice(0, OPEN), own.slice(OPEN)]
  const more =
    folded.length === 0
      ? ''
      : `<details><summary>Also wrong <b>${folded.length}</b>: ${folded.map(({ operation }) => `<code>${escape(operation)}</code>`).join(' ')}</summary>${folded.map(card).join('')}</details>`
  const lines = following.map(
    ({ operation, failed, ran, because }) =>
      `<tr><td><code>${escape(operation)}</code></td><td class="n">${number(failed)} of ${number(ran)}</td><td>${because.map((name) => `<code>${escape(name)}</code>`).join(' ')}</td></tr>`,
  )
  const rest =
    lines.length === 0
      ? ''
      : `<details class="following"><summary>What only follows: every case of these that fails runs one of those above <b>${lines.length}</b></summary><table><thead><tr><th>operation</th><th>fail</th><th>which run</th></tr></thead><tbody>${lines.join('')}</tbody></table></details>`
  const names = open.map(({ operation }) => `<code>${escape(operation)}</code>`).join(', ')
  return `<p class="wrong">What is wrong: ${names}${folded.length > 0 ? ` and ${folded.length} more` : ''}</p>
<div class="failures">${open.map(card).join('\n')}</div>${more}${rest}`
}
