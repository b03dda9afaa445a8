/**
 * How a call of PyTorch is made here. One rule: names are PyTorch's in camelCase; the first argument is the tensor whose
 * method it is; what is an option here goes by name, what is not fills the places in PyTorch's order. Rows of `table.ts` say
 * only what differs.
 */
import * as core from '@glissade/core'
import * as functional from '@glissade/core/functional'
import { camelCase } from '../python.ts'
import { takesOf, type Owner, type Takes } from './signatures.ts'
import { LeftOut, type Sample } from './sample.ts'

/** Arguments by PyTorch's names, in its order. */
type Arguments = Readonly<Record<string, unknown>>
type Callable = (...args: readonly unknown[]) => unknown

export interface Rule {
  readonly owner?: Owner
  readonly name?: string
  /** Other names of PyTorch's arguments; null where there is no such argument here. */
  readonly names?: Readonly<Record<string, string | null>>
  /** Arguments that change nothing here. */
  readonly ignored?: readonly string[]
  /** Changes arguments before they are bound: by PyTorch's names still. */
  readonly given?: (given: Record<string, unknown>) => Record<string, unknown>
  /** Of equal elements any may be named: the indices are compared by what they name. */
  readonly ties?: true
  /** What else the call asks, as owner and name. */
  readonly covers?: readonly string[]
  /** The result has to be waited for, so it cannot be compiled. */
  readonly waits?: (given: Sample['a']) => boolean
  /** The call in full, where the rule does not do. */
  readonly call?: (given: Record<string, unknown>) => unknown
}

const owners: Readonly<Partial<Record<Owner, object>>> = { Tensor: core.Tensor.prototype, core, functional }
const has = (owner: Owner, name: string): boolean => name in owners[owner]!
export const functionOf = (owner: Owner, name: string): Callable =>
  (owners[owner] as Readonly<Record<string, Callable>>)[name]!

/** PyTorch's arguments that mean nothing here. */
const NOWHERE = new Set([
  'out',
  'device',
  'layout',
  'pin_memory',
  'memory_format',
  'inplace',
  '_stacklevel',
  'size_average',
  'reduce',
])
/** What an argument is where it changes nothing. */
const isNothing = (value: unknown): boolean => value === null || value === false

export interface Call {
  readonly owner: Owner
  readonly name: string
}
/** Which function an operator is; null where there is none. */
export function callOf(operator: string, rule: Rule): Call | null {
  const inside = operator.startsWith('nn.functional.')
  const name = rule.name ?? camelCase(operator.replace('nn.functional.', '').split('.')[0]!)
  if (rule.owner !== undefined) return has(rule.owner, name) ? { owner: rule.owner, name } : null
  if (inside) return has('functional', name) ? { owner: 'functional', name } : null
  if (has('Tensor', name)) return { owner: 'Tensor', name }
  return has('core', name) ? { owner: 'core', name } : null
}

/** Arguments in their places, and the options. */
export function place(given: Arguments, takes: Takes, names: Rule['names'] = {}): unknown[] {
  const places: unknown[] = takes.places.map(() => undefined)
  const options: Record<string, unknown> = {}
  for (const [python, value] of Object.entries(given)) {
    const name = python in names ? names[python]! : NOWHERE.has(python) ? null : camelCase(python)
    if (name === null) {
      if (!isNothing(value)) throw new LeftOut(`there is no ${python}`)
      continue
    }
    const named = takes.places.indexOf(name)
    if (named < 0 && takes.option(name)) {
      if (value !== null || takes.takesNull(name)) options[name] = value
      continue
    }
    const at = named >= 0 ? named : places.indexOf(undefined)
    if (at < 0) {
      if (!isNothing(value)) throw new LeftOut(`there is no ${python}`)
      continue
    }
    places[at] = value
  }
  if (takes.rest && places.length > 0) {
    const last = places.pop()
    if (last !== undefined) places.push(...(Array.isArray(last) ? (last as unknown[]) : [last]))
  }
  if (Object.keys(options).length > 0)
    return takes.bare && places.every((one) => one === undefined) ? [options] : [...places, options]
  while (places.length > 0 && places.at(-1) === undefined) places.pop()
  return places
}

/** Other places where the function is as well: `x.abs()` is `abs(x)` too. */
export function twinsOf(operator: string, rule: Rule): Call[] {
  const call = callOf(operator, rule)
  if (call === null || rule.call !== undefined || rule.owner !== undefined || DIFFERENT.has(call.name)) return []
  return (['Tensor', 'core', 'functional'] as const)
    .filter((owner) => owner !== call.owner && has(owner, call.name))
    .map((owner) => ({ owner, name: call.name }))
}
/** The method and the function of this name are two things. */
const DIFFERENT = new Set(['unfold'])

/** Calls `call`, which is the operator's own or a twin; `form` is the ending of the name, `_` for the form that changes its tensor. */
export function invoke(
  operator: string,
  rule: Rule,
  arguments_: Arguments,
  call: Call | null = callOf(operator, rule),
  form: '' | '_' = '',
): unknown {
  const said = Object.fromEntries(Object.entries(arguments_).filter(([name]) => rule.ignored?.includes(name) !== true))
  const given = rule.given?.(said) ?? said
  if (rule.call !== undefined) return rule.call(given)
  if (call === null) throw new Error(`${operator}: no such function here`)
  const { owner, name } = call
  if (owner !== 'Tensor') return functionOf(owner, name)(...place(given, takesOf(owner, name), rule.names))
  const [[first, self], ...rest] = Object.entries(given) as [[string, unknown], ...[string, unknown][]]
  if (self instanceof core.Tensor)
    return (self as unknown as Readonly<Record<string, Callable>>)[`${name}${form}`]!(
      ...place(Object.fromEntries(rest), takesOf('Tensor', name), rule.names),
    )
  if (!has('core', name)) throw new LeftOut(`a number as ${first}`)
  return functionOf('core', name)(...place(given, takesOf('core', name), rule.names))
}
