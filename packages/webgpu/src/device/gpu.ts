/**
 * What this backend uses of WebGPU, as types of its own: compilers before TypeScript 6 have none, and Dawn's in Node are others.
 * A page's `GPU` and `GPUDevice` fit them.
 */

/** Flags of `GPUBufferUsage`, which is no global in Node. */
export const USAGE = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const
/** `GPUShaderStage.COMPUTE` and `GPUMapMode.READ`. */
export const COMPUTE = 4
export const MAP_READ = 1

/** Limits that are looked at, by their names in WebGPU. */
export interface GpuLimits {
  readonly maxStorageBuffersPerShaderStage: number
  readonly maxStorageBufferBindingSize: number
  readonly maxBufferSize: number
  readonly maxComputeWorkgroupsPerDimension: number
  readonly minStorageBufferOffsetAlignment: number
  readonly minUniformBufferOffsetAlignment: number
}
export interface GpuAdapterInfo {
  readonly vendor: string
  readonly architecture: string
  readonly isFallbackAdapter?: boolean
}
/** A `GPU`: `navigator.gpu` in a page, `create([])` of the package `webgpu` in Node. */
export interface Gpu {
  requestAdapter(options?: { readonly powerPreference?: 'low-power' | 'high-performance' }): Promise<GpuAdapter | null>
}
export interface GpuAdapter {
  readonly info: GpuAdapterInfo
  readonly features: { has(name: never): boolean }
  readonly limits: GpuLimits
  requestDevice(descriptor?: {
    readonly requiredLimits?: Record<string, number>
    readonly requiredFeatures?: never[]
  }): Promise<GpuDevice>
}
/** A `GPUDevice`. */
export interface GpuDevice {
  readonly adapterInfo?: GpuAdapterInfo
  readonly limits: GpuLimits
  readonly features: { has(name: never): boolean }
  readonly queue: GpuQueue
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>
  createBuffer(descriptor: { readonly size: number; readonly usage: number }): GpuBuffer
  createBindGroupLayout(descriptor: { readonly entries: GpuLayoutEntry[] }): GpuBindGroupLayout
  createPipelineLayout(descriptor: { readonly bindGroupLayouts: GpuBindGroupLayout[] }): GpuPipelineLayout
  createShaderModule(descriptor: { readonly code: string }): GpuShaderModule
  createComputePipelineAsync(descriptor: {
    readonly layout: GpuPipelineLayout
    readonly compute: { readonly module: GpuShaderModule; readonly entryPoint: string }
  }): Promise<GpuComputePipeline>
  createBindGroup(descriptor: {
    readonly layout: GpuBindGroupLayout
    readonly entries: GpuBindGroupEntry[]
  }): GpuBindGroup
  createCommandEncoder(): GpuCommandEncoder
  pushErrorScope(filter: 'out-of-memory'): void
  popErrorScope(): Promise<{ readonly message: string } | null>
  addEventListener?(type: 'uncapturederror', listener: (event: never) => void): void
  destroy(): void
}
export interface GpuQueue {
  submit(commands: GpuCommandBuffer[]): void
  writeBuffer(buffer: GpuBuffer, offset: number, data: ArrayBufferLike | Uint8Array, from?: number, size?: number): void
  onSubmittedWorkDone(): Promise<unknown>
}
export interface GpuBuffer {
  readonly size: number
  mapAsync(mode: number, offset?: number, size?: number): Promise<unknown>
  getMappedRange(offset?: number, size?: number): ArrayBuffer
  unmap(): void
  destroy(): void
}
export interface GpuLayoutEntry {
  readonly binding: number
  readonly visibility: number
  readonly buffer: { readonly type: 'storage' | 'uniform'; readonly hasDynamicOffset?: boolean }
}
export interface GpuBindGroupEntry {
  readonly binding: number
  readonly resource: { readonly buffer: GpuBuffer; readonly offset?: number; readonly size?: number }
}
export interface GpuCommandEncoder {
  beginComputePass(): GpuComputePass
  copyBufferToBuffer(from: GpuBuffer, fromOffset: number, to: GpuBuffer, toOffset: number, size: number): void
  clearBuffer(buffer: GpuBuffer): void
  finish(): GpuCommandBuffer
}
export interface GpuComputePass {
  setPipeline(pipeline: GpuComputePipeline): void
  setBindGroup(index: number, group: GpuBindGroup, dynamicOffsets?: number[]): void
  dispatchWorkgroups(x: number, y?: number): void
  end(): void
}
/** Objects that are only handed on. */
interface Opaque<Name extends string> {
  readonly __brand?: Name
}
export interface GpuBindGroupLayout extends Opaque<'GPUBindGroupLayout'> {}
export interface GpuPipelineLayout extends Opaque<'GPUPipelineLayout'> {}
export interface GpuShaderModule extends Opaque<'GPUShaderModule'> {}
export interface GpuComputePipeline extends Opaque<'GPUComputePipeline'> {}
export interface GpuBindGroup extends Opaque<'GPUBindGroup'> {}
export interface GpuCommandBuffer extends Opaque<'GPUCommandBuffer'> {}
