import { expect, test } from 'vitest'
import { Order } from '../../src/device/order.ts'

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

test('what waits holds back what comes after it, and nothing else', async () => {
  const [done, failed]: [string[], unknown[]] = [[], []]
  const order = new Order((error) => failed.push(error))
  order.push(() => done.push('at once'))
  expect(done).toEqual(['at once'])
  let compiled = (): void => {}
  order.push(() => done.push('run'), new Promise<void>((resolve) => (compiled = resolve)))
  order.push(() => done.push('write'))
  await turn()
  expect(done).toEqual(['at once'])
  expect(order.isIdle).toBe(false)
  compiled()
  await order.done()
  expect(done).toEqual(['at once', 'run', 'write'])
  await turn()
  expect(order.isIdle).toBe(true)
  expect(failed).toEqual([])
})

test('work that cannot be made ready is left out and told, and the rest goes on', async () => {
  const [done, failed]: [string[], unknown[]] = [[], []]
  const order = new Order((error) => failed.push(error))
  order.push(() => done.push('run'), Promise.reject(new Error('no such shader')))
  order.push(() => done.push('read'))
  await order.done()
  expect(done).toEqual(['read'])
  expect(failed).toEqual([new Error('no such shader')])
})

test('at the end nothing waits', async () => {
  const done: string[] = []
  const order = new Order(() => {})
  order.push(() => done.push('first'), new Promise(() => {}))
  order.push(() => done.push('second'))
  order.end()
  await turn()
  expect(done).toEqual(['second'])
})
