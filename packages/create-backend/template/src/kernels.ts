/** One small loop per primitive; the compiler counts them. Replace them one by one by whatever your device does. */
import { BINARY_NUMBER, COMPARISON, LOGIC, REDUCTION, UNARY_FLOAT, UNARY_NUMBER } from '@glissade/core/backend'
import { numel, outOfRange, stridesOf } from '@glissade/core/backend'
import type { Attributes, HostArray, Kernel, Kernels, Loop, Primitive } from '@glissade/core/backend'
import type { Shape, TensorType, Window } from '@glissade/core/backend'

type Types = readonly TensorType[]
type Formula = (x: number, y: number) => number
function rows<P extends Primitive>(names: readonly P[], row: (op: P) => Kernel<P>): { [K in P]: Kernel<K> } {
  return Object.fromEntries(names.map((op) => [op, row(op)])) as unknown as { [K in P]: Kernel<K> }
}
const at = (index: Shape, strides: Shape): number => index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0)
/** Where an element of this shape is found; -1 for an index outside of it, or between two. */
const placeIn = (shape: Shape, index: Shape): number =>
  index.every((i, axis) => Number.isInteger(i) && i >= 0 && i < shape[axis]!) ? at(index, stridesOf(shape)) : -1
/** A number for every index of a shape, row by row: mostly where an element is found. Worked out once. */
function table(shape: Shape, place: (index: Shape) => number): Int32Array {
  const strides = stridesOf(shape)
  const indexOf = (i: number): Shape => strides.map((stride, axis) => Math.floor(i / stride) % shape[axis]!)
  return new Int32Array(numel(shape)).map((_, i) => place(indexOf(i)))
}
/** The positions of every line of elements along an axis. */
export function linesOf(shape: Shape, axis: number): Int32Array[] {
  const [strides, first] = [stridesOf(shape), shape.with(axis, 1)]
  return Array.from(table(first, (index) => at(index, strides)), (start) =>
    new Int32Array(shape[axis]!).map((_, j) => start + j * strides[axis]!))
}
/** `source` gives the index of the operand for an index of the result; outside of it stands the filler of `pad`. */
const moved = <A extends object>(source: (attrs: A, index: Shape, x: Shape) => Shape) =>
  (attrs: A & { readonly value?: number }, [x]: Types, [out]: Types): Loop => {
    const [{ shape }, { value = 0 }] = [x!, attrs]
    const places = table(out!.shape, (index) => placeIn(shape, source(attrs, index, shape)))
    return ([from], [to]) => places.forEach((place, i) => (to![i] = place < 0 ? value : from![place]!))
  }

// ---- Element by element: typed arrays round and wrap as they store -------------------------------------------------
const round = (x: number): number =>
  Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.abs(x) < 0.5 ? x * 0 : Math.round(x)
/** 2 / sqrt(pi) x exp(-x^2) (1 + 2x^2 / 3 (1 + 2x^2 / 5 (1 + ...))) */
function erf(x: number): number {
  let sum = 1
  for (let n = 150; n > 0; n--) sum = 1 + (sum * 2 * x * x) / (2 * n + 1)
  return Math.abs(x) < 6 ? (2 / Math.sqrt(Math.PI)) * x * Math.exp(-x * x) * sum : Math.sign(x)
}
function integerPower(x: number, y: number): number {
  if (y < 0) return Math.abs(x) === 1 ? x ** (y % 2) : 0
  return y === 0 ? 1 : Math.imul(y & 1 ? x : 1, integerPower(Math.imul(x, x), y >>> 1))
}
const own: { readonly [op: string]: (x: number) => number } = { neg: (x) => -x, round, erf }
/** A formula for floats, and another for integers where they differ. */
const binary: { readonly [op: string]: readonly [Formula, Formula?] } = {
  add: [(x, y) => x + y], sub: [(x, y) => x - y], mul: [(x, y) => x * y, Math.imul],
  div: [(x, y) => x / y, (x, y) => (x / y) | 0], mod: [(x, y) => x % y], maximum: [Math.max], minimum: [Math.min],
  pow: [(x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y), integerPower],
  eq: [(x, y) => Number(x === y)], lt: [(x, y) => Number(x < y)], le: [(x, y) => Number(x <= y)],
  and: [(x, y) => x & y], or: [(x, y) => x | y],
}
const formulaOf = (op: string, dtype: string): Formula => binary[op]!.at(dtype === 'float32' ? 0 : -1)!
const map = (f: Formula): Loop => ([x, y = x], [out]) => {
  for (let i = 0; i < out!.length; i++) out![i] = f(x![i]!, y![i]!)
}
const saturated = (x: number): number => Math.max(-2147483648, Math.min(2147483647, x))

