/** Gradients as functions, and derivatives of functions. */
import { GradientError, OptionError, ShapeError } from '../contract/errors.ts'
import { describe } from '../signature/describe.ts'
import { boolean, either, fn as fnKind, list as listKind, nullable } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { called } from '../engine/called.ts'
import { rootGradient, runBackward } from './backward.ts'
import { stack } from './functions.ts'
import { enableGrad, noGrad } from '../engine/grad-node.ts'
import { Handle } from '../engine/handle.ts'
import { tensor, tensors } from '../engine/kinds.ts'
import { one } from './one.ts'
import { unitsBeside } from '../ops/fill.ts'
import type { Tensor } from './tensor.ts'

const gradOptions = {
  /** dL/doutput for each output; default 1, for outputs of one element. */
  gradOutputs: optional(either(tensor, listKind(nullable(tensor)))),
  /** Keep what was saved for another backward. Default: `createGraph`. */
  retainGraph: optional(boolean),
  /** Record the backward, so that the gradients have gradients. Default false. */
  createGraph: optional(boolean, false),
  /** Give null for inputs that the outputs do not depend on, instead of throwing GradientError. Default false. */
  allowUnused: optional(boolean, false),
}
export interface GradOptions extends OptionsOf<typeof gradOptions> {}
const derivativeOptions = {
  /** Record what is computed, so that the result has gradients, also to the inputs given. Default false. */
  createGraph: optional(boolean, false),
}
export interface DerivativeOptions extends OptionsOf<typeof derivativeOptions> {}

const some = either(tensor, tensors)
const of = { fn: fnKind(), inputs: some }
export const GRAD = /* @__PURE__ */ signature('grad', { outputs: some, inputs: some }, gradOptions)
export const JACOBIAN = /* @__PURE__ */ signature('jacobian', of, derivativeOptions)
export const HESSIAN = /* @__PURE__ */ signature('hessian', of, derivativeOptions)
export const VJP = /* @__PURE__ */ signature('vjp', { ...of, v: optional(tensor, null) }, derivativeOptions)
export const JVP = /* @__PURE__ */ signature('jvp', { ...of, v: some }, derivativeOptions)
export const VHP = /* @__PURE__ */ signature('vhp', { ...of, v: some }, derivativeOptions)
export const HVP = /* @__PURE__ */ signature('hvp', { ...of, v: some }, derivativeOptions)

/**
 * Gradients of the sum of `outputs` with respect to `inputs`, without touching any `grad`.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
 *
 * @example
 * ```ts
 * import { grad, tensor } from '@glissade/core'
 *
 * const x = tensor([1, 2, 3], { requiresGrad: true })
 * const [dx] = grad(x.pow(3).sum(), [x])
 * console.log(await dx!.toArray()) // [ 3, 12, 27 ]
 * ```
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions & { readonly allowUnused: true },
): (Tensor | null)[]
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): Tensor[]
export function grad(outputs: Tensor | readonly Tensor[], inputs: Tensor | readonly Tensor[]): (Tensor | null)[] {
  const { createGraph, retainGraph = createGraph, allowUnused, gradOutputs } = GRAD.read(arguments)
  const roots = Array.isArray(outputs) ? (outputs as readonly Tensor[]) : [outputs as Tensor]
  const wanted = Array.isArray(inputs) ? (inputs as readonly Tensor[]) : [inputs as Tensor]
  for (const input of wanted)
    if (input.node === null) throw new GradientError('grad', 'an input does not require gradients')
  if (roots.length === 0) throw new OptionError('grad', 'needs at least one output')
  const given = (Array.isArray(gradOutputs) ? gradOutputs : [gradOutputs]) as readonly (Tensor | null | undefined)[]
  if (gradOutputs !== undefined && given.length !== roots.length)
    throw new OptionError(
      'grad',
      `gradOutputs needs a gradient for each of ${roots.length} outputs (got ${given.length})`,
    )
  const grads = roots.map((root, i) => rootGradient('grad', root, given[i]))
  const found = runBackward({ roots, grads, inputs: wanted, createGraph, retainGraph }) as (Tensor | null)[]
  if (!allowUnused && found.includes(null))
    throw new GradientError(
      'grad',
      `input ${found.indexOf(null)} does not appear in the graph of the outputs; pass allowUnused to get null for it`,
    )
  return found
}

// ---- Derivatives of functions ------------------------------------------------------------------------------------------

type Inputs = Tensor | readonly Tensor[]
/** A function of one tensor, or of several in their order. */
export type TensorFunction<I extends Inputs> = I extends Tensor ? (x: Tensor) => Tensor : (...xs: Tensor[]) => Tensor
/** A tensor per input: alone for one, a list for several. */
export type PerInput<I extends Inputs> = I extends Tensor ? Tensor : Tensor[]

