/** `record` gives the program as it was written, with names for what it reads and gives, and changes nothing. */
import { describe, expect, test } from 'vitest'
import * as F from '../../src/functional/index.ts'
import {
  compile,
  defaultGenerator,
  noGrad,
  ones,
  randn,
  setDefaultDevice,
  tensor,
  type Tensor,
} from '../../src/index.ts'
import { operationOf, print, verify } from '../../src/ir.ts'
import { lower } from '../../src/lower/lower.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import { record } from '../../src/record/index.ts'
import { queuedBackend } from '../queued-backend.ts'

setDefaultDevice(await queuedBackend())
const f = (...shape: readonly number[]) => ({ dtype: 'float32', shape }) as const
const int = (...shape: readonly number[]) => ({ dtype: 'int32', shape }) as const
const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name)

class Net extends nn.Module {
  hidden = new nn.Sequential(new nn.Linear(4, 6), new nn.ReLU(), new nn.Dropout(0.5))
  out = new nn.Linear(6, 3)
  forward(x: Tensor): Tensor {
    return this.out(this.hidden(x)).mul(2)
  }
}
const trained = (model: nn.Module, optimizer: optim.SGD | optim.Adam) => (x: Tensor, y: Tensor) => {
  optimizer.zeroGrad()
  const logits = model(x)
  const loss = F.crossEntropy(logits, y)
  loss.backward()
  optimizer.step()
  return { loss, parts: [{ logits }] }
}

describe('a model', () => {
  test('is its operations, with attributes, module paths and the keys of its state', () => {
    const recorded = record(new Net().eval(), [f(2, 4)], { names: ['x'], operations: true })
    verify(recorded.program)
    expect(recorded.program.nodes.map((node) => `${operationOf(node)} in ${node.origin}`)).toEqual([
      'linear in hidden.0',
      'relu in hidden.1',
      'linear in out',
      // The number.
      'null in Net',
      'mul in Net',
    ])
    expect(names(recorded.inputs)).toEqual(['x', 'hidden.0.weight', 'hidden.0.bias', 'out.weight', 'out.bias'])
    expect(recorded.inputs.map(({ kind }) => kind)).toEqual(['operand', ...Array<string>(4).fill('parameter')])
    expect(recorded.outputs).toEqual([{ kind: 'result', name: 'result', replaces: null }])
    expect(recorded.results).toEqual([{ kind: 'output', name: 'result', output: 0 }])
  })
  test('draws are sources of their own, named by the module that draws', () => {
    const net = new Net()
    const state = defaultGenerator.getState()
    const recorded = record(net, [f(2, 4)])
    expect(names(recorded.inputs)).toContain('hidden.2.draw')
    expect(defaultGenerator.getState()).toEqual(state)
    const draw = recorded.inputs.find(({ kind }) => kind === 'draw')!
    expect(draw.kind === 'draw' && draw.generator).toBe(defaultGenerator)
  })
  test('one parameter under two keys has both, and a view of one is told apart', () => {
    class Tied extends nn.Module {
      first = new nn.Linear(3, 3, { bias: false })
      second = new nn.Linear(3, 3, { bias: false })
      turned: nn.Parameter
      base = randn([2, 3])
      wide = new nn.Parameter(this.base.reshape([3, 2]))
      constructor() {
        super()
        this.second.weight = this.first.weight
        this.turned = new nn.Parameter(this.first.weight.t())
        this.registerBuffer('seen', ones([1]), { persistent: false })
      }
      forward(x: Tensor): Tensor {
        const [seen] = this.buffers()
        return x
          .matmul(this.turned)
          .add(this.second(this.first(x)))
          .matmul(this.wide)
          .add(seen!)
      }
    }
    const tied = new Tied()
    const inputs = record(tied, [f(2, 3)], { names: ['x'] }).inputs.slice(1)
    expect(inputs.map(({ name, ...rest }) => [name, 'names' in rest && [rest.names, rest.views]])).toEqual([
      ['first.weight', [['first.weight', 'second.weight'], ['turned']]],
      ['wide.base', [[], ['wide']]],
      ['seen', [['seen'], []]],
    ])
    expect(inputs[0]!.kind === 'parameter' && inputs[0]!.tensor).toBe(tied.first.weight)
    expect(inputs[1]!.kind === 'parameter' && inputs[1]!.tensor).toBe(tied.base)
  })
  test('running statistics are written to', () => {
    const { inputs, outputs } = record(new nn.BatchNorm1d(3), [f(5, 3)])
    expect(
      outputs.map(({ kind, name, replaces }) => [kind, name, replaces === null ? null : inputs[replaces]!.name]),
    ).toEqual([
      ['result', 'result', null],
      ['buffer', 'num_batches_tracked', 'num_batches_tracked'],
      ['buffer', 'running_mean', 'running_mean'],
      ['buffer', 'running_var', 'running_var'],
    ])
  })
  test('what was passed through, and what is no tensor, are results too', () => {
    const { results, outputs } = record((x: Tensor, y: Tensor) => ({ y, sum: [x.add(y)], kind: 'a' }), [f(2), f(2)], {
      names: ['x'],
    })
    expect(results).toEqual([
      { kind: 'operand', name: 'y', operand: 'operand 1' },
      { kind: 'output', name: 'sum[0]', output: 0 },
      { kind: 'constant', name: 'kind', value: 'a' },
    ])
    expect(names(outputs)).toEqual(['sum[0]'])
  })
})

