/** State dicts of optimizers, in PyTorch's layout. */
import { OptionError, ShapeError, StateError } from '../contract/errors.ts'
import { describe } from '../signature/describe.ts'
import { called } from '../engine/called.ts'
import { copyFor, isHostElements, type HostElements } from '../tensor/elements.ts'
import { hostArray, upload } from '../engine/host.ts'
import { keepWith } from '../engine/lifetime.ts'
import { Tensor } from '../tensor/tensor.ts'
import { fileKey, isOption, optionKey, type BaseOptions, type ParamGroup } from './param-group.ts'
import { copyOf, entriesOf, IntegerKeys, isTensor, kindOf, recordOf } from './record.ts'
import type { Rule } from './rule.ts'

/** State of one parameter: tensors by PyTorch's names, and `step`, a number, where steps are counted. */
export type StateEntry = Readonly<Record<string, Tensor | HostElements | number | null>>

/**
 * PyTorch's layout: state by the index of the parameter over all groups, options under PyTorch's names. What is loaded
 * may have Maps for objects, and text for integers, as files and JSON give them.
 */
export interface OptimizerStateDict {
  readonly state: ReadonlyMap<unknown, unknown> | Readonly<Record<string, unknown>>
  readonly param_groups: readonly (ReadonlyMap<unknown, unknown> | Readonly<Record<string, unknown>>)[]
}

/** What state dicts are made from and loaded into. */
export interface OptimizerState<O extends BaseOptions> {
  readonly rule: Rule<O>
  readonly defaults: O
  readonly absent: Partial<O>
  readonly paramGroups: ParamGroup<O>[]
  readonly state: Map<Tensor, Map<string, Tensor>>
  readonly steps: Map<Tensor, number>
  readonly foreign: Map<unknown, unknown>
}

/** One number everywhere, in the shape, dtype and place of a parameter. */
export function filledLike(param: Tensor, value: number): Tensor {
  const array = hostArray(param.dtype, param.numel()).fill(value)
  return new Tensor(upload(param.type, param.value.device, array))
}

export function pack<O extends BaseOptions>({
  paramGroups,
  defaults,
  state,
  steps,
  foreign,
}: OptimizerState<O>): OptimizerStateDict {
  const indices = new Map<Tensor, number>()
  let start = 0
  const groups = paramGroups.map(({ params, ...options }) => {
    // A parameter that is listed twice has the index of its first place, and the second is left out.
    params.forEach((param, i) => {
      if (!indices.has(param)) indices.set(param, start + i)
    })
    start += params.length
    const entries = Object.entries(options).map(([key, value]): [string, unknown] => [
      fileKey(key, defaults),
      copyOf(value),
    ])
    return { ...Object.fromEntries(entries), params: params.map((param) => indices.get(param)!) }
  })
  const packed = new Map<unknown, unknown>()
  for (const [param, index] of indices) {
    const [tensors, step] = [state.get(param), steps.get(param)]
    if (tensors === undefined && step === undefined) continue
    const entries = [...(tensors ?? [])].map(([name, value]): [string, Tensor] => [name, copyOf(value)])
    packed.set(index, { ...(step === undefined ? {} : { step }), ...Object.fromEntries(entries) })
  }
  for (const [key, value] of foreign) packed.set(key, copyOf(value))
  return { state: new IntegerKeys(packed as Map<number, unknown>), param_groups: groups }
}

/** Integer keys may have become text on their way through JSON. */
const indexOf = (key: unknown): unknown => (typeof key === 'string' && /^\d+$/.test(key) ? Number(key) : key)