/** The inputs as leaves (or, with `createGraph`, as they are), the result, and how results are given back. */
function evaluate<I extends Inputs>(
  operation: string,
  fn: TensorFunction<I>,
  inputs: I,
  createGraph: boolean,
): {
  readonly xs: readonly Tensor[]
  readonly y: Tensor
  readonly give: (list: readonly Tensor[]) => PerInput<I>
} {
  const several = Array.isArray(inputs)
  const list = (several ? inputs : [inputs]) as readonly Tensor[]
  if (list.length === 0) throw new OptionError(operation, 'inputs must have a tensor at least (got [])')
  const xs = called(operation, () =>
    list.map((x) => (createGraph && x.requiresGrad ? x.view(x.shape) : x.detach().clone().requiresGrad_())),
  )
  const y = enableGrad(() => fn(...(xs as [Tensor])))
  assertTensor(operation, y)
  return { xs, y, give: (found) => (several ? [...found] : found[0]!) as PerInput<I> }
}

/** Gradients of y, zeros where y does not depend on an input. */
function gradients(
  operation: string,
  y: Tensor,
  xs: readonly Tensor[],
  seed: Tensor | null,
  options: { readonly createGraph: boolean; readonly retainGraph: boolean },
): Tensor[] {
  if (y.node === null) return xs.map((x) => x.detach().mul(0))
  const found = called(operation, () => grad(y, xs, { gradOutputs: [seed], allowUnused: true, ...options }))
  return found.map((g, i) => g ?? noGrad(() => xs[i]!.mul(0)))
}
function assertTensor(operation: string, y: unknown): void {
  if (!(y instanceof Handle)) throw new OptionError(operation, `the function must return a tensor (got ${describe(y)})`)
}
/** Directions, one per input. */
function directionsOf(operation: string, v: Inputs, xs: readonly Tensor[]): readonly Tensor[] {
  const list = (Array.isArray(v) ? v : [v]) as readonly Tensor[]
  if (list.length !== xs.length)
    throw new OptionError(operation, `v needs a tensor for each of ${xs.length} inputs (got ${list.length})`)
  return list
}
function assertScalar(operation: string, y: Tensor): void {
  if (y.numel() !== 1) throw new ShapeError(operation, [y.shape], 'the function must return one element')
}

/**
 * All derivatives of `fn` at `inputs`: for each input a tensor shaped as the result and the input, one after the other.
 * Takes a backward pass per element of the result.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.functional.jacobian.html
 */
export function jacobian<I extends Inputs>(fn: TensorFunction<I>, inputs: I, options?: DerivativeOptions): PerInput<I>
export function jacobian<I extends Inputs>(fn: TensorFunction<I>, inputs: I): PerInput<I> {
  const { createGraph } = JACOBIAN.read(arguments)
  return jacobianOf('jacobian', fn, inputs, createGraph)
}
function jacobianOf<I extends Inputs>(
  operation: string,
  fn: TensorFunction<I>,
  inputs: I,
  createGraph: boolean,
): PerInput<I> {
  const { xs, y, give } = evaluate(operation, fn, inputs, createGraph)
  const size = y.numel()
  const units = noGrad(() => one(unitsBeside, { dtype: y.dtype, size }, y)).unbind(0)
  const rows = units.map((unit) =>
    gradients(operation, y, xs, unit.reshape(y.shape), { createGraph, retainGraph: true }),
  )
  return give(
    xs.map((x, i) => {
      const shape = [...y.shape, ...x.shape]
      return size === 0
        ? x.detach().reshape([-1]).narrow(0, 0, 0).reshape(shape)
        : stack(rows.map((row) => row[i]!)).reshape(shape)
    }),
  )
}

/**
 * The second derivatives of a function with one element: for one input the matrix of its shape twice; for several, a list of lists.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.functional.hessian.html
 */
