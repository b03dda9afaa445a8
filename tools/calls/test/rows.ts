/** Tables of good calls by name: each row makes the arguments of a call, or of several. */
import type { Call } from './call.ts'

type Row = () => readonly unknown[]
export type CallRows = Readonly<Record<string, Row | readonly Row[]>>
type Called = (...args: unknown[]) => unknown

const each = (rows: CallRows): [string, Row][] =>
  Object.entries(rows).flatMap(([name, row]) => [row].flat().map((one): [string, Row] => [name, one]))

/** Functions of a module. */
export const functionCalls = (group: string, from: object, rows: CallRows): readonly Call[] =>
  each(rows).map(([name, row]) => ({
    group,
    name,
    make: () => ({ args: row(), call: (...args) => ((from as Record<string, unknown>)[name] as Called)(...args) }),
  }))

/** Constructors of a module. */
export const constructorCalls = (group: string, from: object, rows: CallRows): readonly Call[] =>
  each(rows).map(([name, row]) => ({
    group,
    name,
    make: () => ({
      args: row(),
      call: (...args) => new ((from as Record<string, unknown>)[name] as new (...a: unknown[]) => unknown)(...args),
    }),
  }))

/** Methods of something that `make` makes; an error names `name`, or the thing and the method. */
export const methodCalls = (group: string, make: () => object, rows: CallRows): readonly Call[] =>
  each(rows).map(([name, row]) => ({
    group,
    name,
    make: () => {
      const self = make() as Record<string, Called>
      return { args: row(), call: (...args) => self[name]!(...args) }
    },
  }))
