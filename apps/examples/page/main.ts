/** The page: what is to be trained, how far it is, and its loss as it falls. */
import { MODELS, type Model } from '../src/digits/learning-rates.ts'
import { lossCurve, type Point } from '../src/loss-curve.ts'
import { BACKENDS, type BackendName, type Message, type Order } from './messages.ts'

const count = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const element = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T
const form = element<HTMLFormElement>('options')
const [start, stop] = [element<HTMLButtonElement>('start'), element<HTMLButtonElement>('stop')]
const [state, curve, weights] = [element('status'), element('curve'), element<HTMLAnchorElement>('weights')]
const show = (id: string, text: string): void => {
  element(id).textContent = text
}

function offer(name: string, options: Readonly<Record<string, string>>): void {
  const select = form.elements.namedItem(name) as HTMLSelectElement
  for (const [value, text] of Object.entries(options)) select.add(new Option(text, value))
}
offer('backend', { first: 'first there is', ...Object.fromEntries(BACKENDS.map((name) => [name, name])) })
offer('model', Object.fromEntries(MODELS.map((name) => [name, name])))

/** One training run: its thread, and what it has told. */
class Run {
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  readonly #order: Order
  readonly #losses: Point[] = []
  #batchesPerEpoch = 1
  #backend = ''
  #samples = 0
  #started = 0
  #isDrawn = true

  constructor(order: Order) {
    this.#order = order
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Message>) => this.#hear(data))
    this.#worker.addEventListener('error', ({ message }) => this.end(`Failed: ${message}`, true))
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that of a window; threads have none
    this.#worker.postMessage(order)
    state.textContent = 'Loading…'
  }

  #hear(message: Message): void {
    if (message.kind === 'started') {
      this.#backend = message.backend
      this.#batchesPerEpoch = message.plan.batchesPerEpoch
      state.textContent = `Training on ${this.#backend}`
    } else if (message.kind === 'batches') {
      // The first step compiles: the rate is that of the steps after it.
      if (this.#started === 0) this.#started = performance.now()
      else this.#samples += message.batches.reduce((sum, { samples }) => sum + samples, 0)
      for (const { epoch, batch, loss } of message.batches)
        this.#losses.push([(epoch - 1) * this.#batchesPerEpoch + batch, loss])
      this.#draw()
    } else if (message.kind === 'epoch') show('accuracy', message.note.replace('test accuracy ', ''))
    else if (message.kind === 'done') {
      weights.href = URL.createObjectURL(new Blob([message.weights as Uint8Array<ArrayBuffer>]))
      weights.download = `${this.#order.model}.safetensors`
      weights.hidden = false
      this.end(`Trained on ${this.#backend}: ${(100 * message.accuracy).toFixed(2)} % of the test digits named rightly`)
    } else this.end(message.reason, true)
  }

  /** At most once a frame. */
  #draw(): void {
    if (!this.#isDrawn) return
    this.#isDrawn = false
    requestAnimationFrame(() => {
      this.#isDrawn = true
      const [step, loss] = this.#losses.at(-1)!
      show('step', count.format(step))
      show('loss', loss.toFixed(4))
      if (this.#samples > 0) show('rate', count.format((1000 * this.#samples) / (performance.now() - this.#started)))
      curve.innerHTML = lossCurve([{ name: 'train', points: this.#losses }], {
        xLabel: `step (batches of ${this.#order.batchSize})`,
        yLabel: 'cross-entropy',
        width: curve.clientWidth,
        height: Math.max(260, curve.clientWidth / 2),
      })
    })
  }

  end(text: string, isFailure = false): void {
    this.#worker.terminate()
    state.textContent = text
    state.classList.toggle('failed', isFailure)
    start.disabled = false
    stop.disabled = true
  }
}

let run: Run | undefined
form.addEventListener('submit', (event) => {
  event.preventDefault()
  const chosen = new FormData(form)
  const number = (name: string): number => Number(chosen.get(name))
  start.disabled = true
  stop.disabled = false
  weights.hidden = true
  state.classList.remove('failed')
  for (const id of ['step', 'loss', 'rate', 'accuracy']) show(id, '–')
  curve.replaceChildren()
  run = new Run({
    backend: chosen.get('backend') as BackendName | 'first',
    model: chosen.get('model') as Model,
    epochs: number('epochs'),
    batchSize: number('batchSize'),
    seed: number('seed'),
    momentum: 0.9,
    digits: new URL('digits.bin', document.baseURI).href,
  })
})
stop.addEventListener('click', () => run?.end('Stopped.'))
