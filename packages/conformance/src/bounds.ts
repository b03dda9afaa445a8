/**
 * The float64 answer of a program together with how far a backend may be from it: every node passes on the error of its
 * operands, as interval arithmetic has it, and adds its own. One row per primitive; the compiler counts them.
 */
import {
  DTYPES,
  holds,
  isFloat,
  type Attributes,
  type DType,
  type Node,
  type Primitive,
  type Program,
} from '@glissade/core/backend'
import { definitions, intern, typeOf, type Definition, type Value } from '@glissade/core/ir'
import { accumulated, ownError, type Accuracy } from './tolerance.ts'

/** A value with the greatest error of each of its elements. */
export interface Bounded extends Value {
  readonly error: Float64Array
}

type Own = (i: number, x: number, y: number) => number
type Rule<P extends Primitive> = (
  attrs: Attributes[P],
  args: readonly Bounded[],
  results: readonly Value[],
  own: Own,
) => Float64Array

const zeros: Rule<Primitive> = (_, __, [out]) => new Float64Array(out!.data.length)

/** The definition itself, over other elements. */
function define<P extends Primitive>(op: P, attrs: Attributes[P], args: readonly Value[], out: Value): Float64Array {
  const types = args.map((arg) => intern(arg.type))
  const values = args.map((arg, i): Value => ({ type: types[i]!, data: arg.data }))
  return (definitions[op] as Definition<P>)(attrs, values, [out.type])[0]!
}
/** As float64, so that elements are not stored as what they stand for. */
const real = ({ type }: Value, data: Float64Array): Value => ({ type: typeOf('float64', type.shape), data })
const errorOf = (x: Bounded): Value => real(x, x.error)
const sizeOf = (x: Bounded): Value => real(x, x.data.map(Math.abs))
const add = (...lists: readonly Float64Array[]): Float64Array =>
  lists[0]!.map((_, i) => lists.reduce((sum, list) => sum + list[i]!, 0))
const scale = (list: Float64Array, by: number): Float64Array => list.map((x) => x * by)

function rows<P extends Primitive>(rule: (op: P) => Rule<P>, ...names: readonly P[]): { [K in P]: Rule<K> } {
  return Object.fromEntries(names.map((name) => [name, rule(name)])) as unknown as { [K in P]: Rule<K> }
}

/** Elements that move take their errors along. */
const moved =
  <P extends 'reshape' | 'permute' | 'expand' | 'slice' | 'flip' | 'concat'>(op: P): Rule<P> =>
  (attrs, args, [out]) =>
    define(op, attrs, args.map(errorOf), real(out!, out!.data))

/** A function that never turns back between its ends: it errs most at one of them. */
const monotone =
  (op: Primitive, f: (x: number) => number): Rule<Primitive> =>
  (_, [x], [out], own) =>
    out!.data.map((want, i) => {
      const [a, e] = [x!.data[i]!, x!.error[i]!]
      // A limit that the dtype has is that.
      if (Math.abs(a) === Infinity && e === 0 && DTYPES[out!.type.dtype].round(want) === want) return 0
      const passed = e === 0 ? 0 : Math.max(Math.abs(f(a + e) - f(a)), Math.abs(f(a - e) - f(a)))
      return (Number.isNaN(passed) ? Infinity : passed) + (op === 'sqrt' && want === 0 ? 0 : own(i, a, 0))
    })

/** Sums with `n` terms: what the operands' errors add up to, and the rounding of the sum itself. */
const summed = (n: number, dtype: DType, errors: Float64Array, sizes: Float64Array, own: Own): Float64Array =>
  add(
    errors,
    scale(sizes, n <= 1 ? 0 : accumulated(n, dtype)),
    // A sum of nothing but zeros is 0.
    sizes.map((size, i) => (size === 0 && errors[i] === 0 ? 0 : own(i, 0, 0))),
  )

const terms = (x: Bounded, out: Value): number => (out.data.length === 0 ? 0 : x.data.length / out.data.length)

const bilinear =
  (op: 'dot' | 'conv', count: (args: readonly Bounded[], attrs: never) => number): Rule<'dot' | 'conv'> =>
  (attrs, args, [out], own) => {
    const [a, b] = args as [Bounded, Bounded]
    const into = real(out!, out!.data)
    const times = (x: Value, y: Value): Float64Array => define(op, attrs as never, [x, y], into)
    const errors = add(times(sizeOf(a), errorOf(b)), times(errorOf(a), sizeOf(b)), times(errorOf(a), errorOf(b)))
    return summed(count(args, attrs as never), out!.type.dtype, errors, times(sizeOf(a), sizeOf(b)), own)
  }

