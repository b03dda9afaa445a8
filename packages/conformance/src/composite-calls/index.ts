/**
 * Calls of every composite of core, under its attributes and over edge shapes: what a backend that lists the name in
 * `capabilities.runs` is held to. The compiler counts the rows.
 */
import type { CompositeAttributes, CompositeName } from '@glissade/core/backend'
import { alongLines } from './axes.ts'
import type { Calls } from './call.ts'
import { elementwise } from './elementwise.ts'
import { networks } from './networks.ts'
import { recurrent } from './recurrent.ts'
import { updates } from './updates.ts'

export const compositeCalls: { readonly [N in CompositeName]: Calls<CompositeAttributes[N]> } = {
  ...elementwise,
  ...alongLines,
  ...networks,
  ...recurrent,
  ...updates,
}
