/** Every backend that has to give PyTorch's numbers: one row each. */
import type { Backend } from '@glissade/core'
import { cpu } from '@glissade/cpu'
import { wasm } from '@glissade/wasm'

export const backends: Record<string, () => Backend | Promise<Backend>> = { cpu: () => cpu(), wasm: () => wasm() }
