import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { randn } from '@glissade/core'
import { program } from '../src/types.ts'

const { guesses, loss, pixels, score, state, wrong } = program

test('the program of the docs runs, and its values are what its comments say', () => {
  expect([guesses.shape, guesses.dtype]).toEqual([[64], 'int32'])
  expect([loss.shape, loss.dtype]).toEqual([[], 'float32'])
  expect(pixels).toBeInstanceOf(Uint8Array)
  expect(wrong).toThrow('inner dimensions differ')
  expect(score(randn([2, 784])).shape).toEqual([2])
  expect(state.shape).toEqual([64, 10])
})

test('the docs show the program as it is', () => {
  const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, shown] = text('../src/types.ts').split(/\/\/ #(?:end)?region types\n/)
  expect(text('../../../docs/coming-from-pytorch.md')).toContain(shown)
})
