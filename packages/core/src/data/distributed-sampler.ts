/** The share of one process in a pass that several processes make together. */
import { OptionError } from '../contract/errors.ts'
import { Generator } from '../random/generator.ts'
import { boolean, integer, natural, number } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import type { Sized } from './dataset.ts'
import { sized } from './kinds.ts'
import { assertPositive, type Sampler } from './sampler.ts'

const rows = {
  /** Processes that train together. */
  numReplicas: number,
  /** Which of them this is, from 0. */
  rank: number,
  /** Default true. The order depends on `seed` and the epoch alone. */
  shuffle: optional(boolean, true),
  /** The same in every process. Default 0. */
  seed: optional(integer, 0),
  /** Leave out the items that do not make a full round, instead of repeating the first ones. Default false. */
  dropLast: optional(boolean, false),
}
export interface DistributedSamplerOptions extends OptionsOf<typeof rows> {}
export const DISTRIBUTED_SAMPLER = /* @__PURE__ */ signature('DistributedSampler', { source: sized }, rows)
export const SET_EPOCH = /* @__PURE__ */ signature('setEpoch', { epoch: natural })

/**
 * The indices rank, rank + R, rank + 2 R, ... of one order that all R processes have in common, so that step s of all of
 * them together is batch s of one process. Every process gets the same number. No generator but its own is drawn from.
 * Without `setEpoch(epoch)` before every pass, all passes have the same order.
 * Errors: OptionError unless 0 <= rank < numReplicas.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.distributed.DistributedSampler
 */
export class DistributedSampler implements Sampler {
  readonly numReplicas: number
  readonly rank: number
  readonly shuffle: boolean
  readonly seed: number
  readonly dropLast: boolean
  #epoch = 0
  readonly #source: Sized
  constructor(source: Sized, options: DistributedSamplerOptions)
  constructor(source: Sized) {
    const { numReplicas, rank, shuffle, seed, dropLast } = DISTRIBUTED_SAMPLER.read(arguments)
    assertPositive('DistributedSampler', 'numReplicas', numReplicas)
    if (!(Number.isInteger(rank) && rank >= 0 && rank < numReplicas))
      throw new OptionError(
        'DistributedSampler',
        `Invalid rank ${rank}, rank should be in the interval [0, ${numReplicas - 1}]`,
      )
    this.#source = source
    this.numReplicas = numReplicas
    this.rank = rank
    this.shuffle = shuffle
    this.seed = seed
    this.dropLast = dropLast
  }
  /** Indices per process and pass. */
  get length(): number {
    return (this.dropLast ? Math.floor : Math.ceil)(this.#source.length / this.numReplicas)
  }
  get epoch(): number {
    return this.#epoch
  }
  /** The pass that comes next; the same in every process. */
  setEpoch(epoch: number): void {
    SET_EPOCH.read(arguments)
    this.#epoch = epoch
  }
  *[Symbol.iterator](): IterableIterator<number> {
    const { length: n } = this.#source
    const order = this.shuffle ? new Generator(this.seed + this.#epoch).randperm(n) : null
    const total = this.length * this.numReplicas
    // Beyond the end the order begins again.
    for (let at = this.rank; at < total; at += this.numReplicas) yield order === null ? at % n : order[at % n]!
  }
  state(): unknown {
    return { epoch: this.#epoch }
  }
  /** Goes to the epoch of a state of `state()`. */
  loadState(state: unknown): void {
    this.#epoch = (state as { epoch: number }).epoch
  }
}
