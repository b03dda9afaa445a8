/** The table of kernels: one row per primitive, and the compiler counts them. */
import type { Kernels } from '@glissade/core/backend'
import { conv } from './conv.ts'
import { dot } from './dot.ts'
import { elementwise } from './elementwise.ts'
import { indexing } from './indexing.ts'
import { movement } from './movement.ts'
import { withPacked } from './packed.ts'
import { reductions } from './reduction.ts'
import { windows } from './window.ts'

export const kernels: Kernels = /* @__PURE__ */ withPacked({
  ...elementwise,
  ...reductions,
  ...movement,
  ...dot,
  ...conv,
  ...windows,
  ...indexing,
})
