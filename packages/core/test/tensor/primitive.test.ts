/** A tensor is no number, and JavaScript's arithmetic says so; texts go on working. */
import { expect, test } from 'vitest'
import { isGlissadeError, setDefaultDevice, tensor, type Tensor } from '../../src/index.ts'
import { queuedBackend } from '../queued-backend.ts'

setDefaultDevice(await queuedBackend({ readsAtOnce: true }))
const loss = tensor(2)
/** What TypeScript forbids and JavaScript does. */
const any = (x: Tensor): number => x as unknown as number

test.each<[string, () => unknown]>([
  ['0 + loss', () => 0 + any(loss)],
  ["'' + loss", () => '' + any(loss)],
  ['loss < 3', () => any(loss) < 3],
  ['loss >= other', () => any(loss) >= any(tensor(1))],
  ['loss == 3', () => any(loss) == 3], // oxlint-disable-line eqeqeq -- it is what is asked
  ['+loss', () => +(loss as unknown as string)],
  ['-loss', () => -any(loss)],
  ['loss * 2', () => any(loss) * 2],
  ['Math.max', () => Math.max(any(loss), 1)],
  ['Number', () => Number(loss)],
  ['isNaN', () => globalThis.isNaN(any(loss))],
])('%s is refused', (_, run) => {
  try {
    run()
  } catch (error) {
    expect(isGlissadeError(error, 'StateError')).toBe(true)
    expect(String(error)).toContain('a tensor is not a number: await loss.item()')
    return
  }
  expect.unreachable('it was taken')
})
test('as a text it is what is printed', () => {
  expect(`${String(loss)} ${loss.toString()}`).toBe('tensor(2.) tensor(2.)')
  expect(`loss: ${loss as unknown as string}`).toBe('loss: tensor(2.)')
  expect([loss, loss].join()).toBe('tensor(2.),tensor(2.)')
  expect(() => JSON.stringify({ loss: 1, text: String(loss) })).not.toThrow()
})
test('the same tensor is itself, and none is nothing', () => {
  const other: unknown = loss
  expect(loss === other).toBe(true)
  expect(loss == null).toBe(false) // oxlint-disable-line eqeqeq -- it is what is asked
})
