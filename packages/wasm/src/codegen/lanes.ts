/**
 * Elementwise primitives on four elements at a time. In a register float32 is f32x4; int32 and uint8 are i32x4 (uint8 from
 * 0 to 255); bool is a mask of all ones or zeros per lane.
 */
import type { BINARY_NUMBER, COMPARISON, DType, LOGIC, UNARY_FLOAT, UNARY_NUMBER } from '@glissade/core/backend'
import {
  f32,
  f32x4,
  f64,
  i32,
  i32x4,
  i64,
  lane,
  lowBytes,
  op,
  select,
  storeLane,
  at,
  type Code,
} from '../emitter/code.ts'
import type { FunctionWriter, Local } from '../emitter/function.ts'
import type { ModuleWriter } from '../emitter/module.ts'
import { atan, choose, erf, exp, expm1, log, log1p, power, tanh, type Formula, type Vector } from './math.ts'
import { bytesOf, kindOf } from './stored.ts'
import { cos, sin, type Ranged } from './sine.ts'

/** What a lane formula may use: the function it is part of, and the module for functions it calls. */
export interface Writing {
  readonly f: FunctionWriter
  readonly module: ModuleWriter
}

const isFloat = (dtype: DType): boolean => kindOf(dtype) === 'f32'
const BYTE = i32x4(255)
const byte = (dtype: DType, x: Vector): Vector => (dtype === 'uint8' ? op('v128.and', x, BYTE) : x)

/** Four elements from memory. */
export function loadVector(dtype: DType, address: Code<'i32'>, offset: number): Vector {
  if (bytesOf(dtype) === 4) return at('v128.load', offset, address)
  const wide = op('i32x4.extend_low_i16x8_u', op('i16x8.extend_low_i8x16_u', at('v128.load32_zero', offset, address)))
  return dtype === 'bool' ? op('i32x4.ne', wide, i32x4(0)) : wide
}
/** One element in every lane. */
export function loadSplat(dtype: DType, address: Code<'i32'>, offset = 0): Vector {
  if (bytesOf(dtype) === 4) return at('v128.load32_splat', offset, address)
  const wide = op('i32x4.splat', at('i32.load8_u', offset, address))
  return dtype === 'bool' ? op('i32x4.ne', wide, i32x4(0)) : wide
}
/** As stored: bool becomes 0 or 1. */
const plain = (dtype: DType, x: Vector): Vector => (dtype === 'bool' ? op('v128.and', x, i32x4(1)) : x)
export function storeVector(dtype: DType, address: Code<'i32'>, offset: number, value: Vector): Code<'void'> {
  return bytesOf(dtype) === 4
    ? at('v128.store', offset, address, value)
    : storeLane(offset, 0, address, lowBytes(plain(dtype, value)))
}
/** The first lane only. */
export function storeFirst(dtype: DType, address: Code<'i32'>, offset: number, value: Vector): Code<'void'> {
  return bytesOf(dtype) === 4
    ? storeLane(offset, 0, address, value)
    : at('i32.store8', offset, address, lane('i32x4.extract_lane', 0, plain(dtype, value)))
}
export function constantVector(dtype: DType, value: number): Vector {
  if (isFloat(dtype)) return f32x4(value)
  if (dtype === 'bool') return i32x4(value === 0 ? 0 : -1)
  return i32x4(dtype === 'uint8' ? value & 255 : value | 0)
}

export type UnaryOp = (typeof UNARY_NUMBER | typeof UNARY_FLOAT)[number] | 'not'
export type BinaryOp = (typeof BINARY_NUMBER | typeof COMPARISON | typeof LOGIC)[number]
type Unary = (place: Writing, x: Vector, dtype: DType) => Vector
type Binary = (place: Writing, x: Vector, y: Vector, dtype: DType) => Vector

/** A function that is called: one per module, since it is long. */
const called =
  (name: string, formula: Formula): Unary =>
  ({ f, module }, x) =>
    f.call(
      module.once(name, ['v128'], 'v128', (g, a) => g.return(formula(g, a))),
      x,
    )

/** Likewise, with a way of its own for what is far: where the two met again, registers would be taken for both. */
const ranged = (name: string, { isFar, near, far }: Ranged): Unary =>
  called(name, (f, x) => {
    f.if(isFar(f, x), () => f.return(far(f, x)))
    return near(f, x)
  })

const numeric =
  (float: (x: Vector) => Vector, integer: (x: Vector) => Vector): Unary =>
  (_, x, dtype) =>
    isFloat(dtype) ? float(x) : byte(dtype, integer(x))

