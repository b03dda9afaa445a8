/** Where threads wait for each other, and how one of them calls the others off. */
import { add, at, i32, i64, op, type Code } from '../emitter/code.ts'
import type { Callee, FunctionWriter } from '../emitter/function.ts'
import type { ModuleWriter } from '../emitter/module.ts'
import { ARRIVED_SLOT, PHASE_SLOT } from '../memory.ts'

/**
 * Turns before a thread sleeps: some 20 microseconds. Sleeping and waking cost more than that, and barriers follow each
 * other by less where the work is divided well.
 */
const TURNS = 8192
const NOWHERE = i32(0)
const FOREVER = i64(-1)
const EVERYONE = i32(0x7fffffff)

const phase = (): Code<'i32'> => at('i32.atomic.load', PHASE_SLOT, NOWHERE)

/** Phases count up; a negative one calls the run off, and is not waited for. */
export const isCalledOff = (): Code<'i32'> => op('i32.lt_s', phase(), i32(0))

const wake = (f: FunctionWriter): void => f.drop(at('memory.atomic.notify', PHASE_SLOT, NOWHERE, EVERYONE))

export function writeCallOff(f: FunctionWriter): void {
  f.emit(at('i32.atomic.store', PHASE_SLOT, NOWHERE, i32(-1)))
  wake(f)
}

/** `barrier(thread)` returns when all threads have called it. The last to come starts the next phase. */
export function barrier(module: ModuleWriter, threads: number): Callee & { readonly result: 'void' } {
  return module.once('barrier', ['i32'], 'void', (f, thread) => {
    const current = f.let(phase())
    f.if(op('i32.lt_s', current, i32(0)), () => f.return())
    f.if(op('i32.eq', at('i32.atomic.rmw.add', ARRIVED_SLOT, NOWHERE, i32(1)), i32(threads - 1)), () => {
      f.emit(at('i32.atomic.store', ARRIVED_SLOT, NOWHERE, i32(0)))
      f.emit(at('i32.atomic.store', PHASE_SLOT, NOWHERE, add(current, 1)))
      wake(f)
      f.return()
    })
    const turns = f.let(i32(TURNS))
    f.loop(() => {
      f.if(op('i32.ne', phase(), current), () => f.return())
      f.set(turns, op('i32.sub', turns, i32(1)))
      f.if(op('i32.lt_s', turns, i32(0)), () => {
        f.if(
          thread,
          () => f.drop(at('memory.atomic.wait32', PHASE_SLOT, NOWHERE, current, FOREVER)),
          () => {
            // The first thread may have to stay awake, and looks whether the others live: else it calls the run off.
            f.emit(f.call(module.look!, current))
            f.set(turns, i32(TURNS))
          },
        )
      })
      return i32(1)
    })
  })
}
