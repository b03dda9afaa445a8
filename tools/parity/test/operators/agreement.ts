/** What came of a name's samples: how many agree, what differs, what was left out and why. */
import { appendFileSync } from 'node:fs'
import { isList, isTensorData, LeftOut, type Sample, type Value } from './sample.ts'

/** What is known to differ: of which names, what a fault says, and why it may. */
export interface Difference {
  readonly names: string
  readonly says: RegExp
  readonly reason: string
}

export class Agreement {
  readonly #name: string
  readonly #known: readonly Difference[]
  readonly #counts: Record<string, number> = {}
  readonly #left: Record<string, number> = {}
  readonly faults: string[] = []
  /** Differences that were met. */
  readonly met = new Set<Difference>()

  constructor(name: string, known: readonly Difference[]) {
    this.#name = name
    this.#known = known.filter(({ names }) => names === '*' || names.split(' ').includes(name))
  }

  count(way: string): number {
    return this.#counts[way] ?? 0
  }
  leave(reason: string): void {
    this.#left[reason] = (this.#left[reason] ?? 0) + 1
  }
  /** Counts what `ask` finds; gives whether nothing differed. */
  async asked(way: string, sample: Pick<Sample, 'k' | 'a'>, ask: () => Promise<readonly string[]>): Promise<boolean> {
    try {
      const found = await ask()
      this.#counts[way] = this.count(way) + 1
      let clean = true
      for (const text of found) {
        const known = this.#known.find(({ says }) => says.test(`${way} ${sample.k}: ${text}`))
        if (known === undefined)
          this.faults.push(`${way} ${sample.k}: ${text} | ${shown(sample.a)}`.replaceAll('\n', ' '))
        else {
          this.met.add(known)
          this.leave(known.reason)
        }
        clean = false
      }
      return clean
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error
      this.leave(error.message)
      return false
    }
  }
  toString(): string {
    const counts = Object.entries(this.#counts).map(([way, count]) => `${count} ${way}`)
    const left = Object.entries(this.#left).map(([reason, count]) => `${count} ${reason}`)
    const faults = this.faults.map((fault) => `\n    ${fault}`).join('')
    return `${this.#name}: ${counts.join(', ') || 'nothing asked'}; ${this.faults.length} differ${left.length > 0 ? `; left out: ${left.join(', ')}` : ''}${faults}`
  }
  /** One name more in a report. */
  append(report: string): void {
    appendFileSync(report, `${String(this)}\n`)
  }
}

/** The title of a test: the name, and what of PyTorch's samples is not asked. */
export function titleOf(name: string, left: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(left).map(([reason, count]) => `${count} ${reason}`)
  return reasons.length === 0 ? name : `${name} (of PyTorch's: ${reasons.join(', ')})`
}

const shown = (given: Sample['a']): string =>
  Object.entries(given)
    .map(([name, value]) => `${name}=${brief(value)}`)
    .join(' ')
    .slice(0, 300)
function brief(value: Value): string {
  if (isList(value)) return `[${value.map(brief).join(',')}]`
  if (!isTensorData(value)) return JSON.stringify(value)
  const { t, s, d, n } = value
  return `${t}[${s.join(',')}]${n === 1 ? '*' : ''}${typeof d !== 'string' && d.length < 8 ? `{${d.join(',')}}` : ''}`
}
