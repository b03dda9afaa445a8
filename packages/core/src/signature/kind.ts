/** Kinds of argument: what a value must be, in words and as a question. Nothing here knows a function. */
import { DTYPES, type FloatDType } from '../contract/dtype.ts'
import { DTYPE_NAMES, type Backend, type DType } from '../contract/contract.ts'
import { describe } from './describe.ts'
import { nearest } from './nearest.ts'

export interface Kind<T> {
  /** What stands after "must be": `an integer`. */
  readonly wanted: string
  readonly accepts: (value: unknown) => boolean
  /** What to do instead of passing this value, where that is known. */
  readonly hint?: (value: unknown) => string | null
  /** The type of the values; never there at run time. */
  readonly type?: T
}

/** A kind of value: in words, as a question, and optionally what to do instead of passing another one. */
export function kind<T>(
  wanted: string,
  accepts: (value: unknown) => boolean,
  hint?: (value: unknown) => string | null,
): Kind<T> {
  return hint === undefined ? { wanted, accepts } : { wanted, accepts, hint }
}

/** A number of JavaScript, NaN and the infinities too. */
export const number: Kind<number> = /* @__PURE__ */ kind('a number', (value) => typeof value === 'number')
/** A whole number of either sign. */
export const integer: Kind<number> = /* @__PURE__ */ kind('an integer', Number.isInteger)
/** A size or a count. */
export const natural: Kind<number> = /* @__PURE__ */ kind(
  'an integer from 0',
  (value) => Number.isInteger(value) && (value as number) >= 0,
)
/** A size or a count of at least 1. */
export const positive: Kind<number> = /* @__PURE__ */ kind(
  'an integer from 1',
  (value) => Number.isInteger(value) && (value as number) >= 1,
)
/** True or false, and nothing that stands for them. */
export const boolean: Kind<boolean> = /* @__PURE__ */ kind('true or false', (value) => typeof value === 'boolean')
/** A text, whatever it says. */
export const string: Kind<string> = /* @__PURE__ */ kind('a string', (value) => typeof value === 'string')
/** A function; what it takes and gives is the caller's business. */
export function fn<F extends (...args: never[]) => unknown>(): Kind<F> {
  return kind('a function', isFunction)
}
/** Classes are functions that cannot be called; their `prototype` cannot be written. */
const isFunction = (value: unknown): boolean =>
  typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable !== false
/** A size of memory, as a number of bytes. */
export const bytes: Kind<number> = /* @__PURE__ */ kind(
  'a number of bytes from 0, or Infinity',
  (value) => typeof value === 'number' && value >= 0,
)
/** Whatever it is: the function looks at it itself. */
export function any<T>(): Kind<T> {
  return kind('anything', () => true)
}
/** A list of so many (any number where it is not given) of a kind. */
export function list<T>(of: Kind<T>, length?: number): Kind<readonly T[]> {
  return kind(
    `a list of ${length ?? ''}${length === undefined ? '' : ' '}${plural(of.wanted)}`,
    (value) => Array.isArray(value) && (length === undefined || value.length === length) && value.every(of.accepts),
    of.hint === undefined
      ? undefined
      : (value) =>
          Array.isArray(value) ? (value.map((item) => of.hint!(item)).find((text) => text !== null) ?? null) : null,
  )
}
/** A value of either kind, in the words of both. */
export function either<A, B>(a: Kind<A>, b: Kind<B>): Kind<A | B> {
  return kind(
    `${a.wanted} or ${b.wanted}`,
    (value) => a.accepts(value) || b.accepts(value),
    (value) => a.hint?.(value) ?? b.hint?.(value) ?? null,
  )
}
/** A value of a kind, or null. */
export function nullable<T>(of: Kind<T>): Kind<T | null> {
  return either(
    of,
    kind<null>('null', (value) => value === null),
  )
}
/** One of these texts or numbers. */
export function oneOf<const T extends string | number>(...values: readonly T[]): Kind<T> {
  const names = values.filter((value) => typeof value === 'string')
  return kind(
    values.map(describe).join(' or '),
    (value) => values.includes(value as T),
    (value) => {
      const meant = typeof value === 'string' ? nearest(value, names) : null
      return meant === null ? null : `did you mean '${meant}'?`
    },
  )
}
/** A plain or any other object, but no list and no tensor. */
export function object<T extends object>(): Kind<T> {
  return kind('an object', isOptions)
}
/** Whether a value can be an object of options: no list, tensor, promise or date. */
export const isOptions = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  // Lists, typed arrays, Maps and Sets; promises; dates.
  !(Symbol.iterator in value || 'then' in value || 'glissadeTensor' in value || value instanceof Date)

const plural = (wanted: string): string => wanted.replace(/^an? (\w+)/, '$1s')

/** Other names of dtypes, and what stands for them here. */
const OTHER_NAMES: Readonly<Record<string, DType>> = {
  float: 'float32',
  double: 'float64',
  int: 'int32',
  long: 'int32',
  int64: 'int32',
  byte: 'uint8',
  boolean: 'bool',
  half: 'float16',
  bfloat16: 'float32',
  int8: 'int32',
  int16: 'int32',
}
/** The name of a dtype; names of PyTorch and NumPy are answered with the one that is meant. */
export const dtype: Kind<DType> = /* @__PURE__ */ dtypeOf('a dtype', () => true)
/** The name of a floating-point dtype. */
export const floatDtype: Kind<FloatDType> = /* @__PURE__ */ dtypeOf(
  'a floating-point dtype',
  (name) => DTYPES[name].kind === 'float',
)
/** The name of an integer dtype. */
export const integerDtype: Kind<DType> = /* @__PURE__ */ dtypeOf(
  'an integer dtype',
  (name) => DTYPES[name].kind === 'integer',
)
function dtypeOf<D extends DType>(what: string, fits: (name: DType) => boolean): Kind<D> {
  const names = DTYPE_NAMES.filter(fits)
  return kind(
    `${what} (${names.map(describe).join(', ')})`,
    (value) => names.includes(value as DType),
    (value) =>
      typeof value === 'string' && Object.hasOwn(OTHER_NAMES, value) ? `did you mean '${OTHER_NAMES[value]}'?` : null,
  )
}
/** What other libraries call theirs. */
const DEVICE_NAME = /^(cpu|cuda|gpu|mps|meta|wasm|webgpu|webgl|xla)(:\d+)?$/u
const isBackend = (value: unknown): value is Backend =>
  typeof value === 'object' && value !== null && typeof (value as Backend).prepare === 'function'
/** A backend, as `cpu()` and `wasm()` give it. */
export const device: Kind<Backend> = /* @__PURE__ */ kind(
  'a device, as `await cpu()` gives it',
  (value) => isBackend(value) && value.contract === 1,
  (value) => {
    if (isBackend(value))
      return `it speaks contract ${String(value.contract)}, and this core contract 1: install their versions that fit`
    if (typeof value === 'string')
      return DEVICE_NAME.test(value) ? 'a device is no name: const device = await cpu()' : null
    if (typeof value === 'function') return `call it and wait for the device: await ${value.name || 'backend'}()`
    return typeof (value as PromiseLike<unknown> | null)?.then === 'function' ? 'wait for it: await' : null
  },
)
