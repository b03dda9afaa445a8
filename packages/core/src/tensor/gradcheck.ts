/** Gradients against finite differences. They wait for values, so they are for tests. */
import { GradientError, OptionError } from '../contract/errors.ts'
import { isFloat } from '../ir/type.ts'
import { describe } from '../signature/describe.ts'
import { boolean, fn as fnKind, number } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { grad } from './autograd.ts'
import { called } from '../engine/called.ts'
import { constant, hostArray } from '../engine/host.ts'
import { tensor, tensors } from '../engine/kinds.ts'
import type { Tensor } from './tensor.ts'

const gradcheckOptions = {
  /** Step of the differences; default 1e-6, which suits float64. */
  eps: optional(number),
  /** Allowed absolute difference; default 1e-5. */
  atol: optional(number, 1e-5),
  /** Allowed relative difference; default 1e-3. */
  rtol: optional(number, 1e-3),
  /** Throw GradientError where gradients differ; default true. Else the answer is false. */
  raiseException: optional(boolean, true),
}
export interface GradcheckOptions extends OptionsOf<typeof gradcheckOptions> {}
const takes = { fn: fnKind<Function>(), inputs: tensors }
export const GRADCHECK = /* @__PURE__ */ signature('gradcheck', takes, gradcheckOptions)
export const GRADGRADCHECK = /* @__PURE__ */ signature('gradgradcheck', takes, gradcheckOptions)

type Function = (...inputs: Tensor[]) => Tensor | readonly Tensor[]

function outputsOf(operation: string, result: Tensor | readonly Tensor[]): readonly Tensor[] {
  const outputs = (Array.isArray(result) ? result : [result]) as readonly Tensor[]
  if (!outputs.every(tensor.accepts))
    throw new OptionError(operation, `the function must return tensors (got ${describe(result)})`)
  return outputs
}
const differentiable = (outputs: readonly Tensor[]): readonly Tensor[] => outputs.filter((y) => isFloat(y.dtype))

/** `x` with `by` added to one element, as a leaf without history. */
function moved(x: Tensor, elements: ArrayLike<number>, position: number, by: number): Tensor {
  const copy = hostArray(x.dtype, elements.length)
  copy.set(elements)
  copy[position] = copy[position]! + by
  return constant(x.type, x.value.device, copy) as Tensor
}

/** d y[row] / d x[column] of every output by one input, by central differences. */
async function differences(
  operation: string,
  fn: Function,
  inputs: readonly Tensor[],
  which: number,
  eps: number,
): Promise<Float64Array[][]> {
  const x = inputs[which]!
  const elements = await x.data()
  const columns: Float64Array[][] = []
  for (let column = 0; column < elements.length; column++) {
    const at = async (by: number): Promise<ArrayLike<number>[]> => {
      const args = inputs.map((input, i) => (i === which ? moved(x, elements, column, by).requiresGrad_() : input))
      return Promise.all(differentiable(outputsOf(operation, fn(...args))).map((y) => y.data()))
    }
    const [up, down] = [await at(eps), await at(-eps)]
    columns.push(up.map((high, i) => Float64Array.from(high, (value, row) => (value - down[i]![row]!) / (2 * eps))))
  }
  return columns
}

/**
 * Whether the gradients of `fn` at `inputs` (those that require gradients; float64) agree with central differences.
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
 */
export function gradcheck(fn: Function, inputs: readonly Tensor[], options?: GradcheckOptions): Promise<boolean>
export async function gradcheck(fn: Function, inputs: readonly Tensor[]): Promise<boolean> {
  return checked('gradcheck', fn, inputs, GRADCHECK.read(arguments))
}
async function checked(
  operation: string,
  fn: Function,
  inputs: readonly Tensor[],
  options: ValuesOf<typeof gradcheckOptions>,
): Promise<boolean> {
  const { eps = 1e-6, atol, rtol, raiseException } = options
  const wanted = inputs.flatMap((x, i) => (x.requiresGrad ? [i] : []))
  if (wanted.length === 0) throw new GradientError(operation, 'no input requires gradients')
  const single = wanted.find((i) => inputs[i]!.dtype !== 'float64')
  if (single !== undefined && options.eps === undefined)
    throw new GradientError(
      operation,
      `input ${single} is ${inputs[single]!.dtype}: differences in it are too coarse; use float64, or give eps, atol and rtol`,
    )
  const outputs = differentiable(outputsOf(operation, fn(...inputs)))
  const numeric = await Promise.all(wanted.map((which) => differences(operation, fn, inputs, which, eps)))
  for (const [o, y] of outputs.entries()) {
    for (let row = 0; row < y.numel(); row++) {
      const seed = moved(y, hostArray(y.dtype, y.numel()), row, 1)
      const found =
        y.node === null
          ? wanted.map(() => null)
          : called(operation, () =>
              grad(
                y,
                wanted.map((i) => inputs[i]!),
                { gradOutputs: [seed], retainGraph: true, allowUnused: true },
              ),
            )
      for (const [k, which] of wanted.entries()) {
        const analytic = await found[k]?.data()
        for (let column = 0; column < inputs[which]!.numel(); column++) {
          const [a, n] = [analytic?.[column] ?? 0, numeric[k]![column]![o]![row]!]
          if (Math.abs(a - n) <= atol + rtol * Math.abs(n)) continue
          if (!raiseException) return false
          throw new GradientError(
            operation,
            `the derivative of element ${row} of output ${o} by element ${column} of input ${which} is ${a}, by differences ${n}`,
          )
        }
      }
    }
  }
  return true
}

/** As gradcheck, of the gradients: second derivatives. */
export function gradgradcheck(fn: Function, inputs: readonly Tensor[], options?: GradcheckOptions): Promise<boolean>
export async function gradgradcheck(fn: Function, inputs: readonly Tensor[]): Promise<boolean> {
  const options = GRADGRADCHECK.read(arguments)
  const operation = 'gradgradcheck'
  if (inputs.length === 0) throw new OptionError(operation, 'inputs must have a tensor at least (got [])')
  const count = inputs.length
  const wanted = inputs.flatMap((x, i) => (x.requiresGrad ? [i] : []))
  const outputs = differentiable(outputsOf(operation, fn(...inputs)))
  // Any gradients of the outputs will do: numbers between 0.5 and 1.5 that differ.
  const seeds = outputs.map((y) => {
    const elements = hostArray(y.dtype, y.numel())
    for (let i = 0; i < elements.length; i++) elements[i] = 1 + 0.5 * Math.sin(i + 1)
    return (constant(y.type, y.value.device, elements) as Tensor).requiresGrad_()
  })
  const first = (...args: Tensor[]): Tensor[] => {
    const results = differentiable(outputsOf(operation, fn(...args.slice(0, count))))
    const xs = wanted.map((i) => args[i]!)
    const found = called(operation, () =>
      grad(results, xs, { gradOutputs: args.slice(count), createGraph: true, allowUnused: true }),
    )
    return found.map((g, i) => g ?? xs[i]!.mul(0))
  }
  return checked(operation, first, [...inputs, ...seeds], options)
}
