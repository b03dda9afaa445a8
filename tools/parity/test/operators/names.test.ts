/** Which operators are asked: every one of PyTorch's has a function here or a reason, and every function here has samples or one. */
import { readFileSync } from 'node:fs'
import * as core from '@glissade/core'
import * as functional from '@glissade/core/functional'
import { expect, test } from 'vitest'
import { ABSENT, WITHOUT_SAMPLES } from './absent.ts'
import { callOf, twinsOf } from './bind.ts'
import { fixture, linesOf } from './sample.ts'
import { baseOf, ruleOf, TABLE } from './table.ts'

const pytorch = JSON.parse(readFileSync(fixture('op-db.json'), 'utf8')) as string[]
/** Functions with rows of their own: options.test.ts asks for all of `functional`. */
const rows = linesOf(fixture('function-rows.jsonl')).map(({ name }) => name)
const reasonOf = (name: string): string | undefined => ABSENT.get(name) ?? ABSENT.get(baseOf(name))
/** Functions that an operator asks. */
function coversOf(operator: string): string[] {
  const rule = ruleOf(operator)
  const call = callOf(operator, rule)
  const calls = [...(call === null ? [] : [call]), ...twinsOf(operator, rule)]
  return [...(rule.covers ?? []), ...calls.map(({ owner, name }) => `${owner}.${name}`)]
}
function everything(): string[] {
  const members = (prototype: object | null): string[] =>
    prototype === null || prototype === Object.prototype
      ? []
      : [...Object.getOwnPropertyNames(prototype), ...members(Object.getPrototypeOf(prototype) as object | null)]
  const functions = (owner: string, module: object): string[] =>
    Object.entries(module)
      .filter(([, value]) => typeof value === 'function')
      .map(([name]) => `${owner}.${name}`)
  return [
    ...new Set([
      ...members(core.Tensor.prototype).map((name) => `Tensor.${name}`),
      ...functions('core', core),
      ...functions('functional', functional),
    ]),
  ]
}
const isHere = (name: string): boolean => ruleOf(name).call !== undefined || callOf(name, ruleOf(name)) !== null

test('every operator of PyTorch is here or has a reason not to be', () => {
  expect(pytorch.filter((name) => !isHere(name) && reasonOf(name) === undefined)).toEqual([])
})
test('reasons and rules are those of operators that have samples', () => {
  const known = new Set([...pytorch, ...rows].flatMap((name) => [name, baseOf(name)]))
  expect([...ABSENT.keys(), ...Object.keys(TABLE)].filter((name) => !known.has(name))).toEqual([])
})
test('names.json lists the operators that are asked, which make-operators.py reads', async () => {
  const names = pytorch.filter((name) => isHere(name) && reasonOf(name) === undefined)
  await expect(`${JSON.stringify(names)}\n`).toMatchFileSnapshot(fixture('names.json'))
})

const names = new Set(pytorch.filter((name) => isHere(name) && reasonOf(name) === undefined))
test('every operator that is asked has samples: make-operators.py makes them', () => {
  const sampled = new Set(linesOf(fixture('operators.jsonl')).map(({ name }) => name))
  expect([...names].filter((name) => !sampled.has(name))).toEqual([])
})
test('every method and function has samples, or a reason why PyTorch has none', () => {
  const asked: ReadonlySet<string> = new Set([...names, ...rows].flatMap((name) => coversOf(name)))
  // A form that changes its tensor is asked with its method.
  const lacking = everything().filter((name) => !asked.has(name) && !asked.has(name.replace(/_$/, '')))
  expect(lacking.filter((name) => !WITHOUT_SAMPLES.has(name))).toEqual([])
  expect([...WITHOUT_SAMPLES.keys()].filter((name) => !lacking.includes(name))).toEqual([])
})
