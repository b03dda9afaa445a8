/**
 * What went wrong on the device, which it says late. An index out of range is two words that the shader wrote: which node, and the
 * index. A failure rejects what asks after it, until somebody has been told; the device lives on.
 */
import { outOfRange, StateError } from '@glissade/core/backend'
import type { MayFail } from '../plan/stages.ts'
import { USAGE, type GpuBuffer, type GpuDevice } from './gpu.ts'

/** Bytes of the words that shaders write. */
export const FAILURE_BYTES = 8

/** A reading or a settling: when it was asked for, and its turn on the device. */
export interface Asking {
  readonly asked: number
  turn: number
}
interface Failure {
  readonly error: Error
  /** The first turn after it. */
  readonly turn: number
  /** When somebody was told. Whoever asked before is told too. */
  told: number | null
}

export class Failures {
  readonly buffer: GpuBuffer
  /** Nodes by what names them in a failure, from 1 on; equal ones have one name. */
  readonly #nodes: MayFail[] = []
  readonly #names = new Map<string, number>()
  readonly #scopes = new Set<Promise<unknown>>()
  #failure: Failure | null = null
  #asked = 0
  #turn = 0
  /** Whether a dispatch may have failed that nobody has looked at. */
  isOpen = false

  constructor(device: GpuDevice) {
    this.buffer = device.createBuffer({
      size: FAILURE_BYTES,
      usage: USAGE.storage | USAGE.copySource | USAGE.copyTarget,
    })
  }

  /** What names a node in a failure. */
  nameOf(node: MayFail): number {
    const key = JSON.stringify([node.op, node.attrs.says, node.size, node.origin])
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const name = this.#nodes.push(node)
    this.#names.set(key, name)
    return name
  }

  /** Somebody asks. */
  ask(): Asking {
    return { asked: ++this.#asked, turn: Infinity }
  }
  /** It is their turn. */
  take(asking: Asking): void {
    asking.turn = ++this.#turn
  }

  /** Something that was issued before the next turn failed; what fails before somebody is told is part of it. */
  add(error: unknown, turn: number = this.#turn + 1): void {
    if (this.#failure !== null && this.#failure.told === null) return
    this.#failure = {
      error: error instanceof Error ? error : new StateError('webgpu', String(error)),
      turn,
      told: null,
    }
  }
  /** The same, as soon as it is known. */
  follow(scope: Promise<Error | null>): void {
    const turn = this.#turn + 1
    const ended = scope.then(
      (error) => (error === null ? null : this.add(error, turn)),
      () => null,
    )
    this.#scopes.add(ended)
    void ended.then(() => this.#scopes.delete(ended))
  }
  /** The words as they were read. */
  read([name, index]: Int32Array, { turn }: Asking): void {
    if (name === 0) return
    const { op, attrs, size, origin } = this.#nodes[name! - 1]!
    const error = outOfRange(op, attrs, index!, size)
    if (origin !== undefined) error.message += ` (at ${origin})`
    this.add(error, turn)
  }
  /** Throws what failed before they asked. */
  async tell({ asked, turn }: Asking): Promise<void> {
    await Promise.all(this.#scopes)
    const failure = this.#failure
    if (failure === null || turn < failure.turn || (failure.told !== null && asked > failure.told)) return
    failure.told ??= this.#asked
    throw failure.error
  }
}
