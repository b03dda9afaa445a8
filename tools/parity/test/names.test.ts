/** docs/pytorch-names.md is what the packages have, beside all names of PyTorch; `vitest -u` writes it anew. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { camelCase, classify, pathOf, type Class, type Pytorch } from './names/classes.ts'
import { DIFFERENCES } from './names/differences.ts'
import { FAMILIES } from './names/families.ts'
import { OWNERS } from './names/here.ts'
import { page } from './names/page.ts'

const pytorch = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/pytorch-names.json'), 'utf8')) as Pytorch
const classes = classify(pytorch)
const paths = new Map(
  [...classes].flatMap(([place, names]) => [...names].map(([name, one]) => [pathOf(place, name), one] as const)),
)
const pathsWhere = (wrong: (one: Class, path: string) => boolean): string[] =>
  [...paths].filter(([path, one]) => wrong(one, path)).map(([path]) => path)

test('every place of PyTorch has its owners', () => {
  expect(Object.keys(OWNERS).sort()).toEqual(Object.keys(pytorch.places).sort())
})
test.each([
  ['masked_fill_', 'maskedFill_'],
  ['conv_transpose2d', 'convTranspose2d'],
  ['CosineAnnealingLR', 'CosineAnnealingLR'],
])('%s is %s', (python, ours) => {
  expect(camelCase(python)).toBe(ours)
})
test('every name of PyTorch falls in a class', () => {
  expect(pathsWhere((one) => 'none' in one)).toEqual([])
})
test('every name of a family is a name of PyTorch, once, and not here', () => {
  const listed = FAMILIES.flatMap((family) =>
    Object.entries(family.names ?? {}).flatMap(([place, names]) =>
      names.split(' ').map((name) => ({ family, path: pathOf(place, name) })),
    ),
  )
  const wrong = listed.filter(({ family, path }) => {
    const one = paths.get(path)
    return one === undefined || !('family' in one) || one.family !== family
  })
  expect(wrong.map(({ family, path }) => `${family.title}: ${path}`)).toEqual([])
})
test('every difference is of a name that is reached', () => {
  const reached = pathsWhere((one) => 'reached' in one && one.reached.note !== undefined)
  expect(Object.keys(DIFFERENCES).sort()).toEqual(reached.sort())
})
test('what the guide says is not here is missing', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/coming-from-pytorch.md'), 'utf8')
  const told = [
    ...guide
      .split('## What is not here')[1]!
      .split('Arguments')[0]!
      .matchAll(/`(\w+)`/gu),
  ].map(([, name]) => name!)
  const missing = pathsWhere((one) => 'family' in one && one.family.scope === 'missing')
  expect(told.length).toBeGreaterThan(0)
  expect(told.filter((name) => !missing.some((path) => path.endsWith(`.${name}`)))).toEqual([])
})
test('docs/pytorch-names.md is up to date', async () => {
  await expect(page(pytorch, classes)).toMatchFileSnapshot('../../../docs/pytorch-names.md')
})
