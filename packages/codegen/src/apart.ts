/** Loops that were gathered into one although they share nothing. */
import type { LoopPlan } from './loop.ts'

/**
 * The parts of a loop that share no operand but single numbers, each a loop of its own: the update of twenty parameters of
 * one shape would walk over sixty places of memory at once.
 */
export function apart(plan: LoopPlan): LoopPlan[] {
  const group = new Map<number | string, number | string>()
  const find = (item: number | string): number | string => {
    let root = item
    while (group.has(root)) root = group.get(root)!
    return root
  }
  const join = (a: number | string, b: number | string): void => {
    const [x, y] = [find(a), find(b)]
    if (x !== y) group.set(x, y)
  }
  const joinOperand = (item: number | string, operand: number): void => {
    const leaf = plan.leaves.get(operand)
    if (leaf === undefined) return join(item, operand)
    if (leaf.kind === 'read' && leaf.strides.some((stride) => stride !== 0)) join(item, `input ${leaf.input}`)
  }
  const results = [...plan.reductions, ...plan.stores]
  for (const { value, node } of plan.computed) for (const arg of node.args) joinOperand(value, arg)
  for (const { value, result } of results) joinOperand(`result ${result}`, value)
  const rootOf = ({ result }: { readonly result: number }): number | string => find(`result ${result}`)
  const roots = [...new Set(results.map(rootOf))]
  if (roots.length <= 1) return [plan]
  return roots.map((root) => {
    const reductions = plan.reductions.filter((each) => rootOf(each) === root)
    return {
      ...plan,
      axes: reductions.length === 0 ? [] : plan.axes,
      computed: plan.computed.filter(({ value }) => find(value) === root),
      reductions,
      stores: plan.stores.filter((each) => rootOf(each) === root),
    }
  })
}
