/** What the contract says of NaN, infinities, signed zeros, and integers that do not fit, each with its answer. */
import { describe, expect, test } from 'vitest'
import { apply, bool, f32, f64, i32, operand, u8 } from './one-node.ts'

const [NAN, INF] = [NaN, Infinity]
const MIN = -(2 ** 31)
const MAX = 2 ** 31 - 1

describe('numbers', () => {
  test('neg, abs and sign keep NaN and know -0', () => {
    expect(apply('neg', {}, f32(0, -0, INF, NAN))).toEqual([[-0, 0, -INF, NAN]])
    expect(apply('abs', {}, f32(-0, -INF, -2.5, NAN))).toEqual([[0, INF, 2.5, NAN]])
    expect(apply('sign', {}, f32(-0, -INF, 2.5, NAN))).toEqual([[-0, -1, 1, NAN]])
  })

  test('round goes to even at halves, keeps -0 and is exact beyond 2^52', () => {
    expect(apply('round', {}, f64(0.5, 1.5, 2.5, -0.5, -1.5, -0, 0.49999999999999994, 2 ** 52 + 1, -INF, NAN))).toEqual(
      [[0, 2, 2, -0, -2, -0, 0, 2 ** 52 + 1, -INF, NAN]],
    )
    expect(apply('round', {}, f32(-0.3, 8388607.5, 3e38))).toEqual([[-0, 8388608, Math.fround(3e38)]])
  })

  test('functions of a float at their edges', () => {
    expect(apply('exp', {}, f32(-INF, 0, INF, 89, NAN))).toEqual([[0, 1, INF, INF, NAN]])
    expect(apply('expm1', {}, f32(-INF, -0, NAN))).toEqual([[-1, -0, NAN]])
    expect(apply('log', {}, f32(0, -0, 1, INF, -1))).toEqual([[-INF, -INF, 0, INF, NAN]])
    expect(apply('log1p', {}, f32(-1, -0, INF, -2))).toEqual([[-INF, -0, INF, NAN]])
    expect(apply('sqrt', {}, f32(-0, 4, INF, -1))).toEqual([[-0, 2, INF, NAN]])
    expect(apply('tanh', {}, f32(-INF, -0, 20, NAN))).toEqual([[-1, -0, 1, NAN]])
    expect(apply('erf', {}, f32(-INF, -0, INF, NAN))).toEqual([[-1, -0, 1, NAN]])
    expect(apply('atan', {}, f64(-0, INF))).toEqual([[-0, Math.PI / 2]])
    expect(apply('floor', {}, f32(-0, -0.5, 2.5))).toEqual([[-0, -1, 2]])
    expect(apply('ceil', {}, f32(-0, -0.5, 2.5))).toEqual([[-0, -0, 3]])
  })

  test('mod is C fmod: the sign of the dividend', () => {
    expect(apply('mod', {}, f32(5.5, -5.5, 5.5, -4, 1, INF), f32(2, 2, -2, 2, 0, 2))).toEqual([
      [1.5, -1.5, 1.5, -0, NAN, NAN],
    ])
    expect(apply('mod', {}, f32(3, -3), f32(INF, INF))).toEqual([[3, -3]])
  })

  test('pow is C pow: 1^NaN, NaN^0 and (-1)^inf are 1', () => {
    expect(apply('pow', {}, f32(1, NAN, -1, -1, 1, -8, -0, 0), f32(NAN, 0, INF, -INF, INF, 1 / 3, -1, -1))).toEqual([
      [1, 1, 1, 1, 1, NAN, -INF, INF],
    ])
    expect(apply('pow', {}, f64(-3, 2, 2, NAN), f64(2, 0.5, -1, 2))).toEqual([[9, Math.SQRT2, 0.5, NAN]])
  })

  test('NaN wins maximum and minimum, and 0 is over -0', () => {
    expect(apply('maximum', {}, f32(NAN, 1, -0, 0, -0), f32(1, NAN, 0, -0, -0))).toEqual([[NAN, NAN, 0, 0, -0]])
    expect(apply('minimum', {}, f32(NAN, 1, -0, 0, 0), f32(1, NAN, 0, -0, 0))).toEqual([[NAN, NAN, -0, -0, 0]])
  })

  test('every comparison with NaN is false, and the zeros are equal', () => {
    for (const op of ['eq', 'lt', 'le'] as const)
      expect(apply(op, {}, f32(NAN, NAN, 1), f32(NAN, 1, NAN))).toEqual([[0, 0, 0]])
    expect(apply('eq', {}, f32(0, INF), f32(-0, INF))).toEqual([[1, 1]])
    expect(apply('lt', {}, f32(-0, -INF), f32(0, INF))).toEqual([[0, 1]])
  })

  test('where takes the element it does not choose for nothing', () => {
    expect(apply('where', {}, bool(1, 0, 0), f32(1, NAN, NAN), f32(NAN, 2, -0))).toEqual([[1, 2, -0]])
  })
})

