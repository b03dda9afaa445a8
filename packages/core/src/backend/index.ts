/** `@glissade/core/backend`: what a backend author imports. */
export * from './contract.ts'
export { DTYPES, numel, stridesOf, type HostArray } from './dtype.ts'
export * from './errors.ts'
export { stepByStep, type HostMemory, type Kernel, type Kernels, type Loop } from './step-by-step.ts'
