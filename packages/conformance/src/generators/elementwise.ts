/** Calls of the primitives that map elements to elements. */
import {
  BINARY_NUMBER,
  COMPARISON,
  DTYPES,
  LOGIC,
  UNARY_FLOAT,
  UNARY_NUMBER,
  epsilonOf,
  largestOf,
} from '@glissade/core/backend'
import type { DType, None, Primitive } from '@glissade/core/backend'
import {
  ALL,
  between,
  EVERY_SIZE,
  everySize,
  exponents,
  FLOATS,
  INTEGERS,
  integers,
  isFloat,
  listed,
  NUMBERS,
  operand,
  ordinary,
  reachOf,
  SHAPES,
  small,
  vector,
  wide,
  type Fill,
  type Generator,
  type OperandSpec,
  type Sample,
} from './sample.ts'

type Unary = (typeof UNARY_NUMBER | typeof UNARY_FLOAT)[number]
type Binary = (typeof BINARY_NUMBER)[number]
type Names = Unary | Binary | (typeof COMPARISON | typeof LOGIC)[number]

const sample = (what: string, ...operands: OperandSpec[]): Sample<None> => ({ what, attrs: {}, operands })
const NAN_AND_INFINITIES = [NaN, Infinity, -Infinity, 0, 1, -2.5]
/** The least and the greatest subnormal, the least normal number and the greatest number; for float64 those of float32. */
function edgesOf(dtype: DType): number[] {
  const own = DTYPES[dtype].digits > DTYPES.float32.digits ? 'float32' : dtype
  const normal = 2 ** DTYPES[own].least
  const least = normal * epsilonOf(own)
  return [least, -least, normal - least, normal, -normal, largestOf(own)]
}
const square = (list: readonly number[]): [number[], number[]] => [
  list.flatMap((x) => list.map(() => x)),
  list.flatMap(() => list),
]

function rows<P extends Primitive>(
  names: readonly P[],
  row: (op: P) => Generator<Primitive>,
): { [K in P]: Generator<K> } {
  return Object.fromEntries(names.map((name) => [name, row(name)])) as unknown as { [K in P]: Generator<K> }
}

// ---- One operand ----------------------------------------------------------------------------------------------------

interface Domain {
  readonly usual: Fill
  /** Where the usual ones do not come. */
  readonly far?: (reach: number) => Fill
  /** Beyond it no bound holds. */
  readonly greatest?: number
}
const anywhere: Domain = {
  usual: between(-3, 3),
  far: (reach) => (random) => (random.chance(0.5) ? 1 : -1) * exponents(-30 * reach, 30 * reach)(random, 0),
}
const nearZero =
  (reach: number): Fill =>
  (random) =>
    (random.chance(0.5) ? 1 : -1) * exponents(-40 * reach, -2)(random, 0)
const fractions: Domain = {
  usual: between(-9, 9),
  far: () =>
    listed(0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 8388607.5, -8388607.5, 8388609, 16777216, 1e10, 0.49999997, -0.49999997),
}
const domains: { readonly [P in Unary]: Domain } = {
  neg: anywhere,
  abs: anywhere,
  sign: anywhere,
  floor: fractions,
  ceil: fractions,
  round: fractions,
  exp: { usual: between(-3, 3), far: (reach) => between(-80 * reach, 80 * reach) },
  expm1: { usual: between(-3, 3), far: nearZero },
  log: { usual: between(0.01, 10), far: (reach) => exponents(-100 * reach, 100 * reach) },
  log1p: { usual: between(-0.9, 9), far: nearZero },
  sin: { usual: between(-Math.PI, Math.PI), far: nearZero, greatest: 4 },
  cos: { usual: between(-Math.PI, Math.PI), far: nearZero, greatest: 4 },
  atan: { usual: between(-9, 9), far: anywhere.far! },
  tanh: { usual: between(-3, 3), far: nearZero },
  sqrt: { usual: between(0, 9), far: (reach) => exponents(-100 * reach, 100 * reach) },
  erf: { usual: between(-4, 4), far: nearZero },
}

function unary(op: Unary, dtypes: readonly DType[]): Sample<None>[] {
  const { usual, far, greatest = Infinity } = domains[op]
  return dtypes.flatMap((dtype): Sample<None>[] => {
    const fill = isFloat(dtype) ? usual : ordinary(dtype)
    const everywhere = SHAPES.map((shape) => sample('ordinary', operand(dtype, shape, fill)))
    if (!isFloat(dtype))
      return [
        ...everywhere,
        sample('whole range', operand(dtype, [64], wide(dtype))),
        sample('extremes', vector(dtype, -(2 ** 31), 2 ** 31 - 1, 0, -1, 128, 255)),
      ]
    return [
      ...everywhere,
      sample('far from the usual', operand(dtype, [65], far?.(reachOf(dtype)))),
      { ...sample('every size', operand(dtype, [EVERY_SIZE], everySize(dtype))), special: 'numbers of every size' },
      { ...sample('special', vector(dtype, ...NAN_AND_INFINITIES)), special: 'NaN and infinities' },
      { ...sample('signed zeros', vector(dtype, 0, -0, -0.25, 0.25)), special: 'signed zeros' },
      {
        ...sample('subnormals', vector(dtype, ...edgesOf(dtype).filter((x) => Math.abs(x) <= greatest))),
        special: 'subnormals',
      },
    ]
  })
}

