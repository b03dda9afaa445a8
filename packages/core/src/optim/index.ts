/** `@glissade/core/optim`: optimizers. */
export { Optimizer, type ParamGroup, type Params, type Rule, type Structure } from './optimizer.ts'
export { SGD, sgd, type SGDOptions } from './sgd.ts'
