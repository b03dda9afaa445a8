/**
 * Shows how far a training run is: a bar per epoch on a terminal, plain lines elsewhere. It owns no terminal setting
 * (cursor, wrapping), so that a run that is interrupted leaves nothing to repair.
 */
import { SingleBar } from 'cli-progress'

export interface Plan {
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
  private readonly plan: Plan
  private readonly now: () => number
  private readonly started: number
  private epochStarted: number
  private losses = 0
  private samples = 0
  private latest: Batch = { epoch: 1, batch: 0, loss: NaN, samples: 0 }

  constructor(plan: Plan, now: () => number) {
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
  running(): string {
    const { epoch, batch, loss } = this.latest
    const done = (epoch - 1) * this.plan.batchesPerEpoch + batch
    const rest = this.plan.epochs * this.plan.batchesPerEpoch - done
    const left = (this.seconds(this.started) * rest) / done
    return `loss ${loss.toFixed(4)}  ${this.rate()}  ${clock(left)} left`
  }

  finished(note: string): string {
    const mean = this.losses / this.samples
    const parts = [`loss ${mean.toFixed(4)}`, this.rate(), `${this.seconds(this.epochStarted).toFixed(1)} s`, note]
    return parts.filter((part) => part !== '').join('  ')
  }

  seconds(since: number): number {
    return (this.now() - since) / 1000
  }

  private rate(): string {
    const seconds = this.seconds(this.epochStarted)
    return `${count.format(seconds > 0 ? this.samples / seconds : 0)} samples/s`
  }
}

function bars(plan: Plan, output: NodeJS.WritableStream & Output, measured: Measured): Progress {
  const { batchesPerEpoch } = plan
  let text = (): string => measured.running()
  const bar = new SingleBar({
    stream: output,
    linewrap: true,
    format: (_options, { value }) => {
      const [before, after] = [`${measured.title} `, ` ${value}/${batchesPerEpoch}  ${text()}`]
      // In steps of 4, so that the bar does not jump with every digit that the numbers gain.
      const room = Math.floor(((output.columns ?? 80) - before.length - after.length) / 4) * 4
      const width = Math.max(8, Math.min(28, room))
      const filled = Math.round((value / batchesPerEpoch) * width)
      return before + '━'.repeat(filled) + '─'.repeat(width - filled) + after
    },
  })
  const stop = (): void => {
    if (bar.isActive) bar.stop()
  }
  return {
    batch(done) {
      measured.add(done)
      if (bar.isActive) return bar.update(done.batch)
      text = () => measured.running()
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

function lines({ batchesPerEpoch }: Plan, output: Output, measured: Measured, now: () => number): Progress {
  let lastTime = now()
  let lastBatch = 0
  return {
    batch(done) {
      measured.add(done)
      // The last batch leaves its line to the end of the epoch.
      if (done.batch === batchesPerEpoch || measured.seconds(lastTime) < LINE_SECONDS) return
      if ((done.batch - lastBatch) * LINES_PER_EPOCH < batchesPerEpoch) return
      output.write(`${measured.title}  batch ${done.batch}/${batchesPerEpoch}  ${measured.running()}\n`)
      lastTime = now()
      lastBatch = done.batch
    },
    endEpoch(note = '') {
      output.write(`${measured.title}  done  ${measured.finished(note)}\n`)
      measured.nextEpoch()
      lastTime = now()
      lastBatch = 0
    },
    stop() {},
  }
}

const isTerminal = (output: Output): output is NodeJS.WritableStream & Output =>
  output.isTTY === true && process.env['TERM'] !== 'dumb'

export function progress(plan: Plan, output: Output = process.stdout, now = (): number => performance.now()): Progress {
  const measured = new Measured(plan, now)
  return isTerminal(output) ? bars(plan, output, measured) : lines(plan, output, measured, now)
}