// prettier-ignore
export const UNARY: { readonly [P in UnaryOp]: Unary } = {
  neg: numeric((x) => op('f32x4.neg', x), (x) => op('i32x4.neg', x)),
  abs: (_, x, dtype) => isFloat(dtype) ? op('f32x4.abs', x) : dtype === 'uint8' ? x : op('i32x4.abs', x),
  // NaN and the zeros are their own signs.
  sign: (_, x, dtype) => isFloat(dtype)
    ? choose(op('f32x4.gt', op('f32x4.abs', x), f32x4(0)), op('v128.or', op('v128.and', x, i32x4(-0x80000000)), f32x4(1)), x)
    : op('i32x4.sub', op('i32x4.lt_s', x, i32x4(0)), op('i32x4.gt_s', x, i32x4(0))),
  floor: (_, x) => op('f32x4.floor', x),
  ceil: (_, x) => op('f32x4.ceil', x),
  round: (_, x) => op('f32x4.nearest', x),
  sqrt: (_, x) => op('f32x4.sqrt', x),
  exp: called('exp', exp),
  expm1: called('expm1', expm1),
  log: called('log', log),
  log1p: called('log1p', log1p),
  sin: ranged('sin', sin),
  cos: ranged('cos', cos),
  atan: called('atan', atan),
  tanh: called('tanh', tanh),
  erf: called('erf', erf),
  not: (_, x, dtype) => byte(dtype, op('v128.not', x)),
}

/** Lane by lane through a function of two numbers, where there is no vector instruction. */
const perLane =
  <T extends 'f32' | 'i32'>(
    name: string,
    kind: T,
    write: (f: FunctionWriter, x: Local<T>, y: Local<T>) => void,
  ): Binary =>
  ({ f, module }, x, y, dtype) => {
    const scalar = module.once(name, [kind, kind], kind, write)
    const vector = module.once(`${name}.lanes`, ['v128', 'v128'], 'v128', (g, a, b) => {
      const result = g.let(a)
      for (let i = 0; i < 4; i++)
        g.set(
          result,
          kind === 'f32'
            ? lane(
                'f32x4.replace_lane',
                i,
                result,
                g.call(scalar as never, lane('f32x4.extract_lane', i, a), lane('f32x4.extract_lane', i, b)),
              )
            : lane(
                'i32x4.replace_lane',
                i,
                result,
                g.call(scalar as never, lane('i32x4.extract_lane', i, a), lane('i32x4.extract_lane', i, b)),
              ),
        )
      g.return(result)
    })
    return byte(dtype, f.call(vector, x, y))
  }

/** Truncates; dividing by 0 gives 0. Dividing by -1 is negation, so that the least integer does not trap. */
const integerDivision = perLane('i32.divide', 'i32', (f, a, b) => {
  f.if(op('i32.eqz', b), () => f.return(i32(0)))
  f.if(op('i32.eq', b, i32(-1)), () => f.return(op('i32.sub', i32(0), a)))
  f.return(op('i32.div_s', a, b))
})
const integerRemainder = perLane('i32.remainder', 'i32', (f, a, b) => {
  f.if(op('i32.eqz', b), () => f.return(i32(0)))
  f.return(op('i32.rem_s', a, b))
})
/** By squaring; a negative power is that of 1 / x by integer division. */
const integerPower = perLane('i32.power', 'i32', (f, x, y) => {
  f.if(op('i32.lt_s', y, i32(0)), () => {
    f.if(op('i32.eq', x, i32(1)), () => f.return(i32(1)))
    f.if(op('i32.eq', x, i32(-1)), () => f.return(select(i32(-1), i32(1), op('i32.and', y, i32(1)))))
    f.return(i32(0))
  })
  const result = f.let(i32(1))
  f.block(() =>
    f.loop(() => {
      f.branchIf(1, op('i32.eqz', y))
      f.if(op('i32.and', y, i32(1)), () => f.set(result, op('i32.mul', result, x)))
      f.set(x, op('i32.mul', x, x))
      f.set(y, op('i32.shr_u', y, i32(1)))
      return i32(1)
    }),
  )
  f.return(result)
})

/** Quotients below this are exact in the double product: 28 and 24 digits. */
const QUOTIENT_BITS = 28
/**
 * C's fmod, exact: while |x / y| is large, multiples of y scaled by a power of two are taken off. The quotient may be one
 * too large after its rounding, so the rest may come out negative once.
 */
