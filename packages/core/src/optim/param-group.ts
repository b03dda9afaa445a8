/** Parameter groups: what users pass, the checks, and the form that optimizers keep. */
import { OptionError } from '../contract/errors.ts'
import { describe } from '../signature/describe.ts'
import { nearest } from '../signature/nearest.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { isHostElements } from '../tensor/elements.ts'
import { isLike, isPlain, isTensor, kindOf } from './record.ts'
import { warn } from '../engine/warning.ts'

/** Options that every optimizer has. */
export interface BaseOptions {
  /** Learning rate. A 1-element tensor stays a tensor here, although its type says number. */
  lr: number
  /** Record the update for backward, so that gradients flow through the step. Default false. */
  differentiable: boolean
}

/** What schedulers keep in a group. */
export interface ScheduleKeys {
  initialLr?: number
  maxLr?: number
  minLr?: number
  maxMomentum?: number
  baseMomentum?: number
  swaLr?: number
  paramNames?: string[]
}

/** Keys that are snake_case in files although no optimizer has them as options. */
const SCHEDULE_KEYS: readonly (keyof ScheduleKeys)[] = [
  'initialLr',
  'maxLr',
  'minLr',
  'maxMomentum',
  'baseMomentum',
  'swaLr',
  'paramNames',
]

/** Options and parameters of a group; writing to the options takes effect at the next step. Other keys are kept. */
export type ParamGroup<O extends object> = O & ScheduleKeys & { params: Tensor[]; [extra: string]: unknown }

/** A parameter, or its name and itself, as `module.namedParameters()` gives them. */
export type ParamEntry = Tensor | readonly [name: string, param: Tensor]
/** A group with options of its own; missing options are the optimizer's. */
export type GroupInput<O extends object> = Partial<O> & {
  params: Iterable<ParamEntry> | Tensor
  [extra: string]: unknown
}
/** Parameters, or groups of them. */
export type Params<O extends object> = Iterable<ParamEntry> | Iterable<GroupInput<O>>

const isIterable = (value: unknown): value is Iterable<unknown> =>
  (typeof value === 'object' || typeof value === 'string') && value !== null && Symbol.iterator in Object(value)

/** Groups are the user's to change. Errors: OptionError where they are no groups of tensors any more. */
export function assertGroups(operation: string, groups: unknown): void {
  if (!Array.isArray(groups))
    throw new OptionError(operation, `paramGroups must be a list of groups (got ${describe(groups)})`)
  for (const [i, group] of (groups as unknown[]).entries()) {
    const params: unknown = isPlain(group) ? group['params'] : undefined
    if (!Array.isArray(params) || !params.every(isTensor))
      throw new OptionError(operation, `paramGroups[${i}].params must be a list of tensors (got ${describe(params)})`)
  }
}

/** The groups in what the constructor got. */
export function groupsOf(operation: string, params: unknown): unknown[] {
  if (isTensor(params) || !isIterable(params))
    throw new OptionError(
      operation,
      `params argument given to the optimizer should be an iterable of Tensors or dicts, but got ${kindOf(params)}` +
        (isTensor(params)
          ? '; put it in an array'
          : isPlain(params)
            ? '; optimizer can only optimize Tensors, so put groups in an array: [{ params }]'
            : ''),
    )
  const list = [...params]
  if (list.length === 0) throw new OptionError(operation, 'optimizer got an empty parameter list')
  return isPlain(list[0]) ? list : [{ params: list }]
}

