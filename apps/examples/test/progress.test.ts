import { stripVTControlCharacters } from 'node:util'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { barLine, clock, progress, type Output } from '../src/progress.ts'

beforeEach(() => void vi.stubEnv('TERM', 'xterm'))
afterEach(() => void vi.unstubAllEnvs())

/** 2 epochs of 50 batches of 10 samples, `seconds` each. */
function train(output: Output, seconds: number): void {
  let time = 0
  const show = progress({ epochs: 2, batchesPerEpoch: 50 }, output, () => time * 1000)
  for (const epoch of [1, 2]) {
    for (let batch = 1; batch <= 50; batch++) {
      time += seconds
      show.batch({ epoch, batch, loss: 1 / (batch + 50 * (epoch - 1)), samples: 10 })
    }
    show.endEpoch(`test accuracy ${epoch} %`)
  }
}

function written(seconds: number): string[] {
  const texts: string[] = []
  train({ write: (text) => texts.push(text) }, seconds)
  return texts
}

test('without a terminal, a line holds epoch, batch, loss, samples per second and the time left', () => {
  // 8 of 100 batches took 1 s, so 92 more take 11.5 s.
  expect(written(0.125)[0]).toBe('Epoch 1/2  batch 8/50  loss 0.1250  80 samples/s  0:12 left\n')
})

test('a slow run has ten lines an epoch, the last of them at its end', () => {
  expect(written(10)).toHaveLength(2 * 10)
})

test('a fast run has one line a second', () => {
  // 50 batches of 0.125 s are 6.25 s, which are 6 lines, and one at the end of each epoch.
  expect(written(0.125)).toHaveLength(2 * (6 + 1))
})

test('a very fast run has one line an epoch', () => {
  expect(written(0.0001)).toHaveLength(2)
})

test('the line at the end of an epoch holds its mean loss, its time and the note', () => {
  // H(50) / 50 = 4.4992 / 50
  expect(written(0.01)[0]).toBe('Epoch 1/2  done  loss 0.0900  1,000 samples/s  0.5 s  test accuracy 1 %\n')
})

test('on a terminal, every epoch leaves one full bar', () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 101 })
  train(stream, 0.01)
  const lines = stripVTControlCharacters(String(stream.read())).trimEnd().split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toMatch(
    /Epoch 2\/2 ━{28} 50\/50 {2}loss 0\.\d{4} {2}1,000 samples\/s {2}0\.5 s {2}test accuracy 2 %$/,
  )
})

test.each(Array.from({ length: 150 }, (_, i) => i + 22))(
  'at %i columns a line fits and ends as it should',
  (columns) => {
    const texts = ['loss 0.1234', '123,456 samples/s', '12.3 s', 'test accuracy 95.12 %']
    for (const value of [1, 45]) {
      const line = barLine('Epoch 10/10', value, 45, texts, columns)
      expect(line.length).toBeLessThan(columns)
      if (columns > 'test accuracy 95.12 %'.length) expect(line).toMatch(/test accuracy 95\.12 %$/)
      if (columns >= 80) expect(line).toMatch(/[━─]{8,28} .*loss 0\.1234/)
    }
  },
)

test('at 80 columns the accuracy is there, and nothing is cut off', () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 })
  train(stream, 0.01)
  const [first = ''] = stripVTControlCharacters(String(stream.read())).split('\n')
  expect(first).toMatch(/━+ 50\/50 {2}loss 0\.0900 {2}0\.5 s {2}test accuracy 1 %$/)
})

test('a line that a narrower terminal broke in two is taken away whole', () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 100 })
  let time = 0
  const show = progress({ epochs: 1, batchesPerEpoch: 9 }, stream, () => (time += 1000))
  show.batch({ epoch: 1, batch: 1, loss: 1, samples: 1 })
  stream.read()
  stream.columns = 50
  show.batch({ epoch: 1, batch: 2, loss: 1, samples: 1 })
  show.endEpoch('test accuracy 7 %')
  // One row up, to its start, and everything from there on.
  expect(String(stream.read())).toContain('\u001b[1A\u001b[1G\u001b[0J')
})

test('a bar leaves no terminal setting behind, even if it is never stopped', () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 100 })
  const show = progress({ epochs: 1, batchesPerEpoch: 2 }, stream, () => 0)
  show.batch({ epoch: 1, batch: 1, loss: 1, samples: 1 })
  // Escape sequences for modes: hidden cursor, no wrapping.
  expect(String(stream.read())).not.toContain('[?')
  show.stop()
})

test('times are read from the right', () => {
  expect([0, 59.6, 75, 3675, NaN, Infinity].map(clock)).toEqual(['0:00', '1:00', '1:15', '1:01:15', '-:--', '-:--'])
})