// ---- Two operands ---------------------------------------------------------------------------------------------------

/** Floating-point operands that give ordinary results. */
const pairs: { readonly [P in Binary]?: readonly [Fill, Fill] } = {
  div: [between(-9, 9), (random) => (random.chance(0.5) ? 1 : -1) * (0.25 + random.number() * 4)],
  mod: [between(-9, 9), (random) => (random.chance(0.5) ? 1 : -1) * (0.25 + random.number() * 4)],
  pow: [between(0.1, 4), between(-4, 4)],
}
/** What signed zeros give: the contract leaves open which of 0 and -0 is the greater. */
const OPEN_ZEROS: ReadonlySet<string> = new Set(['maximum', 'minimum'])

const anySize = (dtype: DType): Fill => {
  const fill = everySize(dtype)
  return (random) => fill(random, random.integer(0, EVERY_SIZE - 1))
}
function ofEverySize(op: Names, dtype: DType): Sample<None>[] {
  const call = (what: string, first: Fill, second: Fill): Sample<None> => ({
    ...sample(what, operand(dtype, [EVERY_SIZE], first), operand(dtype, [EVERY_SIZE], second)),
    special: 'numbers of every size',
  })
  return [
    call(
      'every size, alike',
      everySize(dtype),
      everySize(dtype, integers(Math.ceil(-30 * reachOf(dtype)), Math.floor(30 * reachOf(dtype)))),
    ),
    call('every size, unlike', everySize(dtype), anySize(dtype)),
    ...(op === 'pow'
      ? [
          call('every size, small powers', everySize(dtype), between(-2, 2)),
          call('near 1, great powers', between(0.99, 1.01), exponents(-9, 14)),
        ]
      : []),
  ]
}

function binary(op: Binary): Sample<None>[] {
  return NUMBERS.flatMap((dtype): Sample<None>[] => {
    const float = isFloat(dtype)
    const [first, second] = (float ? pairs[op] : undefined) ?? [ordinary(dtype), ordinary(dtype)]
    const both = SHAPES.map((shape) => sample('ordinary', operand(dtype, shape, first), operand(dtype, shape, second)))
    const cross = (list: readonly number[]): OperandSpec[] => square(list).map((side) => vector(dtype, ...side))
    if (!float) {
      const exponent = op === 'pow' ? listed(0, 1, 2, 3, 5, 9, 31, -1, -2) : wide(dtype)
      return [
        ...both,
        sample('whole range', operand(dtype, [72], wide(dtype)), operand(dtype, [72], exponent)),
        sample('small pairs', ...cross([-3, -2, -1, 0, 1, 2, 3])),
        sample(
          'extremes',
          ...cross([-(2 ** 31), 2 ** 31 - 1, -1, 0, 1, 255]).map((side, i) =>
            op === 'pow' && i === 1 ? { ...side, fill: exponent } : side,
          ),
        ),
      ]
    }
    const signs: Sample<None> = { ...sample('signed zeros', ...cross([0, -0, 1, -1])), special: 'signed zeros' }
    return [
      ...both,
      sample(
        'small integers',
        operand(dtype, [5, 13], small(dtype)),
        operand(dtype, [5, 13], listed(1, 2, 3, -1, -2, 4, 0.5)),
      ),
      ...ofEverySize(op, dtype),
      { ...sample('special', ...cross(NAN_AND_INFINITIES)), special: 'NaN and infinities' },
      ...(OPEN_ZEROS.has(op) ? [] : [signs]),
      { ...sample('subnormals', ...cross(edgesOf(dtype))), special: 'subnormals' },
    ]
  })
}

