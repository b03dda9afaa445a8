/** No number that is no size, count or place comes past the type rules, whoever writes a program. */
import { describe, expect, test } from 'vitest'
import type { Attributes, Primitive, TensorType } from '../../src/contract/contract.ts'
import { infer, typeOf } from '../../src/ir.ts'
import { isGlissadeError } from '../../src/contract/errors.ts'

const f32 = (...shape: number[]): TensorType => typeOf('float32', shape)
const i32 = (...shape: number[]): TensorType => typeOf('int32', shape)
const window = {
  window: [2, 2],
  strides: [1, 1],
  padding: [
    [0, 0],
    [0, 0],
  ] as const,
  dilation: [1, 1],
}

/** A good call of every primitive that has numbers among its attributes. */
const calls: { readonly [P in Primitive]?: readonly [Attributes[P], readonly TensorType[]] } = {
  sum: [{ axes: [1] }, [f32(2, 3)]],
  max: [{ axes: [1] }, [f32(2, 3)]],
  argmax: [{ axis: 1 }, [f32(2, 3)]],
  cumsum: [{ axis: 1, reverse: false }, [f32(2, 3)]],
  reshape: [{ shape: [3, 2] }, [f32(2, 3)]],
  permute: [{ order: [1, 0] }, [f32(2, 3)]],
  expand: [{ shape: [2, 3] }, [f32(2, 1)]],
  slice: [{ start: [0, 1], stop: [2, 3], step: [1, 1] }, [f32(2, 3)]],
  pad: [{ low: [1, 1], high: [1, 1], interior: [1, 1], value: 0 }, [f32(2, 3)]],
  flip: [{ axes: [1] }, [f32(2, 3)]],
  concat: [{ axis: 1 }, [f32(2, 3), f32(2, 3)]],
  conv: [
    { strides: [1], padding: [[0, 0]], dilation: [1], inputDilation: [1], groups: 1 },
    [f32(1, 1, 5), f32(1, 1, 3)],
  ],
  windowSum: [window, [f32(4, 4)]],
  windowArgmax: [window, [f32(4, 4)]],
  gather: [{ axis: 1 }, [f32(2, 3), i32(2)]],
  scatterAdd: [{ axis: 1 }, [f32(2, 3), i32(2), f32(2, 2)]],
  sort: [{ axis: 1, descending: false }, [f32(2, 3)]],
  constant: [{ dtype: 'int32', shape: [2, 3], value: 1 }, []],
  iota: [{ dtype: 'int32', shape: [2, 3], axis: 1 }, []],
}
/** What may be any number, or negative. */
const FREE = new Set(['pad.value', 'conv.padding', 'windowSum.padding', 'windowArgmax.padding', 'constant.value'])

/** The attributes with one of their numbers replaced, each in turn. */
function* replaced(value: unknown, by: number): Generator {
  if (typeof value === 'number') yield by
  else if (Array.isArray(value))
    for (const [i, entry] of value.entries()) for (const other of replaced(entry, by)) yield value.with(i, other)
}

describe.each(Object.keys(calls) as Primitive[])('%s', (op) => {
  const [attrs, types] = calls[op]! as unknown as [Record<string, unknown>, readonly TensorType[]]
  const run = (given: object): unknown => infer(op, given as never, types)
  test('takes a good call', () => {
    expect(run(attrs)).toHaveLength(1 + Number(op === 'sort'))
  })
  const names = Object.keys(attrs).filter((name) => typeof attrs[name] !== 'string' && typeof attrs[name] !== 'boolean')
  test.each(names)('%s: fractions, negative numbers and NaN are refused', (name) => {
    const wrong = op === 'pad' && name === 'value' ? [] : [0.5, 1.5, NaN, Infinity, 2 ** 60]
    for (const by of FREE.has(`${op}.${name}`) ? wrong : [...wrong, -1])
      for (const other of replaced(attrs[name], by)) {
        let error: unknown = null
        try {
          run({ ...attrs, [name]: other })
        } catch (thrown) {
          error = thrown
        }
        expect(isGlissadeError(error), `${name} ${JSON.stringify(other)} (${by}): ${String(error)}`).toBe(true)
      }
  })
})
