/** What a signature refuses, and in which words. */
import { describe, expect, expectTypeOf, test } from 'vitest'
import { nearest } from '../../src/signature/nearest.ts'
import {
  boolean,
  dtype,
  integer,
  list,
  natural,
  number,
  oneOf,
  optional,
  rest,
  signature,
  string,
  type OptionsOf,
  type ValuesOf,
} from '../../src/signature/index.ts'

const options = {
  dim: integer,
  keepdim: optional(boolean, false),
  reduction: optional(oneOf('mean', 'sum'), 'mean'),
  weight: optional(number, null),
  dtype: optional(dtype),
}
const LOSS = signature('loss', { input: number, target: optional(string, null) }, options)
const read = (...args: unknown[]): unknown => LOSS.read(args)

test('options are read with their defaults, whoever made the object', () => {
  const want = { dim: 1, keepdim: false, reduction: 'mean', weight: null, dtype: undefined }
  expect(read(1, 'a', { dim: 1 })).toEqual(want)
  expect(read(1, null, { dim: 1, keepdim: undefined, weight: null })).toEqual(want)
  expect(read(1, undefined, Object.assign(Object.create({ dim: 1 }), { weight: 2 }))).toEqual({ ...want, weight: 2 })
  expect(read(1, 'a', Object.freeze({ dim: 1, reduction: 'sum' }))).toEqual({ ...want, reduction: 'sum' })
})

test('a call without options gives the defaults, and they cannot be changed', () => {
  const values = signature('f', {}, { p: optional(number, 0.5) }).read([])
  expect(values).toEqual({ p: 0.5 })
  expect(values).toBeInstanceOf(Object)
  expect(Object.isFrozen(values)).toBe(true)
})

describe('refuses', () => {
  test.each<[string, readonly unknown[], string]>([
    [
      'a missing argument',
      [],
      'loss: input is missing; it must be a number, as in loss(input, target, { dim, keepdim, reduction, weight, dtype })',
    ],
    ['an argument of another kind', ['a'], "loss: input must be a number (got 'a')"],
    ['null where it is no value', [null], 'loss: input must be a number (got null)'],
    ['an optional argument of another kind', [1, 2, { dim: 1 }], 'loss: target must be a string or null (got 2)'],
    [
      'options before an argument that was left out',
      [1, { dim: 1 }],
      'loss: target must be a string or null (got { dim }); options come after it: loss(input, null, { dim })',
    ],
    ['a missing option', [1, 'a', {}], 'loss: the option dim is missing; it must be an integer'],
    ['missing options', [1, 'a'], 'loss: the option dim is missing; it must be an integer'],
    [
      'an unknown option',
      [1, 'a', { dim: 1, keepDim: true }],
      'loss: there is no option keepDim; did you mean keepdim?',
    ],
    ["another library's name", [1, 'a', { axis: 1 }], 'loss: there is no option axis; did you mean dim?'],
    [
      'a name that nothing is near',
      [1, 'a', { dim: 1, colour: 1 }],
      'loss: there is no option colour; the options are dim, keepdim, reduction, weight, dtype',
    ],
    ["a name of every object's", [1, 'a', { dim: 1, ['constructor']: 1 }], 'loss: there is no option constructor'],
    ['an option of another kind', [1, 'a', { dim: '1' }], "loss: dim must be an integer (got '1')"],
    ['a fraction', [1, 'a', { dim: 0.5 }], 'loss: dim must be an integer (got 0.5)'],
    [
      'a text that is none of those',
      [1, 'a', { dim: 1, reduction: 'avg' }],
      "loss: reduction must be 'mean' or 'sum' (got 'avg')",
    ],
    [
      'null for an option without',
      [1, 'a', { dim: 1, keepdim: null }],
      'loss: keepdim must be true or false (got null)',
    ],
    [
      'an option in its place',
      [1, 'a', 1, true, 'sum'],
      "loss: options are passed by name, in one object: loss(input, target, { dim: 1, keepdim: true, reduction: 'sum' }) (got 1, true, 'sum')",
    ],
    [
      'something behind the options',
      [1, 'a', { dim: 1 }, true],
      'loss: options are passed by name, in one object: loss(input, target, { dim: 1, keepdim: true })',
    ],
    ['a list', [1, 'a', [1]], 'loss: options are passed by name, in one object'],
    ['null', [1, 'a', null], 'loss: options are passed by name, in one object'],
    ['another name of a dtype', [1, 'a', { dim: 1, dtype: 'double' }], "(got 'double'); did you mean 'float64'?"],
  ])('%s', (_, args, message) => {
    expect(() => read(...args)).toThrow(message)
  })
  test('any argument of a function that takes none', () => {
    expect(() => signature('exp').read([1])).toThrow('exp: takes no arguments: exp() (got also 1)')
    expect(() => signature('dot', { other: number }).read([1, { out: 1 }])).toThrow(
      'dot: takes 1 argument: dot(other) (got also { out })',
    )
    expect(signature('exp').read([undefined])).toEqual({})
  })
  test('one of further arguments', () => {
    const SUM = signature('sum', { equation: string, operands: rest(number) })
    expect(() => SUM.read(['a', 1, 2, 'b'])).toThrow("sum: operands must be a number (got 'b')")
    expect(SUM.read(['a'])).toEqual({})
    expect(() => SUM.read([])).toThrow('sum: equation is missing')
  })
  test('lists by their items', () => {
    const PAD = signature('pad', { sizes: list(natural), pair: optional(list(number, 2)) })
    expect(() => PAD.read([[1, -1]])).toThrow('pad: sizes must be a list of integers from 0 (got [1, -1])')
    expect(() => PAD.read([[1], [1]])).toThrow('pad: pair must be a list of 2 numbers (got [1])')
    expect(PAD.read([[1], [1, 2]])).toEqual({})
  })
})

test('in the name of what was called, where several share a signature', () => {
  expect(() => LOSS.read([], 'huber')).toThrow('huber: input is missing')
})

test.each([
  ['batch_size', 'batchSize'],
  ['batchsise', 'batchSize'],
  ['BATCH_SIZE', 'batchSize'],
  ['axis', 'dim'],
  ['keepdims', 'keepdim'],
  ['xyz', null],
])('%s means %s', (name, meant) => {
  expect(nearest(name, ['batchSize', 'dim', 'keepdim'])).toBe(meant)
})

test('types follow from the table', () => {
  expectTypeOf<OptionsOf<typeof options>>().toEqualTypeOf<{
    readonly keepdim?: boolean | undefined
    readonly reduction?: 'mean' | 'sum' | undefined
    readonly weight?: number | null | undefined
    readonly dtype?: 'float16' | 'float32' | 'float64' | 'int32' | 'uint8' | 'bool' | undefined
    readonly dim: number
  }>()
  expectTypeOf<ValuesOf<typeof options>['weight']>().toEqualTypeOf<number | null>()
  expectTypeOf<ValuesOf<typeof options>['keepdim']>().toEqualTypeOf<boolean>()
  expectTypeOf<ValuesOf<typeof options>['reduction']>().toEqualTypeOf<'mean' | 'sum'>()
})
