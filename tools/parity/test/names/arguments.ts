/** Arguments of PyTorch that what is reached here does not take: fixtures/operators/defaults.json beside the signatures. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { signaturesOf, type Owner as Signed } from '../operators/signatures.ts'
import { camelCase, type Reached } from './classes.ts'
import type { Owner } from './here.ts'

type Defaults = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>
const fixture = join(import.meta.dirname, '../../fixtures/operators/defaults.json')
const pytorch = JSON.parse(readFileSync(fixture, 'utf8')) as Defaults

/** Arguments that no function has here, and why. */
export const NOWHERE: Readonly<Record<string, string>> = {
  out: 'results are new tensors',
  inplace: 'there are methods with an underscore',
  layout: 'tensors have no strides',
  memory_format: 'tensors have no strides',
  pin_memory: 'there is no pinned memory',
  non_blocking: 'nothing blocks',
  size_average: 'an old name of `reduction`',
  reduce: 'an old name of `reduction`',
  verbose: 'schedulers print nothing',
}
/** Arguments that have another name here. */
const RENAMED: Readonly<Record<string, string>> = {
  collate_fn: 'collate',
  dtype: 'target',
  from: 'low',
  lambd: 'lambda',
  max_value: 'maxVal',
  min_value: 'minVal',
  prefetch_factor: 'prefetch',
  requires_grad: 'wanted',
  to: 'high',
  unbiased: 'correction',
  values: 'parameters',
}
/** Whose signatures belong to an owner. */
const SIGNED: Readonly<Partial<Record<Owner, Signed>>> = {
  x: 'Tensor',
  core: 'core',
  functional: 'functional',
  nn: 'nn',
  utils: 'nn',
  init: 'init',
  optim: 'optim',
  lrScheduler: 'lrScheduler',
  data: 'data',
  module: 'nn',
  optimizer: 'optim',
  scheduler: 'lrScheduler',
}

const isRequired = (value: unknown): boolean => typeof value === 'object' && value !== null && 'required' in value

/** Arguments that PyTorch has a default for, and that cannot be said here. */
export function lacking(place: string, name: string, reached: Reached): string[] {
  const owners = reached.owners.flatMap((owner) => SIGNED[owner] ?? [])
  const signatures = owners.flatMap((owner) => signaturesOf(owner, reached.name))
  if (signatures.length === 0) return []
  const ours = new Set(
    signatures.flatMap(({ parameters, options }) => [...Object.keys(parameters), ...Object.keys(options ?? {})]),
  )
  return Object.entries(pytorch[place]?.[name] ?? {})
    .filter(([argument, fallback]) => /^[a-z]/u.test(argument) && !isRequired(fallback) && !(argument in NOWHERE))
    .map(([argument]) => argument)
    .filter((argument) => !ours.has(camelCase(argument)) && !ours.has(RENAMED[argument] ?? ''))
}
