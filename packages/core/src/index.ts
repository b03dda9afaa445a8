/** `@glissade/core`: tensors, autograd, random numbers, devices, lifetimes. */
export type { Backend, DType, Shape } from './contract/contract.ts'
export { isGlissadeError, type ErrorKind, type GlissadeError } from './contract/errors.ts'
export { compile, type CompileOptions } from './compile/compile.ts'
export type { Compiled, CompileEvent } from './compile/compiled.ts'
export type { Explanation, KernelCost } from './compile/explain.ts'
export type { KernelProfile, Profile } from './compile/profile.ts'
export { logPrograms, type LogHandler } from './compile/log.ts'
export { firstDifference, firstNotFinite, runNodeByNode, type Finding, type NodeHook } from './compile/inspect.ts'
export { defaultGenerator, manualSeed } from './random/default-generator.ts'
export { Generator } from './random/generator.ts'
export { detectAnomaly, isAnomalyEnabled, setDetectAnomaly } from './engine/anomaly.ts'
export {
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  vhp,
  vjp,
  type DerivativeOptions,
  type GradOptions,
} from './tensor/autograd.ts'
export type { BackwardOptions } from './tensor/backward.ts'
export { compose, type ComposeOptions } from './tensor/compose.ts'
export {
  arange,
  bernoulli,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  linspace,
  logspace,
  multinomial,
  normal,
  ones,
  onesLike,
  rand,
  randLike,
  randint,
  randintLike,
  randn,
  randnLike,
  randperm,
  tensor,
  zeros,
  zerosLike,
  type CreationOptions,
  type DrawOptions,
  type LogspaceOptions,
  type MultinomialOptions,
  type RandomOptions,
  type TensorOptions,
} from './tensor/creation.ts'
export { customFunction, type FunctionContext, type FunctionDefinition } from './tensor/function.ts'
export {
  abs,
  add,
  allclose,
  broadcastTensors,
  cat,
  cos,
  div,
  einsum,
  exp,
  hstack,
  isTensor,
  log,
  matmul,
  maximum,
  meshgrid,
  minimum,
  mul,
  outer,
  pow,
  relu,
  remainder,
  sigmoid,
  sin,
  sqrt,
  stack,
  sub,
  tanh,
  tensordot,
  vstack,
  where,
  type MeshgridOptions,
  type TensordotOptions,
} from './tensor/functions.ts'
export {
  getDefaultDevice,
  leakReport,
  memory,
  setDefaultDevice,
  setMemoryBudget,
  trackAllocations,
} from './engine/device.ts'
export { firstAvailable, type BackendMaker } from './engine/first-available.ts'
export { gradcheck, gradgradcheck, type GradcheckOptions } from './tensor/gradcheck.ts'
export { enableGrad, isGradEnabled, noGrad } from './engine/grad-node.ts'
export { keep, scope } from './engine/lifetime.ts'
export type { Combined, Operand, RealCombined, Realized, Unchanged } from './tensor/methods/arithmetic.ts'
export type { Multiplied } from './tensor/methods/product.ts'
export type { ValuesAndIndices } from './tensor/methods/reduction.ts'
export { slice, type Index, type SliceIndex } from './tensor/methods/subscript.ts'
export type { ShapeMismatch } from './tensor/static-shape.ts'
export { Tensor } from './tensor/tensor.ts'
export { finfo, iinfo, type FloatInfo, type IntegerInfo } from './tensor/type-info.ts'
