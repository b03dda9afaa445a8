/** The arithmetic of every primitive on examples worked by hand, and the rules at the edges. */
import { describe, expect, test } from 'vitest'
import type { Attributes, Primitive } from '../../src/contract/contract.ts'
import { definitions } from '../../src/ir/evaluate.ts'
import { rules } from '../../src/ir/infer.ts'
import { bool, compute, f32, f64, i32, u8, type Operand } from './one-node.ts'

interface Example<P extends Primitive> {
  readonly attrs: Attributes[P]
  readonly args: readonly Operand[]
  readonly want: readonly (readonly number[])[]
  /** For irrational results: decimal digits, by mpmath. */
  readonly digits?: number
}

const of = <A extends object>(attrs: A, args: readonly Operand[], ...want: number[][]) => ({ attrs, args, want })
/** Function values to 16 digits, computed by mpmath with 40. */
const near = (args: readonly Operand[], ...want: number[]) => ({ attrs: {}, args, want: [want], digits: 15 })

/** One window over one axis. */
const over = (window: number, stride = 1, padding: readonly [number, number] = [0, 0], dilation = 1) => ({
  window: [window],
  strides: [stride],
  padding: [padding],
  dilation: [dilation],
})
const plainConv = { strides: [1], padding: [[0, 0]], dilation: [1], inputDilation: [1], groups: 1 } as const

const x23 = f32([2, 3], 1, 2, 3, 4, 5, 6)

