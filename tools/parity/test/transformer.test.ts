/** transformer.json: a transformer block written with modules and tensors, trained for ten steps. */
import { arange, manualSeed, ones, randint, setDefaultDevice, type Tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { beforeAll, describe, expect, test } from 'vitest'
import { golden, type GoldenTensor } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import { MODES, modes } from './modes.ts'
import { expectClose, expectTensor } from './tensors.ts'

interface Case {
  readonly id: string
  readonly cfg: Record<'seed' | 'V' | 'D' | 'H' | 'T' | 'B' | 'ff' | 'lr' | 'momentum' | 'steps', number>
  readonly initial: Readonly<Record<string, GoldenTensor>>
  readonly idx: GoldenTensor
  readonly target: GoldenTensor
  readonly logits_step1: GoldenTensor
  readonly grads_step1: Readonly<Record<string, GoldenTensor>>
  readonly losses: readonly number[]
  readonly final: Readonly<Record<string, GoldenTensor>>
}

const EXACT = { rtol: 0, atol: 0 }
const CLOSE = { rtol: 1e-4, atol: 1e-5 }

/** The fixture's `source`, line by line; `attend` is its attention. */
class Block extends nn.Module {
  readonly H: number
  readonly tok: nn.Embedding
  readonly pos: nn.Embedding
  readonly ln1: nn.LayerNorm
  readonly q: nn.Linear
  readonly k: nn.Linear
  readonly v: nn.Linear
  readonly o: nn.Linear
  readonly ln2: nn.LayerNorm
  readonly f1: nn.Linear
  readonly f2: nn.Linear
  readonly lnf: nn.LayerNorm
  readonly head: nn.Linear
  readonly #attend: (q: Tensor, k: Tensor, v: Tensor) => Tensor
  constructor({ V, D, H, T, ff }: Case['cfg'], attend: (q: Tensor, k: Tensor, v: Tensor) => Tensor) {
    super()
    this.H = H
    this.tok = new nn.Embedding(V, D)
    this.pos = new nn.Embedding(T, D)
    this.ln1 = new nn.LayerNorm(D)
    this.q = new nn.Linear(D, D)
    this.k = new nn.Linear(D, D)
    this.v = new nn.Linear(D, D)
    this.o = new nn.Linear(D, D)
    this.ln2 = new nn.LayerNorm(D)
    this.f1 = new nn.Linear(D, ff)
    this.f2 = new nn.Linear(ff, D)
    this.lnf = new nn.LayerNorm(D)
    this.head = new nn.Linear(D, V, { bias: false })
    this.#attend = attend
  }
  forward(idx: Tensor): Tensor {
    const [B, T] = idx.shape as [number, number]
    let x = this.tok(idx).add(this.pos(arange(T)))
    const D = x.shape.at(-1)!
    const h = this.ln1(x)
    const split = (z: Tensor): Tensor => z.view([B, T, this.H, D / this.H]).transpose(1, 2)
    const y = this.#attend(split(this.q(h)), split(this.k(h)), split(this.v(h)))
      .transpose(1, 2)
      .contiguous()
      .view([B, T, D])
    x = x.add(this.o(y))
    x = x.add(this.f2(F.gelu(this.f1(this.ln2(x)))))
    return this.head(this.lnf(x))
  }
}

const attentions: Readonly<Record<string, (q: Tensor, k: Tensor, v: Tensor) => Tensor>> = {
  'by its formula': (q, k, v) => {
    const [T, d] = q.shape.slice(-2) as [number, number]
    const scores = q.matmul(k.transpose(-2, -1)).mul(1 / Math.sqrt(d))
    return F.softmax(scores.maskedFill(ones([T, T]).tril().eq(0), -Infinity), { dim: -1 }).matmul(v)
  },
  'as one operation': (q, k, v) => F.scaledDotProductAttention(q, k, v, { isCausal: true }),
}

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))

  describe.each(
    MODES.flatMap((mode) => Object.entries(attentions).map(([name, attend]) => [mode, name, attend] as const)),
  )('%s, attention %s', (mode, __, attend) => {
    test.each(golden<Case>('transformer').cases)(
      "$id has PyTorch's initial values, logits, gradients, losses and final state",
      async (fixture) => {
        const { seed, V, T, B, lr, momentum, steps } = fixture.cfg
        manualSeed(seed)
        const model = new Block(fixture.cfg, attend)
        const initial = model.stateDict()
        expect([...initial.keys()]).toEqual(Object.keys(fixture.initial))
        for (const [key, value] of initial) await expectTensor(value, fixture.initial[key]!, EXACT, key)
        const idx = randint(0, V, [B, T])
        const target = randint(0, V, [B, T])
        await expectTensor(idx, fixture.idx, EXACT, 'idx')
        await expectTensor(target, fixture.target, EXACT, 'target')

        const optimizer = new optim.SGD(model.parameters(), { lr, momentum })
        const criterion = new nn.CrossEntropyLoss()
        const train = modes[mode]((input: Tensor, wanted: Tensor) => {
          optimizer.zeroGrad()
          const logits = model(input)
          const loss = criterion(logits.view([-1, V]), wanted.view([-1]))
          loss.backward()
          optimizer.step()
          return { logits, loss }
        })
        const losses: number[] = []
        for (let step = 1; step <= steps; step++) {
          const { logits, loss } = train(idx, target)
          if (step === 1) await expectTensor(logits, fixture.logits_step1, CLOSE, 'logits')
          if (step === 1)
            for (const [name, parameter] of model.namedParameters())
              await expectTensor(parameter.grad, fixture.grads_step1[name]!, CLOSE, `gradient of ${name}`)
          losses.push(await loss.item())
        }
        expectClose(losses, fixture.losses, CLOSE, 'losses')
        const final = model.stateDict()
        for (const [key, value] of Object.entries(fixture.final))
          await expectTensor(final.get(key)!, value, CLOSE, `${key} at the end`)
      },
    )
  })
})
