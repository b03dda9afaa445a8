/** Initial values. Source: https://pytorch.org/docs/stable/nn.init.html */
export {
  calculateGain,
  fans,
  kaimingNormal_,
  kaimingUniform_,
  orthogonal_,
  xavierNormal_,
  xavierUniform_,
  type GainOptions,
  type KaimingOptions,
  type Nonlinearity,
} from './fan.ts'
export { constant_, dirac_, eye_, ones_, zeros_, type DiracOptions } from './fixed.ts'
export {
  normal_,
  sparse_,
  truncNormal_,
  uniform_,
  type InitOptions,
  type SparseOptions,
  type TruncatedOptions,
} from './random.ts'
