/** Greatest elements of windows as one kernel, in every dtype, beside the definition that core has of them. */
import { setDefaultDevice, tensor, type DType } from '@glissade/core'
import { maxPool2dWithIndices, type MaxPoolOptions } from '@glissade/core/functional'
import { expect, test } from 'vitest'
import { cpu } from '../../cpu/src/index.ts'
import { makeBackend } from '../src/backend.ts'
import { wasm } from '../src/index.ts'

const reference = cpu()
const backends = [await wasm(), await makeBackend({ memoryBytes: 2 ** 30, threads: 3, worth: 0 })]
const WINDOWS: readonly (readonly [size: number, options: MaxPoolOptions])[] = [
  [1, {}],
  [2, {}],
  [2, { stride: 1, padding: 1 }],
  [3, { stride: 2, padding: 1, ceilMode: true }],
  [5, { stride: [2, 1], padding: 2, dilation: [1, 2] }],
]
const SPACES = [
  [5, 6],
  [6, 9],
  [9, 34],
] as const

test.each(['float32', 'int32', 'uint8'] as const)('of %s', async (dtype: DType) => {
  for (const [rows, columns] of SPACES)
    for (const [size, options] of WINDOWS) {
      const shape = [2, 3, rows, columns]
      // Often the same number twice, so that the first of them counts.
      const data = Array.from({ length: 6 * rows * columns }, (_, i) => (i * i) % 13)
      if (dtype === 'float32') data.fill(NaN, 7, 9).fill(-Infinity, 11, 14)
      const [want, ...got] = await Promise.all(
        [reference, ...backends].map((device) => {
          setDefaultDevice(device)
          return Promise.all(
            maxPool2dWithIndices(tensor(data, { shape, dtype }), size, options).map((part) => part.data()),
          )
        }),
      )
      for (const parts of got) expect(parts, `${shape.join()} ${size} ${JSON.stringify(options)}`).toEqual(want)
    }
})
