/**
 * WebGPU in Node for peers that look for `navigator.gpu`, by Dawn (the package `webgpu`): the machine's adapter, or where it has
 * none SwiftShader, which runs shaders on the processor and comes with Chromium.
 */
import { existsSync } from 'node:fs'
import { CannotError } from '../peers.mjs'

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** @returns Dawn's `GPU`, and the name of its adapter */
export async function installGpu() {
  const { create, globals } = await import('webgpu')
  Object.assign(globalThis, globals)
  let gpu = create([])
  let adapter = await gpu.requestAdapter()
  if (adapter === null && existsSync(SWIFTSHADER)) {
    process.env.VK_ICD_FILENAMES ??= SWIFTSHADER
    gpu = create([])
    adapter = await gpu.requestAdapter()
  }
  if (adapter === null) throw new CannotError('no WebGPU adapter (Debian: chromium and libvulkan1 bring SwiftShader)')
  // Peers ask it for the browser as well.
  const { userAgent = 'Node', platform = '' } = globalThis.navigator ?? {}
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent, platform }, configurable: true })
  const { vendor, architecture, description } = adapter.info
  return { gpu, name: [vendor, architecture, description].filter(Boolean).join(' ') }
}
