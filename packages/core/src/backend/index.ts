/** `@glissade/core/backend`: what a backend author imports. */
export * from '../contract/contract.ts'
export {
  COMPOSITES,
  named,
  type AttributeKinds,
  type CompositeAttributes,
  type CompositeName,
  type CompositeRow,
} from '../contract/composites.ts'
export {
  bytesOf,
  bytesOfElements,
  DTYPES,
  elementsFor,
  elementsOf,
  epsilonOf,
  holds,
  isFloat,
  largestOf,
  numel,
  stridesOf,
  type DTypeTraits,
  type Elements,
  type FloatDType,
  type HostArray,
  type OwnBytes,
  type OwnIntegers,
} from '../contract/dtype.ts'
export * from '../contract/errors.ts'
export { allocateScratch, layout, type Layout, type LayoutOptions, type Place } from '../lower/layout.ts'
export { ELEMENTWISE, LOOP, type LoopAttributes } from '../contract/loop.ts'
export { valuesOf, valueTypes, type Values } from '../contract/values.ts'
export {
  stepByStep,
  type HostMemory,
  type CompositeKernel,
  type CompositeKernels,
  type Kernel,
  type Kernels,
  type Loop,
  type LoopKernel,
} from './step-by-step.ts'
export { attributesKey, programKey } from '../ir/builder.ts'
export { print } from '../ir/print.ts'
export { inline } from '../ir/inline.ts'
export { simplify } from '../lower/simplify.ts'
export { fuse } from '../lower/fuse.ts'
export { lower, lowerWithState, type Lowered, type State } from '../lower/lower.ts'
export type { Row } from '../lower/join-updates.ts'
