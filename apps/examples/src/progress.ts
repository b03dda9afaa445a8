/**
 * Shows how far a training run is: a bar per epoch on a terminal, plain lines elsewhere. It owns no terminal setting
 * (cursor, wrapping), so that a run that is interrupted leaves nothing to repair.
 */
import { clearScreenDown, cursorTo, moveCursor } from 'node:readline'
import { SingleBar } from 'cli-progress'

export interface Extent {
  readonly epochs: number
  readonly batchesPerEpoch: number
}

export interface Batch {
  /** Epochs and batches count from 1. */
  readonly epoch: number
  readonly batch: number
  readonly loss: number
  readonly samples: number
}

export interface Progress {
  /** To be called after every batch. */
  batch(done: Batch): void
  /** Closes the epoch's bar with its mean loss; the note may say how the epoch's test went. */
  endEpoch(note?: string): void
  /** Closes the bar where a run ends early. */
  stop(): void
}

export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Without a terminal there is at most one line a second, and at most ten in an epoch. */
const LINE_SECONDS = 1
const LINES_PER_EPOCH = 10

const count = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** 75 -> 1:15, 3675 -> 1:01:15 */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-:--'
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const two = (part: number): string => String(part).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

/** The numbers of a run, apart from how they are shown. */
class Measured {
  private readonly plan: Extent
  private readonly now: () => number
  private readonly started: number
  private epochStarted: number
  private losses = 0
  private samples = 0
  private latest: Batch = { epoch: 1, batch: 0, loss: NaN, samples: 0 }

  constructor(plan: Extent, now: () => number) {
    this.plan = plan
    this.now = now
    this.started = this.epochStarted = now()
  }

  add(done: Batch): void {
    this.losses += done.loss * done.samples
    this.samples += done.samples
    this.latest = done
  }

  nextEpoch(): void {
    this.losses = this.samples = 0
    this.epochStarted = this.now()
  }

  get title(): string {
    return `Epoch ${String(this.latest.epoch).padStart(String(this.plan.epochs).length)}/${this.plan.epochs}`
  }

  /** The last batch's loss, samples per second in this epoch, and the time that the rest of the run will take. */
  running(): readonly string[] {
    const { epoch, batch, loss } = this.latest
    const done = (epoch - 1) * this.plan.batchesPerEpoch + batch
    const rest = this.plan.epochs * this.plan.batchesPerEpoch - done
    const left = (this.seconds(this.started) * rest) / done
    return [`loss ${loss.toFixed(4)}`, this.rate(), `${clock(left)} left`]
  }

  finished(note: string): readonly string[] {
    const mean = this.losses / this.samples
    const parts = [`loss ${mean.toFixed(4)}`, this.rate(), `${this.seconds(this.epochStarted).toFixed(1)} s`, note]
    return parts.filter((part) => part !== '')
  }

  seconds(since: number): number {
    return (this.now() - since) / 1000
  }

  private rate(): string {
    const seconds = this.seconds(this.epochStarted)
    return `${count.format(seconds > 0 ? this.samples / seconds : 0)} samples/s`
  }
}

const LONGEST_BAR = 28
const SHORTEST_BAR = 8

/** A line that fits the terminal: with a shorter bar, with fewer parts, without a bar; what comes last in `texts` stays longest. */
export function barLine(
  title: string,
  value: number,
  total: number,
  texts: readonly string[],
  columns: number,
): string {
  // The last column stays free: a terminal may begin another line when it is written.
  const room = Math.max(0, columns - 1)
  const place = `${value}/${total}`
  const [loss = '', , ...rest] = texts
  for (const parts of [
    [place, ...texts],
    [place, loss, ...rest],
    [loss, ...rest],
  ]) {
    const [before, after] = [`${title} `, ` ${parts.join('  ')}`]
    const free = room - before.length - after.length
    if (free < SHORTEST_BAR) continue
    // In steps of 4, so that the bar does not jump with every digit that the numbers gain.
    const width = Math.min(LONGEST_BAR, Math.floor(free / 4) * 4)
    const filled = Math.round((value / total) * width)
    return before + '━'.repeat(filled) + '─'.repeat(width - filled) + after
  }
  const plain = [[title, loss, ...rest], [title, ...rest.slice(-1)], rest.slice(-1)].map((parts) => parts.join('  '))
  return plain.find((line) => line.length <= room) ?? title.slice(0, room)
}

function bars(plan: Extent, output: NodeJS.WritableStream & Output, measured: Measured): Progress {
  const { batchesPerEpoch } = plan
  const columns = (): number => output.columns || 80
  let text = (): readonly string[] => measured.running()
  /** Lengths of the line that stands there, and of the one that takes its place. */
  let [drawn, next] = [0, 0]
  const bar = new SingleBar({
    stream: output,
    linewrap: true,
    format: (_options, { value }) => {
      const line = barLine(measured.title, value, batchesPerEpoch, text(), columns())
      next = line.length
      return line
    },
  })
  // A terminal that became narrower has broken the line, and the cursor stands in the last of its rows.
  bar.on('redraw-pre', () => {
    const rows = Math.ceil(drawn / columns())
    drawn = next
    if (rows < 2) return
    moveCursor(output, 0, 1 - rows)
    cursorTo(output, 0)
    clearScreenDown(output)
  })
  const stop = (): void => {
    if (bar.isActive) bar.stop()
  }
  return {
    batch(done) {
      measured.add(done)
      if (bar.isActive) return bar.update(done.batch)
      text = () => measured.running()
      drawn = 0
      bar.start(batchesPerEpoch, done.batch)
    },
    endEpoch(note = '') {
      text = () => measured.finished(note)
      stop()
      measured.nextEpoch()
    },
    stop,
  }
}

function lines({ batchesPerEpoch }: Extent, output: Output, measured: Measured, now: () => number): Progress {
  let lastTime = now()
  let lastBatch = 0
  return {
    batch(done) {
      measured.add(done)
      // The last batch leaves its line to the end of the epoch.
      if (done.batch === batchesPerEpoch || measured.seconds(lastTime) < LINE_SECONDS) return
      if ((done.batch - lastBatch) * LINES_PER_EPOCH < batchesPerEpoch) return
      output.write(`${measured.title}  batch ${done.batch}/${batchesPerEpoch}  ${measured.running().join('  ')}\n`)
      lastTime = now()
      lastBatch = done.batch
    },
    endEpoch(note = '') {
      output.write(`${measured.title}  done  ${measured.finished(note).join('  ')}\n`)
      measured.nextEpoch()
      lastTime = now()
      lastBatch = 0
    },
    stop() {},
  }
}

const isTerminal = (output: Output): output is NodeJS.WritableStream & Output =>
  output.isTTY === true && process.env['TERM'] !== 'dumb'

export function progress(
  plan: Extent,
  output: Output = process.stdout,
  now = (): number => performance.now(),
): Progress {
  const measured = new Measured(plan, now)
  return isTerminal(output) ? bars(plan, output, measured) : lines(plan, output, measured, now)
}
