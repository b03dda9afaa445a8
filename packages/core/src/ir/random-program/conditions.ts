/**
 * What makes a random program one on which backends can be held to account: magnitudes stay ordinary, a discontinuous
 * primitive sees only numbers that every backend has exactly, and for gradients no operand lies near a kink.
 */
import { UNARY_FLOAT, type Attributes, type Primitive } from '../../contract/contract.ts'
import { DTYPES } from '../../contract/dtype.ts'
import { definitions, type Definition, type Value } from '../evaluate.ts'
import { isFloat } from '../type.ts'
import { drawn, type Known } from './pool.ts'

/** Smaller elements than this, zero apart, are what cancellation leaves: no relative error bound holds for them. */
const TINY = 2 ** -20

export function isTame({ type, data }: Value, greatest: number): boolean {
  if (!isFloat(type.dtype)) return true
  return data.every((x) => x === 0 || (Math.abs(x) >= TINY && Math.abs(x) <= greatest))
}

// ---- Exactness ------------------------------------------------------------------------------------------------------

/**
 * `moved`: the elements are operands' elements. `discrete`: the result jumps, so operands must be exact. `rounded`:
 * correctly rounded, so exact where the dtype has the result. `summed`: exact where every partial sum is. `never`: float
 * results have an error of their own.
 */
type Exactness = 'moved' | 'discrete' | 'rounded' | 'summed' | 'never'

function rows<P extends Primitive>(exactness: Exactness, ...names: readonly P[]): { [K in P]: Exactness } {
  return Object.fromEntries(names.map((name) => [name, exactness])) as { [K in P]: Exactness }
}

const exactness: { readonly [P in Primitive]: Exactness } = {
  // Functions of one real number, but for those below.
  ...rows('never', ...UNARY_FLOAT),
  ...rows('moved', 'neg', 'abs', 'maximum', 'minimum', 'max', 'min', 'and', 'or', 'not', 'where'),
  ...rows('moved', 'reshape', 'permute', 'expand', 'slice', 'pad', 'flip', 'concat', 'gather', 'constant', 'iota'),
  ...rows('discrete', 'sign', 'floor', 'ceil', 'round', 'mod', 'eq', 'lt', 'le', 'argmax', 'windowArgmax', 'sort'),
  ...rows('rounded', 'add', 'sub', 'mul', 'cast'),
  ...rows('summed', 'sum', 'prod', 'cumsum', 'dot', 'conv', 'windowSum', 'scatterAdd'),
  ...rows('never', 'div', 'pow'),
}

/** Whether a backend sees the same operands as the evaluator, wherever a small difference would make a large one. */
export function isDetermined(op: Primitive, args: readonly Known[], results: readonly Value[]): boolean {
  const jumps = exactness[op] === 'discrete' || (op === 'cast' && !isFloat(results[0]!.type.dtype))
  return !jumps || args.every((arg) => arg.exact)
}

/** Whether arithmetic of their dtypes gives exactly these results, in whatever order it adds; float64 counts as float32. */
export function isExact<P extends Primitive>(
  op: P,
  attrs: Attributes[P],
  args: readonly Known[],
  results: readonly Value[],
): boolean {
  if (results.every((result) => !isFloat(result.type.dtype))) return true
  if (exactness[op] === 'never' || !args.every((arg) => arg.exact)) return false
  if (exactness[op] === 'rounded')
    return results.every(({ type, data }) => data.every((x) => DTYPES[drawn(type.dtype)].round(x) === x))
  return exactness[op] !== 'summed' || hasExactSums(op, attrs, args, results)
}

/** All partial sums are multiples of one power of two, and none has more of them than the dtype can count. */
function hasExactSums<P extends Primitive>(
  op: P,
  attrs: Attributes[P],
  args: readonly Known[],
  results: readonly Value[],
): boolean {
  const grids = args.filter((arg) => isFloat(arg.type.dtype)).map(gridOf)
  // Factors of a dot or conv multiply their grids; partial products of `prod` must be integers.
  const grid = op === 'dot' || op === 'conv' ? grids[0]! * grids[1]! : Math.min(...grids)
  if (op === 'prod' && grid < 1) return false
  const magnitudes = args.map(({ type, data }): Value => {
    const magnitude = data.map(Math.abs)
    return { type, data: op === 'prod' ? magnitude.map((x) => Math.max(x, 1)) : magnitude }
  })
  const types = results.map((result) => result.type)
  const [bounds] = (definitions[op] as Definition<P>)(attrs, magnitudes, types)
  // The first integer whose successor the dtype does not have.
  const integers = 2 ** DTYPES[drawn(types[0]!.dtype)].digits
  return bounds!.every((bound) => bound / grid < integers)
}

