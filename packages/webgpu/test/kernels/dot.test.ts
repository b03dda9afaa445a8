/** Every kernel of products, at sizes that fill its tiles, leave them half empty, and have none: exact for small integers. */
import { isFloat, numel, type DType, type TensorType } from '@glissade/core/backend'
import { Builder, evaluate, typeOf } from '@glissade/core/ir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { execute, NO_ADAPTER, refusal, running, validating } from '../dawn.ts'
import { shaderOf } from './shader.ts'
import { inRegisters } from '../../src/kernels/dot/registers.ts'
import { sizesOf, type Sizes } from '../../src/kernels/dot/sizes.ts'
import { splitTerms } from '../../src/kernels/dot/split.ts'
import { inWorkgroups } from '../../src/kernels/dot/workgroup.ts'
import { LANES, type Work } from '../../src/kernels/kernel.ts'

let device: GPUDevice | null = null
let checking: GPUDevice
beforeAll(async () => {
  device = await running()
  checking = await validating()
})
afterAll(() => {
  device?.destroy()
  checking.destroy()
})

const KERNELS: { readonly [name: string]: (sizes: Sizes) => readonly Work[] } = {
  'a lane per result': (sizes) => inRegisters(sizes, 1, 1),
  '4 x 4 results per lane': (sizes) => inRegisters(sizes, 4, 4),
  '3 x 2 results per lane': (sizes) => inRegisters(sizes, 3, 2),
  'terms divided among lanes': splitTerms,
  '64 x 64 results per workgroup': (sizes) => inWorkgroups(sizes, 4),
  '128 x 64 results per workgroup': (sizes) => inWorkgroups(sizes, 8),
}
type Shape = readonly [batch: number, m: number, k: number, n: number]
const SHAPES: readonly Shape[] = [
  [1, 4, 8, 4],
  [2, 5, 7, 3],
  [3, 13, 9, 18],
  [1, 2, 700, 3],
  [2, 3, 0, 5],
]
/** Barriers are slow on a software adapter: a tile and a little each way, and a long sum. */
const SHAPES_OF_WORKGROUPS: readonly Shape[] = [
  [1, 2, 530, 3],
  [2, 66, 17, 65],
]
const TRANSPOSED = [
  { transposeA: false, transposeB: false },
  { transposeA: true, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: true },
]

function typesOf(
  dtype: DType,
  [batch, m, k, n]: Shape,
  { transposeA, transposeB }: (typeof TRANSPOSED)[number],
): [a: TensorType, b: TensorType, out: TensorType] {
  return [
    typeOf(dtype, transposeA ? [batch, k, m] : [batch, m, k]),
    typeOf(dtype, transposeB ? [batch, n, k] : [batch, k, n]),
    typeOf(dtype, [batch, m, n]),
  ]
}
const elements = (type: TensorType, seed: number): Float64Array =>
  Float64Array.from({ length: numel(type.shape) }, (_, i) => {
    const x = ((i * 7 + seed * 3) % 9) - 4
    return type.dtype === 'uint8' ? x & 255 : x
  })
const wordsOf = ({ dtype }: TensorType, data: Float64Array): Uint32Array =>
  isFloat(dtype) ? new Uint32Array(Float32Array.from(data).buffer) : Uint32Array.from(data)

describe.each(Object.entries(KERNELS))('%s', (name, kernel) => {
  const call = (dtype: DType, shape: Shape, attrs: (typeof TRANSPOSED)[number]) => ({
    what: `${dtype} [${shape.join(',')}] ${JSON.stringify(attrs)}`,
    dtype,
    shape,
    attrs,
  })
  const isShared = name.includes('workgroup')
  const calls = [
    ...(isShared ? SHAPES_OF_WORKGROUPS : SHAPES).flatMap((shape, i) =>
      TRANSPOSED.map((attrs) => call('float32', shape, attrs)).slice(i !== 1 ? 3 : 0, isShared && i === 1 ? 2 : 4),
    ),
    ...(isShared ? [] : (['int32', 'uint8'] as const)).map((dtype) => call(dtype, SHAPES[1]!, TRANSPOSED[1]!)),
  ]
  test.for(calls)('is WGSL and right: $what', async ({ dtype, shape, attrs }, context) => {
    const [a, b, out] = typesOf(dtype, shape, attrs)
    const [work] = kernel(sizesOf(attrs, a, out))
    const code = shaderOf(work!, [a, b], out)
    expect(await refusal(checking, code)).toBeNull()
    context.skip(device === null, NO_ADAPTER)
    const given = [elements(a, 1), elements(b, 2)]
    const builder = new Builder()
    const [want] = evaluate(builder.finish([builder.emit('dot', attrs, [builder.input(a), builder.input(b)])]), given)
    const groups = work!.by === 'group' ? work!.items : Math.ceil(work!.items / LANES)
    const words = await execute(device!, code, [wordsOf(a, given[0]!), wordsOf(b, given[1]!)], numel(out.shape), groups)
    const got = isFloat(dtype)
      ? new Float32Array(words.buffer as ArrayBuffer, words.byteOffset, words.length)
      : dtype === 'int32'
        ? new Int32Array(words.buffer as ArrayBuffer, words.byteOffset, words.length)
        : words
    expect(Array.from(got)).toEqual(Array.from(want!))
  })

  test('the code is what it was', async () => {
    const attrs = { transposeA: false, transposeB: true }
    const [a, b, out] = typesOf('float32', [2, 130, 520, 70], attrs)
    const [work] = kernel(sizesOf(attrs, a, out))
    await expect(shaderOf(work!, [a, b], out)).toMatchFileSnapshot(`../snapshots/dot-${name.replaceAll(' ', '-')}.wgsl`)
  })
})
