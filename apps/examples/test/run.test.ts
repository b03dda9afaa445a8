import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseArguments } from '../src/arguments.ts'
import { runDigits, type TrainDigits } from '../src/digits/run.ts'

let out = ''
let text = ''
const output = { write: (part: string) => (text += part) }

beforeEach(async () => {
  out = join(await mkdtemp(join(tmpdir(), 'glissade-examples-')), 'nested')
  text = ''
})
afterEach(() => rm(join(out, '..'), { recursive: true }))

/** Stands in for the training, to see what the program does around it. */
const stub: TrainDigits = async (digits, { epochs }, showProgress) => {
  const show = showProgress({ epochs, batchesPerEpoch: 1 })
  show.batch({ epoch: 1, batch: 1, loss: 0.5, samples: digits.count })
  show.endEpoch()
  return {
    losses: [[1, 0.5]],
    testLosses: [[1, 0.4]],
    accuracy: 0.9625,
    trainCount: 8000,
    testCount: 2000,
    weights: Uint8Array.of(1, 2, 3),
  }
}

test('the digits are counted, the progress shown and the accuracy reported', async () => {
  await runDigits(parseArguments(['--out', out, '--epochs', '1']), stub, output)
  expect(text).toContain('10,000 handwritten digits\n')
  expect(text).toContain('Epoch 1/1  done  loss 0.5000')
  expect(text).toMatch(/Test accuracy: 96\.25 % of 2,000 digits, trained in \d+\.\d s\n/)
})

test('the loss curve and the weights are saved, and where is said', async () => {
  await runDigits(parseArguments(['--out', out, '--model', 'cnn']), stub, output)
  expect(await readFile(join(out, 'loss.svg'), 'utf8')).toContain(
    '8,000 digits to train, 2,000 to test; accuracy 96.25 %',
  )
  expect([...(await readFile(join(out, 'cnn.safetensors')))]).toEqual([1, 2, 3])
  expect(text).toContain(`Saved ${join(out, 'loss.svg')}\nSaved ${join(out, 'cnn.safetensors')}\n`)
})

test('a training that fails fails the program', async () => {
  const failing: TrainDigits = () => Promise.reject(new Error('diverged'))
  await expect(runDigits(parseArguments(['--out', out]), failing, output)).rejects.toThrow('diverged')
})
