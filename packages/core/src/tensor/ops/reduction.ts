/** Reductions over dimensions. */
import type { Sym } from '../../ir/builder.ts'
import { numel } from '../../backend/dtype.ts'
import { Op } from '../op.ts'
import { toFloat } from './promotion.ts'

/** `axes` ascend; with `keepdim` they stay as size 1. */
export interface Reduce { readonly axes: readonly number[]; readonly keepdim: boolean }

const keep = (x: Sym, result: Sym, { axes, keepdim }: Reduce): Sym =>
  keepdim ? result.reshape(x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))) : result
/** bool and uint8 are summed as integers. */
const widen = (x: Sym): Sym => (x.dtype === 'bool' || x.dtype === 'uint8' ? x.cast('int32') : x)
const logical = (x: Sym): Sym => x.cast('bool').cast('int32')

const reduce = (name: string, rule: (x: Sym, axes: readonly number[]) => Sym): Op<Reduce> =>
  new Op(name, ([x], attrs) => [keep(x!, rule(x!, attrs.axes), attrs)])

export const count = (x: Sym, axes: readonly number[]): number => numel(axes.map((axis) => x.shape[axis]!))

export const sum: Op<Reduce> = reduce('sum', (x, axes) => widen(x).sum(axes))
export const prod: Op<Reduce> = reduce('prod', (x, axes) => widen(x).prod(axes))
export const mean: Op<Reduce> = reduce('mean', (x, axes) => toFloat(x).sum(axes).div(count(x, axes)))
export const amax: Op<Reduce> = reduce('amax', (x, axes) => x.max(axes))
export const amin: Op<Reduce> = reduce('amin', (x, axes) => x.min(axes))
export const any: Op<Reduce> = reduce('any', (x, axes) => logical(x).sum(axes).cast('bool'))
export const all: Op<Reduce> = reduce('all', (x, axes) => logical(x).eq(0).cast('int32').sum(axes).eq(0))
/** Over one axis. */
export const argmax: Op<Reduce> = reduce('argmax', (x, [axis]) => widen(x).argmax(axis!))
export const argmin: Op<Reduce> = reduce('argmin', (x, [axis]) => widen(x).neg().argmax(axis!))
