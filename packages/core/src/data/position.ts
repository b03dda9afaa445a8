/** Where a loader stands, as plain JSON data, and what makes an interrupted pass go on as if nothing had happened. */
import { OptionError } from '../contract/errors.ts'
import { Generator } from '../random/generator.ts'

/** See `DataLoader.state`. All of it is plain data that JSON keeps. */
export interface LoaderState {
  readonly version: 1
  /** Passes that are over. */
  readonly epoch: number
  /** Batches of the interrupted pass that the program got; 0 between passes. */
  readonly consumed: number
  /** How often that pass has asked for the indices of a batch: more than `consumed` where batches are fetched ahead. */
  readonly asked: number
  /** Batches per pass where that is known: another number is another order. */
  readonly batches: number | null
  /** The generators when that pass began, the default one first; null between passes. */
  readonly start: readonly string[] | null
  /** The loader's own generators now. */
  readonly generators: readonly string[]
  /** What the sampler keeps. */
  readonly sampler: unknown
}

declare const btoa: (binary: string) => string
declare const atob: (text: string) => string

/** The 5056 bytes of a generator's state in base64. */
export const encodeGenerator = (state: Uint8Array): string => btoa(String.fromCharCode(...state))

export const decodeGenerator = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0

/** Checks a state before anything is changed by it. `own`: how many generators the loader has itself. */
export function assertState(state: LoaderState, own: number, batches: number | null): void {
  const fail = (what: string): never => {
    throw new OptionError('loadState', what)
  }
  if (typeof state !== 'object' || state === null || state.version !== 1)
    fail('this is no state that loader.state() gave')
  const { epoch, consumed, asked, start, generators } = state
  if (![epoch, consumed, asked].every(isCount)) fail('epoch, consumed and asked must be integers from 0')
  if (!Array.isArray(generators) || generators.length !== own)
    fail(`the state is of a loader with ${generators?.length} generators of its own, this one has ${own}`)
  if (start !== null && !Array.isArray(start)) fail('start must be a list of generators, or null')
  const states: readonly string[] = [...(start ?? []), ...generators]
  try {
    for (const text of states) new Generator(0).setState(decodeGenerator(text))
  } catch (error) {
    fail(`it holds a generator that cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (start === null) return
  if (start.length !== own + 1) fail(`start must list ${own + 1} generators`)
  if (state.batches !== batches)
    fail(
      `the interrupted pass had ${state.batches ?? 'an unknown number of'} batches, this loader's have ${batches ?? 'an unknown number'}; use the same data, batch size and options`,
    )
}
