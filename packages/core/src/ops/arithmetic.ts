/** Elementwise operations of one, two and three operands, with PyTorch's promotion and broadcasting. */
import { UNARY_FLOAT, UNARY_NUMBER, type DType } from '../contract/contract.ts'
import { DTYPES } from '../contract/dtype.ts'
import { DTypeError } from '../contract/errors.ts'
import type { Sym } from '../ir/builder.ts'
import { traceComposite } from '../ir/composite.ts'
import { Composite, NONE, Op } from '../engine/op.ts'
import { isInteger } from './integers.ts'
import { broadcast, resultType, toFloat, unify } from './promotion.ts'
import { refuseWhere } from './refusal.ts'
import { trunc } from './special.ts'

type Unary = (typeof UNARY_NUMBER | typeof UNARY_FLOAT)[number]
const INTEGER_TOO: readonly string[] = [...UNARY_NUMBER, 'floor', 'ceil', 'round']

/** One operation per unary primitive, under its name. */
export const unary: { readonly [K in Unary]: Op } = Object.fromEntries(
  [...UNARY_NUMBER, ...UNARY_FLOAT].map((name) => [
    name,
    new Op(name, ([operand]) => {
      const x = operand!
      if (!INTEGER_TOO.includes(name)) return [toFloat(x)[name]()]
      if (x.dtype === 'bool' && name === 'neg')
        throw new DTypeError(name, ['bool'], 'negation is not defined for bool; use logicalNot')
      if (x.dtype === 'bool' || ((UNARY_FLOAT as readonly string[]).includes(name) && toFloat(x) !== x)) return [x]
      const result = x[name]()
      // PyTorch's sign of NaN is 0.
      return [name === 'sign' && toFloat(x) === x ? x.eq(x).where(result, 0) : result]
    }),
  ]),
) as { [K in Unary]: Op }

type BinaryRule = (a: Sym, b: Sym) => Sym

const notForBool = (name: string, operands: readonly Sym[]): DTypeError =>
  new DTypeError(
    name,
    operands.map((x) => x.dtype),
    'not defined for bool; cast first',
  )

const binary = (name: string, rule: BinaryRule, onBool?: BinaryRule): Op =>
  new Op(name, (operands) => {
    const dtype = resultType(operands)
    if (dtype === 'bool' && onBool === undefined) throw notForBool(name, operands)
    const [a, b] = unify(name, operands, dtype)
    return [(dtype === 'bool' ? onBool! : rule)(a!, b!)]
  })

const real = (name: string, rule: BinaryRule): Op =>
  new Op(
    name,
    (operands) => {
      const [a, b] = unify(name, operands.map(toFloat))
      return [rule(a!, b!)]
    },
    { real: true },
  )

const compare = (name: string, rule: BinaryRule): Op =>
  new Op(name, (operands) => {
    const [a, b] = unify(name, operands)
    return [rule(a!, b!)]
  })

const logical = (x: Sym): Sym => x.cast('bool')

/** Whether a remainder is not 0 and has not the sign of the divisor. */
const isOdd = (rest: Sym, b: Sym): Sym =>
  rest
    .eq(0)
    .not()
    .and(rest.lt(0).eq(b.lt(0)).not())
/** fmod with the sign of the divisor. */
const remainder: BinaryRule = (a, b) => {
  const rest = a.mod(b)
  return isOdd(rest, b).where(rest.add(b), rest)
}
/** Integers have no quotient by 0. */
const quotient = (name: string, rule: BinaryRule): Op =>
  new Op(name, ([a, b]) => {
    const dtype = resultType([a!, b!])
    if (dtype === 'bool') throw notForBool(name, [a!, b!])
    const by = b!.cast(dtype)
    const divisor = isInteger(dtype) ? refuseWhere(by.eq(0), by, 'OptionError', name, 'integer division by zero') : by
    const [x, y] = unify(name, [a!, divisor], dtype)
    return [rule(x!, y!)]
  })

