/** Whatever a function of `functional` is given, it refuses in its own name what it cannot take. */
import { readdirSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import * as F from '../../src/functional/index.ts'
import { isGlissadeError, ones, setDefaultDevice, tensor, type GlissadeError } from '../../src/index.ts'
import { onWarning } from '../../src/optim/index.ts'
import { Signature } from '../../src/signature/signature.ts'
import { queuedBackend } from '../queued-backend.ts'
import { calls, type FunctionName } from './calls.ts'

const FOLDER = new URL('../../src/functional/', import.meta.url)
const signatures = new Map<string, Signature>()
for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.ts')))
  for (const exported of Object.values((await import(new URL(file, FOLDER).href)) as object))
    if (exported instanceof Signature) signatures.set(exported.name, exported as Signature)

const functions: { readonly [name: string]: unknown } = F
const names = Object.keys(calls) as FunctionName[]
/** Functions that differ in their results alone share a signature. */
const signatureOf = (name: string): Signature => signatures.get(name.replace('WithIndices', ''))!
const call = (name: FunctionName, args: readonly unknown[]): unknown =>
  (functions[name] as (...given: unknown[]) => unknown)(...args)
/** The right arguments, without options. */
const operands = (name: FunctionName): unknown[] => {
  const args = calls[name]()
  return args.slice(0, Object.keys(signatureOf(name).parameters).length)
}
/** The options of the right call. */
const given = (name: FunctionName): object => {
  const places = Object.keys(signatureOf(name).parameters).length
  return calls[name]()[places] ?? {}
}
const placed = (args: unknown[], at: number, value: unknown): unknown[] => Object.assign(args, { [at]: value })
/** With `options` in their place. */
const withOptions = (name: FunctionName, options: unknown): unknown[] =>
  placed(operands(name), Object.keys(signatureOf(name).parameters).length, options)
/**
 * The error of a call; null where it was taken. Errors that are not the library's, or of another name, fail the test; room is
 * refused in the name of whoever makes it.
 */
function refusal(name: FunctionName, args: readonly unknown[]): GlissadeError | null {
  try {
    call(name, args)
    return null
  } catch (error) {
    if (!isGlissadeError(error)) throw error
    if (error.glissadeError !== 'MemoryError') expect(error.operation).toBe(name)
    return error
  }
}

beforeAll(async () => {
  onWarning(() => {})
  setDefaultDevice(await queuedBackend())
})

test('every function has a signature and a right call', () => {
  expect(names.filter((name) => signatureOf(name) === undefined)).toEqual([])
  expect(Object.keys(F).filter((name) => !(name in calls))).toEqual([])
})

describe.each(names)('%s', (name) => {
  const { parameters, options } = signatureOf(name)
  const places = Object.keys(parameters)

  test('takes the right call', () => {
    expect(refusal(name, calls[name]())).toBeNull()
  })
  test('says what is missing', () => {
    expect(refusal(name, [])?.message).toContain(`${name}: ${places[0]} is missing`)
  })
  test('refuses what is no tensor', () => {
    for (const wrong of [5, 'x', true, null, {}, [1, 2], () => 1])
      expect(refusal(name, calls[name]().with(0, wrong))?.message).toContain(`${name}: ${places[0]} must be a tensor`)
  })
  test('refuses an option that it does not have', () => {
    const wrong = { ...given(name), axes_of_nothing: 1 }
    const message = refusal(name, withOptions(name, wrong))?.message
    expect(message).toContain(options === null ? `${name}: takes ` : `${name}: there is no option axes_of_nothing`)
  })
  test('refuses options in places', () => {
    for (const wrong of [7, 0.5, true, 'mean', [1]])
      expect(refusal(name, withOptions(name, wrong))?.message).toContain(
        options === null ? `${name}: takes ` : `${name}: options are passed by name`,
      )
  })
  test('refuses a value of another kind for every option', () => {
    for (const key of Object.keys(options ?? {}))
      expect(refusal(name, withOptions(name, { ...given(name), [key]: Symbol('wrong') }))?.message).toContain(
        `${name}: ${key} must be `,
      )
  })
  test('never ends in an error of the engine', () => {
    const values = [
      undefined,
      null,
      -1,
      0,
      0.5,
      NaN,
      Infinity,
      1e9,
      '',
      true,
      [],
      [0],
      [1, 2],
      [1, 2, 3, 4, 5, 6, 7],
      [null],
      {},
      new Map(),
      () => 1,
      ones([]),
      ones([0]),
      ones([1]),
      ones([3, 5]),
      ones([2, 0, 3]),
      ones([1, 2, 3, 4, 5, 6]),
      tensor([0, 0], { dtype: 'int32' }),
      tensor([[true]]),
    ]
    for (let at = 0; at < places.length; at++)
      for (const value of values) refusal(name, placed(calls[name](), at, value))
    for (const key of Object.keys(options ?? {}))
      for (const value of values) refusal(name, withOptions(name, { ...given(name), [key]: value }))
  })
})
