/** Laws of modules: modes, hooks, state, moves, containers, and what is done to many parameters at once. */
import {
  compile,
  manualSeed,
  ones,
  rand,
  randn,
  setDefaultDevice,
  tensor,
  zeros,
  type Backend,
  type Tensor,
} from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backends } from './backends.ts'
import { expectClose } from './tensors.ts'

const model = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.BatchNorm1d(4),
    new nn.Sequential(new nn.Dropout(0.5), new nn.Linear(4, 2)),
  )
const list = async (x: Tensor): Promise<number[]> => [...(await x.data())]

describe.each(Object.entries(backends))('%s', (_, create) => {
  let device: Backend
  beforeAll(async () => {
    device = await create()
    setDefaultDevice(device)
  })
  beforeEach(() => void manualSeed(0))

  describe('modes', () => {
    test('train and eval reach every module below', () => {
      const m = model()
      expect(m.modules().map((module) => module.training)).toEqual(m.modules().map(() => true))
      expect(m.eval()).toBe(m)
      expect(m.modules().map((module) => module.training)).toEqual(m.modules().map(() => false))
      m.train()
      expect((m.get(2) as nn.Sequential).get(0).training).toBe(true)
    })
    test('outside of training dropout is the identity and batch norm keeps its statistics', async () => {
      const m = model().eval()
      const before = [...m.stateDict()].map(([key, value]) => [key, value])
      const x = randn([5, 3])
      expect(await list(m(x))).toEqual(await list(m(x)))
      const after = m.stateDict()
      for (const [key, value] of before)
        expect(await list(after.get(key as string)!)).toEqual(await list(value as Tensor))
    })
    test('with momentum null the running mean is the mean of all batch means', async () => {
      const m = new nn.BatchNorm1d(1, { momentum: null })
      m(tensor([[0], [2]]))
      m(tensor([[4], [6]]))
      m(tensor([[8], [13]]))
      // (1 + 5 + 10.5) / 3, and the variances 2, 2 and 12.5, divided by n - 1: 16.5 / 3
      expect((await m.running_mean!.item()).toFixed(5)).toBe('5.50000')
      expect((await m.running_var!.item()).toFixed(5)).toBe('5.50000')
      expect(await m.num_batches_tracked!.item()).toBe(3)
    })
    test('batch norm without running statistics normalises by the batch in both modes', async () => {
      const m = new nn.BatchNorm1d(2, { trackRunningStats: false })
      const x = randn([6, 2])
      const trained = await list(m(x))
      expect(await list(m.eval()(x))).toEqual(trained)
      expect([...m.stateDict().keys()]).toEqual(['weight', 'bias'])
    })
    test('a compiled model draws, counts and switches modes as the eager one', async () => {
      const run = async (wrap: (fn: (x: Tensor) => Tensor) => (x: Tensor) => Tensor): Promise<number[][]> => {
        manualSeed(1)
        const m = model()
        const forward = wrap((x) => m(x))
        const x = randn([4, 3])
        const results = [await list(forward(x)), await list(forward(x))]
        m.eval()
        results.push(await list(forward(x)))
        m.train()
        results.push(await list(forward(x)), await list(m.stateDict().get('1.running_var')!))
        return results
      }
      const [eager, compiled] = [await run((fn) => fn), await run((fn) => compile(fn))]
      for (const [i, wanted] of eager.entries())
        expectClose(compiled[i]!, wanted, { rtol: 1e-5, atol: 1e-6 }, `result ${i}`)
    })
    test('a forward with one value per channel cannot train', () => {
      expect(() => new nn.BatchNorm1d(2)(zeros([1, 2]))).toThrow(/more than 1 value per channel/)
    })
  })

  describe('hooks', () => {
    test('pre-hooks change the arguments, hooks the result, each in the order of registration; removed ones do nothing', async () => {
      const m = new nn.Identity()
      const order: string[] = []
      const first = m.registerForwardPreHook((module, [x]) => {
        expect(module).toBe(m)
        order.push('pre 1')
        return [x.mul(2)]
      })
      m.registerForwardPreHook((__, [x]) => {
        order.push('pre 2')
        return [x.add(1)]
      })
      m.registerForwardHook((__, [x], y) => {
        order.push('post 1')
        return y.mul(x)
      })
      m.registerForwardHook(() => void order.push('post 2'))
      // (3 2 + 1)^2
      expect(await m(tensor(3)).item()).toBe(49)
      expect(order).toEqual(['pre 1', 'pre 2', 'post 1', 'post 2'])
      first.remove()
      expect(await m(tensor(3)).item()).toBe(16)
    })
    test('an error inside says where in the model it happened', () => {
      const m = new nn.Sequential(new nn.Linear(3, 4), new nn.Sequential(new nn.ReLU(), new nn.Linear(5, 2)))
      expect(() => m(zeros([1, 3]))).toThrow(/\[in 1\.1: Linear\]/)
    })
  })

  describe('state', () => {
    test('a state dict makes another model compute the same, and later training does not change it', async () => {
      const [a, b] = [model(), model()]
      const x = randn([5, 3])
      a(x)
      const state = a.stateDict()
      const kept = await list(state.get('0.weight')!)
      expect(b.loadStateDict(state)).toEqual({ missingKeys: [], unexpectedKeys: [] })
      expect(await list(b.eval()(x))).toEqual(await list(a.eval()(x)))
      const optimizer = new optim.SGD(b.parameters(), { lr: 1 })
      b(x).sum().backward()
      optimizer.step()
      expect(await list(b.stateDict().get('0.weight')!)).not.toEqual(kept)
      expect(await list(state.get('0.weight')!)).toEqual(kept)
      expect(await list(a.stateDict().get('0.weight')!)).toEqual(kept)
    })
    test('loading keeps the parameters that an optimizer holds', () => {
      const m = new nn.Linear(2, 2)
      const { weight } = m
      m.loadStateDict(new nn.Linear(2, 2).stateDict())
      expect(m.weight).toBe(weight)
      expect(m.weight.requiresGrad).toBe(true)
    })
    test('missing and unexpected keys throw, or are told with strict: false', async () => {
      const m = new nn.Linear(2, 2)
      const state = new Map<string, Tensor>([
        ['weight', ones([2, 2])],
        ['extra', ones([1])],
      ])
      expect(() => m.loadStateDict(state)).toThrow(
        /Missing key\(s\) in state_dict: "bias"[^]*Unexpected key\(s\) in state_dict: "extra"/,
      )
      expect(m.loadStateDict(state, { strict: false })).toEqual({ missingKeys: ['bias'], unexpectedKeys: ['extra'] })
      expect(await list(m.weight)).toEqual([1, 1, 1, 1])
    })
    test('a wrong shape changes nothing', async () => {
      const m = new nn.Linear(2, 2)
      const before = await list(m.bias!)
      expect(() =>
        m.loadStateDict(
          new Map<string, Tensor>([
            ['bias', ones([2])],
            ['weight', ones([3, 2])],
          ]),
        ),
      ).toThrow(/size mismatch for weight/)
      expect(await list(m.bias!)).toEqual(before)
    })
    test('a module in two places has two keys, and its parameters count once', () => {
      const shared = new nn.Linear(2, 2)
      const m = new nn.Sequential(shared, shared)
      expect([...m.stateDict().keys()]).toEqual(['0.weight', '0.bias', '1.weight', '1.bias'])
      expect(m.namedParameters().map(([key]) => key)).toEqual(['0.weight', '0.bias'])
      expect(m.modules()).toEqual([m, shared])
    })
    test('a buffer that is not persistent is a buffer, but not in the state', () => {
      const m = new nn.Identity()
      m.registerBuffer('table', ones([2]), { persistent: false })
      m.registerBuffer('count', zeros([1]))
      expect(m.namedBuffers().map(([key]) => key)).toEqual(['table', 'count'])
      expect([...m.stateDict().keys()]).toEqual(['count'])
    })
    test('apply visits children first', () => {
      const names: string[] = []
      model().apply((module) => void names.push(module.constructor.name))
      expect(names).toEqual(['Linear', 'BatchNorm1d', 'Dropout', 'Linear', 'Sequential', 'Sequential'])
    })
    test('zeroGrad forgets gradients, or makes them zero', async () => {
      const m = new nn.Linear(2, 1)
      m(ones([1, 2]))
        .sum()
        .backward()
      m.zeroGrad({ setToNone: false })
      expect(await list(m.weight.grad!)).toEqual([0, 0])
      m.zeroGrad()
      expect(m.weight.grad).toBeNull()
    })
  })

  test('to() casts floating parameters, buffers and gradients in place, and nothing else', async (context) => {
    context.skip(!device.capabilities.dtypes.has('float64'), 'needs float64')
    const m = model()
    m(randn([4, 3]))
      .sum()
      .backward()
    const parameters = m.parameters()
    expect(m.to('float64')).toBe(m)
    expect(m.parameters()).toEqual(parameters)
    expect(new Set(parameters.map((p) => p.dtype))).toEqual(new Set(['float64']))
    expect(parameters[0]!.grad!.dtype).toBe('float64')
    expect(m.namedBuffers().map(([, b]) => b.dtype)).toEqual(['float64', 'float64', 'int32'])
    const y = m(rand([4, 3], { dtype: 'float64' }))
    expect(y.dtype).toBe('float64')
    m.zeroGrad()
    y.sum().backward()
    expect(parameters[0]!.grad!.dtype).toBe('float64')
    expect(() => m.to('int32')).toThrow(/floating-point/)
  })

  test('to(device) moves what a module holds; its parameters stay the same objects', async (context) => {
    context.skip(device.readSync === undefined, 'needs readSync')
    const other = await create()
    const m = new nn.Linear(2, 2)
    const before = await list(m.weight)
    const { weight } = m
    m.to(other)
    expect(m.weight).toBe(weight)
    expect(m.weight.device).toBe(other)
    expect(await list(m.weight)).toEqual(before)
    m(ones([1, 2], { device: other }))
      .sum()
      .backward()
    expect(m.weight.grad!.device).toBe(other)
  })

  describe('functionalCall', () => {
    test('runs with given tensors, to which gradients flow, and leaves the module as it was', async () => {
      const m = new nn.Sequential(new nn.Linear(2, 1), new nn.Tanh())
      const weight = ones([1, 2], { requiresGrad: true })
      const own = m.namedParameters()
      const y = nn.functionalCall(m, { '0.weight': weight, '0.bias': zeros([1]) }, [tensor([[0.25, 0.25]])])
      expect((await y.item()).toFixed(5)).toBe(Math.tanh(0.5).toFixed(5))
      y.sum().backward()
      // d tanh(w x) = (1 - tanh^2) x
      expect((await list(weight.grad!)).map((g) => g.toFixed(5))).toEqual(
        Array(2).fill(((1 - Math.tanh(0.5) ** 2) * 0.25).toFixed(5)),
      )
      expect(m.namedParameters()).toEqual(own)
      expect(own[0]![1].grad).toBeNull()
    })
    test('puts the parameters back when the call throws', () => {
      const m = new nn.Linear(2, 1)
      const { weight } = m
      expect(() => nn.functionalCall(m, { weight: ones([1, 2]) }, [ones([1, 3])])).toThrow(/inFeatures/)
      expect(m.weight).toBe(weight)
      expect(() => nn.functionalCall(m, { nothing: ones([1]) }, [ones([1, 2])])).toThrow(
        /no parameter or buffer 'nothing'/,
      )
      expect(() => nn.functionalCall(m, { weight: ones([2, 2]) }, [ones([1, 2])])).toThrow(/shape of the module's own/)
    })
  })

  describe('containers', () => {
    test('a sequence is indexed from both ends, appended to, replaced and inserted into', () => {
      const [a, b, c, d] = [new nn.ReLU(), new nn.Tanh(), new nn.Identity(), new nn.Sigmoid()]
      const m = new nn.Sequential(a, b)
      m.append(c)
      expect([m.length, m.get(0), m.get(-1)]).toEqual([3, a, c])
      m.insert(1, d)
      expect([...m]).toEqual([a, d, b, c])
      m.set(1, c)
      expect(m.get(1)).toBe(c)
      expect(() => m.get(4)).toThrow(/index 4 is out of range of 4/)
      expect(() => m.append({} as nn.Module)).toThrow(/must be a module/)
    })
    test('a sequence of a record has its names', async () => {
      const m = new nn.Sequential({ first: new nn.Linear(2, 3), second: new nn.ReLU() })
      expect([...m.stateDict().keys()]).toEqual(['first.weight', 'first.bias'])
      expect(m(ones([1, 2])).shape).toEqual([1, 3])
      expect(m.get(1)).toBeInstanceOf(nn.ReLU)
    })
    test('lists and dictionaries register what they hold', () => {
      class Net extends nn.Module {
        readonly layers = new nn.ModuleList([new nn.Linear(2, 2), new nn.Linear(2, 2)])
        readonly heads = new nn.ModuleDict<nn.Linear>({ left: new nn.Linear(2, 1, { bias: false }) })
        readonly scales = new nn.ParameterList([ones([1]), ones([2])])
        forward(x: Tensor): Tensor {
          let y = x
          for (const layer of this.layers) y = layer(y)
          return this.heads.get('left')(y).mul(this.scales.get(0))
        }
      }
      const m = new Net()
      expect(m.namedParameters().map(([key]) => key)).toEqual([
        'layers.0.weight',
        'layers.0.bias',
        'layers.1.weight',
        'layers.1.bias',
        'heads.left.weight',
        'scales.0',
        'scales.1',
      ])
      expect(m(ones([3, 2])).shape).toEqual([3, 1])
      expect(m.heads.has('left')).toBe(true)
      expect(m.heads.delete('left')).toBe(true)
      expect(m.heads.keys()).toEqual([])
      expect(() => m.heads.set('forward', new nn.Linear(1, 1))).toThrow(/cannot be a key/)
      expect(() => m.layers(ones([1]))).toThrow(/has no forward/)
    })
  })

  describe('many parameters at once', () => {
    test('a vector of all parameters, put back, changes nothing', async () => {
      const m = new nn.Linear(3, 2)
      const vector = nn.utils.parametersToVector(m.parameters())
      const before = await list(vector)
      expect(before).toEqual([...(await list(m.weight)), ...(await list(m.bias!))])
      nn.utils.vectorToParameters(vector.detach().mul(2), m.parameters())
      expect([...(await list(m.weight)), ...(await list(m.bias!))]).toEqual(before.map((x) => Math.fround(x * 2)))
      expect(() => nn.utils.vectorToParameters(zeros([3]), m.parameters())).toThrow(/8 elements/)
    })
    test('gradients below the norm stay, above it they get it', async () => {
      const [p, q] = [ones([1], { requiresGrad: true }), ones([1], { requiresGrad: true })]
      p.mul(3).add(q.mul(4)).sum().backward()
      expect(await nn.utils.clipGradNorm_([p, q], 6).item()).toBe(5)
      expect([await p.grad!.item(), await q.grad!.item()]).toEqual([3, 4])
      expect(await nn.utils.clipGradNorm_([p, q], 1).item()).toBe(5)
      // 3 and 4 over 5
      expect([(await p.grad!.item()).toFixed(5), (await q.grad!.item()).toFixed(5)]).toEqual(['0.60000', '0.80000'])
      expect((await nn.utils.clipGradNorm_([p, q], 1, { normType: Infinity }).item()).toFixed(5)).toBe('0.80000')
    })
  })

  test('an orthogonal matrix has orthonormal rows or columns', async () => {
    for (const shape of [
      [3, 5],
      [5, 3],
      [4, 2, 2],
    ]) {
      const w = nn.init.orthogonal_(zeros(shape), { gain: 2 }).flatten({ startDim: 1 })
      const product = w.shape[0]! <= w.shape[1]! ? w.matmul(w.t()) : w.t().matmul(w)
      const n = product.shape[0]!
      ;(await list(product)).forEach((x, i) => expect(x).toBeCloseTo(i % (n + 1) === 0 ? 4 : 0, 5))
    }
  })
})