// ---- Many elements to one ------------------------------------------------------------------------------------------
const folds: { readonly [op: string]: readonly [first: number, Formula, Formula?] } = {
  sum: [0, (a, b) => a + b, (a, b) => (a + b) | 0], prod: [1, (a, b) => a * b, Math.imul],
  max: [-Infinity, Math.max], min: [Infinity, Math.min],
}
type Visit<A> = (attrs: A, line: Int32Array, i: number, from: HostArray, results: readonly HostArray[]) => void
const along = <A extends { readonly axis: number }>(visit: Visit<A>) => (attrs: A, [x]: Types): Loop => {
  const lines = linesOf(x!.shape, attrs.axis)
  return ([from], results) => lines.forEach((line, i) => visit(attrs, line, i, from!, results))
}
/** NaN is greatest. */
const greater = (a: number, b: number): boolean => a > b || (a !== a && b === b)

type Sliding = Omit<Window, 'window'> & Partial<Pick<Attributes['conv'], 'inputDilation'>>
/** Per position of a window the elements under its taps, counted in the space; -1 in padding or between elements. */
function windowsOf(sliding: Sliding, window: Shape, space: Shape, out: Shape): Int32Array[] {
  const [{ strides, padding, dilation, inputDilation }, size] = [sliding, numel(window)]
  const all = table([...out, ...window], (index) => placeIn(space, space.map((_, i) => {
    const place = index[i]! * strides[i]! - padding[i]![0] + index[i + space.length]! * dilation[i]!
    return place / (inputDilation?.[i] ?? 1)
  })))
  return Array.from({ length: numel(out) }, (_, p) => all.subarray(p * size, (p + 1) * size))
}
type Look = (x: HostArray, places: Int32Array, base: number) => number
const windowed = (look: Look): Kernel<'windowSum' | 'windowArgmax'> => (attrs, [x], [out]) => {
  const [space, result] = [x!, out!].map(({ shape }) => shape.slice(shape.length - attrs.window.length))
  const windows = windowsOf(attrs, attrs.window, space!, result!).map((taps) => taps.filter((place) => place >= 0))
  return ([from], [to]) => to!.forEach((_, i) => {
    to![i] = look(from!, windows[i % windows.length]!, Math.floor(i / windows.length) * numel(space!))
  })
}

/** From a position in what is gathered to the position in x. */
function found(op: string, attrs: Attributes['gather'], shape: Shape, indices: HostArray): (i: number) => number {
  const [size, inner] = [shape[attrs.axis]!, numel(shape.slice(attrs.axis + 1))]
  for (const index of indices) if (index < 0 || index >= size) throw outOfRange(op, attrs, index, size)
  const block = indices.length * inner
  return (i) => (Math.floor(i / block) * size + indices[Math.floor((i % block) / inner)]!) * inner + (i % inner)
}

