/** Composites that a backend runs itself, and runs wrong. */
import type { Node, Program } from '@glissade/core/backend'
import { inline, type Sym } from '@glissade/core/ir'
import { hostBackend } from '../host-backend.ts'
import type { Mutant } from './mutant.ts'
import { rewritten } from './rewritten.ts'

/** Runs a composite by itself, with a body of its own. */
export const fused = (
  name: string,
  op: string,
  write: (args: readonly Sym[], attrs: Record<string, boolean>, node: Node) => readonly Sym[],
): Mutant => ({
  name,
  only: `*/${op}/*`,
  create: () => {
    const right = hostBackend()
    return {
      ...right,
      capabilities: { ...right.capabilities, runs: new Set([op]) },
      prepare(program: Program) {
        const written = rewritten(program, (node, args, _, copied) =>
          node.op === op ? write(args, node.attrs as Record<string, boolean>, node) : copied(),
        )
        return right.prepare(inline(written))
      },
    }
  },
})

/** The shared SGD, with the places where implementations go wrong. */
interface Wrong {
  readonly dampenFirst?: boolean
  readonly decayLate?: boolean
  readonly nesterovPlain?: boolean
  readonly rateInBuffer?: boolean
  readonly reordered?: boolean
  readonly maximizeLate?: boolean
  readonly oldMomentum?: boolean
}
const sgd = (name: string, wrong: Wrong): Mutant =>
  fused(name, 'sgd', (args, { first, momentum, weightDecay, nesterov, maximize }) => {
    const [p, grad, buffer] = args
    const [decay, mu, keep, lr] = args.slice(first || !momentum ? 2 : 3) as [Sym, Sym, Sym, Sym]
    let g = maximize && !wrong.maximizeLate ? grad!.neg() : grad!
    if (weightDecay && !wrong.decayLate) g = g.add(p!.mul(decay))
    if (maximize && wrong.maximizeLate) g = g.neg()
    const step = (by: Sym): Sym => {
      const decayed = wrong.decayLate && weightDecay ? by.add(p!.mul(decay)) : by
      return wrong.reordered
        ? p!.sub(decayed.mul(lr.mul(0.5)).add(decayed.mul(lr.mul(0.5)))).add(0)
        : p!.sub(decayed.mul(lr))
    }
    if (!momentum) return [step(wrong.reordered ? g.mul(3).div(3) : g)]
    const fresh = wrong.dampenFirst ? g.mul(keep) : g
    const next = first
      ? fresh
      : wrong.rateInBuffer
        ? buffer!.mul(mu).add(g.mul(keep).mul(lr).div(lr))
        : buffer!.mul(mu).add(g.mul(keep))
    const ahead = wrong.nesterovPlain
      ? next
      : wrong.oldMomentum && !first
        ? g.add(buffer!.mul(mu))
        : g.add(next.mul(mu))
    return [step(nesterov ? ahead : next), next]
  })

export const composites: readonly Mutant[] = [
  // ---- Composites that it runs itself ----
  sgd('sgd dampens the first step', { dampenFirst: true }),
  sgd('sgd decays after momentum', { decayLate: true }),
  sgd('sgd takes nesterov for plain momentum', { nesterovPlain: true }),
  sgd('sgd scales the buffer by the rate and back', { rateInBuffer: true }),
  sgd('sgd is right but not to the bit', { reordered: true }),
  sgd('sgd maximizes the decay too', { maximizeLate: true }),
  sgd('sgd looks ahead along the old buffer', { oldMomentum: true }),
  fused('softmax does not subtract the maximum', 'softmax', ([x], _, node) => {
    const axes = [(node.attrs as { axis?: number }).axis ?? x!.rank - 1]
    const e = x!.exp()
    return [e.div(e.sum(axes).restore(axes, x!.shape))]
  }),
  fused('lstm has its gates in another order', 'lstm', ([gates, ...rest], _, { body }) => {
    const [length, n, features] = gates!.shape as [number, number, number]
    const gate = (k: number): Sym => gates!.slice([0, 0, (k * features) / 4], [length, n, ((k + 1) * features) / 4])
    return gates!.builder.inline(body!, [gates!.builder.concat([0, 2, 1, 3].map(gate), 2), ...rest])
  }),
  fused('gru adds no bias to the states', 'gru', (args, { bias }, { body }) =>
    args[0]!.builder.inline(body!, bias ? [...args.slice(0, -1), args.at(-1)!.like(0)] : args),
  ),
  fused('rnnBackward goes the wrong way', 'rnnBackward', ([given, last, weight, outputs], _, { body }) => {
    const turned = given!.builder.inline(body!, [given!.flip([0]), last!, weight!, outputs!.flip([0])])
    return [turned[0]!.flip([0]), turned[1]!]
  }),
  fused('gelu is the one by tanh', 'gelu', ([x]) => [
    x!.mul(0.5).mul(
      x!
        .mul(x!)
        .mul(0.044715)
        .add(1)
        .mul(x!)
        .mul(Math.sqrt(2 / Math.PI))
        .tanh()
        .add(1),
    ),
  ]),
]