const floatRemainder = perLane('f32.remainder', 'f32', (f, x, y) => {
  const rest = f.let(op('f64.abs', op('f64.promote_f32', x)))
  const divisor = f.let(op('f64.abs', op('f64.promote_f32', y)))
  // NaN, an infinite dividend, a zero divisor: NaN. An infinite divisor: x.
  f.if(op('i32.eqz', op('i32.and', op('f64.lt', rest, f64(Infinity)), op('f64.gt', divisor, f64(0)))), () =>
    f.return(f32(NaN)),
  )
  f.if(op('f64.eq', divisor, f64(Infinity)), () => f.return(x))
  const exponent = (value: Code<'f64'>): Code<'i32'> =>
    op('i32.wrap_i64', op('i64.shr_u', op('i64.reinterpret_f64', value), i64(52)))
  const multiple = f.local('f64')
  const gap = f.local('i32')
  f.loop(() => {
    f.set(gap, op('i32.sub', exponent(rest), exponent(divisor)))
    f.set(multiple, divisor)
    f.if(op('i32.gt_s', gap, i32(QUOTIENT_BITS)), () => {
      const scale = op('i64.shl', op('i64.extend_i32_s', op('i32.add', gap, i32(1023 - QUOTIENT_BITS))), i64(52))
      f.set(multiple, op('f64.mul', divisor, op('f64.reinterpret_i64', scale)))
    })
    f.set(rest, op('f64.sub', rest, op('f64.mul', op('f64.trunc', op('f64.div', rest, multiple)), multiple)))
    f.if(op('f64.lt', rest, f64(0)), () => f.set(rest, op('f64.add', rest, multiple)))
    return op('f64.ge', rest, divisor)
  })
  f.return(op('f32.demote_f64', op('f64.copysign', rest, op('f64.promote_f32', x))))
})

type Vectors = (x: Vector, y: Vector) => Vector
const arithmetic =
  (float: Vectors, integer: Vectors): Binary =>
  (_, x, y, dtype) =>
    isFloat(dtype) ? float(x, y) : byte(dtype, integer(x, y))
const routed =
  (float: Binary, integer: Binary): Binary =>
  (place, x, y, dtype) =>
    (isFloat(dtype) ? float : integer)(place, x, y, dtype)

// prettier-ignore
export const BINARY: { readonly [P in BinaryOp]: Binary } = {
  add: arithmetic((x, y) => op('f32x4.add', x, y), (x, y) => op('i32x4.add', x, y)),
  sub: arithmetic((x, y) => op('f32x4.sub', x, y), (x, y) => op('i32x4.sub', x, y)),
  mul: arithmetic((x, y) => op('f32x4.mul', x, y), (x, y) => op('i32x4.mul', x, y)),
  div: routed((_, x, y) => op('f32x4.div', x, y), integerDivision),
  mod: routed(floatRemainder, integerRemainder),
  pow: routed(({ f, module }, x, y) => f.call(module.once('pow', ['v128', 'v128'], 'v128', (g, a, b) => g.return(power(g, a, b))), x, y), integerPower),
  maximum: arithmetic((x, y) => op('f32x4.max', x, y), (x, y) => op('i32x4.max_s', x, y)),
  minimum: arithmetic((x, y) => op('f32x4.min', x, y), (x, y) => op('i32x4.min_s', x, y)),
  eq: arithmetic((x, y) => op('f32x4.eq', x, y), (x, y) => op('i32x4.eq', x, y)),
  // Of masks true is -1: the order is turned round.
  lt: (_, x, y, dtype) => isFloat(dtype) ? op('f32x4.lt', x, y) : dtype === 'bool' ? op('i32x4.lt_s', y, x) : op('i32x4.lt_s', x, y),
  le: (_, x, y, dtype) => isFloat(dtype) ? op('f32x4.le', x, y) : dtype === 'bool' ? op('i32x4.le_s', y, x) : op('i32x4.le_s', x, y),
  and: (_, x, y) => op('v128.and', x, y),
  or: (_, x, y) => op('v128.or', x, y),
}
/** Results of these are masks. */
const COMPARES: ReadonlySet<string> = new Set(['eq', 'lt', 'le'])

export function binary(name: BinaryOp, place: Writing, x: Vector, y: Vector, dtype: DType): Vector {
  // A mask has no bytes to cut.
  return BINARY[name](place, x, y, COMPARES.has(name) && dtype === 'uint8' ? 'int32' : dtype)
}

/** From one dtype to another. */
export function cast(x: Vector, from: DType, to: DType): Vector {
  if (from === to) return x
  if (from === 'bool') return op('v128.and', x, isFloat(to) ? f32x4(1) : i32x4(1))
  if (to === 'bool') return isFloat(from) ? op('f32x4.ne', x, f32x4(0)) : op('i32x4.ne', x, i32x4(0))
  if (isFloat(to)) return op('f32x4.convert_i32x4_s', x)
  if (isFloat(from) && to === 'uint8')
    // From 2^31 on a float32 is a multiple of 256.
    return op(
      'v128.and',
      op('v128.and', op('i32x4.trunc_sat_f32x4_s', x), BYTE),
      op('f32x4.lt', op('f32x4.abs', x), f32x4(2 ** 31)),
    )
  if (isFloat(from)) return op('i32x4.trunc_sat_f32x4_s', x)
  return to === 'uint8' ? op('v128.and', x, BYTE) : x
}
