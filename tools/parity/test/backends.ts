/** Every backend that has to give PyTorch's numbers: one row each. */
import type { Backend } from '@glissade/core'
import { cpu } from '@glissade/cpu'

export const backends: Record<string, () => Backend | Promise<Backend>> = { cpu: () => cpu() }
