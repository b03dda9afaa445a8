import { expect, test } from 'vitest'
import { Order, orderOf } from '../src/order.ts'

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('bodies of one name run in the order of the calls, those of others beside them', async () => {
  const order = new Order()
  const log: string[] = []
  const note = (text: string, ms: number) => async (): Promise<void> => {
    log.push(`${text} begins`)
    await later(ms)
    log.push(`${text} ends`)
  }
  await Promise.all([order.run('a', note('1', 20)), order.run('a', note('2', 0)), order.run('b', note('3', 5))])
  expect(log).toEqual(['1 begins', '3 begins', '3 ends', '1 ends', '2 begins', '2 ends'])
})

test('one that fails, before its turn or in it, keeps nobody waiting and lets nobody pass', async () => {
  const order = new Order()
  const log: number[] = []
  const first = order.run('a', async () => {
    await later(20)
    log.push(1)
  })
  const ready = Promise.reject(new Error('not ready'))
  const second = order.run('a', () => ready, ready)
  const third = order.run('a', async () => void log.push(3))
  await expect(second).rejects.toThrow('not ready')
  await Promise.all([first, third])
  expect(log).toEqual([1, 3])
})

test('whoever names a place shares its order', () => {
  const object = {}
  expect(orderOf('a')).toBe(orderOf('a'))
  expect(orderOf('a')).not.toBe(orderOf('b'))
  expect(orderOf(object)).toBe(orderOf(object))
  expect(orderOf(object)).not.toBe(orderOf({}))
})
