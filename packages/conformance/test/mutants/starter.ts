/** The starter with one line of its kernels changed: what its first user might do. */
import { readFile } from 'node:fs/promises'
import * as core from '@glissade/core/backend'
import type { Kernels } from '@glissade/core/backend'
import { commonjs } from '../../../../tools/bundle-source.ts'
import type { Patterns } from '../../src/pattern.ts'
import { hostBackend } from '../host-backend.ts'
import type { Mutant } from './mutant.ts'

const KERNELS = new URL('../../../create-backend/template/src/kernels.ts', import.meta.url)
const text = await readFile(KERNELS, 'utf8')

async function kernelsOf(source: string): Promise<Kernels> {
  const code = await commonjs(source)
  const module = { exports: {} as { kernels?: Kernels } }
  // oxlint-disable-next-line no-implied-eval, typescript/no-unsafe-call -- the text is the starter's own
  new Function('module', 'exports', 'require', code)(module, module.exports, () => core)
  return module.exports.kernels!
}

type Row = readonly [from: string, to: string, only: Patterns]
// oxfmt-ignore
const ROWS: readonly Row[] = [
  ['Math.floor(i / stride) %', 'Math.ceil(i / stride) %', 'eager/permute/*'],
  ['place < 0 ? value', 'place < 1 ? value', 'eager/pad/*'],
  ['Number.isInteger(i) && i >= 0', 'Number.isInteger(i)', 'eager/pad/*'],
  ['Number.isInteger(i) && i >= 0', 'i >= 0', 'eager/pad/*'],
  ['start + j * strides[axis]!', 'start + j', 'eager/argmax/*'],
  ['Math.abs(x % 1) === 0.5', 'Math.abs(x % 1) === 0.25', 'eager/round/*'],
  ['Math.abs(x) < 0.5 ? x * 0', 'Math.abs(x) < 0.5 ? 0 / x', 'eager/round/*'],
  ['n > 0; n--', 'n > 100; n--', 'eager/erf/*'],
  ['Math.abs(x) < 6', 'Math.abs(x) < 2', 'eager/erf/*'],
  ['Math.abs(x) === 1 ? x ** (y % 2) : 0', '0', 'eager/pow/int32/*'],
  ['y === 0 ? 1 :', 'y === 0 ? 0 :', 'eager/pow/int32/*'],
  ['y >>> 1)', 'y >> 2)', 'eager/pow/int32/*'],
  ['neg: (x) => -x', 'neg: (x) => 0 - x', 'eager/neg/*'],
  ['add: [(x, y) => x + y]', 'add: [(x, y) => x - y]', 'eager/add/*'],
  ['sub: [(x, y) => x - y]', 'sub: [(x, y) => y - x]', 'eager/sub/*'],
  ['mul: [(x, y) => x * y, Math.imul]', 'mul: [(x, y) => x * y]', 'eager/mul/int32/*'],
  ['(x, y) => (x / y) | 0', '(x, y) => Math.floor(x / y)', 'eager/div/int32/*'],
  ['mod: [(x, y) => x % y]', 'mod: [(x, y) => ((x % y) + y) % y]', 'eager/mod/*'],
  ['minimum: [Math.min]', 'minimum: [Math.max]', 'eager/minimum/*'],
  ['x === 1 ||', 'x === 2 ||', 'eager/pow/*'],
  ['eq: [(x, y) => Number(x === y)]', 'eq: [(x, y) => Number(Object.is(x, y))]', 'eager/eq/*'],
  ['lt: [(x, y) => Number(x < y)]', 'lt: [(x, y) => Number(x <= y)]', 'eager/lt/*'],
  ['le: [(x, y) => Number(x <= y)]', 'le: [(x, y) => Number(!(x > y))]', 'eager/le/*'],
  ['and: [(x, y) => x & y]', 'and: [(x, y) => Number(Boolean(x && y))]', 'eager/and/int32/*'],
  ['or: [(x, y) => x | y]', 'or: [(x, y) => x ^ y]', 'eager/or/*'],
  ["binary[op]!.at(dtype === 'float32' ? 0 : -1)!", 'binary[op]![0]', 'eager/mul/int32/*'],
  ['i < out!.length; i++) out![i] = f(', 'i < out!.length - 1; i++) out![i] = f(', 'eager/exp/*'],
  ['i < out!.length; i++) out![i] = f(', 'i < Math.min(65536, out!.length); i++) out![i] = f(', 'eager/tanh/*'],
  ['Math.max(-2147483648,', 'Math.max(-2147483647,', 'eager/cast/float32/*'],
  ['Math.min(2147483647, x)', 'x', 'eager/cast/float32/*'],
  ['(a, b) => (a + b) | 0', '(a, b) => Math.fround(a + b)', 'eager/sum/int32/*'],
  ['prod: [1, (a, b) => a * b, Math.imul]', 'prod: [1, (a, b) => a * b]', 'eager/prod/int32/*'],
  ['max: [-Infinity, Math.max]', 'max: [0, Math.max]', 'eager/max/*'],
  ['min: [Infinity, Math.min]', 'min: [Infinity, (a, b) => (b < a ? b : a)]', 'eager/min/float32/*'],
  ['a > b || (a !== a && b === b)', 'a > b', 'eager/argmax/float32/*'],
  ['a > b || (a !== a && b === b)', 'a >= b || (a !== a && b === b)', 'eager/argmax/*'],
  ['- padding[i]![0]', '- padding[i]![1]', 'eager/windowSum/*'],
  ['* dilation[i]!', '* 1', 'eager/windowSum/*'],
  ['index[i]! * strides[i]!', 'index[i]! * strides[0]!', 'eager/windowSum/*'],
  ['filter((place) => place >= 0)', 'filter((place) => place > 0)', 'eager/windowSum/*'],
  ['index < 0 || index >= size', 'index >= size', '*/gather/*is an error*'],
  ['index < 0 || index >= size', 'index < 0 || index > size', '*/scatterAdd/*is an error*'],
  ['for (const index of indices) if', 'for (const index of indices.slice(0, 64)) if', '*/gather/*is an error*'],
  ["x!.dtype === 'bool' ? (a) => 1 - a : (a) => ~a", '(a) => 1 - a', 'eager/not/*'],
  ['c![i] ? a![i]! : b![i]!', 'c![i]! * a![i]! + (1 - c![i]!) * b![i]!', 'eager/where/*'],
  ["dtype === 'bool' ? (x) => Number(x !== 0)", "dtype === 'bool' ? (x) => Number(x > 0)", 'eager/cast/*'],
  ['axes.includes(axis) ? 0 : kept.shift()!', 'axes.includes(axis) ? 0 : kept.pop()!', 'eager/sum/*'],
  ['new Float64Array(to!.length).fill(first)', 'new Float32Array(to!.length).fill(first)', 'eager/sum/*'],
  ['j : best), 0)', 'j : best), 1)', 'eager/argmax/*'],
  ['reverse ? line.toReversed() : line', 'line', 'eager/cumsum/*'],
  ['descending ? -1 : 1', '1', 'eager/sort/*'],
  ['sign * (Number(greater(a, b)) - Number(greater(b, a)))', 'sign * (a - b)', 'eager/sort/*'],
  ['pairs.sort(', 'if (pairs.length <= 256) pairs.sort(', 'eager/sort/*'],
  ['index[order.indexOf(axis)]!', 'index[order[axis]!]!', 'eager/permute/*'],
  ['size === 1 ? 0', 'size === 2 ? 0', 'eager/expand/*'],
  ['start[axis]! + i * step[axis]!', 'start[axis]! + i', 'eager/slice/*'],
  ['(interior[axis]! + 1)', '(interior[0]! + 1)', 'eager/pad/*'],
  ['x[axis]! - 1 - i : i', 'x[axis]! - i : i', 'eager/flip/*'],
  ['before += own', 'before += rows[0]!', 'eager/concat/*'],
  ["typeof value === 'number' ? out!.fill(value) : out!.set(value)", "out!.fill(typeof value === 'number' ? value : value[0] ?? 0)", 'eager/constant/*'],
  ['out!.set(table(shape, (index) => index[axis]!))', 'out!.set(table(shape, (index) => index[0]!))', 'eager/iota/*'],
  ['transposeA ? [1, m] : [k, 1]', '[k, 1]', 'eager/dot/*'],
  ['transposeB ? [1, k] : [n, 1]', '[n, 1]', 'eager/dot/*'],
  ['for (let l = 0; l < k; l++)', 'for (let l = 0; l < Math.min(k, 256); l++)', 'eager/dot/*'],
  ['batch * k * n +', '', 'eager/dot/*'],
  ['Math.floor(o / (outputs / attrs.groups)) * channels', '0', 'eager/conv/*'],
  ['c < channels; c++', 'c < Math.min(channels, 15); c++', 'eager/conv/*'],
  ['tap < size; tap++', 'tap < Math.min(size, 16); tap++', 'eager/conv/*'],
  ['windows[p % windows.length]![tap]!) >= 0', 'windows[p % windows.length]![tap]!) > 0', 'eager/conv/*'],
  ['places.reduce((sum, place) => sum + x[base + place]!, 0)', 'places.reduce((sum, place) => sum + x[place]!, 0)', 'eager/windowSum/*'],
  ['? place : best), places[0] ?? 0)', '? place : best), 0)', 'eager/windowArgmax/*'],
  ['out!.set(from!)\n    for (let i = 0; i < updates', 'out!.fill(0)\n    for (let i = 0; i < updates', 'eager/scatterAdd/*'],
  ['out![place(i)]! += updates![i]!', 'out![place(i)] = from![place(i)]! + updates![i]!', 'eager/scatterAdd/*'],
]

export const starter: readonly Mutant[] = ROWS.map(([from, to, only], i) => ({
  name: `the starter, ${i + 1}: ${from.trim()} becomes ${to.trim() || 'nothing'}`,
  only,
  create: async () => {
    if (!text.includes(from)) throw new Error(`the starter has no ${from}`)
    return hostBackend(await kernelsOf(text.replace(from, () => to)), 'starter')
  },
}))
