/** `@glissade/core/functional`: stateless functions over tensors. They never read values. */
export { logSoftmax, relu, sigmoid, softmax, tanh } from './activation.ts'
export { linear } from './linear.ts'
export { crossEntropy, mseLoss, type LossOptions, type Reduction } from './loss.ts'
