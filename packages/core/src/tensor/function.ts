/** Operations whose backward the user writes. Source: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function */
import { GradientError, OptionError, StateError } from '../contract/errors.ts'
import { isFloat, type Type } from '../ir/type.ts'
import { describe } from '../signature/describe.ts'
import { boolean, fn, string } from '../signature/kind.ts'
import { rest, signature } from '../signature/signature.ts'
import { apply, currentTracer, wrap } from '../engine/door.ts'
import { GradNode, isGradEnabled, noGrad } from '../engine/grad-node.ts'
import { Handle } from '../engine/handle.ts'
import { tensor as tensorKind } from '../engine/kinds.ts'
import { same } from '../ops/movement.ts'
import { filledBeside } from '../ops/fill.ts'
import type { Tensor } from './tensor.ts'
import type { Value } from '../engine/value.ts'

/** What forward leaves for backward; one per call. */
export interface FunctionContext {
  /** Tensors that backward needs: operands or results (others have no gradient of their own). Once per call. */
  saveForBackward(...tensors: readonly Tensor[]): void
  /** In backward: what was saved, in order. */
  readonly savedTensors: readonly Tensor[]
  /** Anything else that backward needs. */
  readonly kept: Record<string, unknown>
  /** Results that no gradient flows through. */
  markNonDifferentiable(...results: readonly Tensor[]): void
  /** Per argument of forward, whether its gradient is asked for. */
  readonly needsInputGrad: readonly boolean[]
  /** Whether backward gets zeros (the default) or null for results that no gradient reached. */
  setMaterializeGrads(on: boolean): void
}

type Grads<R> = R extends readonly Tensor[] ? { [K in keyof R]: Tensor } : [Tensor]
export interface FunctionDefinition<A extends readonly unknown[], R extends Tensor | readonly Tensor[]> {
  /** Runs without recording. Arguments may be anything; gradients flow to the tensors among them. */
  readonly forward: (context: FunctionContext, ...args: A) => R
  /**
   * From the gradients of the results to one gradient per argument of forward: null for what is no tensor or needs none.
   * With one argument the gradient may stand alone. Written in tensor code, it has gradients itself.
   */
  readonly backward: (context: FunctionContext, ...grads: Grads<R>) => Tensor | null | readonly (Tensor | null)[]
}

export const CUSTOM_FUNCTION = /* @__PURE__ */ signature(
  'customFunction',
  { name: string },
  { forward: fn(), backward: fn() },
)
export const SAVE_FOR_BACKWARD = /* @__PURE__ */ signature('saveForBackward', { tensors: rest(tensorKind) })
export const MARK_NON_DIFFERENTIABLE = /* @__PURE__ */ signature('markNonDifferentiable', { results: rest(tensorKind) })
export const SET_MATERIALIZE_GRADS = /* @__PURE__ */ signature('setMaterializeGrads', { on: boolean })

interface Saved {
  readonly value: Value
  readonly node: GradNode | null
  readonly index: number
}

class Context implements FunctionContext {
  readonly kept: Record<string, unknown> = {}
  readonly needsInputGrad: readonly boolean[]
  readonly name: string
  readonly constants: Set<Handle> = new Set()
  materialize = true
  toSave: readonly Tensor[] = []
  saved: readonly Saved[] | null = []
  constructor(name: string, needsInputGrad: readonly boolean[]) {
    this.name = name
    this.needsInputGrad = needsInputGrad
  }
  saveForBackward(...tensors: readonly Tensor[]): void {
    SAVE_FOR_BACKWARD.read(arguments)
    this.toSave = tensors
  }
  markNonDifferentiable(...results: readonly Tensor[]): void {
    MARK_NON_DIFFERENTIABLE.read(arguments)
    for (const result of results) this.constants.add(result)
  }
  setMaterializeGrads(on: boolean): void {
    SET_MATERIALIZE_GRADS.read(arguments)
    this.materialize = on
  }
  assertAlive(): readonly Saved[] {
    if (this.saved !== null) return this.saved
    throw new StateError(
      'backward',
      `the graph was already freed at ${this.name}; call backward({ retainGraph: true }) the first time to go through it twice`,
    )
  }
  get savedTensors(): readonly Tensor[] {
    return this.assertAlive().map(({ value, node, index }) => wrap(value, node, index) as Tensor)
  }
}

class FunctionNode extends GradNode {
  readonly name: string
  readonly inputs: readonly (GradNode | null)[]
  readonly indices: readonly number[]
  readonly outputs: readonly Type[]
  readonly #context: Context
  readonly #backward: FunctionDefinition<readonly unknown[], readonly Tensor[]>['backward']
  /** Types of the operands, and which argument each one was. */
  readonly #types: readonly Type[]
  readonly #positions: readonly number[]
  readonly #count: number

