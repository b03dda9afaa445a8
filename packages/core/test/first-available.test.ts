import { firstAvailable, type Backend } from '@glissade/core'
import { UnsupportedError } from '@glissade/core/backend'
import { cpu } from '../../cpu/src/index.ts'
import { expect, expectTypeOf, test, vi } from 'vitest'

const nowhere = (name: string) => async (): Promise<Backend> => {
  throw new UnsupportedError(name, 'there is none here')
}

test('the first backend that can be had is taken, and none behind it is made', async () => {
  const behind = vi.fn<typeof cpu>(cpu)
  const backend = await firstAvailable([nowhere('webgpu'), cpu, behind])
  expect(backend.name).toBe('cpu')
  expect(behind).not.toHaveBeenCalled()
})

test('where none can be had, the error has the reason of each', async () => {
  await expect(firstAvailable([nowhere('webgpu'), nowhere('wasm')])).rejects.toThrow(
    'firstAvailable: none of 2 can be had here. webgpu: there is none here. wasm: there is none here',
  )
})

test('a mistake in the options of one is no reason to take the next', async () => {
  const mistaken = () => Promise.reject(new TypeError('no such option'))
  await expect(firstAvailable([mistaken, cpu])).rejects.toThrow('no such option')
})

test('what is no list of makers is refused in words', async () => {
  await expect(firstAvailable([])).rejects.toThrow('firstAvailable: wants one backend at least')
  // @ts-expect-error the backend itself instead of what makes it
  await expect(firstAvailable([cpu()])).rejects.toThrow(/firstAvailable/)
  // @ts-expect-error no list
  await expect(firstAvailable(cpu)).rejects.toThrow(/firstAvailable/)
})

test('the result has the type of what was asked for', async () => {
  expectTypeOf(await firstAvailable([cpu])).toEqualTypeOf<Awaited<ReturnType<typeof cpu>>>()
})
