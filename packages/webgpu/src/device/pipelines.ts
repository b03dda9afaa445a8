/** Compute pipelines by their code, compiled beside all else. */
import { StateError } from '@glissade/core/backend'
import type { Shader } from '../plan/shader.ts'
import {
  COMPUTE,
  type GpuBindGroupLayout,
  type GpuComputePipeline,
  type GpuDevice,
  type GpuLayoutEntry,
  type GpuPipelineLayout,
} from './gpu.ts'

/** A pipeline, once it is compiled. */
export class Pipeline {
  readonly shader: Shader
  readonly layout: GpuBindGroupLayout
  readonly ready: Promise<void>
  pipeline: GpuComputePipeline | null = null
  /** Why it could not be compiled. */
  error: Error | null = null

  constructor(shader: Shader, layout: GpuBindGroupLayout, compiled: Promise<GpuComputePipeline>) {
    this.shader = shader
    this.layout = layout
    this.ready = this.#follow(compiled)
    // Whoever runs it is told.
    this.ready.catch(() => {})
  }

  async #follow(compiled: Promise<GpuComputePipeline>): Promise<void> {
    try {
      this.pipeline = await compiled
    } catch (error) {
      this.error = new StateError('prepare', `a shader was not compiled: ${(error as Error).message}`)
      throw this.error
    }
  }
}

interface Layouts {
  readonly group: GpuBindGroupLayout
  readonly pipeline: GpuPipelineLayout
}

export class Pipelines {
  readonly #device: GpuDevice
  readonly #layouts = new Map<string, Layouts>()
  readonly #pipelines = new Map<string, Pipeline>()

  constructor(device: GpuDevice) {
    this.#device = device
  }

  /** The pipeline of a shader; one for all of the same code. */
  of(shader: Shader): Pipeline {
    const known = this.#pipelines.get(shader.code)
    if (known !== undefined) return known
    const { group, pipeline: layout } = this.#layoutsOf(shader)
    const module = this.#device.createShaderModule({ code: shader.code })
    const compiled = this.#device.createComputePipelineAsync({ layout, compute: { module, entryPoint: 'main' } })
    const made = new Pipeline(shader, group, compiled)
    this.#pipelines.set(shader.code, made)
    return made
  }

  #layoutsOf({ bindings, usesFailures, usesNumbers }: Shader): Layouts {
    const key = `${bindings} ${usesFailures} ${usesNumbers}`
    const known = this.#layouts.get(key)
    if (known !== undefined) return known
    const storages = bindings + Number(usesFailures)
    const entries = Array.from({ length: storages }, (_, binding): GpuLayoutEntry => ({
      binding,
      visibility: COMPUTE,
      buffer: { type: 'storage' },
    }))
    if (usesNumbers)
      entries.push({ binding: storages, visibility: COMPUTE, buffer: { type: 'uniform', hasDynamicOffset: true } })
    const group = this.#device.createBindGroupLayout({ entries })
    const made = { group, pipeline: this.#device.createPipelineLayout({ bindGroupLayouts: [group] }) }
    this.#layouts.set(key, made)
    return made
  }
}