export const add: Op = binary(
  'add',
  (a, b) => a.add(b),
  (a, b) => a.or(b),
)
const difference: Op = binary('sub', (a, b) => a.sub(b))
/** Not of masks, also beside numbers: 1 - mask is logicalNot. */
export const sub: Op = new Op('sub', (operands, attrs, builder) => {
  if (operands.some((x) => x.dtype === 'bool'))
    throw new DTypeError(
      'sub',
      operands.map((x) => x.dtype),
      'bool has no differences; use logicalXor, or logicalNot to invert a mask, or cast first',
    )
  return difference.trace(operands, attrs, builder)
})
export const mul: Op = binary(
  'mul',
  (a, b) => a.mul(b),
  (a, b) => a.and(b),
)
export const div: Op = real('div', (a, b) => a.div(b))
const power: Op = binary('pow', (a, b) => a.pow(b))
/** Integers have no powers of negative numbers; in exponents that are tensors they are those of 1 / x, as PyTorch's. */
export const pow: Op = new Op('pow', ([a, b], attrs, builder) => {
  const exponent =
    isInteger(resultType([a!, b!])) && DTYPES[b!.dtype].range[0] < 0 && b!.rank === 0
      ? refuseWhere(b!.lt(0), b!, 'OptionError', 'pow', 'integers have no negative integer powers; use float() first')
      : b!
  return power.trace([a!, exponent], attrs, builder)
})
/** By the rule for integers, as one node for real numbers. */
const byNode =
  (node: Composite<'floorDivide' | 'truncDivide' | 'fmod' | 'remainder'>): BinaryRule =>
  (a, b) => {
    const operands = [a, b]
    return (
      isInteger(a.dtype) ? node.trace(operands, NONE, a.builder) : traceComposite(node, a.builder, operands, NONE)
    )[0]!
  }
/** A quotient that is rounded: of real numbers its gradient is 0. */
const rounded = <N extends 'floorDivide' | 'truncDivide'>(name: N, rule: BinaryRule): Composite<N, object> =>
  new Composite<N, object>(
    name,
    ([a, b]) => [rule(a!, b!)],
    ([g]) => [g!.like(0), g!.like(0)],
  )
/** As Python's: the quotient of what is left when the remainder is taken off, so that it fits the remainder. */
export const floorDivideNode = rounded('floorDivide', (a, b) => {
  const rest = a.mod(b)
  if (isInteger(a.dtype)) return a.div(b).sub(isOdd(rest, b).cast(a.dtype))
  const whole = a.sub(rest).div(b)
  const below = isOdd(rest, b).where(whole.sub(1), whole)
  const floor = below.floor()
  const nearest = floor.like(0.5).lt(below.sub(floor)).where(floor.add(1), floor)
  return b.eq(0).where(a.div(b), nearest)
})
const floored = byNode(floorDivideNode)
export const truncDivideNode = rounded('truncDivide', (a, b) => (isInteger(a.dtype) ? a.div(b) : trunc(a.div(b))))
const truncated = byNode(truncDivideNode)
/** a - b times the rounded quotient: that is its gradient by b. */
const rest = <N extends 'fmod' | 'remainder'>(name: N, rule: BinaryRule, by: BinaryRule): Composite<N, object> =>
  new Composite<N, object>(
    name,
    ([a, b]) => [rule(a!, b!)],
    ([g], [a, b]) => [g!, g!.neg().mul(by(a!, b!))],
  )
export const fmodNode = rest('fmod', (a, b) => a.mod(b), truncated)
export const fmod: Op = quotient('fmod', byNode(fmodNode))
export const remainderNode = rest('remainder', remainder, floored)
export const rem: Op = quotient('remainder', byNode(remainderNode))
export const floorDivide: Op = quotient('floorDivide', floored)
export const divFloor: Op = quotient('div', floored)
export const divTrunc: Op = quotient('div', truncated)
export const maximum: Op = binary(
  'maximum',
  (a, b) => a.maximum(b),
  (a, b) => a.or(b),
)
export const minimum: Op = binary(
  'minimum',
  (a, b) => a.minimum(b),
  (a, b) => a.and(b),
)

export const eq: Op = compare('eq', (a, b) => a.eq(b))
export const ne: Op = compare('ne', (a, b) => a.eq(b).not())
export const lt: Op = compare('lt', (a, b) => a.lt(b))
export const le: Op = compare('le', (a, b) => a.le(b))
export const gt: Op = compare('gt', (a, b) => b.lt(a))
export const ge: Op = compare('ge', (a, b) => b.le(a))

export const logicalAnd: Op = compare('logicalAnd', (a, b) => logical(a).and(logical(b)))
export const logicalOr: Op = compare('logicalOr', (a, b) => logical(a).or(logical(b)))
export const logicalNot: Op = new Op('logicalNot', ([x]) => [logical(x!).not()])

/** (condition, a, b) */
export const where: Op = new Op('where', ([condition, ...branches]) => {
  if (condition!.dtype !== 'bool') throw new DTypeError('where', [condition!.dtype], 'the condition must be bool')
  const dtype = resultType(branches)
  const [c, a, b] = broadcast('where', [condition!, ...branches.map((x) => x.cast(dtype))])
  return [c!.where(a!, b!)]
})
export const cast: Op<{ dtype: DType }> = new Op('to', ([x], { dtype }) => [x!.cast(dtype)])
