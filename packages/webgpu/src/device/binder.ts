/**
 * From the storages of a dispatch to what is bound. WebGPU lets no two writable bindings of a dispatch overlap, and no buffer be both
 * read and written by others; values that lie side by side or in each other's place are the usual case here. So all are bound
 * writable, and ranges of one buffer that overlap are one binding: which do is part of the shader.
 */
import { gridOf, shaderOf, type Pattern } from '../plan/shader.ts'
import type { Dispatch } from '../plan/dispatch.ts'
import type { GpuBindGroup, GpuBindGroupEntry, GpuBuffer, GpuDevice } from './gpu.ts'
import type { Pipeline, Pipelines } from './pipelines.ts'
import type { Memory } from './pool.ts'

/** Bytes of a buffer that a storage is bound to. */
export interface Range {
  readonly memory: Memory
  readonly from: number
  readonly bytes: number
}
/** A dispatch that can be issued as soon as its pipeline is compiled. */
export interface BoundDispatch {
  readonly pipeline: Pipeline
  readonly group: GpuBindGroup
  readonly grid: readonly [x: number, y: number]
}

/** Bind groups that a dispatch remembers: results of steps lie in a few places that take turns. */
const REMEMBERED = 128

/** Which ranges are bound together, and what is bound. */
export function patternOf(ranges: readonly Range[]): { pattern: Pattern; bound: readonly Range[] } {
  const inOrder = ranges
    .map((range, storage) => ({ ...range, storage }))
    .sort((a, b) => a.memory.id - b.memory.id || a.from - b.from)
  const joined: { memory: Memory; from: number; to: number; storages: number[] }[] = []
  for (const { memory, from, bytes, storage } of inOrder) {
    const last = joined.at(-1)
    if (last?.memory === memory && from < last.to) {
      last.to = Math.max(last.to, from + bytes)
      last.storages.push(storage)
    } else joined.push({ memory, from, to: from + bytes, storages: [storage] })
  }
  // Numbered by their first storage, so that the shader does not depend on which buffers they are in.
  joined.sort((a, b) => Math.min(...a.storages) - Math.min(...b.storages))
  const at = ranges.map(({ from }, storage) => {
    const binding = joined.findIndex(({ storages }) => storages.includes(storage))
    return { binding, word: (from - joined[binding]!.from) / 4 }
  })
  const bound = joined.map(({ memory, from, to }) => ({ memory, from, bytes: to - from }))
  return { pattern: { bindings: bound.length, at }, bound }
}

export interface Shared {
  readonly device: GpuDevice
  readonly pipelines: Pipelines
  readonly failures: GpuBuffer
  readonly numbers: GpuBuffer
}

/** What one dispatch of a plan is bound to, in one run or another. */
export class Binder {
  readonly #shared: Shared
  readonly #dispatch: Dispatch
  /** Words of a run's numbers. */
  readonly #numbers: number
  readonly #pipelines = new Map<string, Pipeline>()
  readonly #bound = new Map<string, BoundDispatch>()

  constructor(shared: Shared, dispatch: Dispatch, numbers: number) {
    this.#shared = shared
    this.#dispatch = dispatch
    this.#numbers = numbers
  }

  /** The pipeline that most runs will want, compiled ahead; `together` are storages that will be in one place. */
  expect(together: ReadonlyMap<number, number>): Pipeline {
    const { storages } = this.#dispatch
    const firsts = storages.map((storage) => together.get(storage) ?? storage)
    const distinct = [...new Set(firsts)]
    const at = firsts.map((first) => ({ binding: distinct.indexOf(first), word: 0 }))
    return this.#pipelineOf({ bindings: distinct.length, at })
  }

  bind(ranges: readonly Range[]): BoundDispatch {
    const own = this.#dispatch.storages.map((storage) => ranges[storage]!)
    const key = own.map(({ memory, from }) => `${memory.id}:${from}`).join()
    const known = this.#bound.get(key)
    if (known !== undefined) return known
    const { pattern, bound } = patternOf(own)
    const pipeline = this.#pipelineOf(pattern)
    const made = { pipeline, group: this.#groupOf(pipeline, bound), grid: gridOf(this.#dispatch.workgroups) }
    this.#bound.set(key, made)
    if (this.#bound.size > REMEMBERED) this.#bound.delete(this.#bound.keys().next().value!)
    return made
  }

  #pipelineOf(pattern: Pattern): Pipeline {
    const key = pattern.at.map(({ binding, word }) => `${binding}:${word}`).join()
    const known = this.#pipelines.get(key)
    if (known !== undefined) return known
    const made = this.#shared.pipelines.of(shaderOf(this.#dispatch, pattern, this.#numbers))
    this.#pipelines.set(key, made)
    return made
  }
  #groupOf({ layout, shader }: Pipeline, bound: readonly Range[]): GpuBindGroup {
    const { device, failures, numbers } = this.#shared
    const resources: GpuBindGroupEntry['resource'][] = bound.map(({ memory, from, bytes }) => ({
      buffer: memory.buffer,
      offset: from,
      size: bytes,
    }))
    if (shader.usesFailures) resources.push({ buffer: failures })
    if (shader.usesNumbers) resources.push({ buffer: numbers, size: 16 * Math.ceil(this.#numbers / 4) })
    return device.createBindGroup({ layout, entries: resources.map((resource, binding) => ({ binding, resource })) })
  }
}
