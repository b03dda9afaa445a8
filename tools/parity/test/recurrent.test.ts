/** Laws of recurrent layers and attention: they are what their formulas say, written out step by step. */
import {
  cat,
  grad,
  gradgradcheck,
  manualSeed,
  noGrad,
  ones,
  rand,
  randn,
  setDefaultDevice,
  stack,
  tensor,
  zeros,
  type Tensor,
} from '@glissade/core'
import * as F from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import { cpu } from '@glissade/cpu'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backends } from './backends.ts'
import { expectClose } from './tensors.ts'

const CLOSE = { rtol: 1e-5, atol: 2e-6 }
const same = async (a: Tensor, b: Tensor, what: string): Promise<void> => {
  expect(a.shape, `${what}: shape`).toEqual(b.shape)
  expectClose(await a.data(), [...(await b.data())], CLOSE, what)
}

type Fields = Record<string, Tensor>
/** w_ih x + b_ih and w_hh h + b_hh, in parts of hidden size. */
function shares(m: Fields, x: Tensor, h: Tensor, count: number): [Tensor[], Tensor[]] {
  const size = h.shape[1]!
  const input = x.matmul(m['weight_ih_l0']!.t()).add(m['bias_ih_l0']!)
  const hidden = h.matmul(m['weight_hh_l0']!.t()).add(m['bias_hh_l0']!)
  const split = (y: Tensor): Tensor[] => Array.from({ length: count }, (_, k) => y.narrow(1, k * size, size))
  return [split(input), split(hidden)]
}

