/** `@glissade/core/backend`: what a backend author imports. */
export * from './contract.ts'
export { DTYPES, numel, stridesOf, type HostArray } from './dtype.ts'
export * from './errors.ts'
export { layout, type Layout } from './layout.ts'
export { stepByStep, type HostMemory, type Kernel, type Kernels, type Loop } from './step-by-step.ts'
export { print } from '../ir/print.ts'
export { fuse, LOOP, type LoopAttributes } from '../ir/passes/fuse.ts'