/** Checks a group, fills in the defaults, and gives it in the form that the optimizer keeps. */
export function makeGroup<O extends BaseOptions>(
  operation: string,
  input: unknown,
  defaults: O,
  known: readonly ParamGroup<O>[],
): ParamGroup<O> {
  if (!isPlain(input))
    throw new OptionError(operation, `param group must be a dict, but got ${kindOf(input)}; write { params: [...] }`)
  if (!('params' in input)) throw new OptionError(operation, "a param group has no 'params'; write { params: [...] }")
  const { params, names } = listOf(operation, input['params'])
  for (const param of params) {
    if (!isTensor(param))
      throw new OptionError(operation, `optimizer can only optimize Tensors, but one of the params is ${kindOf(param)}`)
    if (!defaults.differentiable && !param.isLeaf && param.node?.retained?.[param.index] === undefined)
      throw new OptionError(operation, "can't optimize a non-leaf Tensor; pass the tensor that it was made from")
  }
  const own = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  for (const key of Object.keys(own)) {
    // Other keys are the user's; one that is nearly an option was meant as that.
    const meant = key in defaults || isScheduled(key) || key === 'params' ? key : nearest(key, Object.keys(defaults))
    if (meant !== key && meant !== null)
      throw new OptionError(operation, `a param group has the option '${key}'; did you mean ${meant}?`)
  }
  const group = {
    ...defaults,
    ...own,
    params: params as Tensor[],
    ...(names === null ? {} : { paramNames: names }),
  } as ParamGroup<O>
  if (new Set(params).size !== params.length)
    warn(
      operation,
      'optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; ' +
        'see github.com/pytorch/pytorch/issues/40967 for more information',
    )
  for (const other of known) {
    if ((other.paramNames === undefined) !== (group.paramNames === undefined))
      throw new OptionError(
        operation,
        `all optimizer param groups should be with/without names. cannot add param group ${group.paramNames === undefined ? 'without' : 'with'} names to the optimizer`,
      )
  }
  const taken = new Set(known.flatMap((other) => other.params))
  if (group.params.some((param) => taken.has(param)))
    throw new OptionError(operation, 'some parameters appear in more than one parameter group')
  return group
}

function listOf(operation: string, value: unknown): { params: unknown[]; names: string[] | null } {
  if (isTensor(value)) return { params: [value], names: null }
  if (value instanceof Set)
    throw new OptionError(
      operation,
      'optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will ' +
        'change between runs. Please use a list instead.',
    )
  if (!isIterable(value))
    throw new OptionError(operation, `'params' of a param group must be tensors (got ${kindOf(value)})`)
  const list = [...value]
  const named = list.filter((item): item is [string, unknown] => Array.isArray(item) && typeof item[0] === 'string')
  if (named.length > 0 && named.length < list.length)
    throw new OptionError(operation, 'all optimizer params should be with/without names. Some param names are missing')
  if (named.length === 0) return { params: list, names: null }
  return { params: named.map(([, param]) => param), names: named.map(([name]) => name) }
}

const camelCase = (key: string): string => key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const snakeCase = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const isScheduled = (key: string): boolean => (SCHEDULE_KEYS as readonly string[]).includes(key)
const translated = (key: string, defaults: object): boolean => key in defaults || isScheduled(key)
/** The key of an option in files: PyTorch's. Keys of the user stay as they are. */
export const fileKey = (key: string, defaults: object): string => (translated(key, defaults) ? snakeCase(key) : key)
/** The option of a key in files. */
export const optionKey = (key: string, defaults: object): string =>
  translated(camelCase(key), defaults) ? camelCase(key) : key

/** A number, or a tensor of one, in host memory too. */
const isOneNumber = (value: unknown): boolean =>
  typeof value === 'number' ||
  (isTensor(value) && value.numel() === 1) ||
  (isHostElements(value) && value.data.length === 1)

/** Whether a value of a file can be this option: of the kind of the default, or what schedulers keep. Ranges are not checked. */
export function isOption(key: string, value: unknown, defaults: object): boolean {
  if (key === 'paramNames') return isLike([''], value)
  if ((SCHEDULE_KEYS as readonly string[]).includes(key)) return isOneNumber(value)
  const usual: unknown = (defaults as Record<string, unknown>)[key]
  if (usual === undefined) return true
  if (key === 'lr') return isOneNumber(value)
  // PyTorch's None where a switch is left to it.
  if (usual === null || typeof usual === 'boolean') return value === null || typeof value === 'boolean'
  return isLike(usual, value) && (!Array.isArray(usual) || (value as unknown[]).length === usual.length)
}
