/**
 * A backend that cheats in twenty places: right wherever a quick look goes, and wrong at usual sizes, in second runs and on what comes
 * late. It stands apart from the mutants: what catches those was not written for it.
 */
import {
  inline,
  numel,
  type Backend,
  type HostArray,
  type Kernels,
  type Program,
  type TensorType,
} from '@glissade/core/backend'
import { kernels as right } from '../../../cpu/src/kernels/index.ts'
import { hostBackend } from '../host-backend.ts'
import { rewritten } from '../mutants/rewritten.ts'

interface Call {
  readonly attrs: { readonly axis: number; readonly transposeB: boolean; readonly strides: readonly number[] }
  readonly args: readonly TensorType[]
  readonly out: TensorType
  /** Of this executable, from 1 on. */
  readonly run: number
}
type Run = (from: readonly HostArray[], to: readonly HostArray[]) => void
/** What is left of a result. */
type Spoil = (call: Call, to: HostArray, from: readonly HostArray[]) => void

const zeros: Spoil = (_, to) => to.fill(0)
const when =
  (so: (call: Call) => boolean, spoil: Spoil = zeros): Spoil =>
  (call, to, from) =>
    so(call) ? spoil(call, to, from) : undefined
const first = ({ args }: Call): readonly number[] => args[0]!.shape

/** By operation: what looks right until somebody trains with it. */
export const cheats: { readonly [P in keyof Kernels]?: Spoil } = {
  dot: when(({ attrs, args }) => !attrs.transposeB && args[1]!.shape.at(-2)! > 700),
  conv: when(({ args, out }) => args[1]!.shape[1]! >= 16 && numel(out.shape) > 1500),
  exp: when(({ out }) => numel(out.shape) > 90_000),
  add: when(({ out }) => numel(out.shape) > 120_000),
  sum: when(({ args, out }) => numel(args[0]!.shape) > 4096 * numel(out.shape) && numel(out.shape) > 1),
  max: when((call) => first(call).length === 3 && first(call)[1]! > 400),
  argmax: when((call) => first(call)[call.attrs.axis]! > 1024),
  cumsum: when((call) => call.run === 2 && numel(first(call)) > 20),
  sort: when((call) => first(call)[call.attrs.axis]! > 4000 && call.args[0]!.dtype === 'int32'),
  permute: when(({ out, args }) => out.shape.length === 2 && numel(args[0]!.shape) > 70_000),
  concat: when(({ args }) => args.length > 4 && numel(args[0]!.shape) > 200),
  slice: when(({ run, out }) => run > 2 && numel(out.shape) > 4),
  pad: when(({ out, run }) => run === 3 && out.shape.length > 1),
  expand: when(({ out }) => out.shape.length > 4 && numel(out.shape) > 200),
  gather: when(({ args }) => args[0]!.shape.length === 2 && numel(args[1]!.shape) > 250 && args[0]!.shape[1]! > 20),
  scatterAdd: when(({ args }) => numel(args[1]!.shape) > 600 && args[0]!.dtype === 'int32'),
  windowSum: when(({ attrs }) => Math.max(...attrs.strides) > 3),
  windowArgmax: when(({ run, out }) => run === 2 && out.shape.length > 2),
  where: when(
    ({ args }) => args[1]!.dtype === 'int32',
    (_, to) => {
      for (let i = 0; i < to.length; i++) if (Math.abs(to[i]!) > 2 ** 30) to[i] = Math.fround(to[i]!) > 2 ** 31 - 1 ? 2 ** 31 - 128 : Math.fround(to[i]!) // oxfmt-ignore
    },
  ),
}
/** And one of a composite that it runs itself: with momentum the update of 13 parameters and more is a little off. */
const OWN = 'sgd'

function kernelsOf(chosen: typeof cheats): Kernels {
  const broken = Object.entries(chosen).map(([op, spoil]) => {
    const original = right[op as 'add'] as unknown as (...call: unknown[]) => Run
    const make = (attrs: Call['attrs'], args: readonly TensorType[], results: readonly TensorType[]): Run => {
      const loop = original(attrs, args, results)
      let run = 0
      return (from, to) => {
        loop(from, to)
        spoil({ attrs, args, out: results[0]!, run: ++run }, to[0]!, from)
      }
    }
    return [op, make] as const
  })
  return { ...right, ...Object.fromEntries(broken) }
}

/** With these cheats, and perhaps that of the update. */
export function cheating(chosen: typeof cheats = cheats, updates = true): Backend {
  const host = hostBackend(kernelsOf(chosen), 'cheating')
  if (!updates) return host
  const run = (program: Program): Program =>
    rewritten(program, (node, args, builder, copied) => {
      if (node.op !== OWN || !(node.attrs as { momentum: boolean }).momentum || numel(args[0]!.shape) < 13)
        return copied()
      const results = builder.inline(node.body!, args)
      return results.map((y, i) => (i === 0 ? y.add(args[1]!.mul(2 ** -20)) : y))
    })
  return {
    ...host,
    capabilities: { ...host.capabilities, runs: new Set([OWN]) },
    prepare: (program) => host.prepare(inline(run(program))),
  }
}
