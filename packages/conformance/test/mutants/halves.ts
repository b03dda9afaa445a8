/** Backends that list float16 and compute it wrongly. */
import { DTYPES, type HostArray, type TensorType } from '@glissade/core/backend'
import { after, type Mutant } from './mutant.ts'

const { pack, numbers } = DTYPES.float16.packing!
const number = (pattern: number): number => numbers()[pattern]!
const isHalf = ({ dtype }: TensorType): boolean => dtype === 'float16'

/** Spoils halves: from the elements of the operands to that of the result, as numbers. */
const half = (
  name: string,
  op: 'add' | 'mul' | 'exp',
  spoil: (args: readonly number[], was: number) => number,
): Mutant =>
  after(
    name,
    op,
    (out, args, { results }) => {
      if (!isHalf(results[0]!)) return
      const operands = (i: number): number[] => args.map((arg: HostArray) => number(arg[i]!))
      for (let i = 0; i < out.length; i++) out[i] = pack(spoil(operands(i), number(out[i]!)))
    },
    `eager/${op}/float16/*`,
  )
/** The half beside it on the way to zero, where it is further from zero than what it stands for. */
const towardsZero = (exact: number, was: number): number =>
  Math.abs(was) > Math.abs(exact) && was !== 0 ? number(pack(was) - 1) : was

export const halves: readonly Mutant[] = [
  half('halves are cut off in sums', 'add', ([x, y], was) => towardsZero(x! + y!, was)),
  half('halves are cut off in products', 'mul', ([x, y], was) => towardsZero(x! * y!, was)),
  half('subnormal halves become 0', 'mul', (_, was) => (Math.abs(was) < 2 ** -14 ? 0 : was)),
  half('halves stop at the greatest', 'exp', (_, was) => Math.min(was, 65504)),
  after(
    'halves are summed in halves',
    'sum',
    (out, [x], { args, attrs }) => {
      if (!isHalf(args[0]!) || attrs.axes.length !== args[0]!.shape.length) return
      out[0] = pack(Array.from(x!).reduce((sum, pattern) => DTYPES.float16.round(sum + number(pattern)), 0))
    },
    'eager/sum/float16/*',
  ),
  after(
    'doubles become halves by way of float32',
    'cast',
    (out, [x], { args, attrs }) => {
      if (attrs.dtype === 'float16' && args[0]!.dtype === 'float64')
        for (let i = 0; i < out.length; i++) out[i] = pack(Math.fround(x![i]!))
    },
    'eager/cast/float64/*',
  ),
  after(
    'ties of halves go up',
    'cast',
    (out, [x], { args, attrs }) => {
      if (attrs.dtype !== 'float16' || args[0]!.dtype !== 'float32') return
      for (let i = 0; i < out.length; i++) {
        const [below, above] = [number(out[i]!), number(out[i]! + 1)]
        const tie = (below + above) / 2
        if (tie === x![i]) out[i] = out[i]! + 1
      }
    },
    'eager/cast/float32/*',
  ),
  after(
    'what pads halves is no half',
    'pad',
    (out, _, { results, attrs }) => {
      if (!isHalf(results[0]!)) return
      for (let i = 0; i < out.length; i++) if (number(out[i]!) === attrs.value) out[i] = attrs.value
    },
    'eager/pad/float16/*',
  ),
]
