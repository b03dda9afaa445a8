/** Equal elements, NaN and infinities lost in long lines; int32 carried in floats. */
import { numel, type HostArray, type Kernels, type TensorType } from '@glissade/core/backend'
import { after, attributes, clone, isFloat, kernel, type Mutant } from './mutant.ts'

type Op = keyof Kernels
const FAR = 256

/** The positions of each line along an axis. */
function linesOf({ shape }: TensorType, axis: number): number[][] {
  const [size, stride] = [shape[axis]!, numel(shape.slice(axis + 1))]
  return Array.from({ length: numel(shape) / Math.max(1, size) }, (_, line) => {
    const first = Math.floor(line / stride) * size * stride + (line % stride)
    return Array.from({ length: size }, (__, i) => first + i * stride)
  })
}
/** Elements of a copy, changed line by line. */
const changed = (
  name: string,
  op: 'sort' | 'argmax' | 'cumsum',
  change: (line: number[], i: number) => number,
  only = `eager/${op}/*in a long line`,
): Mutant =>
  kernel(
    name,
    op,
    ({ attrs, args, results }, original) => {
      const loop = original(attrs, args, results)
      const lines = linesOf(args[0]!, attrs.axis)
      return ([x], out) => {
        const copy = clone(x!)
        for (const line of lines) {
          const elements = line.map((place) => x![place]!)
          line.forEach((place, i) => (copy[place] = change(elements, i)))
        }
        loop([copy], out)
      }
    },
    only,
  )
const late = (name: string, of: (x: number) => boolean, becomes: number): Mutant[] =>
  (['sort', 'argmax', 'cumsum'] as const).map((op) =>
    changed(`${op} loses ${name} beyond ${FAR} elements`, op, (line, i) =>
      i >= FAR && of(line[i]!) ? becomes : line[i]!,
    ),
  )
const folded = (op: 'max' | 'min' | 'sum', name: string, of: (x: number) => boolean, becomes: number): Mutant =>
  kernel(
    `${op} loses ${name} beyond ${FAR} elements`,
    op,
    ({ attrs, args, results }, original) => {
      const loop = original(attrs, args, results)
      return ([x], out) => loop([clone(x!).map((a, i) => (i >= FAR && of(a) ? becomes : a))], out)
    },
    `eager/${op}/*in a long line`,
  )
const isInfinite = (x: number): boolean => Math.abs(x) === Infinity

/** As if its int32 operands or results were float32 on the way. */
const throughFloats = (op: Op): Mutant =>
  kernel(
    `${op} carries int32 in float32`,
    op,
    ({ attrs, args, results }, original) => {
      const loop = original(attrs, args, results)
      const single = (array: HostArray, type: TensorType): HostArray =>
        type.dtype === 'int32' ? clone(array).map((x) => Math.fround(x)) : array
      // Indices are what they are.
      const indexed = op === 'gather' || op === 'scatterAdd'
      return (from, to) => {
        loop(
          from.map((array, i) => (indexed && i === 1 ? array : single(array, args[i]!))),
          to,
        )
        if (results[0]!.dtype === 'int32' && op !== 'argmax' && op !== 'windowArgmax')
          for (let i = 0; i < to[0]!.length; i++) to[0]![i] = Math.fround(to[0]![i]!)
      }
    },
    `eager/${op}/int32/*beyond 2^24`,
  )
// oxfmt-ignore
const INTEGERS = [
  'neg', 'abs', 'not', 'add', 'sub', 'maximum', 'minimum', 'eq', 'lt', 'le', 'and', 'or', 'where', 'permute', 'expand', 'slice', 'pad',
  'flip', 'concat', 'gather', 'scatterAdd', 'max', 'min', 'sum', 'argmax', 'cumsum', 'sort', 'windowSum', 'windowArgmax',
] as const