/** The greatest power of two up to 1 of which all elements are multiples. */
function gridOf({ data }: Value): number {
  let grid = 1
  while (!data.every((x) => Number.isInteger(x / grid))) grid /= 2
  return grid
}

// ---- Smoothness -----------------------------------------------------------------------------------------------------

/** Operands of differentiable programs are at least this far from where a derivative jumps. */
const MARGIN = 1 / 32

type Kink = (args: readonly Value[]) => number

const least = (list: Iterable<number>): number => {
  let minimum = Infinity
  for (const x of list) minimum = Math.min(minimum, x)
  return minimum
}
const toInteger = (x: number): number => Math.abs(x - Math.round(x))
const fromZero: Kink = ([x]) => least(x!.data.map(Math.abs))
const fromInteger: Kink = ([x]) => least(x!.data.map(toInteger))
const fromHalf: Kink = ([x]) => least(x!.data.map((a) => toInteger(a + 0.5)))
const fromTie: Kink = ([a, b]) => least(a!.data.map((x, i) => Math.abs(x - b!.data[i]!)))
/** Of any two elements, also of those that are never compared. */
const betweenElements: Kink = ([x]) =>
  least(x!.data.toSorted().map((a, i, sorted) => (i === 0 ? Infinity : a - sorted[i - 1]!)))

/** How far operands are from the nearest point without a derivative; a primitive without a row has none. */
const kinks: { readonly [P in Primitive]?: Kink } = {
  abs: fromZero,
  sign: fromZero,
  floor: fromInteger,
  ceil: fromInteger,
  round: fromHalf,
  maximum: fromTie,
  minimum: fromTie,
  eq: fromTie,
  lt: fromTie,
  le: fromTie,
  mod: ([a, b]) => least(a!.data.map((x, i) => toInteger(x / b!.data[i]!))),
  max: betweenElements,
  min: betweenElements,
  argmax: betweenElements,
  windowArgmax: betweenElements,
  sort: betweenElements,
}

const castKink = ({ type }: Value): Kink => (type.kind === 'bool' ? fromZero : fromInteger)

/** Whether a small step of the operands that may take one leaves the result on the same smooth piece. */
export function isSmooth(op: Primitive, args: readonly Known[], results: readonly Value[]): boolean {
  if (!args.some((arg) => arg.slope !== null)) return true
  const kink = op === 'cast' && !isFloat(results[0]!.type.dtype) ? castKink(results[0]!) : kinks[op]
  return kink === undefined || kink(args) >= MARGIN
}

/** Steps that finite differences take. */
const STEP = 1e-6
/** A step of 1e-5 then moves an operand by 1/12 of the margin. */
const STEEPEST = 256

/** The slopes of the results, by a central difference over this node alone; null where one is too steep. */
export function slopesOf<P extends Primitive>(
  op: P,
  attrs: Attributes[P],
  args: readonly Known[],
  results: readonly Value[],
): (Float64Array | null)[] | null {
  if (!args.some((arg) => arg.slope !== null)) return results.map(() => null)
  const types = results.map((result) => result.type)
  const at = (step: number): Float64Array[] => {
    const moved = args.map(({ type, data, slope }) => ({
      type,
      data: slope === null ? data : data.map((x, i) => x + step * slope[i]!),
    }))
    return (definitions[op] as Definition<P>)(attrs, moved, types)
  }
  const [ahead, behind] = [at(STEP), at(-STEP)]
  const slopes = types.map(({ dtype }, i) =>
    isFloat(dtype) ? ahead[i]!.map((x, k) => (x - behind[i]![k]!) / (2 * STEP)) : null,
  )
  return slopes.every((slope) => slope === null || slope.every((x) => Math.abs(x) <= STEEPEST)) ? slopes : null
}
