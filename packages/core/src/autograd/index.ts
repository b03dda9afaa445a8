/** `@glissade/core/autograd`: derivatives of programs, for tools and test kits. */
export { gradients, type Gradient } from './gradients.ts'
export { vjp, type Vjp } from './vjp.ts'