const comparison = (op: Names): Sample<None>[] =>
  ALL.flatMap((dtype): Sample<None>[] => [
    ...SHAPES.map((shape) =>
      sample('ordinary', operand(dtype, shape, small(dtype)), operand(dtype, shape, small(dtype))),
    ),
    ...(dtype === 'bool'
      ? []
      : [sample('near', operand(dtype, [31], ordinary(dtype)), operand(dtype, [31], ordinary(dtype)))]),
    ...(INTEGERS.includes(dtype)
      ? [sample('extremes', ...square([-(2 ** 31), 2 ** 31 - 1, 0, -1, 255]).map((side) => vector(dtype, ...side)))]
      : []),
    ...(isFloat(dtype)
      ? [
          sample('zeros are equal', vector(dtype, 0, -0, 0, -0), vector(dtype, -0, 0, 0, -0)),
          {
            ...sample('special', ...square(NAN_AND_INFINITIES).map((side) => vector(dtype, ...side))),
            special: 'NaN and infinities' as const,
          },
          {
            ...sample('subnormals', ...square(edgesOf(dtype)).map((side) => vector(dtype, ...side))),
            special: 'subnormals' as const,
          },
          ...ofEverySize(op, dtype),
        ]
      : []),
  ])

const BITS: readonly DType[] = ['int32', 'uint8', 'bool']
const logic: Generator<Primitive> = () =>
  BITS.flatMap((dtype) => [
    ...SHAPES.map((shape) => sample('ordinary', operand(dtype, shape), operand(dtype, shape))),
    ...(dtype === 'bool'
      ? []
      : [sample('whole range', operand(dtype, [64], wide(dtype)), operand(dtype, [64], wide(dtype)))]),
    sample('small pairs', ...square([0, 1]).map((side) => vector(dtype, ...side))),
  ])

const not: Generator<'not'> = () =>
  BITS.flatMap((dtype) => [
    ...SHAPES.map((shape) => sample('ordinary', operand(dtype, shape))),
    ...(dtype === 'bool' ? [] : [sample('whole range', operand(dtype, [64], wide(dtype)))]),
  ])

const where: Generator<'where'> = () =>
  ALL.flatMap((dtype): Sample<None>[] => {
    const typed = (one: Sample<None>): Sample<None> => ({ ...one, dtype })
    return [
      ...SHAPES.map((shape) =>
        typed(sample('ordinary', operand('bool', shape), operand(dtype, shape), operand(dtype, shape))),
      ),
      ...(isFloat(dtype)
        ? [
            {
              ...typed(
                sample(
                  'special',
                  vector('bool', 1, 0, 1, 0, 1, 0),
                  vector(dtype, NaN, NaN, 1, 2, Infinity, Infinity),
                  vector(dtype, 1, 2, NaN, NaN, NaN, -Infinity),
                ),
              ),
              special: 'NaN and infinities' as const,
            },
            {
              ...typed(
                sample(
                  'signed zeros',
                  vector('bool', 1, 0, 1, 0),
                  vector(dtype, 0, -0, -0, 0),
                  vector(dtype, -0, 0, 0, -0),
                ),
              ),
              special: 'signed zeros' as const,
            },
          ]
        : []),
    ]
  })

const CAST_SHAPES = [[], [0], [13], [3, 5]]
const cast: Generator<'cast'> = () =>
  ALL.flatMap((from) =>
    ALL.flatMap((dtype): Sample<{ dtype: DType }>[] => {
      const to = (what: string, ...operands: OperandSpec[]): Sample<{ dtype: DType }> => ({
        what: `to ${dtype}: ${what}`,
        attrs: { dtype },
        operands,
      })
      const all = CAST_SHAPES.map((shape) => to('ordinary', operand(from, shape)))
      if (!isFloat(from)) return from === 'bool' ? all : [...all, to('whole range', operand(from, [64], wide(from)))]
      return [
        ...all,
        to('truncation', vector(from, 0.5, -0.5, 0.99, -0.99, 1.5, -1.5, 2.5, -2.5, 100.7, 0)),
        ...(dtype === 'int32' ? [to('saturation', vector(from, 2147483520, -2147483648, 3e9, -3e9, 1e20, -1e20))] : []),
        ...(dtype === 'uint8' ? [to('wrapping', vector(from, 255, 256, 257.5, -1, -1.5, 511))] : []),
        {
          ...to('every size', operand(from, [EVERY_SIZE], everySize(from))),
          special: 'numbers of every size' as const,
        },
        { ...to('special', vector(from, NaN, Infinity, -Infinity)), special: 'NaN and infinities' as const },
        ...(isFloat(dtype) ? [{ ...to('signed zeros', vector(from, 0, -0)), special: 'signed zeros' as const }] : []),
      ]
    }),
  )

export const elementwise: { readonly [P in Names | 'not' | 'where' | 'cast']: Generator<P> } = {
  ...rows(UNARY_NUMBER, (op) => () => unary(op, NUMBERS)),
  ...rows(UNARY_FLOAT, (op) => () => unary(op, FLOATS)),
  ...rows(BINARY_NUMBER, (op) => () => binary(op)),
  ...rows(COMPARISON, (op) => () => comparison(op)),
  ...rows(LOGIC, () => logic),
  not,
  where,
  cast,
}
