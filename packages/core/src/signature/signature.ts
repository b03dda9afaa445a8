/**
 * What a public function takes: its arguments in their places, and its options by name, with kinds and defaults. One table
 * per function, which gives the types, the checks and the defaults, so none of them is written twice.
 */
import { OptionError } from '../contract/errors.ts'
import { describe } from './describe.ts'
import { isOptions, type Kind } from './kind.ts'
import { nearest } from './nearest.ts'

/** An argument or option that may be left out. */
export interface Optional<T, D> {
  readonly kind: Kind<T>
  /** What it is then; undefined where the function decides. */
  readonly fallback: D
}
/** May be left out. A default of null makes null a value as well. */
export function optional<T>(of: Kind<T>): Optional<T, undefined>
export function optional<T, const D extends T | null>(of: Kind<T>, fallback: D): Optional<T, D>
export function optional<T>(of: Kind<T>, fallback?: T | null): Optional<T, T | null | undefined> {
  return { kind: of, fallback }
}
/** The last argument, which may be there any number of times. */
export interface Rest<T> {
  readonly rest: Kind<T>
}
/** The last argument, which may be there any number of times. */
export function rest<T>(of: Kind<T>): Rest<T> {
  return { rest: of }
}

// oxlint-disable-next-line no-explicit-any -- rows of every type
type Row = Kind<any> | Optional<any, any>
export type Rows = Readonly<Record<string, Row>>
// oxlint-disable-next-line no-explicit-any -- rows of every type
export type Parameters = Readonly<Record<string, Row | Rest<any>>>

/** What a caller may pass for a row. */
type Given<R> =
  R extends Optional<infer T, infer D> ? T | (D extends null ? null : never) : R extends Kind<infer T> ? T : never
/** What a function reads of a row. */
type Read<R> = R extends Optional<infer T, infer D> ? T | Widened<D> : R extends Kind<infer T> ? T : never
type Widened<D> = D extends null | undefined ? D : never
type Flat<T> = { readonly [K in keyof T]: T[K] }

/** The type of an options object, by its table. Comments of the rows are comments of the options. */
export type OptionsOf<R extends Rows> = Flat<
  { readonly [K in keyof R as R[K] extends Optional<unknown, unknown> ? K : never]?: Given<R[K]> | undefined } & {
    readonly [K in keyof R as R[K] extends Optional<unknown, unknown> ? never : K]: Given<R[K]>
  }
>
/** The options as a function reads them: defaults stand where nothing was given. */
export type ValuesOf<R extends Rows> = { readonly [K in keyof R]: Read<R[K]> }

/** Some rows of another table, with their comments. */
export function pick<R extends Rows, K extends keyof R & string>(rows: R, ...keys: readonly K[]): Pick<R, K> {
  return Object.fromEntries(keys.map((key) => [key, rows[key]])) as unknown as Pick<R, K>
}

const NO_ROWS: Rows = Object.freeze({})

const isOptional = (row: object): row is Optional<unknown, unknown> => 'fallback' in row
const kindOf = (row: Row | Rest<unknown>): Kind<unknown> =>
  'rest' in row ? row.rest : isOptional(row) ? row.kind : (row as Kind<unknown>)

/** What a function takes: arguments in their places, and options by name with their kinds and defaults. */
export class Signature<R extends Rows = Rows> {
  readonly name: string
  readonly parameters: Parameters
  /** By name, in PyTorch's order; null where the function has no options. */
  readonly options: R | null
  readonly #kinds: readonly Kind<unknown>[]
  /** Arguments before this one must be there. */
  readonly #needed: number
  /** Whether the last kind is that of all further arguments. */
  readonly #rest: boolean
  readonly #defaults: Readonly<Record<string, unknown>>
  readonly #required: readonly string[]