const rules: { readonly [P in Primitive]: Rule<P> } = {
  ...rows(
    () => zeros,
    'sign',
    'floor',
    'ceil',
    'round',
    'mod',
    'eq',
    'lt',
    'le',
    'and',
    'or',
    'not',
    'argmax',
    'windowArgmax',
    'constant',
  ),
  iota: (_, __, [out], own) => out!.data.map((x, i) => (DTYPES[out!.type.dtype].round(x) === x ? 0 : own(i, 0, 0))),
  ...rows(
    () =>
      (_, [x]) =>
        x!.error,
    'neg',
    'abs',
  ),
  ...rows(moved, 'reshape', 'permute', 'expand', 'slice', 'flip', 'concat'),
  ...rows(
    () =>
      (_, [a, b]) =>
        a!.error.map((e, i) => Math.max(e, b!.error[i]!)),
    'maximum',
    'minimum',
  ),
  ...rows(
    () =>
      (attrs, [x], [out]) =>
        define('max', attrs, [errorOf(x!)], real(out!, out!.data)),
    'max',
    'min',
  ),
  ...rows(
    () =>
      (_, [a, b], [out], own) =>
        out!.data.map((want, i) => {
          const passed = a!.error[i]! + b!.error[i]!
          // Equal numbers and infinities, exactly: nothing is rounded.
          const isExact = want === 0 || Math.abs(a!.data[i]!) === Infinity || Math.abs(b!.data[i]!) === Infinity
          return isExact && passed === 0 ? 0 : passed + own(i, 0, 0)
        }),
    'add',
    'sub',
  ),
  mul: (_, [a, b], [out], own) =>
    out!.data.map((_w, i) => {
      const [x, y, ex, ey] = [Math.abs(a!.data[i]!), Math.abs(b!.data[i]!), a!.error[i]!, b!.error[i]!]
      // Where one of them may be anything, so may their product, also with 0.
      if (ex === Infinity || ey === Infinity) return Infinity
      return (ey === 0 ? 0 : x * ey) + (ex === 0 ? 0 : y * ex + ex * ey) + own(i, 0, 0)
    }),
  div: (_, [a, b], [out], own) =>
    out!.data.map((want, i) => {
      const [ex, ey, y] = [a!.error[i]!, b!.error[i]!, Math.abs(b!.data[i]!)]
      if (ex === 0 && ey === 0) return own(i, 0, 0)
      return ey >= y ? Infinity : (ex + Math.abs(want) * ey) / (y - ey) + own(i, 0, 0)
    }),
  // For a positive base it grows or falls with either operand alone, so it errs most at a corner.
  pow: (_, [a, b], [out], own) =>
    out!.data.map((want, i) => {
      const [x, y, ex, ey] = [a!.data[i]!, b!.data[i]!, a!.error[i]!, b!.error[i]!]
      let passed = 0
      if (ex !== 0 || ey !== 0)
        for (const p of [x - ex, x + ex])
          for (const q of [y - ey, y + ey]) passed = Math.max(passed, Math.abs(p ** q - want))
      return (Number.isNaN(passed) ? Infinity : passed) + own(i, x, y)
    }),
  ...rows((op) => monotone(op, Math[op]), 'exp', 'expm1', 'log', 'log1p', 'atan', 'tanh', 'sqrt'),
  // |erf'| is at most 2 / sqrt(pi).
  erf: (_, [x], [out], own) => out!.data.map((_w, i) => Math.min(2, 1.1284 * x!.error[i]!) + own(i, x!.data[i]!, 0)),
  ...rows(
    () =>
      (_, [x], [out], own) =>
        out!.data.map((_w, i) => Math.min(2, x!.error[i]!) + own(i, x!.data[i]!, 0)),
    'sin',
    'cos',
  ),
  where: (_, [condition, a, b]) => condition!.data.map((c, i) => (c === 1 ? a!.error[i]! : b!.error[i]!)),
  cast: ({ dtype }, [x], [out], own) => {
    if (!isFloat(dtype)) return new Float64Array(out!.data.length)
    const keeps = holds(dtype, x!.type.dtype)
    return out!.data.map((_w, i) => x!.error[i]! + (keeps ? 0 : own(i, 0, 0)))
  },
  sum: (attrs, [x], [out], own) => {
    const into = real(out!, out!.data)
    return summed(
      terms(x!, out!),
      out!.type.dtype,
      define('sum', attrs, [errorOf(x!)], into),
      define('sum', attrs, [sizeOf(x!)], into),
      own,
    )
  },
  // Between the products of the smallest and of the greatest factors, and n roundings.
  prod: (attrs, [x], [out], own) => {
    const into = real(out!, out!.data)
    const least = define('prod', attrs, [sizeOf(x!)], into)
    const greatest = define(
      'prod',
      attrs,
      [
        real(
          x!,
          x!.data.map((a, i) => Math.abs(a) + x!.error[i]!),
        ),
      ],
      into,
    )
    const n = terms(x!, out!)
    return greatest.map((g, i) => g - least[i]! + (n <= 1 ? 0 : accumulated(n, out!.type.dtype) * g) + own(i, 0, 0))
  },
  cumsum: (attrs, [x], [out], own) => {
    const into = real(out!, out!.data)
    const n = x!.type.shape[attrs.axis]!
    return summed(
      n,
      out!.type.dtype,
      define('cumsum', attrs, [errorOf(x!)], into),
      define('cumsum', attrs, [sizeOf(x!)], into),
      own,
    )
  },
  windowSum: (attrs, [x], [out], own) => {
    const into = real(out!, out!.data)
    const n = attrs.window.reduce((product, size) => product * size, 1)
    return summed(
      n,
      out!.type.dtype,
      define('windowSum', attrs, [errorOf(x!)], into),
      define('windowSum', attrs, [sizeOf(x!)], into),
      own,
    )
  },
  pad: (attrs, [x], [out]) => define('pad', { ...attrs, value: 0 }, [errorOf(x!)], real(out!, out!.data)),
  dot: bilinear('dot', ([a], { transposeA }: Attributes['dot']) => a!.type.shape.at(transposeA ? -2 : -1)!),
  conv: bilinear('conv', ([, w]) => w!.type.shape.slice(1).reduce((product, size) => product * size, 1)),
  gather: (attrs, [x, index], [out]) => define('gather', attrs, [errorOf(x!), index!], real(out!, out!.data)),
  scatterAdd: (attrs, [x, index, updates], [out], own) => {
    const into = real(out!, out!.data)
    const of = (part: (x: Bounded) => Value): Float64Array =>
      define('scatterAdd', attrs, [part(x!), index!, part(updates!)], into)
    return summed(1 + index!.data.length, out!.type.dtype, of(errorOf), of(sizeOf), own)
  },
  // Operands of sort are exact where values lie close, so each keeps its place.
  sort: (_, [x], [out]) =>
    new Float64Array(out!.data.length).fill(x!.error.reduce((worst, e) => Math.max(worst, e), 0)),
}

