/** Walks the tape backwards. */
import { GradientError, OptionError } from '../contract/errors.ts'
import { isAnomalyEnabled } from '../engine/anomaly.ts'
import { callSite } from '../engine/device.ts'
import { apply, wrap } from '../engine/door.ts'
import { downloadSync } from '../engine/host.ts'
import { isFloat } from '../ir/type.ts'
import { describe } from '../signature/describe.ts'
import { boolean } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { enableGrad, LeafNode, noGrad, type GradNode } from '../engine/grad-node.ts'
import { assertLike, type Handle } from '../engine/handle.ts'
import { tensor } from '../engine/kinds.ts'
import { NONE } from '../engine/op.ts'
import { add } from '../ops/arithmetic.ts'
import { filledBeside } from '../ops/fill.ts'
import type { Tensor } from './tensor.ts'
import { currentTracer } from '../engine/tracer.ts'

const backwardOptions = {
  /** Keep what was saved, so that backward can run again. Default: the value of `createGraph`. */
  retainGraph: optional(boolean),
  /** Record the backward itself, for gradients of gradients. Default false. */
  createGraph: optional(boolean, false),
}
export interface BackwardOptions extends OptionsOf<typeof backwardOptions> {}
export const BACKWARD = /* @__PURE__ */ signature('backward', { gradient: optional(tensor, null) }, backwardOptions)

/** The gradient that starts at a root: given, or 1 for a tensor with one element. */
export function rootGradient(operation: string, root: Handle, given: Handle | null | undefined): Handle {
  if (root.node === null)
    throw new GradientError(
      operation,
      'the tensor does not require gradients: no operand had requiresGrad, or it was made inside noGrad',
    )
  if (given == null) {
    if (root.type.size !== 1)
      throw new GradientError(
        operation,
        `a gradient can be created only for tensors with one element; reduce it, or pass the gradient (got shape [${root.shape.join(',')}])`,
      )
    return noGrad(() => apply(filledBeside, { dtype: root.dtype, shape: root.shape, value: 1 }, [root])[0]!)
  }
  assertLike(operation, given, root, 'the gradient', 'the tensor')
  return given
}

interface Request {
  readonly roots: readonly Handle[]
  readonly grads: readonly Handle[]
  /** Gradients wanted of these; null: accumulate into every leaf. */
  readonly inputs: readonly Handle[] | null
  readonly createGraph: boolean
  readonly retainGraph: boolean
}

/** Nodes reachable from the roots, latest first; with `inputs`, only those on the way to them. */
function order({ roots, inputs }: Request): GradNode[] {
  const seen = new Set<GradNode>()
  const stack = roots.map((root) => root.node!)
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    for (const input of node.inputs) if (input !== null && !seen.has(input)) stack.push(input)
  }
  const nodes = [...seen].sort((a, b) => a.sequence - b.sequence)
  if (inputs === null) return nodes.toReversed()
  const targets = new Set(inputs.map((input) => input.node))
  const needed = new Set<GradNode>()
  for (const node of nodes)
    if (targets.has(node) || node.inputs.some((input) => input !== null && needed.has(input))) needed.add(node)
  return nodes.filter((node) => needed.has(node)).toReversed()
}

const sum = (a: Handle, b: Handle): Handle => apply(add, NONE, [a, b])[0]!

/** Runs the request; gives the gradients of its inputs, null where nothing reached them. */
export function runBackward(request: Request): (Handle | null)[] {
  const mode = request.createGraph ? enableGrad : noGrad
  return mode(() => {
    const nodes = order(request)
    const gradients = new Map<GradNode, (Handle | null)[]>()
    const receive = (node: GradNode, index: number, g: Handle): void => {
      let list = gradients.get(node)
      if (list === undefined) gradients.set(node, (list = node.outputs.map(() => null)))
      const before = list[index]
      list[index] = before == null ? g : sum(before, g)
    }
    request.roots.forEach((root, i) => receive(root.node!, root.index, request.grads[i]!))
    const wanted = request.inputs?.map((input) => ({ node: input.node, index: input.index })) ?? null
    const found: (Handle | null)[] = wanted?.map(() => null) ?? []
    const live = new Set(nodes)
    const tracer = currentTracer()
    for (const node of nodes) {
      const grads = gradients.get(node)
      if (grads === undefined) continue
      gradients.delete(node)
      if (node.hooks !== null) runHooks(node, grads)
      wanted?.forEach((input, i) => {
        if (input.node === node) found[i] = grads[input.index] ?? null
      })
      if (node instanceof LeafNode) {
        if (wanted === null && grads[0] != null) accumulate(node.handle, grads[0], request.createGraph)
        continue
      }
      node.retained?.forEach((handle, index) => {
        if (handle !== undefined && grads[index] != null) accumulate(handle, grads[index], request.createGraph)
      })
      if (wanted !== null && !node.inputs.some((input) => input !== null && live.has(input))) continue
      const leave = tracer?.walk?.(node)
      const flows = node.backward(grads)
      if (isAnomalyEnabled()) assertNoNaN(node, flows)
      if (!request.retainGraph) node.free()
      for (let i = 0; i < flows.length; i++) {
        const input = node.inputs[i]
        if (flows[i] != null && input != null && live.has(input)) receive(input, node.indices[i]!, flows[i]!)
      }
      leave?.()
    }
    return found
  })
}

/** Reads the gradients that a node made; throws at the first NaN. */
function assertNoNaN(node: GradNode, flows: readonly (Handle | null)[]): void {
  flows.forEach((g, i) => {
    if (g === null || !isFloat(g.dtype) || !(downloadSync('setDetectAnomaly', g) as Float32Array).includes(NaN)) return
    const { path = '', stack = null } = node.made ?? {}
    const place = `${path === '' ? '' : ` in ${path}`}${stack === null ? '' : `, called ${callSite(stack)}`}`
    throw new GradientError('backward', `${node.name}${place} gave NaN in the gradient of operand ${i}`)
  })
}

function runHooks(node: GradNode, grads: (Handle | null)[]): void {
  node.hooks!.forEach((hooks, index) => {
    for (const hook of hooks) {
      const g = grads[index]
      if (g == null) continue
      const replaced = hook(g) ?? g
      if (!tensor.accepts(replaced))
        throw new OptionError('registerHook', `a hook gives a tensor or nothing (got ${describe(replaced)})`)
      grads[index] = replaced
    }
  })
}

/** Gradients add up; the handle is a new one, since the same gradient may reach two leaves. */
function accumulate(handle: Handle, g: Handle, keepGraph: boolean): void {
  const before = handle.grad
  const grad = before !== null ? sum(before, g) : keepGraph ? wrap(g.value, g.node, g.index) : wrap(g.value)
  handle.grad = grad as Tensor
}