export const kernels: Kernels = {
  ...rows([...UNARY_NUMBER, ...UNARY_FLOAT], (op) => () => map(own[op] ?? Math[op as 'exp'])),
  ...rows([...BINARY_NUMBER, ...COMPARISON, ...LOGIC], (op) => (_, [x]) => map(formulaOf(op, x!.dtype))),
  not: (_, [x]) => map(x!.dtype === 'bool' ? (a) => 1 - a : (a) => ~a),
  where: () => ([c, a, b], [out]) => void out!.forEach((_, i) => (out![i] = c![i] ? a![i]! : b![i]!)),
  cast: ({ dtype }) => map(dtype === 'bool' ? (x) => Number(x !== 0) : dtype === 'int32' ? saturated : (x) => x),
  ...rows(REDUCTION, (op) => ({ axes }, [x], [out]) => {
    const [first, ...formulas] = folds[op]!
    const combine = formulas.at(x!.dtype === 'float32' ? 0 : -1)!
    const kept = stridesOf(out!.shape)
    const strides = x!.shape.map((_, axis) => (axes.includes(axis) ? 0 : kept.shift()!))
    const into = table(x!.shape, (index) => at(index, strides))
    return ([from], [to]) => {
      const totals = new Float64Array(to!.length).fill(first)
      into.forEach((total, i) => (totals[total] = combine(totals[total]!, from![i]!)))
      to!.set(totals)
    }
  }),
  argmax: along((_, line, i, from, [out]) => {
    out![i] = line.reduce((best, place, j) => (greater(from[place]!, from[line[best]!]!) ? j : best), 0)
  }),
  cumsum: along(({ reverse }, line, _, from, [out]) => {
    const places = reverse ? line.toReversed() : line
    places.reduce((total, place) => (out![place] = total + from[place]!), 0)
  }),
  sort: along(({ descending }, line, _, from, [values, indices]) => {
    const [pairs, sign] = [Array.from(line, (place, j) => [from[place]!, j] as const), descending ? -1 : 1]
    pairs.sort(([a], [b]) => sign * (Number(greater(a, b)) - Number(greater(b, a))))
    pairs.forEach(([value, j], to) => ([values![line[to]!], indices![line[to]!]] = [value, j]))
  }),
  permute: moved(({ order }, index) => order.map((_, axis) => index[order.indexOf(axis)]!)),
  expand: moved((_, index, x) => x.map((size, axis) => (size === 1 ? 0 : index.at(axis - x.length)!))),
  slice: moved(({ start, step }, index) => index.map((i, axis) => start[axis]! + i * step[axis]!)),
  pad: moved(({ low, interior }, index) => index.map((i, axis) => (i - low[axis]!) / (interior[axis]! + 1))),
  flip: moved(({ axes }, index, x) => index.map((i, axis) => (axes.includes(axis) ? x[axis]! - 1 - i : i))),
  concat: ({ axis }, args, [out]) => (from, [to]) => {
    const [row, ...rows] = [out!, ...args].map(({ shape }) => numel(shape.slice(axis)))
    let before = 0
    for (const [k, own] of rows.entries()) {
      for (let i = 0; i < from[k]!.length; i++) to![Math.floor(i / own) * row! + before + (i % own)] = from[k]![i]!
      before += own
    }
  },
  constant: ({ value }) => (_, [out]) => void (typeof value === 'number' ? out!.fill(value) : out!.set(value)),
  iota: ({ shape, axis }) => (_, [out]) => out!.set(table(shape, (index) => index[axis]!)),
  dot: ({ transposeA, transposeB }, [a], [out]) => {
    const [m, n] = out!.shape.slice(-2) as [number, number]
    const [k, times] = [a!.shape.at(transposeA ? -2 : -1)!, formulaOf('mul', a!.dtype)]
    const [[rowA, stepA], [stepB, columnB]] = [transposeA ? [1, m] : [k, 1], transposeB ? [1, k] : [n, 1]] as const
    return ([x, y], [to]) => {
      for (let p = 0; p < to!.length; p++) {
        const [batch, i, j] = [Math.floor(p / (m * n)), Math.floor(p / n) % m, p % n]
        let sum = 0
        for (let l = 0; l < k; l++)
          sum += times(x![batch * m * k + i * rowA + l * stepA]!, y![batch * k * n + l * stepB + j * columnB]!)
        to![p] = sum
      }
    }
  },
  conv: (attrs, [x, w], [out]) => {
    const [outputs, channels, ...window] = w!.shape as [number, number, ...number[]]
    const [area, size] = [numel(x!.shape.slice(2)), numel(window)]
    const windows = windowsOf(attrs, window, x!.shape.slice(2), out!.shape.slice(2))
    return ([from, weights], [to]) => {
      for (let p = 0; p < to!.length; p++) {
        const [n, o] = [Math.floor(p / windows.length / outputs), Math.floor(p / windows.length) % outputs]
        const first = n * x!.shape[1]! + Math.floor(o / (outputs / attrs.groups)) * channels
        let sum = 0
        for (let c = 0; c < channels; c++)
          for (let tap = 0, place = 0; tap < size; tap++)
            if ((place = windows[p % windows.length]![tap]!) >= 0)
              sum += from![(first + c) * area + place]! * weights![(o * channels + c) * size + tap]!
        to![p] = sum
      }
    }
  },
  windowSum: windowed((x, places, base) => places.reduce((sum, place) => sum + x[base + place]!, 0)),
  windowArgmax: windowed((x, places, base) =>
    places.reduce((best, place) => (greater(x[base + place]!, x[base + best]!) ? place : best), places[0] ?? 0)),
  gather: (attrs, [x]) => ([from, indices], [out]) => {
    const place = found('gather', attrs, x!.shape, indices!)
    for (let i = 0; i < out!.length; i++) out![i] = from![place(i)]!
  },
  scatterAdd: (attrs, [x]) => ([from, indices, updates], [out]) => {
    const place = found('scatterAdd', attrs, x!.shape, indices!)
    out!.set(from!)
    for (let i = 0; i < updates!.length; i++) out![place(i)]! += updates![i]!
  },
}
