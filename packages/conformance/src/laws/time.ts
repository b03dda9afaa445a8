/** What has happened when: `settle` waits, nothing hangs when the device ends, and what is over is refused. */
import type { Case } from '../case.ts'
import { messageOf } from '../case.ts'
import { macrotask, now, within } from '../clock.ts'
import { f32, law, list, programOf, thrown } from './law.ts'

const SIDE = 32
/** Milliseconds of work that settle has to wait for, so that it shows. */
const WORK = 60
const TRIES = 3
/** Milliseconds after which a promise is taken for one that never comes. */
const PATIENCE = 5000
const NOTHING = new Float64Array(0)

export const time: readonly Case[] = [
  law(
    `eager/settle/float32/[${SIDE},${SIDE}]/it waits for what is in flight, so that a reading then waits no more`,
    async (session) => {
      const { backend } = session
      const type = f32(SIDE, SIDE)
      const [x, y] = [session.upload({ type, data: list(SIDE * SIDE, (i) => i % 3) }), session.room(type)]
      const executable = session.prepare(programOf([type, type], ([a, b]) => [a!.dot(b!)]))
      await executable.ready
      let runs = 4
      let says = ''
      for (let tries = 0; tries < TRIES;) {
        const started = now()
        for (let i = 0; i < runs; i++) executable.run([x, x], [y], NOTHING)
        const issued = now()
        await backend.settle()
        const settled = now()
        await session.elements(y)
        const read = now()
        if (read - started < WORK && runs < 2 ** 14) {
          runs *= 2
          continue
        }
        const [waited, reading] = [settled - issued, read - settled]
        // A device that works while runs are issued has nothing left to wait for.
        if (reading < 20 || reading < waited / 2 || reading < (issued - started) / 2) return null
        says = `after settle a reading took ${reading.toFixed(0)} ms, and settle ${waited.toFixed(0)} ms: ${runs} runs were still in flight`
        tries++
      }
      return says
    },
  ),
  law(
    'eager/settle/float32/[5]/a reading and a settle that are pending when the device is destroyed end',
    async (session) => {
      const { backend } = session
      const type = f32(5)
      const [x, y] = [session.upload({ type, data: list(5) }), session.room(type)]
      const executable = session.prepare(programOf([type], ([a]) => [a!.neg()]))
      executable.run([x], [y], NOTHING)
      const pending = [backend.read(y), backend.settle()].map((promise) =>
        promise.then(
          () => null,
          () => null,
        ),
      )
      await session.close()
      backend.destroy()
      const late = await thrown(() => within(PATIENCE, Promise.all(pending)))
      return late === null ? null : `a promise never came: ${messageOf(late.error)}`
    },
    { fresh: true },
  ),
  law(
    'eager/memory/float32/[5]/a destroyed device has nothing live, and is destroyed once and for all',
    async (session) => {
      const { backend } = session
      // What nobody releases any more.
      backend.write({ storage: backend.allocate(20), byteOffset: 0, type: f32(5) }, new Uint8Array(20))
      await session.close()
      backend.destroy()
      await macrotask()
      const { live, reserved } = backend.memory()
      if (live !== 0) return `${live} bytes are live after destroy`
      if (!(reserved >= 0)) return `reserved is ${reserved}`
      return null
    },
    { fresh: true },
  ),
]