describe('integers', () => {
  test('wrap', () => {
    expect(apply('add', {}, i32(MAX, MIN), i32(1, -1))).toEqual([[MIN, MAX]])
    expect(apply('sub', {}, u8(1, 200), u8(2, 100))).toEqual([[255, 100]])
    // 123456789 * 987654321 = 121932631112635269, which is -67153019 modulo 2^32
    expect(apply('mul', {}, i32(123456789, MIN), i32(987654321, -1))).toEqual([[-67153019, MIN]])
    expect(apply('mul', {}, u8(20), u8(20))).toEqual([[144]])
    expect(apply('neg', {}, i32(MIN))).toEqual([[MIN]])
    expect(apply('neg', {}, u8(1))).toEqual([[255]])
    expect(apply('abs', {}, i32(MIN, -3))).toEqual([[MIN, 3]])
  })

  test('div truncates, and by 0 gives 0; mod by 0 too', () => {
    expect(apply('div', {}, i32(7, -7, 7, MIN, 5), i32(2, 2, -2, -1, 0))).toEqual([[3, -3, -3, MIN, 0]])
    expect(apply('div', {}, u8(255, 255), u8(2, 0))).toEqual([[127, 0]])
    expect(apply('mod', {}, i32(7, -7, 7, 5), i32(3, 3, -3, 0))).toEqual([[1, -1, 1, 0]])
  })

  test('pow wraps, and a negative power is that of 1 / x', () => {
    expect(apply('pow', {}, i32(3, 3, -2, 0, 1, -1, -1, 2), i32(4, 40, 31, 0, -5, -5, -4, -1))).toEqual([
      // 3^40 = 12157665459056928801, which is -2038074743... modulo 2^32: by BigInt.asIntN
      [81, Number(BigInt.asIntN(32, 3n ** 40n)), MIN, 1, 1, -1, 1, 0],
    ])
    expect(apply('pow', {}, u8(3), u8(7))).toEqual([[2187 % 256]])
  })

  test('and, or and not are bitwise, and logical on bool', () => {
    expect(apply('and', {}, i32(12, -1), i32(10, 7))).toEqual([[8, 7]])
    expect(apply('or', {}, u8(12), u8(3))).toEqual([[15]])
    expect(apply('not', {}, i32(0, 5))).toEqual([[-1, -6]])
    expect(apply('not', {}, u8(1))).toEqual([[254]])
    expect(apply('not', {}, bool(0, 1))).toEqual([[1, 0]])
    expect(apply('and', {}, bool(0, 1, 1), bool(1, 0, 1))).toEqual([[0, 0, 1]])
  })

  test('sums and products of integers wrap', () => {
    expect(apply('sum', { axes: [0] }, i32(MAX, MAX, 3))).toEqual([[1]])
    expect(apply('sum', { axes: [0] }, u8(200, 100))).toEqual([[44]])
    expect(apply('prod', { axes: [0] }, i32(65536, 65536, 3))).toEqual([[0]])
    expect(apply('prod', { axes: [0] }, operand('int32', [3, 2], [MAX, 1, MAX, 2, MAX, 3]))).toEqual([[MAX, 6]])
    expect(apply('cumsum', { axis: 0, reverse: false }, i32(MAX, 1, 1))).toEqual([[MAX, MIN, MIN + 1]])
    expect(
      apply(
        'dot',
        { transposeA: false, transposeB: false },
        operand('int32', [1, 2], [MAX, MAX]),
        operand('int32', [2, 1], [MAX, 2]),
      ),
    ).toEqual([[Number(BigInt.asIntN(32, BigInt(MAX) ** 2n + 2n * BigInt(MAX)))]])
  })
})

