/** Stochastic gradient descent: the one algorithm that every backend runs or replaces by a kernel with the same numbers. */
import { OptionError } from '../backend/errors.ts'
import { Op } from '../tensor/op.ts'
import { Optimizer, type Params, type Rule, type Structure } from './optimizer.ts'

export interface SGDOptions {
  /** Learning rate; default 1e-3. */
  lr: number
  /** Default 0. */
  momentum: number
  /** How much of the gradient momentum leaves out, after the first step; default 0. */
  dampening: number
  /** L2 penalty: weightDecay * p is added to the gradient; default 0. */
  weightDecay: number
  /** Look ahead along the momentum; needs momentum and no dampening. Default false. */
  nesterov: boolean
  /** Ascend instead of descend; default false. */
  maximize: boolean
}

/**
 * Per parameter p with gradient g, in this order:
 *   g = maximize ? -g : g;  g += weightDecay p;
 *   buffer = first time ? g : momentum buffer + (1 - dampening) g;  g = nesterov ? g + momentum buffer : buffer;
 *   p -= lr g
 * Source: https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
const update: Op<Structure> = new Op('sgd', (args, { first, momentum, weightDecay, nesterov, maximize }) => {
  const [p, grad, buffer] = args
  const [decay, mu, keep, step] = args.slice(first === true || momentum !== true ? 2 : 3)
  let g = maximize === true ? grad!.neg() : grad!
  if (weightDecay === true) g = g.add(decay!.expand(p!.shape).mul(p!))
  if (momentum !== true) return [p!.add(g.mul(step!))]
  const next = first === true ? g : buffer!.mul(mu!).add(g.mul(keep!))
  g = nesterov === true ? g.add(next.mul(mu!)) : next
  return [p!.add(g.mul(step!)), next]
}, { composite: true })

export const sgd: Rule<SGDOptions> = {
  name: 'sgd',
  update,
  state: ({ momentum }) => (momentum !== 0 ? ['momentum_buffer'] : []),
  structure: ({ momentum, weightDecay, nesterov, maximize }) => ({
    momentum: momentum !== 0, weightDecay: weightDecay !== 0, nesterov, maximize,
  }),
  hyper: ({ lr, momentum, dampening, weightDecay }) => [weightDecay, momentum, 1 - dampening, -lr],
}

export class SGD extends Optimizer<SGDOptions> {
  constructor(params: Params<SGDOptions>, options: Partial<SGDOptions> = {}) {
    const all: SGDOptions = { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false, ...options }
    const { lr, momentum, dampening, weightDecay, nesterov } = all
    if (lr < 0) throw new OptionError('SGD', `Invalid learning rate: ${lr}`)
    if (momentum < 0) throw new OptionError('SGD', `Invalid momentum value: ${momentum}`)
    if (weightDecay < 0) throw new OptionError('SGD', `Invalid weight_decay value: ${weightDecay}`)
    if (nesterov && (momentum <= 0 || dampening !== 0)) throw new OptionError('SGD', 'Nesterov momentum requires a momentum and zero dampening')
    super(sgd, params, all)
  }
}
