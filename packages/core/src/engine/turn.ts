/** Loops that wait for nothing but what is there already would be one task from start to end: they let the event loop turn. */

/** Time between two pictures on a screen of 60 Hz. */
const TASK_MS = 16

interface Host {
  readonly setImmediate?: (task: () => void) => unknown
  readonly setTimeout: (task: () => void, ms: number) => unknown
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port }
}
interface Port {
  addEventListener(type: 'message', listener: () => void): void
  start(): void
  postMessage(message: null): void
  close(): void
}

/** Taken once: what tests put in their place for a while would keep a turn for ever. */
const { setImmediate, setTimeout, MessageChannel } = globalThis as unknown as Host

/** The quickest way of the platform to run after what is waiting: browsers delay timers by 4 ms. */
function later(task: () => void): void {
  if (setImmediate !== undefined) {
    setImmediate(task)
  } else if (MessageChannel === undefined) {
    setTimeout(task, 0)
  } else {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', () => {
      port1.close()
      task()
    })
    port1.start()
    port2.postMessage(null)
  }
}

/** The next turn, of which this task was the first to ask; null where nobody did. */
let next: Promise<void> | null = null
let isAwaited = false
/** When this task began, as far as is known. */
let began = 0

function begin(): void {
  began = Date.now()
  next = new Promise((resolve) =>
    later(() => {
      next = null
      // What waited goes on in the task that begins now.
      if (isAwaited) begin()
      isAwaited = false
      resolve()
    }),
  )
}

/**
 * To be awaited by whoever may be in a long loop: null while this task is short, else the event loop's next turn.
 * @param isUrgent whether to wait for it in any case
 */
export function turn(isUrgent = false): Promise<void> | null {
  if (next === null) begin()
  if (!isUrgent && Math.abs(Date.now() - began) < TASK_MS) return null
  isAwaited = true
  return next
}