/** Checks everything, then takes over options and counts; gives the state tensors that are to be put in place. */
export function unpack<O extends BaseOptions>(
  operation: string,
  optimizer: OptimizerState<O>,
  dict: unknown,
): [Tensor, string, Tensor][] {
  const { paramGroups, defaults, absent, state, steps, foreign } = optimizer
  const record = recordOf(operation, 'a state dict', dict)
  for (const key of ['param_groups', 'state'])
    if (!(key in record)) throw new OptionError(operation, `the state dict has no '${key}'`)
  if (!Array.isArray(record['param_groups']))
    throw new OptionError(operation, `'param_groups' must be a list (got ${kindOf(record['param_groups'])})`)
  const saved = (record['param_groups'] as unknown[]).map((group) => recordOf(operation, 'a param group', group))
  if (saved.length !== paramGroups.length)
    throw new OptionError(
      operation,
      `loaded state dict has a different number of parameter groups (got ${saved.length}, wanted ${paramGroups.length})`,
    )
  const byIndex = new Map<unknown, Tensor>()
  saved.forEach((group, i) => {
    const { params } = paramGroups[i]!
    for (const [key, value] of Object.entries(group))
      if (!isOption(optionKey(key, defaults), value, defaults))
        throw new OptionError(operation, `'${key}' of group ${i} is ${describe(value)}, which no such option can be`)
    const indices = group['params']
    if (!Array.isArray(indices) || indices.length !== params.length)
      throw new OptionError(
        operation,
        `loaded state dict contains a parameter group that doesn't match the size of optimizer's group (group ${i}: ` +
          `got ${Array.isArray(indices) ? indices.length : kindOf(indices)}, wanted ${params.length})`,
      )
    indices.forEach((index, k) => byIndex.set(indexOf(index), params[k]!))
  })
  const tensors: [Tensor, string, Tensor][] = []
  const counts: [Tensor, number][] = []
  const others: [unknown, unknown][] = []
  for (const [key, entry] of entriesOf(operation, "'state'", record['state'])) {
    const index = indexOf(key)
    const param = byIndex.get(index)
    if (param === undefined) {
      others.push([index, copyOf(entry)])
      continue
    }
    for (const [name, value] of entriesOf(operation, `state ${String(key)}`, entry)) {
      // PyTorch before 2.0 writes a momentum buffer of None where there is no momentum.
      if (value === null) continue
      if (name === 'step') counts.push([param, countOf(operation, value)])
      else
        tensors.push([
          param,
          String(name),
          tensorOf(operation, `${String(name)} of parameter ${String(key)}`, value, param),
        ])
    }
  }

  const loaded = paramGroups.map(({ params }, i) =>
    Object.fromEntries(
      Object.entries(saved[i]!).map(([key, value]) => [optionKey(key, defaults), optionOf(operation, value, params)]),
    ),
  )

  paramGroups.forEach((group, i) => {
    const { params, paramNames } = group
    const options = loaded[i]!
    const names = 'paramNames' in options || paramNames === undefined ? {} : { paramNames }
    for (const key of Object.keys(group)) delete group[key]
    // The group stays the same object: compiled steps and users may hold it.
    Object.assign(group, defaults, absent, options, names, { params })
  })
  const kept = new Map<Tensor, Set<string>>()
  for (const [param, name] of tensors) kept.set(param, (kept.get(param) ?? new Set()).add(name))
  for (const [param, own] of state) {
    for (const name of own.keys()) if (kept.get(param)?.has(name) !== true) own.delete(name)
    if (own.size === 0) state.delete(param)
  }
  steps.clear()
  for (const [param, count] of counts) steps.set(param, count)
  foreign.clear()
  for (const [key, value] of others) foreign.set(key, value)
  return tensors
}

/** A copy; a tensor, such as a learning rate, is where the parameters are, and lives as long. */
function optionOf(operation: string, value: unknown, [param]: readonly Tensor[]): unknown {
  if (param === undefined || !(isTensor(value) || isHostElements(value))) return copyOf(value)
  return keepWith(
    called(operation, () => copyFor(param, value)),
    param,
  )
}

function countOf(operation: string, value: unknown): number {
  const number: unknown = isHostElements(value) && value.data.length === 1 ? value.data[0] : value
  if (typeof number === 'number' && number >= 0) return number
  throw new StateError(
    operation,
    `'step' is a number from 0 (got ${kindOf(value)}); read a tensor first: await step.item()`,
  )
}

function tensorOf(operation: string, what: string, value: unknown, param: Tensor): Tensor {
  if (!isTensor(value) && !isHostElements(value))
    throw new OptionError(operation, `${what} must be a tensor (got ${kindOf(value)})`)
  if (value.shape.join() !== param.shape.join())
    throw new ShapeError(operation, [value.shape, param.shape], `${what} must have the shape of the parameter`)
  return called(operation, () => copyFor(param, value))
}