const dtypeOf = (args: readonly TensorType[]): string => args[0]!.dtype
export const lines: readonly Mutant[] = [
  ...late('a NaN', Number.isNaN, 1),
  ...late('an infinity', isInfinite, 1),
  ...(['max', 'min', 'sum'] as const).flatMap((op) => [
    folded(op, 'a NaN', Number.isNaN, 1),
    folded(op, 'an infinity', isInfinite, 1),
  ]),
  kernel('argmax takes the last of equals that are 256 apart', 'argmax', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    const all = linesOf(args[0]!, attrs.axis)
    return ([x], out) => {
      loop([x!], out)
      all.forEach((line, k) => {
        const best = x![line[out[0]![k]!]!]!
        const other = line.findLastIndex((place) => x![place] === best)
        if (other - out[0]![k]! >= FAR) out[0]![k] = other
      })
    }
  }, 'eager/argmax/*'), // oxfmt-ignore
  kernel('argmax of chunks takes the chunk that ends first', 'argmax', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    const all = linesOf(args[0]!, attrs.axis)
    return ([x], out) => {
      loop([x!], out)
      all.forEach((line, k) => {
        if (line.length <= 1024) return
        const best = x![line[out[0]![k]!]!]!
        const chunk = line.findIndex((place, i) => i >= 1024 && x![place] === best)
        if (chunk >= 0) out[0]![k] = chunk
      })
    }
  }, 'eager/argmax/*'), // oxfmt-ignore
  kernel('sort is not stable beyond 256', 'sort', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    const all = linesOf(args[0]!, attrs.axis)
    return ([x], [values, indices]) => {
      loop([x!], [values!, indices!])
      for (const line of all)
        for (let i = FAR + 1; i < line.length; i++) {
          const [a, b] = [line[i - 1]!, line[i]!]
          if (values![a] === values![b]) [indices![a], indices![b]] = [indices![b]!, indices![a]!]
        }
    }
  }, 'eager/sort/*in a long line'), // oxfmt-ignore
  kernel('sort descending turns equals round', 'sort', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    const all = linesOf(args[0]!, attrs.axis)
    return ([x], [values, indices]) => {
      loop([x!], [values!, indices!])
      if (!attrs.descending) return
      for (const line of all) {
        if (line.length < FAR) continue
        for (let i = 1; i < line.length; i++)
          if (values![line[i]!] === values![line[i - 1]!])
            [indices![line[i]!], indices![line[i - 1]!]] = [indices![line[i - 1]!]!, indices![line[i]!]!]
      }
    }
  }, 'eager/sort/*in a long line'), // oxfmt-ignore
  kernel('scatterAdd drops what comes to one place more than 256 times', 'scatterAdd', ({ attrs, args }) => {
    const [size, row] = [args[0]!.shape[attrs.axis]!, numel(args[0]!.shape.slice(attrs.axis + 1))]
    return ([x, index, updates], [out]) => {
      out!.set(x!)
      const outer = numel(args[0]!.shape.slice(0, attrs.axis))
      for (let o = 0; o < outer; o++) {
        const counts = new Map<number, number>()
        for (let i = 0; i < index!.length; i++) {
          const to = index![i]!
          const count = (counts.get(to) ?? 0) + 1
          counts.set(to, count)
          if (count > FAR) continue
          for (let k = 0; k < row; k++)
            out![(o * size + to) * row + k] = out![(o * size + to) * row + k]! + updates![(o * index!.length + i) * row + k]!
        }
      }
    }
  }, 'eager/scatterAdd/*700 updates*'), // oxfmt-ignore
  kernel('scatterAdd lets the last of equal indices win in pairs', 'scatterAdd', ({ attrs, args, results }, original) => {
    const loop = original(attrs, args, results)
    const row = numel(args[0]!.shape.slice(attrs.axis + 1))
    return ([x, index, updates], out) => {
      const copy = clone(updates!)
      for (let i = FAR; i + 1 < index!.length; i += 2) if (index![i] === index![i + 1]) copy.fill(0, i * row, (i + 1) * row)
      loop([x!, index!, copy], out)
    }
  }, 'eager/scatterAdd/*700 updates*'), // oxfmt-ignore
  after('windowArgmax gives places in a byte', 'windowArgmax', (out) => {
    for (let i = 0; i < out.length; i++) out[i] = out[i]! & 255
  }, 'eager/windowArgmax/*'), // oxfmt-ignore
  after('windowArgmax takes the last of equals in large windows', 'windowArgmax', (out, [x], { attrs }) => {
    if (numel(attrs.window) <= 64) return
    for (let i = 0; i < out.length; i++) if (x![out[i]!] === x![out[i]! + 1]) out[i] = out[i]! + 1
  }, 'eager/windowArgmax/*ties in a large window'), // oxfmt-ignore
  after('max of many is not that of infinities', 'max', (out, _, { args }) => {
    if (isFloat(dtypeOf(args)) && numel(args[0]!.shape) > FAR)
      for (let i = 0; i < out.length; i++) if (out[i] === Infinity) out[i] = 3e38
  }, 'eager/max/*in a long line'), // oxfmt-ignore
  attributes('cumsum forgets to reverse long lines', 'cumsum', ({ attrs, args: [x] }) => ({
    ...attrs,
    reverse: attrs.reverse && x!.shape[attrs.axis]! <= FAR,
  })),
  ...INTEGERS.map(throughFloats),
]