describe('a training step', () => {
  test('names state and numbers of optimizers, and leaves both as they were', async () => {
    const net = new Net()
    const optimizer = new optim.SGD([{ params: net.hidden.parameters() }, { params: net.out.parameters(), lr: 0.5 }], {
      lr: 0.1,
      momentum: 0.9,
    })
    const weight = await net.out.weight.data()
    const recorded = record(trained(net, optimizer), [f(2, 4), int(2)], { names: ['x', 'y'], operations: true })
    verify(recorded.program)
    expect(names(recorded.inputs)).toEqual([
      'x',
      'y',
      'hidden.0.weight',
      'hidden.0.bias',
      'hidden.2.draw',
      'out.weight',
      'out.bias',
      'hidden.0.weight.momentum_buffer',
      'hidden.0.bias.momentum_buffer',
      'out.weight.momentum_buffer',
      'out.bias.momentum_buffer',
    ])
    const buffer = recorded.inputs.at(-1)!
    expect(buffer).toEqual({
      kind: 'optimizer state',
      name: 'out.bias.momentum_buffer',
      parameter: 'out.bias',
      entry: 'momentum_buffer',
      tensor: null,
      initial: -0,
    })
    expect(recorded.scalars.map(({ name, ...rest }) => [name, rest.kind === 'option' && rest.read()])).toEqual([
      ['SGD[0].weight_decay', 0],
      ['SGD[0].momentum', 0.9],
      ['SGD[0].1 - dampening', 1],
      ['SGD[0].lr', 0.1],
      ['SGD[1].weight_decay', 0],
      ['SGD[1].momentum', 0.9],
      ['SGD[1].1 - dampening', 1],
      ['SGD[1].lr', 0.5],
    ])
    const written = recorded.outputs.filter(({ replaces }) => replaces !== null)
    expect(names(written).toSorted()).toEqual(
      names(recorded.inputs)
        .filter((name) => !/^x$|^y$|draw$/.test(name))
        .toSorted(),
    )
    for (const { name, replaces } of written) expect(recorded.inputs[replaces!]!.name).toBe(name)
    expect(names(recorded.results)).toEqual(['loss', 'parts[0].logits'])
    // Updates are nodes of their own, and backward has the modules of forward.
    const nodes = recorded.program.nodes.map((node) => `${operationOf(node)} in ${node.origin}`)
    expect(nodes.filter((text) => text === 'sgd in undefined')).toHaveLength(4)
    expect(nodes).toContain('linear.backward in hidden.0')
    expect(nodes).toContain('crossEntropy in undefined')
    // As before.
    expect(optimizer.state.size).toBe(0)
    expect(net.out.weight.grad).toBeNull()
    expect(await net.out.weight.data()).toEqual(weight)
  })
  test('has the tensors of state that is there', () => {
    const net = new Net()
    const optimizer = new optim.Adam(net.parameters(), { lr: tensor(0.1) })
    const step = trained(net, optimizer)
    step(randn([2, 4]), tensor([0, 1], { dtype: 'int32' }))
    const { inputs, scalars } = record(compile(step), [f(2, 4), int(2)])
    const state = inputs.find(({ name }) => name === 'hidden.0.bias.exp_avg_sq')!
    expect(state.kind === 'optimizer state' && state.tensor).toBe(
      optimizer.state.get(net.parameters()[1]!)!.get('exp_avg_sq'),
    )
    expect(names(inputs)).toContain('Adam[0].lr')
    expect(names(scalars)).toContain('Adam[0].sqrt(1 - beta2 ** step)')
    expect(optimizer.steps.get(net.parameters()[0]!)).toBe(1)
  })
  test('parameters of no module are named by their optimizer; other tensors are numbered', () => {
    const [w, a, b] = [tensor([1, 2], { requiresGrad: true }), ones([2]), ones([2])]
    const optimizer = new optim.SGD([w])
    const { inputs, outputs } = record(
      () => {
        w.mul(a).add(b).sum().backward()
        optimizer.step()
      },
      [],
      { gradients: true },
    )
    expect(names(inputs)).toEqual(['SGD[0].params[0]', 'tensor', 'tensor (2)'])
    expect(names(outputs)).toEqual(['SGD[0].params[0]', 'SGD[0].params[0].grad'])
  })
  test('that accumulates reads the gradients of before', () => {
    const model = new nn.Linear(2, 1)
    model(ones([1, 2]))
      .sum()
      .backward()
    const { inputs, outputs } = record((x: Tensor) => model(x).sum().backward(), [f(1, 2)])
    expect(names(inputs)).toContain('weight.grad')
    const grad = outputs.find(({ name }) => name === 'weight.grad')!
    expect(inputs[grad.replaces!]!.name).toBe('weight.grad')
  })
  test('that makes state says so', () => {
    const model = new nn.Linear(2, 1)
    const optimizer = new optim.SGD(model.parameters(), { momentum: 0.9, dampening: 0.5 })
    const step = (x: Tensor): void => {
      optimizer.zeroGrad()
      model(x).sum().backward()
      optimizer.step()
    }
    expect(record(step, [f(1, 2)]).isFirstStep).toBe(true)
    step(ones([1, 2]))
    expect(record(step, [f(1, 2)]).isFirstStep).toBe(false)
  })
  test('with operations and without it lowers to the same program', () => {
    const runs = new Set(['loop'])
    const net = new Net()
    const step = trained(net, new optim.SGD(net.parameters(), { momentum: 0.9 }))
    const [kept, written] = [true, false].map((operations) => record(step, [f(2, 4), int(2)], { operations }).program)
    expect(kept!.nodes.length).toBeLessThan(written!.nodes.length / 2)
    expect(print(lower(kept!, { runs }))).toBe(print(lower(written!, { runs })))
  })
})

