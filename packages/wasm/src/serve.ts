/** What a thread other than the first does, for as long as it lives: it waits for commands in shared memory. */
import type { LinearMemory } from './webassembly.ts'

/** The one message that a thread gets. Indices are those of words of 32 bits. */
export interface Assignment {
  readonly memory: LinearMemory
  readonly thread: number
  /** Looks at the command before it sleeps. */
  readonly turns: number
  /** The number of the command, then its kind, program, address and length, then whether a thread has failed. */
  readonly command: number
  readonly pending: number
  readonly phase: number
  readonly kinds: { readonly load: number; readonly drop: number }
  /** A lock of the page that this thread holds as long as it lives. */
  readonly lock: string | null
}

/** A worker's side of its channel; a page's worker and Node's port are alike so far. */
export interface Port {
  addEventListener(event: 'message', listener: (event: { readonly data: Assignment }) => void): void
  /** Null once it waits for commands, later what went wrong. */
  postMessage(message: string | null): void
}

interface Page {
  readonly navigator: {
    readonly locks: { request(name: string, hold: () => Promise<never>): Promise<unknown> }
  }
}

type Run = (thread: number) => number

/**
 * Its text is sent where no file can be, so it stands alone: nothing from outside, no function with a name inside.
 * Modules come through memory, since a thread that waits gets no messages.
 */
export function serve(port: Port): void {
  port.addEventListener('message', async (event) => {
    const { memory, thread, turns, command, pending, phase, kinds, lock } = event.data
    const words = new Int32Array(memory.buffer, 0, 256)
    const { navigator } = globalThis as unknown as Page
    if (lock !== null)
      await new Promise<void>((resolve) => {
        void navigator.locks.request(lock, () => {
          resolve()
          return new Promise(() => {})
        })
      })
    const programs = new Map<number, Run[]>()
    const { Module, Instance } = (globalThis as never)['WebAssembly'] as {
      Module: new (bytes: Uint8Array) => object
      Instance: new (module: object, imports: object) => { exports: { run: Run } }
    }
    let seen = 0
    port.postMessage(null)
    for (;;) {
      let left = turns
      while (Atomics.load(words, command) === seen) if (--left < 0) Atomics.wait(words, command, seen)
      seen = Atomics.load(words, command)
      const kind = words[command + 1]
      const program = words[command + 2]!
      try {
        if (kind === kinds.load) {
          const address = words[command + 3]! >>> 0
          const length = words[command + 4]!
          // What another thread has grown shows after a call to grow.
          if (memory.buffer.byteLength < address + length) memory.grow(0)
          const bytes = new Uint8Array(memory.buffer, address, length).slice()
          // Only the first thread looks.
          const { run } = new Instance(new Module(bytes), { env: { memory, look: Math.abs } }).exports
          const runs = programs.get(program)
          if (runs === undefined) programs.set(program, [run])
          else runs.push(run)
        } else if (kind === kinds.drop) programs.delete(program)
        else for (const run of programs.get(program)!) if (run(thread) !== 0) break
      } catch (error) {
        Atomics.store(words, command + 5, 1)
        Atomics.store(words, phase, -1)
        Atomics.notify(words, phase)
        port.postMessage(String(error))
      }
      if (Atomics.sub(words, pending, 1) === 1) Atomics.notify(words, pending)
    }
  })
}
