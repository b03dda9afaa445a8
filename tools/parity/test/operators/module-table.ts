/** Where a module of PyTorch differs from the rule of `bind.ts`. */
import type { ModuleRule } from './module-run.ts'

export const MODULES: Readonly<Record<string, ModuleRule>> = {
  Hardshrink: { names: { lambd: 'lambda' } },
  Softshrink: { names: { lambd: 'lambda' } },
  MultiheadAttention: { places: 3 },
  TransformerEncoderLayer: { places: 1 },
}
