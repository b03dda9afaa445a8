/**
 * Reverse mode, from program to program: the vector-Jacobian product of a program. Whatever the backward pass needs it
 * takes from the program's inputs and outputs or computes again; nodes computed again are merged with the forward's own
 * when both stand in one recorded program.
 */
import type { Node, Program } from '../contract/contract.ts'
import { Builder, type Sym } from '../ir/builder.ts'
import { definitionOf } from '../ir/composite.ts'
import { isPrimitive } from '../ir/infer.ts'
import { isFloat } from '../ir/type.ts'
import { gradients, type Gradient } from './gradients.ts'

export interface Vjp {
  /** Inputs: the saved inputs, the saved outputs, the given gradients. Outputs: one gradient per entry of `gives`. */
  readonly program: Program
  readonly savedInputs: readonly number[]
  readonly savedOutputs: readonly number[]
  /** The outputs whose gradients it takes. */
  readonly takes: readonly number[]
  /** The inputs whose gradients it gives; a wanted input missing here is not reached. */
  readonly gives: readonly number[]
}

/** Gradients of a node's arguments from those of its results. */
function ofNode(
  node: Node,
  grads: readonly (Sym | null)[],
  args: readonly Sym[],
  results: readonly Sym[],
): readonly (Sym | null)[] {
  if (isPrimitive(node.op)) {
    const g = grads[0]
    return g == null
      ? args.map(() => null)
      : (gradients[node.op] as Gradient<never>)(g, args, results, node.attrs as never)
  }
  const own = definitionOf(node)?.gradient?.(grads, args, results, node.attrs as never)
  return own ?? sweep(node.body!, args, grads, results).map((g) => g ?? null)
}

/** Replays `program` on `args`, then runs its gradients backwards. Known results are not computed again. */
function sweep(
  program: Program,
  args: readonly Sym[],
  grads: readonly (Sym | null)[],
  known: readonly Sym[],
): (Sym | undefined)[] {
  const builder = (args[0] ?? known[0])!.builder
  const values: Sym[] = [...args]
  const first = args.length
  const result = new Map<number, Sym>()
  program.outputs.forEach((value, i) => {
    if (value >= first) result.set(value, known[i]!)
  })
  for (const node of program.nodes) {
    const start = values.length
    const fresh = node.types.every((_, k) => result.has(start + k))
      ? node.types.map((_, k) => result.get(start + k)!)
      : builder.node(
          node.op,
          node.attrs,
          node.args.map((arg) => values[arg]!),
          node.types,
          node.body,
        )
    node.types.forEach((_, k) => values.push(result.get(start + k) ?? fresh[k]!))
  }
  const gradient: (Sym | undefined)[] = []
  const accumulate = (value: number, g: Sym): void => {
    if (!isFloat(values[value]!.dtype)) return
    const sum = gradient[value]
    gradient[value] = sum === undefined ? g : sum.add(g)
  }
  program.outputs.forEach((value, i) => {
    const g = grads[i]
    if (g != null) accumulate(value, g)
  })
  let end = values.length
  for (let i = program.nodes.length - 1; i >= 0; i--) {
    const node = program.nodes[i]!
    const start = end - node.types.length
    const own = node.types.map((_, k) => gradient[start + k] ?? null)
    if (own.some((g) => g !== null)) {
      const flows = ofNode(
        node,
        own,
        node.args.map((arg) => values[arg]!),
        values.slice(start, end),
      )
      flows.forEach((g, k) => {
        if (g !== null) accumulate(node.args[k]!, g)
      })
    }
    end = start
  }
  return args.map((_, i) => gradient[i])
}

/**
 * The vector-Jacobian product of `program`.
 * @param wanted per input, whether its gradient is asked for
 * @param given per output, whether its gradient will be there
 */
export function vjp(program: Program, wanted: readonly boolean[], given: readonly boolean[]): Vjp {
  const types = [...program.inputs, ...program.outputs.map((value) => typeOfValue(program, value))]
  const builder = new Builder()
  const inputs = program.inputs.map((type) => builder.input(type))
  const outputs = types.slice(inputs.length).map((type) => builder.input(type))
  const takes = given.flatMap((is, i) => (is ? [i] : []))
  const grads = new Map(takes.map((i) => [i, builder.input(types[inputs.length + i]!)]))
  const scalars = program.scalars.map((dtype) => builder.scalar(dtype))
  const found = sweep(
    program,
    [...inputs, ...scalars],
    given.map((_, i) => grads.get(i) ?? null),
    outputs,
  )
  const gives = wanted.flatMap((is, i) => (is && found[i] !== undefined ? [i] : []))
  const whole = builder.finish(gives.map((i) => found[i]!))

  // Saved values that nothing reads are not inputs; the values behind them move up.
  const read = new Set([...whole.nodes.flatMap((node) => node.args), ...whole.outputs])
  const savedInputs = program.inputs.flatMap((_, i) => (read.has(i) ? [i] : []))
  const savedOutputs = program.outputs.flatMap((_, i) => (read.has(inputs.length + i) ? [i] : []))
  const kept = [...savedInputs, ...savedOutputs.map((i) => inputs.length + i), ...takes.map((_, k) => types.length + k)]
  const dropped = whole.inputs.length - kept.length
  const numberOf = (value: number): number => (value < whole.inputs.length ? kept.indexOf(value) : value - dropped)
  const slim: Program = {
    ...whole,
    inputs: kept.map((value) => whole.inputs[value]!),
    nodes: whole.nodes.map((node) => ({ ...node, args: node.args.map(numberOf) })),
    outputs: whole.outputs.map(numberOf),
  }
  return { program: slim, savedInputs, savedOutputs, takes, gives }
}

function typeOfValue(program: Program, value: number): Program['inputs'][number] {
  if (value < program.inputs.length) return program.inputs[value]!
  let at = program.inputs.length + program.scalars.length
  if (value < at) return { dtype: program.scalars[value - program.inputs.length]!, shape: [] }
  for (const node of program.nodes) {
    if (value < at + node.types.length) return node.types[value - at]!
    at += node.types.length
  }
  throw new Error(`value %${value} is not in the program`)
}
