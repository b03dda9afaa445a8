/** Kinds of argument that only tensor code has. */
import type { Generator } from '../random/generator.ts'
import { either, integer, kind, list, natural, type Kind } from '../signature/kind.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { LiveNumber } from './tracer.ts'

const isTensor = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (value as { glissadeTensor?: unknown }).glissadeTensor === true

export const tensor: Kind<Tensor> = /* @__PURE__ */ kind('a tensor', isTensor, (value) =>
  typeof value === 'number' || Array.isArray(value) ? 'make one: tensor(data)' : null,
)
/** A tensor or a number; inside compiled functions also one of their number operands. */
export const operand: Kind<Tensor | number> = /* @__PURE__ */ kind(
  'a tensor or a number',
  (value) => typeof value === 'number' || isTensor(value) || value instanceof LiveNumber,
)
/** A number that an operation reads when it runs. */
export const scalar: Kind<number> = /* @__PURE__ */ kind(
  'a number',
  (value) => typeof value === 'number' || value instanceof LiveNumber,
)
export const tensors: Kind<readonly Tensor[]> = /* @__PURE__ */ list(tensor)
/** Which dimension; negative ones count from the end. */
export const dim: Kind<number> = integer
export const dims: Kind<number | readonly number[]> = /* @__PURE__ */ either(integer, list(integer))
/** Sizes per dimension. */
export const shape: Kind<readonly number[]> = /* @__PURE__ */ kind(
  'a list of sizes, integers from 0',
  (value) => Array.isArray(value) && value.every(natural.accepts),
)
/** Sizes of which some follow from the others: those of -1. */
export const openShape: Kind<readonly number[]> = /* @__PURE__ */ kind(
  'a list of sizes, integers from 0 or -1',
  (value) => Array.isArray(value) && value.every((size) => Number.isInteger(size) && size >= -1),
)
export const dimList: Kind<readonly number[]> = /* @__PURE__ */ kind(
  'a list of dimensions, integers',
  (value) => Array.isArray(value) && value.every(Number.isInteger),
)
/** How often, per dimension. */
export const counts: Kind<readonly number[]> = /* @__PURE__ */ kind(
  'a list of counts, integers from 0',
  (value) => Array.isArray(value) && value.every(natural.accepts),
)
export const generator: Kind<Generator> = /* @__PURE__ */ kind(
  'a Generator',
  (value) => typeof (value as Generator | null)?.bernoulli === 'function',
  (value) => (typeof value === 'number' ? 'make one: new Generator(seed)' : null),
)
