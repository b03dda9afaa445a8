/** What the device says late: told once, by whoever asks next, and the device lives on. */
import { scope, setDefaultDevice, tensor } from '@glissade/core'
import { cpu } from '@glissade/cpu'
import { expect, test } from 'vitest'
import { create } from 'webgpu'
import { webgpu } from '../src/index.ts'
import { NO_ADAPTER } from './adapter.ts'
import { stepOf, WORKS } from './works.ts'

test('an index out of range rejects the next reading by name, and then everything goes on', async ({ skip }) => {
  if (NO_ADAPTER !== null) skip(NO_ADAPTER)
  const backend = await webgpu()
  setDefaultDevice(backend)
  const x = tensor([1, 2, 3])
  const wrong = scope(() => x.indexSelect(0, tensor(Int32Array.of(0, 7))).toArray())
  await expect(wrong).rejects.toMatchObject({ name: 'IndexError', message: expect.stringContaining('7') as string })
  expect(await scope(() => x.indexSelect(0, tensor(Int32Array.of(2, 0))).toArray())).toEqual([3, 1])
  backend.destroy()
})

test('a lost device rejects what is pending, refuses what comes, and another trains on', async ({ skip }) => {
  if (NO_ADAPTER !== null) skip(NO_ADAPTER)
  const backend = await webgpu()
  setDefaultDevice(backend)
  const step = stepOf(WORKS.seed)
  const before = await step().item()
  backend.destroy()
  expect(() => step()).toThrow('destroyed')
  const next = await webgpu()
  setDefaultDevice(next)
  expect(await stepOf(WORKS.seed)().item()).toBe(before)
  next.destroy()
  setDefaultDevice(cpu())
})

test('a GPU and a device of the caller are taken, and the device lives on', async ({ skip }) => {
  if (NO_ADAPTER !== null) skip(NO_ADAPTER)
  const gpu = create([])
  const device = await (await gpu.requestAdapter())!.requestDevice()
  for (const options of [{ gpu }, { device }, { device }]) {
    const backend = await webgpu(options)
    setDefaultDevice(backend)
    expect(await scope(() => tensor([1, 2, 3]).sum().item())).toBe(6)
    backend.destroy()
  }
  device.destroy()
  setDefaultDevice(cpu())
})

test('groups change no bit', async ({ skip }) => {
  if (NO_ADAPTER !== null) skip(NO_ADAPTER)
  const losses: number[][] = []
  for (const groupUpTo of [0, 2 ** 17]) {
    const backend = await webgpu({ groupUpTo })
    setDefaultDevice(backend)
    const step = stepOf(WORKS.smooth)
    const found: number[] = []
    for (let i = 0; i < 5; i++) found.push(await step().item())
    losses.push(found)
    backend.destroy()
  }
  expect(losses[0]).toEqual(losses[1])
  setDefaultDevice(cpu())
})