export function hessian(fn: (x: Tensor) => Tensor, input: Tensor, options?: DerivativeOptions): Tensor
export function hessian(
  fn: (...xs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options?: DerivativeOptions,
): Tensor[][]
export function hessian(fn: (...xs: Tensor[]) => Tensor, inputs: Inputs): Tensor | Tensor[][] {
  const { createGraph } = HESSIAN.read(arguments)
  const list = Array.isArray(inputs) ? (inputs as readonly Tensor[]) : [inputs as Tensor]
  const rows = list.map((_, i) => {
    const first = (...xs: Tensor[]): Tensor => {
      const y = fn(...xs)
      assertTensor('hessian', y)
      assertScalar('hessian', y)
      return gradients('hessian', y, xs, null, { createGraph: true, retainGraph: true })[i]!
    }
    return jacobianOf('hessian', first, list, createGraph)
  })
  return Array.isArray(inputs) ? rows : rows[0]![0]!
}

/**
 * [the result, v' J]: `v` is shaped as the result, and 1 for a result of one element.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.functional.vjp.html
 */
export function vjp<I extends Inputs>(
  fn: TensorFunction<I>,
  inputs: I,
  v?: Tensor | null,
  options?: DerivativeOptions,
): [Tensor, PerInput<I>]
export function vjp<I extends Inputs>(
  fn: TensorFunction<I>,
  inputs: I,
  v: Tensor | null = null,
): [Tensor, PerInput<I>] {
  const { createGraph } = VJP.read(arguments)
  const { xs, y, give } = evaluate('vjp', fn, inputs, createGraph)
  return [createGraph ? y : y.detach(), give(gradients('vjp', y, xs, v, { createGraph, retainGraph: createGraph }))]
}

/**
 * [the result, J v]: `v` is shaped as the inputs. By two backward passes.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.functional.jvp.html
 */
export function jvp<I extends Inputs>(
  fn: TensorFunction<I>,
  inputs: I,
  v: I,
  options?: DerivativeOptions,
): [Tensor, Tensor]
export function jvp<I extends Inputs>(fn: TensorFunction<I>, inputs: I, v: I): [Tensor, Tensor] {
  const { createGraph } = JVP.read(arguments)
  const { xs, y } = evaluate('jvp', fn, inputs, createGraph)
  const directions = directionsOf('jvp', v, xs)
  // u' J is linear in u, so its derivative by u, times v, is J v.
  const u = y.detach().mul(0).requiresGrad_()
  const flows = enableGrad(() => gradients('jvp', y, xs, u, { createGraph: true, retainGraph: true }))
  const reached = flows.map((g, i) => [g, directions[i]!] as const).filter(([g]) => g.requiresGrad)
  const product =
    reached.length === 0
      ? y.detach().mul(0)
      : (called('jvp', () =>
          grad(
            reached.map(([g]) => g),
            u,
            { gradOutputs: reached.map(([, d]) => d), createGraph, allowUnused: true },
          ),
        )[0] ?? y.detach().mul(0))
  return [createGraph ? y : y.detach(), product]
}

/**
 * [the result, v' H] for a function with one element: second derivatives times a vector, without the matrix.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.functional.vhp.html
 */
export function vhp<I extends Inputs>(
  fn: TensorFunction<I>,
  inputs: I,
  v: I,
  options?: DerivativeOptions,
): [Tensor, PerInput<I>]
export function vhp<I extends Inputs>(fn: TensorFunction<I>, inputs: I, v: I): [Tensor, PerInput<I>] {
  return productOf('vhp', fn, inputs, v, VHP.read(arguments).createGraph)
}
/**
 * [the result, H v] for a function with one element: what `vhp` gives, since H is symmetric.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.functional.hvp.html
 */
export function hvp<I extends Inputs>(
  fn: TensorFunction<I>,
  inputs: I,
  v: I,
  options?: DerivativeOptions,
): [Tensor, PerInput<I>]
export function hvp<I extends Inputs>(fn: TensorFunction<I>, inputs: I, v: I): [Tensor, PerInput<I>] {
  return productOf('hvp', fn, inputs, v, HVP.read(arguments).createGraph)
}
function productOf<I extends Inputs>(
  operation: string,
  fn: TensorFunction<I>,
  inputs: I,
  v: I,
  createGraph: boolean,
): [Tensor, PerInput<I>] {
  const { xs, y, give } = evaluate(operation, fn, inputs, createGraph)
  assertScalar(operation, y)
  const directions = directionsOf(operation, v, xs)
  const first = enableGrad(() => gradients(operation, y, xs, null, { createGraph: true, retainGraph: true }))
  const reached = first.map((g, i) => [g, directions[i]!] as const).filter(([g]) => g.requiresGrad)
  const found =
    reached.length === 0
      ? xs.map((): null => null)
      : called(operation, () =>
          grad(
            reached.map(([g]) => g),
            xs,
            { gradOutputs: reached.map(([, d]) => d), createGraph, allowUnused: true },
          ),
        )
  return [createGraph ? y : y.detach(), give(found.map((g, i) => g ?? noGrad(() => xs[i]!.mul(0))))]
}
