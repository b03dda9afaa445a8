/** What the page and the thread that trains tell each other. */
import type { TrainingOptions } from '../src/digits/run.ts'
import type { Batch, Extent } from '../src/progress.ts'

/** In the order in which they are wanted where none is named. */
export const BACKENDS = ['webgpu', 'wasm', 'cpu'] as const
export type BackendName = (typeof BACKENDS)[number]

export interface Order extends TrainingOptions {
  /** Where the digits are. */
  readonly digits: string
  /** `first`: the first of the list that there is here. */
  readonly backend: BackendName | 'first'
}

export type Message =
  | { readonly kind: 'started'; readonly backend: string; readonly plan: Extent }
  | { readonly kind: 'batches'; readonly batches: readonly Batch[] }
  | { readonly kind: 'epoch'; readonly note: string }
  | { readonly kind: 'done'; readonly accuracy: number; readonly weights: Uint8Array }
  | { readonly kind: 'failed'; readonly reason: string }