  constructor(name: string, parameters: Parameters, options: R | null) {
    this.name = name
    this.parameters = parameters
    this.options = options
    const rows = Object.values(parameters)
    this.#kinds = rows.map(kindOf)
    this.#rest = rows.some((row) => 'rest' in row)
    const free = rows.findIndex((row) => 'rest' in row || isOptional(row))
    this.#needed = free < 0 ? rows.length : free
    const all = Object.entries(options ?? NO_ROWS)
    this.#required = all.filter(([, row]) => !isOptional(row)).map(([key]) => key)
    this.#defaults = Object.freeze(
      Object.fromEntries(all.map(([key, row]) => [key, isOptional(row) ? row.fallback : undefined])),
    )
  }

  /**
   * Checks the arguments of a call and gives its options.
   * @param args the function's own `arguments`
   * @param name what was called, where several share a signature (`new.target.name`)
   * Errors: OptionError for an argument or option that is missing, too many, unknown or of another kind.
   */
  read(args: ArrayLike<unknown>, name: string = this.name): ValuesOf<R> {
    const kinds = this.#kinds
    const places = kinds.length
    const { length } = args
    if (!this.#rest && length > places) {
      const surplus = this.options === null ? places : places + 1
      for (let i = surplus; i < length; i++) if (args[i] !== undefined) throw this.#surplus(name, args)
    }
    const checked = this.#rest ? Math.max(length, this.#needed) : places
    for (let i = 0; i < checked; i++) {
      const value = args[i]
      const open = i >= this.#needed && !(this.#rest && i >= places - 1)
      if (value === undefined ? !open : !kinds[Math.min(i, places - 1)]!.accepts(value))
        if (!(value === null && this.#nullAt(i))) throw this.#wrong(name, i, value)
    }
    const given = this.#rest ? undefined : args[places]
    if (given === undefined && this.#required.length === 0) return this.#defaults as ValuesOf<R>
    return (this.options === null ? NO_ROWS : this.values(given, name, args)) as ValuesOf<R>
  }

  /** Checks an options object and fills in the defaults. */
  values(options: unknown, name: string = this.name, args: ArrayLike<unknown> = [options]): ValuesOf<R> {
    if (options === undefined) {
      if (this.#required.length > 0) throw this.#missing(name, this.#required[0]!)
      return this.#defaults as ValuesOf<R>
    }
    if (!isOptions(options)) throw this.#surplus(name, args)
    const rows = this.options!
    const values: Record<string, unknown> = { ...this.#defaults }
    for (const key in options) {
      const row = Object.hasOwn(rows, key) ? rows[key]! : null
      if (row === null) throw this.#unknown(name, key)
      const value = options[key]
      if (value === undefined) continue
      if (!kindOf(row).accepts(value) && !(value === null && isOptional(row) && row.fallback === null))
        throw ofAnotherKind(name, key, row, value)
      values[key] = value
    }
    for (let i = 0; i < this.#required.length; i++)
      if (values[this.#required[i]!] === undefined) throw this.#missing(name, this.#required[i]!)
    return values as ValuesOf<R>
  }

  #nullAt(index: number): boolean {
    const row = Object.values(this.parameters)[index]
    return row !== undefined && isOptional(row) && row.fallback === null
  }

  // ---- Messages ------------------------------------------------------------------------------------------------------

  /** The call as it is written: `softmax(input, { dim, dtype })`. */
  usage(name: string = this.name): string {
    const places = Object.entries(this.parameters).map(([key, row]) => ('rest' in row ? `...${key}` : key))
    const keys = Object.keys(this.options ?? NO_ROWS)
    const options = keys.length === 0 ? [] : [`{ ${keys.slice(0, 6).join(', ')}${keys.length > 6 ? ', ...' : ''} }`]
    return `${name}(${[...places, ...options].join(', ')})`
  }
  #wrong(name: string, index: number, value: unknown): OptionError {
    const names = Object.keys(this.parameters)
    const key = names[Math.min(index, names.length - 1)]!
    const row = this.parameters[key]!
    if (value === undefined)
      return new OptionError(name, `${key} is missing; it must be ${kindOf(row).wanted}, as in ${this.usage(name)}`)
    return ofAnotherKind(name, key, row, value, this.#passedOver(name, index, value))
  }
  /** Where options stand before arguments that were left out: the call as it should be. */
  #passedOver(name: string, index: number, value: unknown): string | null {
    if (this.options === null || index < this.#needed || !isOptions(value)) return null
    const rows = Object.entries(this.parameters)
    const left = rows.slice(index).map(([, row]) => (isOptional(row) && row.fallback === null ? 'null' : 'undefined'))
    const places = [...rows.slice(0, index).map(([key]) => key), ...left, describe(value)]
    return `options come after it: ${name}(${places.join(', ')})`
  }
  #missing(name: string, key: string): OptionError {
    return new OptionError(
      name,
      `the option ${key} is missing; it must be ${kindOf(this.options![key]!).wanted}, as in ${this.usage(name)}`,
    )
  }
  #unknown(name: string, key: string): OptionError {
    const names = Object.keys(this.options!)
    const meant = nearest(key, names)
    const help = meant === null ? `the options are ${names.join(', ')}` : `did you mean ${meant}?`
    return new OptionError(name, `there is no option ${key}; ${help}`)
  }
  /** Something stands where the options should, or behind them. */
  #surplus(name: string, args: ArrayLike<unknown>): OptionError {
    const places = this.#kinds.length
    const extra = Array.from(args)
      .slice(places)
      .filter((value) => value !== undefined)
    const got = extra.map(describe).join(', ')
    if (this.options === null)
      return new OptionError(
        name,
        `takes ${places === 0 ? 'no arguments' : `${places} argument${places === 1 ? '' : 's'}`}: ${this.usage(name)} (got also ${got})`,
      )
    const given: Record<string, unknown> = {}
    for (const value of extra) {
      if (isOptions(value)) Object.assign(given, value)
      const row = Object.entries(this.options).find(([key, each]) => !(key in given) && kindOf(each).accepts(value))
      if (row !== undefined) given[row[0]] = value
    }
    const shown = Object.entries(given).map(([key, value]) => `${key}: ${describe(value)}`)
    const call = [
      ...Object.keys(this.parameters),
      `{ ${shown.length > 0 ? shown.join(', ') : Object.keys(this.options).slice(0, 6).join(', ')} }`,
    ]
    return new OptionError(name, `options are passed by name, in one object: ${name}(${call.join(', ')}) (got ${got})`)
  }
}

function ofAnotherKind(
  name: string,
  key: string,
  row: Row | Rest<unknown>,
  value: unknown,
  advice: string | null = null,
): OptionError {
  const { wanted, hint } = kindOf(row)
  const orNull = isOptional(row) && row.fallback === null && !wanted.endsWith('null') ? ' or null' : ''
  const help = hint?.(value) ?? advice
  return new OptionError(
    name,
    `${key} must be ${wanted}${orNull} (got ${describe(value)})${help === null ? '' : `; ${help}`}`,
  )
}

/**
 * The signature of a function, to be read first: `const { dim } = SOFTMAX.read(arguments)`.
 * @param parameters by name, in their places: kinds, `optional(kind)` at the end, or one `rest(kind)`
 * @param options by name, in PyTorch's order; rows without `optional` must be given
 */
export function signature(name: string, parameters?: Parameters): Signature
export function signature<R extends Rows>(name: string, parameters: Parameters, options: R): Signature<R>
export function signature(name: string, parameters: Parameters = NO_ROWS, options: Rows | null = null): Signature {
  return new Signature(name, parameters, options)
}
/** Signatures of functions without arguments, by name. */
export function bare<const N extends string>(...names: readonly N[]): { readonly [K in N]: Signature } {
  return Object.fromEntries(names.map((name) => [name, signature(name)])) as { [K in N]: Signature }
}
