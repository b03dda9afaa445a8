/** `@glissade/core/nn`: modules. */
export { ReLU, Sigmoid, Tanh } from './activation.ts'
export { Sequential } from './container.ts'
export * as init from './init.ts'
export { Linear, type LinearOptions } from './linear.ts'
export { CrossEntropyLoss, MSELoss } from './loss.ts'
export { isModule, Module, type AnyModule, type ForwardHook, type ForwardPreHook, type LoadResult, type Removable, type StateDict } from './module.ts'
export { isParameter, Parameter } from './parameter.ts'
