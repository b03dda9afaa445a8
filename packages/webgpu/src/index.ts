/** The WebGPU backend: programs become compute shaders. */
import { bytes, natural, object, oneOf, optional, signature, type OptionsOf } from '@glissade/core/signature'
import { openDevice } from './adapter.ts'
import { makeBackend, type WebGpuBackend } from './backend.ts'
import type { Gpu, GpuDevice } from './device/gpu.ts'

export type { WebGpuBackend }

/** A `GPU`, by whatever types: a page's, or Dawn's. */
export interface GpuLike {
  requestAdapter(): Promise<object | null>
}
/** A `GPUDevice`, by whatever types. */
export interface GpuDeviceLike {
  readonly limits: object
  readonly queue: object
  createBuffer(descriptor: { readonly size: number; readonly usage: number }): object
}

const rows = {
  /** Where the adapter comes from: `navigator.gpu`, or what Dawn's `create` gives. Default: the page's; in Node that of the package `webgpu`. */
  gpu: optional(object<GpuLike>()),
  /** A device to share with other code, which is not destroyed with the backend. Default: one of its own, with the adapter's limits. */
  device: optional(object<GpuDeviceLike>()),
  /** Which adapter of several. Default: the system's choice. */
  powerPreference: optional(oneOf('low-power', 'high-performance')),
  /** The most bytes of all buffers together. Default: as many as the device gives. */
  memoryBytes: optional(bytes, Infinity),
  /**
   * Operations on elements up to which a piece of a program is small: one workgroup does small ones one after the other, which saves
   * dispatches and leaves the others idle. 0: each piece has a dispatch of its own. Default 131072.
   */
  groupUpTo: optional(natural, 2 ** 17),
}
export interface WebGpuOptions extends OptionsOf<typeof rows> {}
const WEBGPU = /* @__PURE__ */ signature('webgpu', {}, rows)

/**
 * Makes the backend that runs programs as compute shaders, in pages and in Node. Values are read asynchronously alone, and what
 * the device finds wrong (an index out of range, no memory) rejects the next reading.
 * Errors: UnsupportedError where there is no WebGPU or no adapter; OptionError for options that there are not.
 *
 * @example
 * ```ts
 * import { firstAvailable, scope, setDefaultDevice, tensor } from '@glissade/core'
 * import { cpu } from '@glissade/cpu'
 * import { webgpu } from '@glissade/webgpu'
 *
 * setDefaultDevice(await firstAvailable([webgpu, cpu]))
 * const total = scope(() => tensor([1, 2, 3]).sum().item()) // what it makes is released at the end
 * console.log(await total) // 6
 * ```
 */
export async function webgpu(options?: WebGpuOptions): Promise<WebGpuBackend>
export async function webgpu(): Promise<WebGpuBackend> {
  const { memoryBytes, groupUpTo, gpu, device, powerPreference } = WEBGPU.read(arguments)
  const opened = await openDevice({ gpu: gpu as Gpu, device: device as GpuDevice, powerPreference })
  return makeBackend({ ...opened, memoryBytes, small: groupUpTo })
}