describe('models by name', () => {
  const [generator, discriminator] = [new nn.Linear(2, 2), new nn.Sequential(new nn.Linear(2, 1))]
  const both = (z: Tensor): Tensor => discriminator(generator(z))
  test('have their names before their keys and paths', () => {
    const { inputs, program } = record(both, [f(1, 2)], { modules: { generator, discriminator }, operations: true })
    expect(names(inputs)).toEqual([
      'operand 0',
      'generator.weight',
      'generator.bias',
      'discriminator.0.weight',
      'discriminator.0.bias',
    ])
    expect(program.nodes.map(({ origin }) => origin)).toEqual(['generator', 'discriminator.0'])
  })
  test('a model whose parts are called has the keys that it has as a whole', () => {
    const whole = new nn.Sequential(generator, discriminator)
    const { inputs, program } = record(both, [f(1, 2)], { modules: whole, operations: true })
    expect(names(inputs)).toEqual(['operand 0', '0.weight', '0.bias', '1.0.weight', '1.0.bias'])
    expect(program.nodes.map(({ origin }) => origin)).toEqual(['0', '1.0'])
  })
  test('two with keys in common are asked for', () => {
    const other = new nn.Linear(2, 2)
    expect(() => record((x: Tensor) => other(generator(x)), [f(1, 2)])).toThrow(
      "record: two models have 'weight'; name them: { modules: { generator, discriminator } }",
    )
  })
})

describe('what it takes', () => {
  test('operands are what a compiled function takes, and types in the place of tensors', () => {
    const fn = (batch: { x: Tensor; mask?: Tensor }, k: number, mode: string, parts: readonly Tensor[]): Tensor =>
      parts[0]!.add(batch.x.mul(k)).add(mode === 'a' ? 1 : 2)
    const { inputs, scalars } = record(fn, [{ x: f(3) }, 2, 'a', [ones([3])]], { names: ['batch', 'k'] })
    expect([names(inputs), names(scalars)]).toEqual([['batch.x', 'operand 3[0]'], ['k']])
  })
  test('operands have no elements, and nothing can be read', () => {
    expect(() => record(async (x: Tensor) => await x.item(), [f(1)])).toThrow('record: the function is asynchronous')
    let kept: Tensor | null = null
    record(
      (x: Tensor) => {
        kept = x
      },
      [f(1)],
    )
    expect(() => kept!.add(1)).toThrow('add: a value of a recorded function was used outside of it')
    expect(() => record((x: Tensor) => x.add(1), [kept!])).toThrow('record: a value cannot be read while')
    expect(() => record(1 as never, [])).toThrow('record: fn must be a function (got 1)')
    expect(() => record((x: Tensor) => x, f(1) as never)).toThrow('record: operands must be a list')
  })
  test('a function that fails leaves everything as it was', () => {
    const net = new Net()
    const optimizer = new optim.Adam(net.parameters())
    const step = trained(net, optimizer)
    expect(() =>
      record(
        (x: Tensor, y: Tensor) => {
          step(x, y)
          throw new Error('mine')
        },
        [f(2, 4), int(2)],
      ),
    ).toThrow('mine')
    expect([optimizer.state.size, optimizer.steps.size, net.out.weight.grad]).toEqual([0, 0, null])
    noGrad(() => net(randn([2, 4])))
  })
})