const examples: { readonly [P in Primitive]: readonly Example<P>[] } = {
  neg: [
    of({}, [f32([2], 1.5, -2)], [-1.5, 2]),
    of({}, [u8([2], 1, 0)], [255, 0]),
    of({}, [i32([1], -(2 ** 31))], [-(2 ** 31)]),
  ],
  abs: [of({}, [f32([2], -1.5, 2)], [1.5, 2]), of({}, [i32([2], -3, -(2 ** 31))], [3, -(2 ** 31)])],
  sign: [of({}, [f32([4], -2, 0, 0.5, NaN)], [-1, 0, 1, NaN]), of({}, [i32([3], -7, 0, 7)], [-1, 0, 1])],

  floor: [of({}, [f32([3], 1.5, -1.5, 2)], [1, -2, 2])],
  ceil: [of({}, [f32([3], 1.5, -1.5, -0.5)], [2, -1, -0])],
  // Halves go to the even neighbour; -0.5 and -0.2 keep their sign; 0.49999999999999994 + 0.5 would round to 1.
  round: [
    of({}, [f64([8], 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, -0.2, 2.6)], [0, 2, 2, -0, -2, -2, -0, 3]),
    of({}, [f64([4], 0.49999999999999994, 2 ** 52 + 1, -Infinity, NaN)], [0, 2 ** 52 + 1, -Infinity, NaN]),
  ],
  exp: [
    near([f64([2], 1, -1)], 2.718281828459045, 0.36787944117144233),
    of({}, [f32([2], -Infinity, Infinity)], [0, Infinity]),
  ],
  // exp(1e-10) - 1 has 6 digits, expm1 all.
  expm1: [
    near([f64([2], 1, 1e-10)], 1.718281828459045, 1.00000000005e-10),
    of({}, [f32([2], -Infinity, -0)], [-1, -0]),
  ],
  log: [near([f64([2], 2, 10)], 0.6931471805599453, 2.302585092994046), of({}, [f32([2], 0, -1)], [-Infinity, NaN])],
  log1p: [
    near([f64([2], 1, 1e-10)], 0.6931471805599453, 9.9999999995e-11),
    of({}, [f32([2], -1, -0)], [-Infinity, -0]),
  ],
  sin: [near([f64([2], 1, -2)], 0.8414709848078965, -0.9092974268256817), of({}, [f32([2], Infinity, -0)], [NaN, -0])],
  cos: [near([f64([2], 1, -2)], 0.5403023058681398, -0.4161468365471424)],
  atan: [near([f64([2], 1, -Infinity)], Math.PI / 4, -Math.PI / 2)],
  tanh: [near([f64([1], 0.5)], 0.46211715726000976), of({}, [f32([3], 50, -Infinity, -0)], [1, -1, -0])],
  sqrt: [of({}, [f64([4], 9, 0, -0, -1)], [3, 0, -0, NaN])],
  erf: [
    near(
      [f64([8], 0.25, 0.5, 0.875, 1, 1.5, -2, 3, 5)],
      0.27632639016823696,
      0.5204998778130465,
      0.7840750610598597,
      0.8427007929497149,
      0.9661051464753108,
      -0.9953222650189527,
      0.9999779095030014,
      0.9999999999984626,
    ),
    near([f64([1], 1e-300)], 1.1283791670955126e-300),
    of({}, [f64([5], Infinity, -Infinity, NaN, -0, 6)], [1, -1, NaN, -0, 1]),
  ],

  // 2147483647 + 1 = 2^31, which is -2^31 modulo 2^32; 200 + 100 = 300 = 44 modulo 256.
  add: [
    of({}, [f64([2], 1, 0.1), f64([2], 2, 0.2)], [3, 0.30000000000000004]),
    of({}, [i32([1], 2147483647), i32([1], 1)], [-2147483648]),
    of({}, [u8([1], 200), u8([1], 100)], [44]),
  ],
  sub: [of({}, [f32([2], 1, Infinity), f32([2], 3, Infinity)], [-2, NaN]), of({}, [u8([1], 3), u8([1], 5)], [254])],
  // 65537^2 = 2^32 + 2^17 + 1; 2147483647^2 = 2^62 - 2^32 + 1, whose last bits no float64 holds;
  // 20 * 20 = 400 = 144 modulo 256.
  mul: [
    of({}, [f32([2], 1.5, 0), f32([2], -4, Infinity)], [-6, NaN]),
    of({}, [i32([2], 65537, 2147483647), i32([2], 65537, 2147483647)], [131073, 1]),
    of({}, [u8([1], 20), u8([1], 20)], [144]),
  ],
  // Integers truncate; by 0 gives 0; -2^31 / -1 = 2^31 wraps.
  div: [
    of({}, [f32([3], 1, 1, 0), f32([3], 4, 0, 0)], [0.25, Infinity, NaN]),
    of({}, [i32([5], 7, -7, 7, 7, -2147483648), i32([5], 2, 2, -2, 0, -1)], [3, -3, -3, 0, -2147483648]),
    of({}, [u8([2], 200, 9), u8([2], 7, 0)], [28, 0]),
  ],
  // The sign of the dividend: -7 = -2 * 3 - 1.
  mod: [
    of({}, [f32([5], 7, -7, 7, 5.5, 1), f32([5], 3, 3, -3, 2, 0)], [1, -1, 1, 1.5, NaN]),
    of({}, [i32([4], 7, -7, 7, -6), i32([4], 3, 3, -3, 3)], [1, -1, 1, 0]),
  ],
  // C's pow: 1 to the NaN and -1 to the infinite are 1, as is anything to the 0. Integers: 3^21 = 10460353203 =
  // 1870418611 modulo 2^32.
  pow: [
    of({}, [f32([4], 2, 9, -2, 0), f32([4], 10, 0.5, 3, -1)], [1024, 3, -8, Infinity]),
    of({}, [f32([5], 1, -1, -1, NaN, 1), f32([5], NaN, Infinity, -Infinity, 0, Infinity)], [1, 1, 1, 1, 1]),
    of({}, [f32([4], NaN, -8, 0.5, -0), f32([4], 1, 1 / 3, Infinity, 3)], [NaN, NaN, 0, -0]),
    of({}, [i32([4], 3, 2, -2, 0), i32([4], 21, 32, 31, 0)], [1870418611, 0, -2147483648, 1]),
    of({}, [u8([2], 3, 2), u8([2], 6, 8)], [217, 0]),
  ],
  maximum: [
    of({}, [f32([4], 1, NaN, 3, -0), f32([4], 2, 1, NaN, 0)], [2, NaN, NaN, 0]),
    of({}, [i32([1], -1), i32([1], -2)], [-1]),
  ],
  minimum: [of({}, [f32([4], 1, NaN, 3, -0), f32([4], 2, 1, NaN, 0)], [1, NaN, NaN, -0])],

  eq: [
    of({}, [f32([4], 1, NaN, 0, 2), f32([4], 1, NaN, -0, 3)], [1, 0, 1, 0]),
    of({}, [bool([2], 0, 1), bool([2], 0, 0)], [1, 0]),
  ],
  lt: [of({}, [f32([4], 1, NaN, -0, -Infinity), f32([4], 2, 1, 0, 0)], [1, 0, 0, 1])],
  le: [of({}, [f32([4], 1, NaN, 0, 3), f32([4], 1, NaN, -0, 2)], [1, 0, 1, 0])],
  // 12 = 1100, 10 = 1010: and 1000 = 8, or 1110 = 14.
  and: [
    of({}, [bool([4], 0, 0, 1, 1), bool([4], 0, 1, 0, 1)], [0, 0, 0, 1]),
    of({}, [i32([2], 12, -1), i32([2], 10, 5)], [8, 5]),
  ],
  or: [
    of({}, [bool([4], 0, 0, 1, 1), bool([4], 0, 1, 0, 1)], [0, 1, 1, 1]),
    of({}, [u8([2], 12, 128), u8([2], 10, 1)], [14, 129]),
  ],
  // ~5 = -6; in eight bits 00000101 becomes 11111010 = 250.
  not: [of({}, [bool([2], 0, 1)], [1, 0]), of({}, [i32([2], 5, -1)], [-6, 0]), of({}, [u8([1], 5)], [250])],
  where: [of({}, [bool([3], 1, 0, 1), f32([3], 1, 2, NaN), f32([3], 4, NaN, 6)], [1, NaN, NaN])],
  cast: [
    of(
      { dtype: 'int32' as const },
      [f32([6], 1.9, -1.9, 3e9, -Infinity, NaN, -0.5)],
      [1, -1, 2147483647, -2147483648, 0, 0],
    ),
    // 300.7 truncates to 300 = 44 modulo 256; -1.5 to -1 = 255.
    of({ dtype: 'uint8' as const }, [f32([4], 300.7, -1.5, 255, NaN)], [44, 255, 255, 0]),
    of({ dtype: 'uint8' as const }, [i32([2], 257, -1)], [1, 255]),
    of({ dtype: 'bool' as const }, [f32([4], 0, -0, 0.1, NaN)], [0, 0, 1, 1]),
    of({ dtype: 'float32' as const }, [bool([2], 0, 1)], [0, 1]),
    of({ dtype: 'float32' as const }, [i32([1], 16777217)], [16777217]),
  ],

  // [[1,2,3],[4,5,6]]: columns 1+4, 2+5, 3+6; rows 6 and 15; all 21; over no axes nothing happens.
  sum: [
    of({ axes: [0] }, [x23], [5, 7, 9]),
    of({ axes: [1] }, [x23], [6, 15]),
    of({ axes: [0, 1] }, [x23], [21]),
    of({ axes: [] }, [x23], [1, 2, 3, 4, 5, 6]),
    of({ axes: [0] }, [u8([2], 200, 100)], [44]),
    of({ axes: [1] }, [f32([2, 0])], [0, 0]),
    of({ axes: [0, 2] }, [f32([2, 2, 2], 1, 2, 3, 4, 5, 6, 7, 8)], [14, 22]),
  ],
  // 1*2*3 and 4*5*6; 65536 * 65536 = 2^32 wraps to 0; over nothing 1.
  prod: [
    of({ axes: [1] }, [x23], [6, 120]),
    of({ axes: [0] }, [i32([2], 65536, 65536)], [0]),
    of({ axes: [0] }, [f32([0])], [1]),
  ],
  max: [
    of({ axes: [1] }, [f32([3, 2], 1, 2, NaN, 5, -4, -3)], [2, NaN, -3]),
    of({ axes: [1] }, [f32([0, 0])], []),
    of({ axes: [0] }, [i32([2], -5, -7)], [-5]),
  ],
  min: [of({ axes: [1] }, [f32([3, 2], 1, 2, 5, NaN, -4, -3)], [1, NaN, -4])],
  // The first of equal maxima; the first NaN above all.
  argmax: [
    of({ axis: 1 }, [f32([4, 3], 1, 3, 3, 9, NaN, NaN, 7, 5, 7, -1, -1, -2)], [1, 1, 0, 0]),
    of({ axis: 0 }, [x23], [1, 1, 1]),
    of({ axis: 1 }, [f32([0, 3])], []),
  ],
  // 1, 1+2, 1+2+3; from the end 3, 3+2, 3+2+1.
  cumsum: [
    of({ axis: 1, reverse: false }, [x23], [1, 3, 6, 4, 9, 15]),
    of({ axis: 1, reverse: true }, [x23], [6, 5, 3, 15, 11, 6]),
    of({ axis: 0, reverse: false }, [u8([3], 200, 100, 1)], [200, 44, 45]),
  ],

  reshape: [of({ shape: [3, 2] }, [x23], [1, 2, 3, 4, 5, 6])],
  // Transposed: columns become rows. With order [2,0,1], y[i,j,k] = x[j,k,i].
  permute: [
    of({ order: [1, 0] }, [x23], [1, 4, 2, 5, 3, 6]),
    of({ order: [2, 0, 1] }, [f32([1, 2, 3], 1, 2, 3, 4, 5, 6)], [1, 4, 2, 5, 3, 6]),
  ],
  expand: [
    of({ shape: [2, 2] }, [f32([2, 1], 1, 2)], [1, 1, 2, 2]),
    of({ shape: [2, 2] }, [f32([2], 1, 2)], [1, 2, 1, 2]),
    of({ shape: [3] }, [f32([], 7)], [7, 7, 7]),
    of({ shape: [0, 2] }, [f32([2], 1, 2)], []),
  ],
  // Columns 0 and 2 of row 1.
  slice: [
    of({ start: [1, 0], stop: [2, 3], step: [1, 2] }, [x23], [4, 6]),
    of({ start: [2], stop: [2], step: [1] }, [f32([3], 1, 2, 3)], []),
  ],
  // One 9 before, one between, two behind.
  pad: [
    of({ low: [1], high: [2], interior: [1], value: 9 }, [f32([2], 1, 2)], [9, 1, 9, 2, 9, 9]),
    of(
      { low: [0, 1], high: [1, 0], interior: [0, 0], value: -Infinity },
      [f32([1, 1], 5)],
      [-Infinity, 5, -Infinity, -Infinity],
    ),
    of({ low: [1], high: [1], interior: [3], value: 1 }, [bool([0])], [1, 1]),
  ],
  flip: [of({ axes: [1] }, [x23], [3, 2, 1, 6, 5, 4]), of({ axes: [0, 1] }, [x23], [6, 5, 4, 3, 2, 1])],
  concat: [
    of({ axis: 1 }, [f32([2, 1], 1, 2), f32([2, 2], 3, 4, 5, 6), f32([2, 0])], [1, 3, 4, 2, 5, 6]),
    of({ axis: 0 }, [i32([1], 1), i32([2], 2, 3)], [1, 2, 3]),
  ],

  // [[1,2],[3,4]] [[5,6],[7,8]] = [[1*5+2*7, 1*6+2*8], [3*5+4*7, 3*6+4*8]] = [[19,22],[43,50]].
  // A transposed is [[1,3],[2,4]], B [[5,7],[6,8]].
  dot: [
    of({ transposeA: false, transposeB: false }, [f32([2, 2], 1, 2, 3, 4), f32([2, 2], 5, 6, 7, 8)], [19, 22, 43, 50]),
    of({ transposeA: true, transposeB: false }, [f32([2, 2], 1, 2, 3, 4), f32([2, 2], 5, 6, 7, 8)], [26, 30, 38, 44]),
    of({ transposeA: false, transposeB: true }, [f32([2, 2], 1, 2, 3, 4), f32([2, 2], 5, 6, 7, 8)], [17, 23, 39, 53]),
    // 3 by 2 times 2 by 1: [[1,4],[2,5],[3,6]] [[1],[10]].
    of({ transposeA: true, transposeB: true }, [x23, f32([1, 2], 1, 10)], [41, 52, 63]),
    // Two batches of 1 by 2 times 2 by 1.
    of({ transposeA: false, transposeB: false }, [f32([2, 1, 2], 1, 2, 3, 4), f32([2, 2, 1], 1, 10, 1, 10)], [21, 43]),
    of({ transposeA: false, transposeB: false }, [f32([1, 0]), f32([0, 2])], [0, 0]),
    of({ transposeA: false, transposeB: false }, [i32([1, 1], 65537), i32([1, 1], 65537)], [131073]),
  ],
  conv: [
    // Not turned round: 1*10+2*1, 2*10+3*1, 3*10+4*1.
    of(plainConv, [f32([1, 1, 4], 1, 2, 3, 4), f32([1, 1, 2], 10, 1)], [12, 23, 34]),
    // Padded by one 0 on each side, every second position: 0*10+1*1, 2*10+3*1, 4*10+0*1.
    of(
      { ...plainConv, strides: [2], padding: [[1, 1]] },
      [f32([1, 1, 4], 1, 2, 3, 4), f32([1, 1, 2], 10, 1)],
      [1, 23, 40],
    ),
    // Window elements two apart: 1*10+3*1, 2*10+4*1.
    of({ ...plainConv, dilation: [2] }, [f32([1, 1, 4], 1, 2, 3, 4), f32([1, 1, 2], 10, 1)], [13, 24]),
    // Input 1 0 2: 1*10+0*1, 0*10+2*1.
    of({ ...plainConv, inputDilation: [2] }, [f32([1, 1, 2], 1, 2), f32([1, 1, 2], 10, 1)], [10, 2]),
    // Cropped by one on the left: 2*10+3*1, 3*10+4*1.
    of({ ...plainConv, padding: [[-1, 0]] }, [f32([1, 1, 4], 1, 2, 3, 4), f32([1, 1, 2], 10, 1)], [23, 34]),
    // Input 1 0 2 0 3, cropped by one on each side: 0 2 0; 0*10+2*1, 2*10+0*1.
    of(
      { ...plainConv, inputDilation: [2], padding: [[-1, -1]] },
      [f32([1, 1, 3], 1, 2, 3), f32([1, 1, 2], 10, 1)],
      [2, 20],
    ),
    // Two channels are summed: 1*10+3*1, 2*10+4*1.
    of(plainConv, [f32([1, 2, 2], 1, 2, 3, 4), f32([1, 2, 1], 10, 1)], [13, 24]),
    // Two groups: output 0 and 1 from channel 0 by 10 and 1, output 2 and 3 from channel 1 by 2 and 3.
    of(
      { ...plainConv, groups: 2 },
      [f32([1, 2, 2], 1, 2, 3, 4), f32([4, 1, 1], 10, 1, 2, 3)],
      [10, 20, 1, 2, 6, 8, 9, 12],
    ),
    // Two images of 2 by 2 under a window of 2 by 2: 1+20+300+4000.
    of(
      {
        strides: [1, 1],
        padding: [
          [0, 0],
          [0, 0],
        ],
        dilation: [1, 1],
        inputDilation: [1, 1],
        groups: 1,
      },
      [f32([2, 1, 2, 2], 1, 2, 3, 4, 1, 0, 0, 1), f32([1, 1, 2, 2], 1, 10, 100, 1000)],
      [4321, 1001],
    ),
    // Padding alone: no channel, or no element.
    of({ ...plainConv, padding: [[1, 1]] }, [f32([1, 1, 0]), f32([1, 1, 2], 10, 1)], [0]),
    of(plainConv, [f32([1, 0, 2]), f32([1, 0, 1])], [0, 0]),
  ],
  windowSum: [
    of(over(2), [f32([4], 1, 2, 3, 4)], [3, 5, 7]),
    of(over(2, 2, [1, 1]), [f32([4], 1, 2, 3, 4)], [1, 5, 4]),
    of(over(2, 1, [0, 0], 2), [f32([4], 1, 2, 3, 4)], [4, 6]),
    // Only the last axes: each row on its own.
    of(over(3), [x23], [6, 15]),
    of(over(2), [u8([2], 200, 100)], [44]),
    of(
      {
        window: [2, 2],
        strides: [1, 1],
        padding: [
          [0, 0],
          [0, 0],
        ],
        dilation: [1, 1],
      },
      [x23],
      [12, 16],
    ),
  ],
  windowArgmax: [
    // Windows 1 3, 3 3, 3 2: the first of equal maxima, by its index in the row.
    of(over(2), [f32([4], 1, 3, 3, 2)], [1, 1, 2]),
    // Padding is never chosen, even among negative numbers: windows (pad -5), (-5 -7), (-7 pad).
    of(over(2, 1, [1, 1]), [f32([2], -5, -7)], [0, 0, 1]),
    of(over(3), [f32([2, 3], NaN, 1, NaN, 1, 2, NaN)], [0, 2]),
    // Row-major in the space of two axes: 6 at [1,2] is 5, and 5 at [1,1] is 4. The leading axis does not count.
    of(
      {
        window: [2, 2],
        strides: [1, 1],
        padding: [
          [0, 0],
          [0, 0],
        ],
        dilation: [1, 1],
      },
      [f32([2, 2, 3], 1, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1)],
      [4, 5, 0, 1],
    ),
  ],

  // Rows 1, 0, 1; columns by a 2 by 2 index; a 0-d index takes the axis away.
  gather: [
    of({ axis: 0 }, [x23, i32([3], 1, 0, 1)], [4, 5, 6, 1, 2, 3, 4, 5, 6]),
    of({ axis: 1 }, [x23, i32([2, 2], 0, 2, 1, 1)], [1, 3, 2, 2, 4, 6, 5, 5]),
    of({ axis: 1 }, [x23, i32([], 2)], [3, 6]),
    of({ axis: 0 }, [bool([2], 1, 0), i32([0])], []),
  ],
  // 10 + 1 + 3 at 0, 20 + 2 at 1.
  scatterAdd: [
    of({ axis: 0 }, [f32([2], 10, 20), i32([3], 0, 1, 0), f32([3], 1, 2, 3)], [14, 22]),
    of({ axis: 1 }, [f32([2, 2], 0, 0, 0, 0), i32([], 1), f32([2], 5, 7)], [0, 5, 0, 7]),
    of({ axis: 0 }, [u8([1], 200), i32([1], 0), u8([1], 100)], [44]),
    // Ascending: (1e16 + 1) + 1 loses both; the pair added first would be 1e16 + 2.
    of({ axis: 0 }, [f64([1], 1e16), i32([2], 0, 0), f64([2], 1, 1)], [1e16]),
  ],
  // Equal elements keep their order in both directions; NaN is greatest, so last and, descending, first.
  sort: [
    of({ axis: 0, descending: false }, [f32([5], 3, NaN, 1, 3, -Infinity)], [-Infinity, 1, 3, 3, NaN], [4, 2, 0, 3, 1]),
    of({ axis: 0, descending: true }, [f32([5], 3, NaN, 1, 3, -Infinity)], [NaN, 3, 3, 1, -Infinity], [1, 0, 3, 2, 4]),
    of({ axis: 0, descending: false }, [f32([3], 0, -0, NaN)], [0, -0, NaN], [0, 1, 2]),
    of({ axis: 0, descending: false }, [f32([2, 2], 2, 1, 1, 2)], [1, 1, 2, 2], [1, 0, 0, 1]),
  ],
  constant: [
    of({ dtype: 'float32' as const, shape: [2], value: 0.5 }, [], [0.5, 0.5]),
    of({ dtype: 'int32' as const, shape: [2, 1], value: [3, -4] }, [], [3, -4]),
    // 0.1 is not a float32; its nearest is.
    of({ dtype: 'float32' as const, shape: [], value: 0.1 }, [], [Math.fround(0.1)]),
    of({ dtype: 'float64' as const, shape: [2], value: [NaN, -0] }, [], [NaN, -0]),
  ],
  iota: [
    of({ dtype: 'float32' as const, shape: [2, 3], axis: 1 }, [], [0, 1, 2, 0, 1, 2]),
    of({ dtype: 'int32' as const, shape: [2, 2], axis: 0 }, [], [0, 0, 1, 1]),
  ],
}

test('the tables of definitions, types and examples have the same rows', () => {
  expect(Object.keys(definitions).toSorted()).toEqual(Object.keys(rules).toSorted())
  expect(Object.keys(examples).toSorted()).toEqual(Object.keys(rules).toSorted())
})

describe.each(Object.keys(examples) as Primitive[])('%s', (op) => {
  test.each(
    (examples[op] as readonly Example<Primitive>[]).map(
      (example) => [String(example.args.map(({ type }) => type)), example] as const,
    ),
  )('of %s is as worked by hand', (_, { attrs, args, want, digits }) => {
    const got = compute(op, attrs, args)
    if (digits === undefined) return expect(got).toEqual(want)
    got[0]!.forEach((x, i) => expect(x / want[0]![i]!).toBeCloseTo(1, digits))
  })
})
