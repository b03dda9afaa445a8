/** `@glissade/codegen`: what is known of loops, grids, windows and convolutions before a backend writes any code. */
export { apart } from './apart.ts'
export {
  convSizes,
  planConv,
  positionsOf,
  tapsOf,
  type ConvAxis,
  type ConvPlan,
  type ConvSizes,
  type Every,
  type Phase,
} from './conv.ts'
export { mergeGrid, movements, type Copies, type GridAxis, type GridCopy, type Movement } from './grid.ts'
export { nodeKey } from './key.ts'
export { around, type Lines } from './lines.ts'
export {
  asLoop,
  computeLoop,
  nestOf,
  planLoop,
  type Access,
  type Computed,
  type Count,
  type Fixed,
  type Leaf,
  type LoopNest,
  type LoopPlan,
  type Read,
  type Reduction,
  type Store,
} from './loop.ts'
export { broadcastStrides, keptStrides, nest, offsetOf, offsets, type Axis } from './nest.ts'
export { identity, isReducer, type Reducer } from './reduction.ts'
export { isReciprocal, SMALL, withoutSizes } from './sizes.ts'
export { place, plus, times, type Term } from './text.ts'
export { planWindows, positionsInside, tapsInside, type WindowAxis, type WindowPlan } from './window.ts'