function runNode(node: Node, args: readonly Bounded[], accuracy: Accuracy): Bounded[] {
  if (node.body !== undefined) return runProgram(node.body, args, accuracy)
  const op = node.op as Primitive
  const types = node.types.map(intern)
  const data = (definitions[op] as Definition<Primitive>)(node.attrs, args, types)
  const results = data.map((elements, i): Value => ({ type: types[i]!, data: elements }))
  return results.map((result, i) => {
    const { dtype } = result.type
    if (!isFloat(dtype) || i > 0) return { ...result, error: new Float64Array(result.data.length) }
    const own: Own = (at, x, y) => ownError(op, accuracy, dtype, result.data[at]!, x, y)
    return { ...result, error: (rules[op] as Rule<Primitive>)(node.attrs, args, results, own) }
  })
}

function runProgram(program: Program, args: readonly Bounded[], accuracy: Accuracy): Bounded[] {
  const values = [...args]
  for (const node of program.nodes)
    values.push(
      ...runNode(
        node,
        node.args.map((arg) => values[arg]!),
        accuracy,
      ),
    )
  return program.outputs.map((value) => values[value]!)
}

/** The outputs of `program` over exact inputs. */
export function bounded(
  program: Program,
  inputs: readonly ArrayLike<number>[],
  scalars: readonly number[],
  accuracy: Accuracy,
): Bounded[] {
  const args = inputs.map((elements, i): Bounded => {
    const data = Float64Array.from(elements)
    return { type: intern(program.inputs[i]!), data, error: new Float64Array(data.length) }
  })
  const numbers = program.scalars.map((dtype, i): Bounded => ({
    type: typeOf(dtype, []),
    data: Float64Array.of(DTYPES[dtype].round(scalars[i]!)),
    error: new Float64Array(1),
  }))
  return runProgram(program, [...args, ...numbers], accuracy)
}
