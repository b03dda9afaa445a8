/** Defaults are PyTorch's, for every argument of every signature: fixtures/operators/defaults.json has PyTorch's. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setDefaultDevice } from '@glissade/core'
import { cpu } from '@glissade/cpu'
import { beforeAll, expect, test } from 'vitest'
import { camelCase } from '../python.ts'
import { ANYWHERE, DIFFERENCES, IN_CODE } from './defaults-table.ts'
import { allSignatures, type Owner } from './signatures.ts'

type Defaults = Readonly<Record<string, Readonly<Record<string, unknown>>>>
const fixture = join(import.meta.dirname, '../../fixtures/operators/defaults.json')
const pytorch = JSON.parse(readFileSync(fixture, 'utf8')) as Readonly<Record<string, Defaults>>
/** Where PyTorch has what an owner has; the first place that has a name counts. */
const PLACES: Readonly<Record<Owner, readonly string[]>> = {
  Tensor: ['torch.Tensor', 'torch', 'torch.nn.functional'],
  core: ['torch', 'torch.autograd', 'torch.autograd.functional', 'torch.Tensor', 'torch.nn.functional'],
  functional: ['torch.nn.functional', 'torch'],
  nn: ['torch.nn', 'torch.nn.Module', 'torch.nn.utils', 'torch.nn.utils.stateless'],
  init: ['torch.nn.init'],
  optim: ['torch.optim', 'torch.optim.Optimizer', 'torch.optim.swa_utils'],
  lrScheduler: ['torch.optim.lr_scheduler', 'torch.optim.lr_scheduler._LRScheduler', 'torch.optim.swa_utils'],
  data: ['torch.utils.data'],
}
/** PyTorch's parameters by our names, from every place that has the function. */
function parametersOf(owner: Owner, name: string): ReadonlyMap<string, unknown>[] {
  return PLACES[owner].flatMap((place) =>
    Object.entries(pytorch[place]!)
      .filter(([python]) => python === name || camelCase(python) === name)
      .map(([, defaults]) => new Map(Object.entries(defaults).map(([key, value]) => [camelCase(key), value]))),
  )
}
const shown = (value: unknown): string => (value === undefined ? 'not said' : JSON.stringify(value))
const plain = (value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value).toLowerCase().replace('infinity', 'inf') : value

/** Null, or how a default differs. */
function differs(ours: unknown, theirs: unknown): string | null {
  const required = (value: unknown): boolean => typeof value === 'object' && value !== null && 'required' in value
  if (required(ours) || required(theirs))
    return required(ours) === required(theirs)
      ? null
      : required(ours)
        ? `must be given; ${shown(theirs)} in PyTorch`
        : `${shown(ours)}; must be given in PyTorch`
  const any = typeof theirs === 'object' && theirs !== null && 'any' in theirs ? (theirs.any as unknown[]) : [theirs]
  const same = any.some((one) => JSON.stringify(plain(ours) ?? null) === JSON.stringify(one))
  return same ? null : `${shown(ours)}; ${shown(theirs)} in PyTorch`
}

/** Null where PyTorch's default is the same in one of its places, or how it differs in the first. */
function found(
  argument: string,
  row: object,
  places: readonly ReadonlyMap<string, unknown>[],
  isOption: boolean,
): string | null {
  const ours = 'fallback' in row ? row.fallback : { required: true }
  const having = places.filter((place) => place.has(argument))
  // Arguments in their places may have other names than in PyTorch.
  if (having.length === 0) return isOption ? 'no such argument in PyTorch' : null
  const all = having.map((place) => differs(ours, place.get(argument)))
  return all.includes(null) ? null : all[0]!
}
const rows = [...allSignatures].flatMap(([key, signatures]) => {
  const [owner, name] = key.split('.') as [Owner, string]
  const places = parametersOf(owner, name)
  if (places.length === 0) return []
  return signatures.flatMap(({ parameters, options }) =>
    Object.entries<object>({ ...parameters, ...options }).flatMap(([argument, row]) => {
      const text = found(argument, row, places, options !== null && argument in options)
      return text === null ? [] : [[`${key}.${argument}`, text] as const]
    }),
  )
})
const reasonOf = (path: string): string | undefined =>
  DIFFERENCES[path] ?? (path in IN_CODE ? 'in code' : undefined) ?? ANYWHERE[path.slice(path.lastIndexOf('.') + 1)]

test("every default is PyTorch's, or differs for a reason", () => {
  expect(rows.filter(([path]) => reasonOf(path) === undefined).map((row) => row.join(': '))).toEqual([])
})
beforeAll(() => setDefaultDevice(cpu()))
test.each(Object.entries(IN_CODE))("%s has PyTorch's default, which only the code says", (_, [without, given]) => {
  expect([...without().dataSync()]).toEqual([...given().dataSync()])
})
test('every reason is still one', () => {
  const paths: readonly string[] = rows.map(([path]) => path)
  expect([...Object.keys(DIFFERENCES), ...Object.keys(IN_CODE)].filter((path) => !paths.includes(path))).toEqual([])
  expect(
    Object.keys(ANYWHERE).filter((name) => !paths.some((path) => path.slice(path.lastIndexOf('.') + 1) === name)),
  ).toEqual([])
})
