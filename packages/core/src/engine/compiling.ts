/** Executables whose code is not ready: where it never will be, runs issued before have failed, and later ones throw. */
import type { Executable, Program } from '../contract/contract.ts'
import { isGlissadeError, UnsupportedError } from '../contract/errors.ts'

interface Watched {
  /** Whether a run waits for it. */
  hasRun: boolean
  /** Why there is no code. */
  error: Error | null
}
/** Places in the model that a message names. */
const NAMED = 3

export class Compiling {
  readonly #watched = new Map<Executable, Watched>()
  readonly #fail: (error: Error) => void
  /** What the backend said, as it came, and in the name of the operation. */
  #last: { readonly said: unknown; readonly error: Error } | null = null
  /** What it said to an answer that was refused. */
  #told: unknown = null

  /** @param fail told of runs that have failed */
  constructor(fail: (error: Error) => void) {
    this.#fail = fail
  }
  /** How many are not ready. */
  get count(): number {
    return this.#watched.size
  }

  watch(operation: string, backend: string, program: Program, executable: Executable): void {
    const watched: Watched = { hasRun: false, error: null }
    this.#watched.set(executable, watched)
    executable.ready.then(
      () => this.#watched.delete(executable),
      (said: unknown) => {
        watched.error = nameOf(operation, backend, program, said)
        this.#last = { said, error: watched.error }
        if (watched.hasRun && this.#told !== said) this.#fail(watched.error)
      },
    )
  }
  assertRuns(executable: Executable): void {
    const watched = this.#watched.get(executable)
    if (watched === undefined) return
    if (watched.error !== null) throw watched.error
    watched.hasRun = true
  }
  /** An answer was refused with this: the error in the name of the operation where it is that of code which did not compile. */
  named(said: unknown): Error | null {
    this.#told = said
    const last = this.#last
    return last !== null && last.said === said ? last.error : null
  }
}

function nameOf(operation: string, backend: string, { nodes }: Program, said: unknown): Error {
  if (isGlissadeError(said)) return said
  const origins = [...new Set(nodes.flatMap(({ origin }) => origin ?? []))]
  const shown = origins.length > NAMED ? [...origins.slice(0, NAMED), '...'] : origins
  return new UnsupportedError(
    operation,
    `the ${backend} backend could not compile it: ${said instanceof Error ? said.message : String(said)}`,
    shown.length === 0 ? undefined : shown.join(', '),
  )
}