  constructor(
    context: Context,
    backward: FunctionDefinition<readonly unknown[], readonly Tensor[]>['backward'],
    args: readonly unknown[],
    outputs: readonly Type[],
  ) {
    super()
    const operands = args.filter((arg): arg is Handle => arg instanceof Handle)
    this.name = context.name
    this.outputs = outputs
    this.inputs = operands.map((operand) => operand.node)
    this.indices = operands.map((operand) => operand.index)
    this.#context = context
    this.#backward = backward
    this.#types = operands.map((operand) => operand.type)
    this.#positions = args.flatMap((arg, i) => (arg instanceof Handle ? [i] : []))
    this.#count = args.length
  }

  backward(grads: readonly (Handle | null)[]): readonly (Handle | null)[] {
    const context = this.#context
    context.assertAlive()
    const some = grads.find((g) => g !== null)!
    const zeros = ({ dtype, shape }: Type): Handle => apply(filledBeside, { dtype, shape, value: 0 }, [some])[0]!
    const given = grads.map((g, i) => g ?? (context.materialize ? zeros(this.outputs[i]!) : null))
    const result = this.#backward(context, ...(given as Tensor[]))
    const list = Array.isArray(result) ? (result as readonly (Tensor | null)[]) : [result as Tensor | null]
    if (list.length !== this.#count)
      throw new GradientError(
        this.name,
        `backward gave ${list.length} gradients for ${this.#count} arguments of forward; give null for those that need none`,
      )
    const stray = list.findIndex((g, i) => g != null && !this.#positions.includes(i))
    if (stray >= 0)
      throw new GradientError(this.name, `backward gave a gradient for argument ${stray}, which is no tensor`)
    return this.#positions.map((position, k) => {
      const g = list[position] ?? null
      if (g === null || this.inputs[k] == null) return null
      if (!(g instanceof Handle))
        throw new GradientError(
          this.name,
          `the gradient of argument ${position} must be a tensor or null (got ${describe(g)})`,
        )
      if (g.type !== this.#types[k])
        throw new GradientError(
          this.name,
          `the gradient of argument ${position} is ${String(g.type)}, but the argument is ${String(this.#types[k])}`,
        )
      return g
    })
  }
  free(): void {
    this.#context.saved = null
  }
}

/**
 * A function with a backward of its own. `forward` runs without recording; `backward` is called with the same context.
 * Errors: GradientError where backward gives other gradients than forward has arguments, or of another shape or dtype.
 *
 * @example
 * ```ts
 * import { customFunction, tensor, type Tensor } from '@glissade/core'
 *
 * const double = customFunction('double', {
 *   forward: (_, x: Tensor) => x.mul(2),
 *   backward: (_, g) => g.mul(2),
 * })
 * const x = tensor([1, 2], { requiresGrad: true })
 * double(x).sum().backward()
 * console.log(await x.grad!.toArray()) // [ 2, 2 ]
 * ```
 */
export function customFunction<A extends readonly unknown[], R extends Tensor | readonly Tensor[]>(
  name: string,
  definition: FunctionDefinition<A, R>,
): (...args: A) => R {
  CUSTOM_FUNCTION.read(arguments)
  const { forward, backward } = definition
  return (...args: A): R => {
    const recording = isGradEnabled()
    const needs = args.map((arg) => recording && arg instanceof Handle && arg.node !== null)
    const context = new Context(name, needs)
    const result = noGrad(() => forward(context, ...args))
    const alone = result instanceof Handle
    const results: readonly Tensor[] = alone ? [result] : result
    if (!Array.isArray(results) || results.some((item) => !(item instanceof Handle)))
      throw new OptionError(name, 'forward must return a tensor or a list of tensors')
    if (!needs.includes(true)) return result
    const node = new FunctionNode(
      context,
      backward as FunctionDefinition<readonly unknown[], readonly Tensor[]>['backward'],
      args,
      results.map((item) => item.type),
    )
    const wrapped = results.map((item, i): Tensor => {
      const own = noGrad(() => (args.includes(item) ? same(item) : item))
      currentTracer()?.touch(own)
      return wrap(own.value, context.constants.has(item) || !isFloat(item.dtype) ? null : node, i) as Tensor
    })
    context.saved = context.toSave.map((tensor) => {
      const i = results.indexOf(tensor)
      const place = i >= 0 && !args.includes(tensor) ? wrapped[i]! : tensor
      currentTracer()?.touch(place)
      return { value: place.value, node: place.node, index: place.index }
    })
    return (alone ? wrapped[0]! : wrapped) as R
  }
}
