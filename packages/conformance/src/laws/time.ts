/** What has happened when: `settle` waits, nothing hangs when the device ends, and what is over is refused. */
import { isGlissadeError, type Executable } from '@glissade/core/backend'
import type { Case } from '../case.ts'
import { messageOf } from '../case.ts'
import { macrotask, now, within } from '../clock.ts'
import type { Session } from '../session.ts'
import { f32, law, list, programOf, same, thrown } from './law.ts'

const SIDE = 32
/** Milliseconds of work that settle has to wait for, so that it shows. */
const WORK = 60
const TRIES = 3
/** Milliseconds after which a promise is taken for one that never comes. */
const PATIENCE = 5000
const NOTHING = new Float64Array(0)

const negation = (session: Session): Executable => session.prepare(programOf([f32(5)], ([a]) => [a!.neg()]))

/** A program that has run, and what it ran on. */
async function negated(session: Session) {
  const [x, y] = [session.upload({ type: f32(5), data: list(5) }), session.room(f32(5))]
  const executable = negation(session)
  executable.run([x], [y], NOTHING)
  await session.elements(y)
  return { x, y, executable }
}

/** What goes on although it should not; null where each is refused with a StateError. */
async function unrefused(uses: Readonly<Record<string, () => unknown>>, when: string): Promise<string | null> {
  for (const [use, work] of Object.entries(uses)) {
    const refusal = await thrown(() => within(PATIENCE, Promise.resolve(work())))
    if (refusal === null) return `${use} went well ${when}`
    if (!isGlissadeError(refusal.error, 'StateError')) return `${use} ${when}: ${refusal.message}, want a StateError`
  }
  return null
}

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
    'eager/settle/float32/[5]/a reading and a settle that are pending when the device is destroyed end, and with nothing wrong',
    async (session) => {
      const { backend } = session
      const [x, y] = [session.upload({ type: f32(5), data: list(5) }), session.room(f32(5))]
      negation(session).run([x], [y], NOTHING)
      const reading = session.elements(y).catch(() => null)
      const settling = backend.settle().catch(() => {})
      backend.destroy()
      session.forget()
      try {
        const [elements] = await within(PATIENCE, Promise.all([reading, settling]))
        return elements === null
          ? null
          : same(
              elements,
              list(5, (i) => -i),
              'what the pending reading gave',
            )
      } catch (error) {
        return `a promise never came: ${messageOf(error)}`
      }
    },
    { fresh: true },
  ),
  law(
    'eager/errors/float32/[5]/a destroyed device refuses to write, run and settle, with a StateError',
    async (session) => {
      const { backend } = session
      const { x, y, executable } = await negated(session)
      backend.destroy()
      session.forget()
      const uses: Readonly<Record<string, () => unknown>> = {
        allocate: () => backend.allocate(64),
        prepare: () => negation(session),
        write: () => backend.write(x, new Uint8Array(20)),
        run: () => executable.run([x], [y], NOTHING),
        read: async () => backend.read(y),
        settle: async () => backend.settle(),
      }
      return unrefused(uses, 'after destroy')
    },
    // Kits before did not ask for all of it.
    { fresh: true, level: 'should' },
  ),
  law(
    'eager/errors/float32/[5]/a released storage is refused, with a StateError',
    async (session) => {
      const { backend } = session
      const { x, y, executable } = await negated(session)
      const released = session.upload({ type: f32(5), data: list(5) })
      session.release(released.storage)
      const spoilt = await unrefused(
        {
          write: () => backend.write(released, new Uint8Array(20)),
          read: async () => backend.read(released),
          'run, of an operand': () => executable.run([released], [y], NOTHING),
          'run, of a result': () => executable.run([x], [released], NOTHING),
        },
        'after a release',
      )
      if (spoilt !== null) return spoilt
      return same(
        await session.results(y),
        list(5, (i) => -i),
        'what was there before',
      )
    },
    { fresh: true, level: 'should' },
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
