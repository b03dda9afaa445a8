/** Where a device comes from, and what it is asked for. */
import { UnsupportedError } from '@glissade/core/backend'
import type { Gpu, GpuAdapter, GpuAdapterInfo, GpuDevice } from './device/gpu.ts'

/** A device, and what kind of adapter is behind it: `software` runs shaders on the processor. */
export interface Opened {
  readonly device: GpuDevice
  readonly adapter: 'hardware' | 'software'
  /** Whether it was made here. */
  readonly isOwn: boolean
}
export interface Wanted {
  readonly gpu?: Gpu | undefined
  readonly device?: GpuDevice | undefined
  readonly powerPreference?: 'low-power' | 'high-performance' | undefined
}

/** Limits that are asked for as high as the adapter has them; the first as low. */
const LIMITS = [
  'minStorageBufferOffsetAlignment',
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
] as const
/** What drivers that are no hardware call themselves, where the adapter does not say that it is a fallback. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|warp|basic render/i

function kindOf(info: GpuAdapterInfo | undefined): Opened['adapter'] {
  const isSoftware = info?.isFallbackAdapter === true || SOFTWARE.test(`${info?.vendor} ${info?.architecture}`)
  return isSoftware ? 'software' : 'hardware'
}

/** Dawn ends the process where a `GPU` is collected while a device of it is in use. */
const gpuOf = new WeakMap<GpuDevice, Gpu>()
let dawn: Promise<Gpu> | undefined

function inNode(): Promise<Gpu> {
  // A name that bundlers of pages do not see.
  const name = 'webgpu'
  dawn ??= import(/* @vite-ignore */ /* webpackIgnore: true */ name).then(
    ({ create }: { readonly create: (options: string[]) => Gpu }) => create([]),
    () => {
      dawn = undefined
      throw new UnsupportedError(
        'webgpu',
        'there is no WebGPU in Node itself; install the package `webgpu` beside this one, or pass `gpu`',
      )
    },
  )
  return dawn
}

async function findGpu(): Promise<Gpu> {
  const { navigator, process } = globalThis as {
    navigator?: { gpu?: Gpu }
    process?: { versions?: { node?: string } }
  }
  if (navigator?.gpu !== undefined) return navigator.gpu
  if (process?.versions?.node !== undefined) return inNode()
  throw new UnsupportedError(
    'webgpu',
    'this environment has no WebGPU (navigator.gpu): pages need HTTPS or localhost, and a browser that has it',
  )
}

export async function openDevice({ gpu, device, powerPreference }: Wanted): Promise<Opened> {
  if (device !== undefined) return { device, adapter: kindOf(device.adapterInfo), isOwn: false }
  const found = gpu ?? (await findGpu())
  const adapter = await found.requestAdapter(powerPreference === undefined ? {} : { powerPreference })
  if (adapter === null)
    throw new UnsupportedError('webgpu', 'WebGPU is here, but it found no adapter: no driver, or one that is blocked')
  const made = await deviceOf(adapter)
  gpuOf.set(made, found)
  return { device: made, adapter: kindOf(adapter.info), isOwn: true }
}

function deviceOf(adapter: GpuAdapter): Promise<GpuDevice> {
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]))
  return adapter.requestDevice({ requiredLimits })
}
