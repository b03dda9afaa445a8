/** Compiled modules of a backend: those of one program, and generic ones, which programs that differ in sizes share. */
import type { OwnBytes } from '@glissade/core/backend'
import { ConstantPool } from './emitter/pool.ts'
import { CONSTANTS, type Memory } from './memory.ts'
import type { Team } from './team.ts'
import { engine } from './webassembly.ts'

type Run = (thread?: number) => number

/** One module after the other, until one fails. */
const sequence =
  (runs: readonly Run[]): Run =>
  (thread) => {
    for (const run of runs) if (run(thread) !== 0) return 1
    return 0
  }

/** What is compiled, and how many programs it runs. */
export interface Loaded {
  readonly run: Run
  readonly drop: () => void
  users: number
}
/** Generic modules that are kept although no program may be left that runs them. */
const KEPT = 512

export class Modules {
  readonly memory: Memory
  readonly team: Team | null
  /** The numbers of `math.ts` that a module has asked for so far. */
  readonly pool: ConstantPool = new ConstantPool(CONSTANTS)
  /** By what they are, the oldest first. */
  readonly #generic = new Map<string, Loaded>()

  constructor(memory: Memory, team: Team | null) {
    this.memory = memory
    this.team = team
  }

  /** Compiles modules that run one after the other, on all threads where `isTeam`. */
  load(modules: readonly OwnBytes[], isTeam: boolean): Loaded {
    this.memory.words.set(this.pool.bits, CONSTANTS >>> 2)
    const team = isTeam ? this.team : null
    const number = team?.add() ?? 0
    const runs = modules.map((bytes) => {
      team?.load(number, bytes)
      const env = { memory: this.memory.memory, look: this.team?.look }
      const instance = new engine.Instance(new engine.Module(bytes), { env })
      return instance.exports['run'] as Run
    })
    const alone = runs.length === 1 ? runs[0]! : sequence(runs)
    const first = (): number => alone(0)
    return {
      run: team === null ? alone : (): number => team.run(number, first),
      drop: () => team?.drop(number),
      users: 1,
    }
  }
  /** The same for a generic module, which another program may have loaded before; then it is not written. */
  loadGeneric(key: string, bytes: () => OwnBytes, isTeam: boolean): Loaded {
    const known = this.#generic.get(key)
    if (known !== undefined) {
      known.users++
      return known
    }
    const loaded = this.load([bytes()], isTeam)
    this.#generic.set(key, loaded)
    if (this.#generic.size > KEPT)
      for (const [old, { users, drop }] of this.#generic) {
        if (users > 0) continue
        this.#generic.delete(old)
        drop()
        if (this.#generic.size <= KEPT / 2) break
      }
    return loaded
  }
}
