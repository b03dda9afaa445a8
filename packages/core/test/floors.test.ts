/**
 * The floors of this package: a file imports what stands below its folder, or beside it in the same folder. Types of floors above are
 * erased, and the only one that is named below is the tensor itself.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

/** From the ground; folders on one floor do not see each other. */
const FLOORS = [
  ['contract'],
  ['signature'],
  ['random', 'ir'],
  ['lower', 'autograd'],
  ['backend', 'engine'],
  ['ops'],
  ['tensor'],
  ['functional', 'data', 'compile'],
  ['nn'],
  ['optim'],
  ['composites', 'record'],
  ['generalize'],
]
const NAMED_BELOW = 'tensor/tensor.ts'

const source = join(import.meta.dirname, '../src')
const floorOf = (folder: string): number => FLOORS.findIndex((folders) => folders.includes(folder))
const IMPORT = /^(?:import|export)\s+(type\b)?[^'"]*?from\s+'(\.[^']+)'/gm

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /\/.*\.ts$/.test(file))
test('every folder has a floor', () => {
  expect(new Set(files.map((file) => file.split('/')[0]))).toEqual(new Set(FLOORS.flat()))
})
test('imports go down', () => {
  const up = files.flatMap((file) =>
    [...readFileSync(join(source, file), 'utf8').matchAll(IMPORT)].flatMap(([, type, path]) => {
      const target = relative(source, join(source, dirname(file), path!))
      const [from, to] = [file.split('/')[0]!, target.split('/')[0]!]
      const fine = from === to || floorOf(to) < floorOf(from) || (type !== undefined && target === NAMED_BELOW)
      return fine ? [] : `${file} imports ${target}`
    }),
  )
  expect(up).toEqual([])
})
