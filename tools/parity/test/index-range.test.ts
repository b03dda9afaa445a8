/**
 * An index is one of its own dimension, whatever lies behind it in memory: for every operation by index, every dimension,
 * both ends, eager and compiled, on every backend. PyTorch 1.13 refuses the same ones, and counts the same ones from the end.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { compile, isGlissadeError, setDefaultDevice, tensor, type Tensor } from '@glissade/core'
import { embedding } from '@glissade/core/functional'
import { backends } from './backends.ts'

const SHAPE: readonly number[] = [2, 3, 4]
const SIZE = 24
const grid = (): Tensor => tensor(Array.from({ length: SIZE }, (_, i) => i + 1)).reshape(SHAPE)
const ints = (data: number | number[]): Tensor => tensor(data, { dtype: 'int32' })

interface Way {
  /** Whether negative indices count from the end. */
  readonly fromEnd?: true
  /** The dimension that the error names, where it is none of x. */
  readonly of?: (dim: number) => readonly [dim: number, size: number]
  /** All indices are 0 but `index`, which stands for dimension `dim`, somewhere in the middle. */
  readonly run: (x: Tensor, index: Tensor, dim: number) => Tensor
}

/** `index`, a vector of SHAPE[dim] + 1 elements, as an index of all dimensions along one. */
const along = (index: Tensor, dim: number): Tensor =>
  index.reshape(SHAPE.map((_, axis) => (axis === dim ? -1 : 1))).expand(SHAPE.with(dim, SHAPE[dim]! + 1))
/** Updates of the shape of x but along `dim`. */
const updates = (x: Tensor, dim: number): Tensor => x.indexSelect(dim, ints(0)).expand(SHAPE.with(dim, SHAPE[dim]! + 1))
/** Index tensors for the dimensions up to `dim`, all at 0 but the last. */
const upTo = (index: Tensor, dim: number): Tensor[] =>
  Array.from({ length: dim + 1 }, (_, axis) => (axis === dim ? index : index.mul(0)))

const ways: Readonly<Record<string, Way>> = {
  gather: { run: (x, index, dim) => x.gather(dim, along(index, dim)) },
  takeAlongDim: {
    run: (x, index, dim) => x.takeAlongDim(index.reshape(SHAPE.map((_, axis) => (axis === dim ? -1 : 1))), { dim }),
  },
  scatter: { run: (x, index, dim) => x.scatter(dim, along(index, dim), updates(x, dim)) },
  'scatter of a number': { run: (x, index, dim) => x.scatter(dim, along(index, dim), 7) },
  scatterAdd: { run: (x, index, dim) => x.scatterAdd(dim, along(index, dim), updates(x, dim)) },
  indexSelect: { run: (x, index, dim) => x.indexSelect(dim, index) },
  indexAdd: { run: (x, index, dim) => x.indexAdd(dim, index, updates(x, dim)) },
  indexCopy: { run: (x, index, dim) => x.indexCopy(dim, index, updates(x, dim)) },
  indexFill: { fromEnd: true, run: (x, index, dim) => x.indexFill(dim, index, 7) },
  at: { fromEnd: true, run: (x, index, dim) => x.at(...upTo(index, dim)) },
  'at behind whole dimensions': {
    fromEnd: true,
    run: (x, index, dim) => x.at(...Array.from({ length: dim }, () => ':' as const), index),
  },
  'at behind a number': {
    fromEnd: true,
    run: (x, index, dim) =>
      dim === 0 ? x.at(index) : x.at(0, ...Array.from({ length: dim - 1 }, () => ':' as const), index),
  },
  setAt: { fromEnd: true, run: (x, index, dim) => x.clone().setAt(upTo(index, dim), 7) },
  indexPut: { fromEnd: true, run: (x, index, dim) => x.indexPut(upTo(index, dim), 7) },
  'indexPut that adds': {
    fromEnd: true,
    run: (x, index, dim) => x.indexPut(upTo(index, dim), 7, { accumulate: true }),
  },
  take: { fromEnd: true, of: () => [0, SIZE], run: (x, index) => x.take(index) },
  embedding: { of: () => [0, 6], run: (x, index) => embedding(index, x.reshape([6, 4])) },
}
const operationOf = (name: string): string => name.split(' ')[0]!

async function failure(run: () => Tensor): Promise<unknown> {
  try {
    await run().data()
    return null
  } catch (error) {
    return error
  }
}

describe.each(Object.entries(backends))('on %s', (_, open) => {
  beforeAll(async () => setDefaultDevice(await open()))

  describe.each(Object.entries(ways))('%s', (name, { fromEnd, of, run }) => {
    const cases = SHAPE.flatMap((own, dim) => {
      const [named, size] = of?.(dim) ?? [dim, own]
      return [size, size + 1, 2 ** 31 - 1, fromEnd === true ? -size - 1 : -1, -(2 ** 31)].map((bad) => ({
        dim,
        named,
        size,
        bad,
      }))
    })
    /** SHAPE[dim] + 1 indices; the bad one is the last but one, so that it is neither the first nor the last looked at. */
    const indices = (dim: number, value: number): Tensor =>
      ints(Array.from({ length: SHAPE[dim]! + 1 }, (__, i) => (i === SHAPE[dim]! - 1 ? value : 0)))

    for (const { dim, named, size, bad } of cases)
      test(`index ${bad} of dimension ${dim} is refused, eager, compiled and with a gradient`, async () => {
        const x = grid()
        const wanted = `${operationOf(name)}: index ${bad} is out of range for dimension ${named} of size ${size}`
        const step = compile((y: Tensor, index: Tensor) => run(y, index, dim))
        const tracked = grid().requiresGrad_()
        for (const attempt of [
          () => run(x, indices(dim, bad), dim),
          () => step(x, indices(dim, bad)),
          () => run(tracked, indices(dim, bad), dim),
        ]) {
          const error = await failure(attempt)
          expect(error).toMatchObject({ message: wanted, operation: operationOf(name) })
          expect(isGlissadeError(error, 'IndexError')).toBe(true)
        }
      })

    test('the first and the last index of every dimension are right, also after a refusal', async () => {
      for (const [dim, own] of SHAPE.entries()) {
        const [, size] = of?.(dim) ?? [dim, own]
        const step = compile((y: Tensor, index: Tensor) => run(y, index, dim))
        expect(await failure(() => step(grid(), indices(dim, size)))).not.toBeNull()
        for (const good of [0, size - 1, ...(fromEnd === true ? [-1, -size] : [])]) {
          const there = good < 0 ? good + size : good
          const want = await run(grid(), indices(dim, there), dim).data()
          expect(await run(grid(), indices(dim, good), dim).data()).toEqual(want)
          expect(await step(grid(), indices(dim, good)).data()).toEqual(want)
        }
      }
    })
  })
})