/** One step from [h] or [h, c], by the formulas of PyTorch's pages. */
const steps: Record<'RNN' | 'LSTM' | 'GRU', (m: Fields, x: Tensor, state: Tensor[]) => Tensor[]> = {
  RNN: (m, x, [h]) => {
    const [[a], [b]] = shares(m, x, h!, 1)
    return [a!.add(b!).tanh()]
  },
  LSTM: (m, x, [h, c]) => {
    const [a, b] = shares(m, x, h!, 4)
    const [i, f, g, o] = a.map((part, k) => part.add(b[k]!))
    const cell = f!.sigmoid().mul(c!).add(i!.sigmoid().mul(g!.tanh()))
    return [o!.sigmoid().mul(cell.tanh()), cell]
  },
  GRU: (m, x, [h]) => {
    const [a, b] = shares(m, x, h!, 3)
    const r = a[0]!.add(b[0]!).sigmoid()
    const z = a[1]!.add(b[1]!).sigmoid()
    const n = a[2]!.add(r.mul(b[2]!)).tanh()
    return [n.mul(z.neg().add(1)).add(z.mul(h!))]
  },
}
type Kind = keyof typeof steps
const layers = { RNN: nn.RNN, LSTM: nn.LSTM, GRU: nn.GRU }
const make = (kind: Kind, options: nn.RecurrentOptions = {}): nn.RNN => new layers[kind](3, 4, options) as nn.RNN
const states = (result: unknown): Tensor[] => (Array.isArray(result) ? (result as Tensor[]) : [result as Tensor])

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))
  beforeEach(() => void manualSeed(3))

  describe.each(Object.keys(steps) as Kind[])('%s', (kind) => {
    test('is its step, repeated; forward and gradients', async () => {
      const m = make(kind)
      const x = randn([5, 2, 3], { requiresGrad: true })
      const initial = Array.from({ length: kind === 'LSTM' ? 2 : 1 }, () => randn([1, 2, 4], { requiresGrad: true }))
      const [output, final] = m(x, (kind === 'LSTM' ? initial : initial[0]) as Tensor)
      let state: Tensor[] = initial.map((s) => s.select(0, 0))
      const outputs: Tensor[] = []
      for (let t = 0; t < 5; t++) {
        state = steps[kind](m as unknown as Fields, x.select(0, t), state)
        outputs.push(state[0]!)
      }
      await same(output, stack(outputs), 'output')
      for (const [k, s] of states(final).entries()) await same(s, state[k]!.unsqueeze(0), `final state ${k}`)
      const seed = randn([5, 2, 4])
      const wanted = [x, ...initial, ...m.parameters()]
      const ours = grad(output, wanted, { gradOutputs: [seed] })
      const theirs = grad(stack(outputs), wanted, { gradOutputs: [seed] })
      for (const [i, g] of ours.entries()) await same(g, theirs[i]!, `gradient ${i}`)
    })
    test('bidirectional is one network forwards and one backwards, side by side', async () => {
      const m = make(kind, { bidirectional: true })
      const x = randn([4, 2, 3])
      const one = (suffix: string): nn.RNN => {
        const part = make(kind)
        part.loadStateDict(
          new Map([...part.stateDict().keys()].map((key) => [key, m.stateDict().get(`${key}${suffix}`)!])),
        )
        return part
      }
      const [forwards] = one('')(x)
      const [backwards] = one('_reverse')(x.flip(0))
      await same(m(x)[0], cat([forwards, backwards.flip(0)], { dim: 2 }), 'output')
    })
    test('a second layer reads the first one; batchFirst swaps axes; no batch axis is a batch of one', async () => {
      const m = make(kind, { numLayers: 2 })
      const x = randn([4, 2, 3])
      const [output] = m(x)
      const first = make(kind)
      const second = new layers[kind](4, 4) as nn.RNN
      for (const [part, layer] of [
        [first, 0],
        [second, 1],
      ] as const)
        part.loadStateDict(
          new Map([...part.stateDict().keys()].map((key) => [key, m.stateDict().get(key.replace('l0', `l${layer}`))!])),
        )
      await same(output, second(first(x)[0])[0], 'two layers')
      const swapped = make(kind, { numLayers: 2, batchFirst: true })
      swapped.loadStateDict(m.stateDict())
      await same(swapped(x.transpose(0, 1))[0].transpose(0, 1), output, 'batchFirst')
      await same(m(x.select(1, 0))[0], output.select(1, 0), 'without a batch')
    })
    test('has second gradients', async () => {
      const exact = { dtype: 'float64', device: cpu() } as const
      const start = [1, 2, 3].slice(0, kind === 'LSTM' ? 2 : 1)
      const m = new layers[kind](2, 2, { bidirectional: true, ...exact }) as nn.RNN
      const inputs = [randn([3, 2, 2], exact), ...start.map(() => randn([2, 2, 2], exact))]
      for (const input of inputs) input.requiresGrad_()
      const all = (x: Tensor, ...given: Tensor[]): Tensor[] => {
        const [output, final] = m(x, (kind === 'LSTM' ? given : given[0]) as Tensor)
        return [output, ...states(final)]
      }
      expect(await gradgradcheck(all, inputs)).toBe(true)
    })
    test('keeps nothing for a gradient that is not asked for', async () => {
      const m = make(kind)
      const x = randn([4, 2, 3])
      await same(
        noGrad(() => m(x)[0]),
        m(x)[0],
        'output',
      )
    })
    test('shapes that do not fit throw at the call', () => {
      expect(() => make(kind)(zeros([4, 2, 5]))).toThrow(/the input must be \[length, n, 3\]/)
      expect(() =>
        make(kind)(
          zeros([4, 2, 3]),
          (kind === 'LSTM' ? [zeros([1, 1, 4]), zeros([1, 1, 4])] : zeros([1, 1, 4])) as Tensor,
        ),
      ).toThrow(/initial state/)
    })
  })

  test('dropout between layers draws only in training', async () => {
    const m = new nn.GRU(3, 4, { numLayers: 2, dropout: 0.5 })
    const x = randn([4, 2, 3])
    const [first] = m.eval()(x)
    await same(m(x)[0], first, 'evaluation')
    const [drawn] = m.train()(x)
    expect([...(await drawn.data())]).not.toEqual([...(await first.data())])
  })

  describe('attention', () => {
    test('each head is softmax(q k / sqrt(d)) v of its part of the features', async () => {
      const m = new nn.MultiheadAttention(6, 2)
      const [q, k, v] = [randn([3, 2, 6]), randn([4, 2, 6]), randn([4, 2, 6])]
      const [y, weights] = m(q, k, v, { averageAttnWeights: false })
      const bias = m.in_proj_bias!
      const project = (x: Tensor, part: number): Tensor =>
        F.linear(x, m.in_proj_weight!.narrow(0, part * 6, 6), bias.narrow(0, part * 6, 6))
      const [Q, K, V] = [project(q, 0), project(k, 1), project(v, 2)]
      const samples: Tensor[] = []
      for (let n = 0; n < 2; n++) {
        const heads: Tensor[] = []
        for (let head = 0; head < 2; head++) {
          const part = (x: Tensor): Tensor => x.select(1, n).narrow(1, head * 3, 3)
          const share = F.softmax(part(Q).matmul(part(K).t()).div(Math.sqrt(3)), { dim: -1 })
          await same(weights!.select(0, n).select(0, head), share, `weights of sample ${n}, head ${head}`)
          heads.push(share.matmul(part(V)))
        }
        samples.push(cat(heads, { dim: 1 }))
      }
      await same(y, m.out_proj(stack(samples, { dim: 1 })), 'result')
      await same(m(q, k, v)[1]!, weights!.mean({ dim: 1 }), 'mean weights')
      const [plain, none] = m(q, k, v, { needWeights: false })
      expect(none).toBeNull()
      await same(plain, y, 'without weights')
    })
    test('the same query, key and value are projected at once, to the same result', async () => {
      const m = new nn.MultiheadAttention(4, 2, { batchFirst: true })
      const x = randn([2, 3, 4])
      await same(m(x, x, x)[0], m(x, x.clone(), x.clone())[0], 'self-attention')
      await same(m(x.select(0, 1), x.select(0, 1), x.select(0, 1))[0], m(x, x, x)[0].select(0, 1), 'without a batch')
    })
    test('masked keys might as well not be there', async () => {
      const m = new nn.MultiheadAttention(4, 2, { addBiasKv: true, addZeroAttn: true })
      const [q, k] = [randn([3, 1, 4]), randn([5, 1, 4])]
      const mask = tensor([[false, false, false, true, true]])
      const short = k.narrow(0, 0, 3)
      await same(m(q, k, k, { keyPaddingMask: mask })[0], m(q, short, short)[0], 'keyPaddingMask')
      await same(m(q, k, k, { attnMask: mask.expand([3, 5]) })[0], m(q, short, short)[0], 'attnMask')
    })
    test('causal: what comes later changes nothing', async () => {
      const x = randn([4, 1, 4])
      const other = cat([x.narrow(0, 0, 2), randn([2, 1, 4])])
      const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, dropout: 0 })
      const [a, b] = [x, other].map((y) => layer(y, { isCausal: true }).narrow(0, 0, 2))
      await same(a!, b!, 'the first two')
      const attended = F.scaledDotProductAttention(x.transpose(0, 1), x.transpose(0, 1), x.transpose(0, 1), {
        isCausal: true,
      })
      const mask = ones([4, 4]).tril().to('bool')
      await same(
        attended,
        F.scaledDotProductAttention(x.transpose(0, 1), x.transpose(0, 1), x.transpose(0, 1), { attnMask: mask }),
        'as a mask',
      )
    })
  })

  describe('transformer encoder', () => {
    test('its layers start as copies of the given one, and copying draws nothing', async () => {
      const layer = new nn.TransformerEncoderLayer(4, 2, {
        dimFeedforward: 8,
        dropout: 0,
        activation: 'gelu',
        normFirst: true,
      })
      manualSeed(11)
      const next = [...(await rand([2]).data())]
      manualSeed(11)
      const m = new nn.TransformerEncoder(layer, 2, { norm: new nn.LayerNorm(4) })
      expect([...(await rand([2]).data())]).toEqual(next)
      const x = randn([3, 2, 4])
      await same(m(x), m.norm!(layer(layer(x))), 'two equal layers')
      expect(m.layers.get(0)).not.toBe(layer)
      expect([...m.stateDict().keys()].slice(0, 4)).toEqual([
        'layers.0.self_attn.in_proj_weight',
        'layers.0.self_attn.in_proj_bias',
        'layers.0.self_attn.out_proj.weight',
        'layers.0.self_attn.out_proj.bias',
      ])
    })
    test('normalises after the residual, or before', async () => {
      for (const normFirst of [false, true]) {
        const m = new nn.TransformerEncoderLayer(4, 1, { dimFeedforward: 8, dropout: 0, normFirst })
        const x = randn([3, 2, 4])
        const attend = (y: Tensor): Tensor => m.self_attn(y, y, y)[0]
        const feed = (y: Tensor): Tensor => m.linear2(m.linear1(y).relu())
        const first = normFirst ? x.add(attend(m.norm1(x))) : m.norm1(x.add(attend(x)))
        await same(
          m(x),
          normFirst ? first.add(feed(m.norm2(first))) : m.norm2(first.add(feed(first))),
          `normFirst ${normFirst}`,
        )
      }
    })
  })
})
