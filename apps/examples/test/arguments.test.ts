import { expect, test } from 'vitest'
import { parseArguments } from '../src/arguments.ts'

const parse = (...words: string[]): unknown => parseArguments(words, { quiet: true })

test('without arguments there are defaults', () => {
  expect(parse()).toEqual({
    model: 'mlp',
    backend: 'cpu',
    epochs: 5,
    batchSize: 64,
    momentum: 0.9,
    seed: 0,
    out: 'out',
  })
})

test('arguments replace them', () => {
  expect(
    parse('--model', 'cnn', '--epochs=3', '--batch-size', '32', '-b', 'wasm', '--lr', '1e-2', '--out', 'a b'),
  ).toMatchObject({
    model: 'cnn',
    backend: 'wasm',
    epochs: 3,
    batchSize: 32,
    lr: 0.01,
    out: 'a b',
  })
})

test('a wrong argument is refused with what was wanted', () => {
  expect(() => parse('--model', 'rnn')).toThrow('Allowed choices are mlp, cnn.')
  expect(() => parse('--epochs', '0')).toThrow('It must be at least 1.')
  expect(() => parse('--batch-size', '1.5')).toThrow('It must be a whole number.')
  expect(() => parse('--lr', '-1')).toThrow('It must be a number, zero or more.')
  expect(() => parse('--lr', '')).toThrow('It must be a number, zero or more.')
  expect(() => parse('--speed', '9')).toThrow("unknown option '--speed'")
  expect(() => parse('cnn')).toThrow('too many arguments')
})
