/** Long loops let the event loop turn, so that timers, input and drawing go on and dropped memory is found. */

/** Half the time between two pictures on a screen of 60 Hz. */
const TURN_MS = 8

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

/** The quickest way of the platform to run after what is waiting: browsers delay timers by 4 ms. */
function later(task: () => void): void {
  const { setImmediate, setTimeout, MessageChannel } = globalThis as unknown as Host
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

let last = Date.now()

/** Resolves after a turn of the event loop, or at once where the last one was a moment ago. */
export async function turn(): Promise<void> {
  if (Math.abs(Date.now() - last) < TURN_MS) return
  await new Promise<void>(later)
  last = Date.now()
}