describe('cast', () => {
  test('of a float to int32 truncates and saturates, and NaN is 0', () => {
    expect(apply('cast', { dtype: 'int32' }, f32(1.9, -1.9, 3e9, -3e9, INF, -INF, NAN))).toEqual([
      [1, -1, MAX, MIN, MAX, MIN, 0],
    ])
  })

  test('of a float to uint8 wraps, and NaN is 0', () => {
    expect(apply('cast', { dtype: 'uint8' }, f32(1.9, -1.9, 256, 300, NAN))).toEqual([[1, 255, 0, 44, 0]])
  })

  test('to bool asks whether it is not 0', () => {
    expect(apply('cast', { dtype: 'bool' }, f32(0, -0, 0.1, NAN))).toEqual([[0, 0, 1, 1]])
    expect(apply('cast', { dtype: 'bool' }, i32(0, 256))).toEqual([[0, 1]])
  })

  test('between the others keeps what fits', () => {
    expect(apply('cast', { dtype: 'float32' }, f64(0.1, 1e300))).toEqual([[Math.fround(0.1), INF]])
    expect(apply('cast', { dtype: 'float32' }, i32(2 ** 24 + 1))).toEqual([[2 ** 24]])
    expect(apply('cast', { dtype: 'uint8' }, i32(-1, 257))).toEqual([[255, 1]])
    expect(apply('cast', { dtype: 'float64' }, bool(1, 0))).toEqual([[1, 0]])
  })
})

describe('orders with NaN', () => {
  test('NaN wins max and min', () => {
    for (const op of ['max', 'min'] as const) {
      expect(apply(op, { axes: [0] }, f32(1, NAN, 2))).toEqual([[NAN]])
      expect(apply(op, { axes: [0] }, operand('float32', [2, 2], [1, NAN, 2, 3]))[0]![1]).toBeNaN()
    }
  })

  test('argmax is the first greatest, and the first NaN is greater', () => {
    expect(apply('argmax', { axis: 0 }, f32(1, 3, 3, -INF))).toEqual([[1]])
    expect(apply('argmax', { axis: 0 }, f32(1, NAN, INF, NAN))).toEqual([[1]])
    expect(apply('argmax', { axis: 0 }, f32(-INF, -INF))).toEqual([[0]])
  })

  test('sort is stable both ways, and NaN is greatest', () => {
    const x = f32(2, NAN, -0, 1, 0, NAN, 2)
    expect(apply('sort', { axis: 0, descending: false }, x)).toEqual([
      [-0, 0, 1, 2, 2, NAN, NAN],
      [2, 4, 3, 0, 6, 1, 5],
    ])
    expect(apply('sort', { axis: 0, descending: true }, x)).toEqual([
      [NAN, NAN, 2, 2, 1, -0, 0],
      [1, 5, 0, 6, 3, 2, 4],
    ])
  })

  test('windowArgmax never chooses padding', () => {
    const window = { window: [2], strides: [1], padding: [[1, 1]] as const, dilation: [1] }
    expect(apply('windowArgmax', window, f32(-3, -3, NAN, 5))).toEqual([[0, 0, 2, 2, 3]])
  })
})

describe('an index out of range', () => {
  const x = operand('float32', [3, 2], [1, 2, 3, 4, 5, 6])
  test('of gather is an error that names it', () => {
    expect(() => apply('gather', { axis: 0 }, x, i32(0, 3))).toThrow('gather: index 3 is not in an axis of size 3')
    expect(() => apply('gather', { axis: 1 }, x, i32(-1))).toThrow('gather: index -1 is not in an axis of size 2')
    expect(apply('gather', { axis: 0 }, x, i32(0, 2))).toEqual([[1, 2, 5, 6]])
  })

  test('of scatterAdd is an error that names it', () => {
    const updates = operand('float32', [1, 2], [1, 1])
    expect(() => apply('scatterAdd', { axis: 0 }, x, i32(5), updates)).toThrow(
      'scatterAdd: index 5 is not in an axis of size 3',
    )
    expect(apply('scatterAdd', { axis: 0 }, x, i32(1), updates)).toEqual([[1, 2, 4, 5, 5, 6]])
  })
})

describe('over nothing', () => {
  const none = operand('float32', [0, 2], [])
  test('a sum is 0, a product 1, and an extreme of no results is none', () => {
    expect(apply('sum', { axes: [0] }, none)).toEqual([[0, 0]])
    expect(apply('prod', { axes: [0] }, none)).toEqual([[1, 1]])
    expect(apply('max', { axes: [1] }, none)).toEqual([[]])
    expect(apply('sum', { axes: [] }, operand('float32', [], [3]))).toEqual([[3]])
  })

  test('a product of matrices without inner elements is 0', () => {
    expect(
      apply(
        'dot',
        { transposeA: false, transposeB: false },
        operand('float32', [2, 0], []),
        operand('float32', [0, 2], []),
      ),
    ).toEqual([[0, 0, 0, 0]])
  })

  test('a convolution without channels is 0', () => {
    const attrs = { strides: [1], padding: [[0, 0]] as const, dilation: [1], inputDilation: [1], groups: 1 }
    expect(apply('conv', attrs, operand('float32', [1, 0, 3], []), operand('float32', [2, 0, 2], []))).toEqual([
      [0, 0, 0, 0],
    ])
  })
})
