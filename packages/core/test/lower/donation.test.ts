/** Which outputs take the place of an input. */
import { expect, test } from 'vitest'
import type { Shape } from '../../src/contract/contract.ts'
import { donations } from '../../src/lower/donation.ts'
import { Builder, type Sym } from '../../src/ir/builder.ts'
import { fuse } from '../../src/lower/fuse.ts'

const float = (shape: Shape): { dtype: 'float32'; shape: Shape } => ({ dtype: 'float32', shape })
const donated = (write: (b: Builder) => Sym[], own: (number | null)[], fused = false): (number | null)[] => {
  const builder = new Builder()
  const program = builder.finish(write(builder))
  return donations(fused ? fuse(program) : program, own)
}

test('an elementwise update takes the place of what it replaces', () => {
  const update = (b: Builder): Sym[] => {
    const [p, g] = [b.input(float([3])), b.input(float([3]))]
    return [p.sub(g)]
  }
  expect(donated(update, [0])).toEqual([0])
  expect(donated(update, [0], true)).toEqual([0])
})

test('not where the old value is read later, also once nodes have moved into loops', () => {
  const late = (b: Builder): Sym[] => {
    const [p, g, w] = [b.input(float([2, 2])), b.input(float([2, 2])), b.input(float([2, 2]))]
    return [p.sub(g), p.dot(w)]
  }
  expect(donated(late, [0, null])).toEqual([null, null])
  expect(donated(late, [0, null], true)).toEqual([null, null])
})

test('not where the node reads other elements than it writes', () => {
  const turned = (b: Builder): Sym[] => [b.input(float([2, 2])).transpose()]
  expect(donated(turned, [0])).toEqual([null])
  const product = (b: Builder): Sym[] => {
    const p = b.input(float([2, 2]))
    return [p.dot(p)]
  }
  expect(donated(product, [0])).toEqual([null])
  const broadcast = (b: Builder): Sym[] => {
    const [p, x] = [b.input(float([1, 3])), b.input(float([2, 3]))]
    return [
      x
        .add(p.expand([2, 3]))
        .sum([0])
        .reshape([1, 3]),
    ]
  }
  expect(donated(broadcast, [0], true)).toEqual([null])
})

test('not where the loop may read the input after it has written what does not follow from it', () => {
  const apart = (b: Builder): Sym[] => {
    const [p, x] = [b.input(float([3])), b.input(float([3]))]
    const y = x.add(p.exp())
    return [x.neg(), y]
  }
  expect(donated(apart, [0, null], true)).toEqual([null, null])
  expect(donated(apart, [null, 0], true)).toEqual([null, 0])
})

test('a reshaped result is written when its operand is made, which may be before the last read of the input', () => {
  const early = (b: Builder): Sym[] => {
    const [p, g] = [b.input(float([4])), b.input(float([2, 2]))]
    const v = g.exp()
    const w = p.neg()
    return [v.reshape([4]), w]
  }
  expect(donated(early, [0, null])).toEqual([null, null])
  const reshaped = (b: Builder): Sym[] => {
    const [p, g] = [b.input(float([2, 2])), b.input(float([4]))]
    return [p.reshape([4]).sub(g).reshape([2, 2])]
  }
  expect(donated(reshaped, [0])).toEqual([0])
})

test('parts of the input may lie in its bytes: they are read for as long as any of them', () => {
  const update = (b: Builder, late: boolean): Sym[] => {
    const [p, g] = [b.input(float([4])), b.input(float([4]))]
    const part = p.slice([1], [3])
    const before = part.exp()
    const next = p.sub(g)
    return [next, late ? part.mul(before) : before]
  }
  expect(donated((b) => update(b, false), [0, null])).toEqual([0, null])
  expect(donated((b) => update(b, true), [0, null])).toEqual([null, null])
  const own = (b: Builder): Sym[] => {
    const [p, g] = [b.input(float([4])), b.input(float([2]))]
    return [p.slice([1], [3]).sub(g).pad([1], [1])]
  }
  expect(donated(own, [0])).toEqual([0])
  const overlapping = (b: Builder): Sym[] => {
    const p = b.input(float([4]))
    return [p.sub(p.slice([1], [2]).expand([4]))]
  }
  expect(donated(overlapping, [0])).toEqual([0])
  // In a loop the part is read while the whole is written.
  expect(donated(overlapping, [0], true)).toEqual([null])
})
