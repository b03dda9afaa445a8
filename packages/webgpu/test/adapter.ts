/** Whether shaders can be run here, and why not. */
import { isGlissadeError } from '@glissade/core/backend'
import { webgpu } from '../src/index.ts'

async function whyNot(): Promise<string | null> {
  try {
    const backend = await webgpu()
    backend.destroy()
    return null
  } catch (error) {
    if (isGlissadeError(error, 'UnsupportedError')) return error.message
    throw error
  }
}
/** In words, or null where there is an adapter. Chromium of Debian brings one that needs no GPU. */
export const NO_ADAPTER: string | null = await whyNot()
