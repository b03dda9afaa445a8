/** What modules do with what JavaScript can pass them: right, or refused in words that name what was called. */
import { ones, setDefaultDevice, tensor, zeros, type Backend, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import { beforeAll, describe, expect, test } from 'vitest'
import { backends } from './backends.ts'

/** What a program in JavaScript can do that TypeScript forbids. */
const wrong = <T>(value: unknown): T => value as T
const list = async (x: Tensor): Promise<number[]> => [...(await x.data())]

class Doubled extends nn.Module {
  forward(input: Tensor): Tensor {
    return input.mul(2)
  }
}

describe.each(Object.entries(backends))('%s', (name, create) => {
  beforeAll(async () => setDefaultDevice(await create()))

  describe('state dicts', () => {
    const layer = (): nn.Linear => new nn.Linear(2, 1)
    test('a plain object is one, as a Map is', async () => {
      const m = layer()
      expect(m.loadStateDict({ weight: tensor([[1, 2]]), bias: tensor([3]) })).toEqual({
        missingKeys: [],
        unexpectedKeys: [],
      })
      expect(await list(m(tensor([[1, 1]])))).toEqual([6])
      m.loadStateDict(Object.assign(Object.create(null), { weight: tensor([[2, 2]]), bias: tensor([0]) }) as nn.State)
      expect(await list(m.weight)).toEqual([2, 2])
    })
    test('tensors of another device are copied over', async () => {
      const other: Backend = await Object.entries(backends).find(([key]) => key !== name)![1]()
      const m = layer()
      m.loadStateDict({ weight: tensor([[1, 2]], { device: other }), bias: tensor([3], { device: other }) })
      expect(m.weight.device).toBe(m.bias!.device)
      expect(await list(m(tensor([[1, 1]])))).toEqual([6])
    })
    test.each<[string, unknown, RegExp]>([
      ['nothing', undefined, /state is missing/],
      ['null', null, /a Map or a plain object of tensors by key \(got null\)/],
      ['a number', 5, /\(got 5\)/],
      ['a list', [], /\(got \[\]\)/],
      ['a promise', Promise.resolve(new Map()), /wait for it: await/],
      ['a module', new Doubled(), /pass its stateDict\(\)/],
      ['bytes', new Uint8Array(4), /read the file first/],
      ['numbers', { weight: 5, bias: 5 }, /the entry 'weight' must be a tensor \(got 5\)/],
      ['a checkpoint around it', { model: { weight: 1 } }, /pass it alone: state\['model'\]/],
    ])('%s is none', (_, state, message) => {
      expect(() => layer().loadStateDict(wrong(state))).toThrow(message)
    })
    test('where one entry does not fit, nothing is changed', async () => {
      const m = layer()
      const before = await list(m.weight)
      expect(() => m.loadStateDict({ weight: ones([1, 2]), bias: ones([2]) })).toThrow(/size mismatch for bias/)
      expect(await list(m.weight)).toEqual(before)
    })
    test('a batch norm without counter, as PyTorch before 0.4.1 saved it, has counted nothing', async () => {
      const m = new nn.Sequential(new nn.BatchNorm1d(2))
      m(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      )
      const old = new Map([...m.stateDict()].filter(([key]) => key !== '0.num_batches_tracked'))
      expect(m.loadStateDict(old)).toEqual({ missingKeys: [], unexpectedKeys: [] })
      expect(await list((m.get(0) as nn.BatchNorm1d).num_batches_tracked!)).toEqual([0])
      old.delete('0.running_var')
      expect(() => m.loadStateDict(old)).toThrow(/Missing key\(s\) in state_dict: "0.running_var"/)
    })
  })

  describe('buffers', () => {
    class Kept extends nn.Module {
      mask: Tensor | null = null
      readonly child = new Doubled()
      forward(input: Tensor): Tensor {
        return input
      }
    }
    test('a field that a class declares becomes one, and may be replaced', () => {
      const m = new Kept()
      m.registerBuffer('mask', ones([2]))
      m.registerBuffer('mask', zeros([2]))
      expect([...m.stateDict().keys()]).toEqual(['mask'])
    })
    test('null is a buffer without a tensor', () => {
      const m = new Kept()
      m.registerBuffer('mask', null)
      expect(m.buffers()).toEqual([])
      expect(m.stateDict().size).toBe(0)
    })
    test('the names of methods, of children and empty ones are refused', () => {
      const m = new Kept()
      for (const taken of ['forward', 'parameters', 'child', 'training', 'toString'])
        expect(() => m.registerBuffer(taken, ones([1]))).toThrow(`registerBuffer: the module has '${taken}' already`)
      for (const none of ['', 'a.b'])
        expect(() => m.registerBuffer(none, ones([1]))).toThrow(/not empty and has no point/)
      expect(() => m.registerBuffer('mask', wrong([1]))).toThrow(/value must be a tensor or null \(got \[1\]\)/)
      expect(m(ones([1]))).toBeDefined()
    })
    test('one that is no tensor any more is named', () => {
      const m = new Kept()
      m.registerBuffer('mask', ones([1]))
      m.mask = wrong(5)
      expect(() => m.stateDict()).toThrow("Kept: the buffer 'mask' is no tensor any more: 5")
    })
  })

  describe('hooks', () => {
    test('what one gives is taken where it can be what it replaces, and refused otherwise', async () => {
      const m = new Doubled()
      const before = m.registerForwardPreHook(wrong((_: unknown, [x]: [Tensor]) => x.add(1)))
      expect(await list(m(ones([1])))).toEqual([4])
      before.remove()
      const counted: Tensor[] = []
      const pushes = m.registerForwardHook(wrong((_: unknown, __: unknown, y: Tensor) => counted.push(y)))
      expect(() => m(ones([1]))).toThrow(/registerForwardHook: a hook gives nothing, or .* \(got 1\) \[in Doubled\]/)
      pushes.remove()
      const late = m.registerForwardHook(wrong(() => Promise.resolve()))
      expect(() => m(ones([1]))).toThrow(/\(got a promise\)/)
      late.remove()
      m.registerForwardPreHook(wrong(() => 5))
      expect(() => m(ones([1]))).toThrow(/registerForwardPreHook: a hook gives nothing, or .* \(got 5\)/)
    })
  })

  describe('calls', () => {
    test('a module without forward says so', () => {
      class Empty extends (nn.Module as unknown as typeof Doubled) {}
      Object.setPrototypeOf(Empty.prototype, nn.Module.prototype)
      expect(() => new Empty()(ones([1]))).toThrow(/Empty: it has no forward; write the method/)
    })
    test('operands that a layer does not take are refused, those of the own classes are not looked at', async () => {
      const layer: (...args: unknown[]) => unknown = wrong(new nn.Linear(2, 2))
      expect(() => layer(ones([1, 2]), ones([1, 2]))).toThrow(
        'Linear: takes 1 argument: Linear(input) (got also a tensor of shape [1,2])',
      )
      const own: (...args: unknown[]) => Tensor = wrong(new Doubled())
      expect(await list(own(ones([1]), 'more'))).toEqual([2])
    })
    test('a mask in the place of the options', () => {
      const x = ones([3, 1, 2])
      const layer = new nn.TransformerEncoderLayer(2, 1)
      const calls: readonly (readonly [nn.AnyModule, Tensor[], string])[] = [
        [new nn.MultiheadAttention(2, 1), [x, x, x], 'key_padding_mask'],
        [layer, [x], 'src_key_padding_mask'],
        [new nn.TransformerEncoder(layer, 1), [x], 'src_key_padding_mask'],
      ]
      for (const [module, operands, option] of calls) {
        const call: (...args: unknown[]) => unknown = wrong(module)
        for (const mask of [ones([3, 3]), true])
          expect(() => call(...operands, mask)).toThrow(/options are passed by name/)
        expect(() => call(...operands, { [option]: null })).toThrow(/did you mean \w*[kK]eyPaddingMask\?/)
      }
    })
    test('sequences of no steps, and states that are none', () => {
      const lstm: (...args: unknown[]) => unknown = wrong(new nn.LSTM(3, 4))
      for (const shape of [
        [0, 2, 3],
        [0, 3],
      ])
        expect(() => lstm(zeros(shape))).toThrow(/LSTM: expected sequence length to be larger than 0/)
      expect(() => new nn.GRU(3, 4, { batchFirst: true })(zeros([2, 0, 3]))).toThrow(/larger than 0/)
      const [x, h] = [ones([5, 2, 3]), zeros([1, 2, 4])]
      expect(() => lstm(x, h)).toThrow(/LSTM: initial must be a list of 2 tensors, \[h, c\] or null \(got a tensor/)
      expect(() => lstm(x, [h])).toThrow(/\[h, c\]/)
      expect(() => lstm(ones([5, 3]), [h, h])).toThrow(
        /\[layers \* directions, hiddenSize\] \(got \[1,2,4\] and \[1,4\]\)/,
      )
      const gru: (...args: unknown[]) => unknown = wrong(new nn.GRU(3, 4))
      expect(() => gru(x, [h, h])).toThrow(/GRU: initial must be a tensor or null .*; the state is h alone/)
    })
    test('a batch of no sequences has an output of none', () => {
      const [y, [h]] = new nn.LSTM(3, 2)(zeros([4, 0, 3]))
      expect([y.shape, h.shape]).toEqual([
        [4, 0, 2],
        [1, 0, 2],
      ])
    })
  })

  test.each<[string, () => unknown, RegExp]>([
    ['of a layer', () => new nn.Linear(1e9, 1e9), /^Linear: 4000000000000000000 bytes are more than/],
    ['of a kernel', () => new nn.Conv2d(2, 2, 1e9), /^Conv2d: .* bytes are more than/],
    ['of gates', () => new nn.LSTM(1e9, 1e9), /^LSTM: .* bytes are more than/],
    ['of a table', () => new nn.Embedding(1e9, 1e9), /^Embedding: .* bytes are more than/],
    ['how often', () => new nn.GRU(1, 1, { numLayers: 1e9 }), /^GRU: numLayers must be an integer from 1 to 65536/],
    [
      'how often a layer',
      () => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(2, 1), 1e9),
      /^TransformerEncoder: numLayers must be an integer from 0 to 65536/,
    ],
    ['below -1', () => new nn.Unflatten(1, [-2, -2]), /^Unflatten: unflattenedSize must be .*-1 once/],
  ])('sizes beyond all memory are refused at once, by name: %s', (_, make, message) => {
    expect(make).toThrow(message)
  })

  describe('batches of no items', () => {
    test.each<[string, () => nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d, number[]]>([
      ['1d', () => new nn.BatchNorm1d(2), [0, 2]],
      ['1d of lengths', () => new nn.BatchNorm1d(2), [0, 2, 3]],
      ['1d of no length', () => new nn.BatchNorm1d(2), [3, 2, 0]],
      ['2d', () => new nn.BatchNorm2d(2), [0, 2, 3, 3]],
      ['3d', () => new nn.BatchNorm3d(2), [0, 2, 1, 1, 1]],
      ['with the mean of all batches', () => new nn.BatchNorm1d(2, { momentum: null }), [0, 2]],
    ])('are counted and change no statistics: %s', async (_, make, shape) => {
      const m = make()
      const y = m(ones(shape))
      expect(y.shape).toEqual(shape)
      expect(await list(m.running_mean!)).toEqual([0, 0])
      expect(await list(m.running_var!)).toEqual([1, 1])
      expect(await list(m.num_batches_tracked!)).toEqual([1])
    })
    test('the mean of all batches counts them', async () => {
      // PyTorch: (0 * 0 + 1 * [2, 4]) / 2, variances (1 + 2) / 2 and (1 + 8) / 2
      const m = new nn.BatchNorm1d(2, { momentum: null })
      m(ones([0, 2]))
      m(
        tensor([
          [1, 2],
          [3, 6],
        ]),
      )
      expect(await list(m.running_mean!)).toEqual([1, 2])
      expect(await list(m.running_var!)).toEqual([1.5, 4.5])
    })
    test.each([
      [0, 2, 3],
      [3, 2, 0],
    ])('instance norm keeps its statistics: [%d, %d, %d]', async (...shape) => {
      const m = new nn.InstanceNorm1d(2, { trackRunningStats: true })
      expect(m(ones(shape)).shape).toEqual(shape)
      expect(await list(m.running_mean!)).toEqual([0, 0])
      expect(await list(m.running_var!)).toEqual([1, 1])
    })
    test('instance norm has no mean of all batches', () => {
      expect(() => new nn.InstanceNorm1d(2, { momentum: wrong(null) })).toThrow(
        /momentum must be a number \(got null\)/,
      )
    })
    test.each<[string, () => nn.Module, number[]]>([
      ['LayerNorm', () => new nn.LayerNorm(3), [0, 3]],
      ['GroupNorm', () => new nn.GroupNorm(1, 2), [0, 2, 3]],
      ['RMSNorm', () => new nn.RMSNorm(3), [0, 3]],
    ])('%s gives none', (_, make, shape) => {
      expect(make()(ones(shape)).shape).toEqual(shape)
    })
  })

  describe('containers', () => {
    test('a sequence is made of modules', () => {
      const make = (...args: unknown[]): unknown =>
        new (wrong<new (...of: unknown[]) => unknown>(nn.Sequential))(...args)
      expect(() => make(5)).toThrow(/Sequential: modules must be a module/)
      expect(() => make([new Doubled()])).toThrow(/modules are passed one by one: \.\.\.modules/)
      expect(() => make(nn.ReLU)).toThrow(/make one: new ReLU\(\)/)
      expect(() => make(Math.tanh)).toThrow(/functions are called in the forward of a class of your own/)
      expect(() => make({ a: 5 })).toThrow(/Sequential: modules must be/)
      expect(() => make({ a: new Doubled() }, new Doubled())).toThrow(/Sequential: each item must be a module/)
    })
    test('a child of a sequence with names is replaced under its name', async () => {
      const m = new nn.Sequential({ first: new Doubled(), second: new Doubled() })
      m.set(-1, new nn.Identity())
      expect(m.namedChildren().map(([key]) => key)).toEqual(['first', 'second'])
      expect(await list(m(ones([1])))).toEqual([2])
      expect(() => m.insert(0, new Doubled())).toThrow(/no place to insert at/)
    })
    test('a list is checked before anything is added to it', () => {
      const m = new nn.ModuleList([new Doubled()])
      expect(() => m.extend(wrong([new Doubled(), 5]))).toThrow('extend: each item must be a module (got 5)')
      expect(m.length).toBe(1)
    })
    test('a dictionary of a Map is refused, which would be empty', () => {
      expect(() => new nn.ModuleDict(wrong<Record<string, nn.Module>>(new Map([['a', new Doubled()]])))).toThrow(
        /Object\.fromEntries/,
      )
    })
  })

  describe('functionalCall', () => {
    test.each<[string, (m: nn.Linear) => unknown[], RegExp]>([
      [
        'another name',
        (m) => [m, { weigth: ones([1, 2]) }, [ones([2])]],
        /no parameter or buffer 'weigth'; did you mean 'weight'\?/,
      ],
      ['a module below that is none', (m) => [m, { 'a.weight': ones([1, 2]) }, [ones([2])]], /'a\.weight'/],
      ['no tensor', (m) => [m, { weight: 5 }, [ones([2])]], /the entry 'weight' must be a tensor \(got 5\)/],
      ['operands that are no list', (m) => [m, {}, ones([2])], /pass \[input\]/],
      ['no module', () => [5, {}, []], /functionalCall: module must be a module \(got 5\)/],
      ['no state', (m) => [m, null, []], /functionalCall: state must be/],
    ])('%s', (_, args, message) => {
      expect(() => wrong<(...of: unknown[]) => unknown>(nn.functionalCall)(...args(new nn.Linear(2, 1)))).toThrow(
        message,
      )
    })
  })

  describe('initial values', () => {
    test.each<[string, () => unknown, RegExp]>([
      [
        'names of PyTorch',
        () => nn.init.kaimingNormal_(zeros([2, 2]), wrong({ mode: 'fan_out' })),
        /did you mean 'fanOut'\?/,
      ],
      [
        'an option in its place',
        () => nn.init.orthogonal_(zeros([2, 2]), wrong(2)),
        /orthogonal_\(tensor, \{ gain: 2 \}\)/,
      ],
      ['bounds the wrong way round', () => nn.init.uniform_(zeros([2]), 1, 0), /^uniform_: .*from=1 > to=0/],
      ['a negative deviation', () => nn.init.normal_(zeros([2]), 0, -1), /^normal_: .*std -1/],
      ['a negative gain', () => nn.init.xavierUniform_(zeros([2, 2]), { gain: -1 }), /^xavierUniform_: gain/],
      [
        'an empty range',
        () => nn.init.truncNormal_(zeros([2]), { a: 2, b: -2 }),
        /^truncNormal_: a must not be above b/,
      ],
      ['no deviation', () => nn.init.truncNormal_(zeros([2]), { std: 0 }), /^truncNormal_: std must be above 0/],
      ['a share above 1', () => nn.init.sparse_(zeros([2, 2]), 2), /^sparse_: sparsity/],
      ['integers', () => nn.init.normal_(zeros([2], { dtype: 'int32' })), /^normal_: .*floating point \(got int32\)/],
      ['a vector', () => nn.init.xavierNormal_(zeros([2])), /^xavierNormal_: .*at least 2 dimensions/],
    ])('%s are refused', (_, call, message) => {
      expect(call).toThrow(message)
    })
  })

  describe('gradients', () => {
    test('of one parameter, of a generator of them, and of a module in their place', async () => {
      const p = new nn.Parameter(ones([2]))
      p.grad = tensor([3, 4])
      expect(await nn.utils.clipGradNorm_(p, 1).item()).toBe(5)
      p.grad = tensor([3, 4])
      nn.utils.clipGradValue_([p].values(), 3.5)
      expect(await list(p.grad)).toEqual([3, 3.5])
      expect(() => nn.utils.clipGradNorm_(wrong(new Doubled()), 1)).toThrow(/pass its parameters\(\)/)
      expect(() => nn.utils.clipGradNorm_(wrong([p, 1]), 1)).toThrow(/parameters must be tensors \(got 1 among them\)/)
      expect(() => nn.utils.parametersToVector([])).toThrow(/at least one/)
    })
  })
})
