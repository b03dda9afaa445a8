/** Prepared signatures of operations. */
import { expect, test } from 'vitest'
import { scope, setDefaultDevice, ones } from '../../src/index.ts'
import type { Backend } from '../../src/backend/index.ts'
import { queuedBackend } from '../queued-backend.ts'

test('inputs of ever new sizes leave a bounded number of prepared programs, and an old tape still runs', async () => {
  const real = await queuedBackend()
  let live = 0
  const backend: Backend = {
    ...real,
    prepare(program) {
      const executable = real.prepare(program)
      live++
      return {
        ...executable,
        release() {
          live--
          executable.release()
        },
      }
    },
  }
  setDefaultDevice(backend)
  const x = ones([1], { requiresGrad: true })
  const y = x.tan().sum()
  for (let size = 2; size < 1500; size++) scope(() => void ones([size]).tan())
  expect(live).toBeLessThan(1100)
  y.backward()
  expect(await x.grad!.item()).toBeCloseTo(1 + Math.tan(1) ** 2, 5)
})
