/** Devices that answer late: failures, the end, scratch in pieces, gaps. */
import type { Attributes } from '@glissade/core/backend'
import { arenaBackend, type ArenaFaults } from '../arena-backend.ts'
import { queued } from '../queued-backend.ts'
import { backend, queue, type Mutant } from './mutant.ts'

const FAILURES = 'eager/errors/*a failed run*'
const arena = (name: string, only: string, faults: ArenaFaults): Mutant => ({
  name,
  only,
  create: () => queued(arenaBackend(faults)),
})

export const late: readonly Mutant[] = [
  queue('a late failure is dropped', 'eager/errors/*', { swallows: true }),
  queue('a late failure is the end of the device', FAILURES, { loses: true }),
  queue('of all that wait behind a failed run one is told', FAILURES, { tellsOne: true }),
  queue('a late failure is told again and again', 'eager/gather/*', { tellsForever: true }),
  queue('a late failure is told to who asked before it', FAILURES, { tellsEarlier: true }),
  queue('settle does not tell of a failure', FAILURES, { settlesSilently: true }),
  queue('work behind a failed run is dropped', FAILURES, { dropsBehind: true }),
  queue('what is read while the device is destroyed is zeros', 'eager/settle/*', { answersAtTheEnd: true }),
  queue('write goes on after destroy', 'eager/errors/*destroyed*', { outlives: ['write'] }),
  queue('run goes on after destroy', 'eager/errors/*destroyed*', { outlives: ['run'] }),
  queue('settle goes on after destroy', 'eager/errors/*destroyed*', { outlives: ['settle'] }),
  queue('a released storage is taken', 'eager/errors/*released*', { takesReleased: true }),
  backend('an unread constant is refused', 'compiled/aliasing/*', (right) => ({
    prepare(program) {
      if (program.nodes.some(({ op, attrs }) => op === 'constant' && (attrs as Attributes['constant']).unread))
        throw new Error('unknown attribute unread')
      return right.prepare(program)
    },
  })),
  backend('no run may be in flight', 'suite/declarations/*', (right) => ({
    capabilities: { ...right.capabilities, limits: { ...right.capabilities.limits, runsInFlight: 0 } },
  })),
  arena('scratch is one storage, however large', 'compiled/memory/*', { inOnePiece: true }),
  arena('all pieces of scratch are the first', 'compiled/memory/*', { inFirstPiece: true }),
  arena('views of numbers are looked for in scratch', 'compiled/aliasing/*', { losesViewsOfNumbers: true }),
  backend('allocate refuses without a kind', 'eager/errors/*allocate*', (right) => ({
    allocate(byteLength) {
      try {
        return right.allocate(byteLength)
      } catch {
        throw new Error('no memory')
      }
    },
  })),
  arena('a write takes 16 bytes at a time', 'eager/write/*', { writesLines: true }),
  arena('a run takes 16 bytes at a time', 'eager/neg/*', { runsLines: true }),
  arena('a released block is poisoned to the end of the next', 'eager/memory/*', { poisonsBeyond: true }),
]
