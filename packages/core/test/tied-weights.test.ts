/** One parameter in two places: in parameters once, in state dicts twice, trained as one, eager and compiled. */
import { beforeAll, describe, expect, test } from 'vitest'
import { cpu } from '../../cpu/src/index.ts'
import { compile, manualSeed, randint, setDefaultDevice, type Tensor } from '../src/index.ts'
import * as nn from '../src/nn/index.ts'
import { Adam, SGD } from '../src/optim/index.ts'

class LanguageModel extends nn.Module {
  readonly encoder = new nn.Embedding(7, 4)
  readonly decoder = new nn.Linear(4, 7)
  constructor() {
    super()
    this.decoder.weight = this.encoder.weight
  }
  forward(words: Tensor): Tensor {
    return this.decoder(this.encoder(words))
  }
}

beforeAll(() => setDefaultDevice(cpu()))

describe('tied weights', () => {
  test('are one parameter under two keys', () => {
    const model = new LanguageModel()
    expect(model.namedParameters().map(([name]) => name)).toEqual(['encoder.weight', 'decoder.bias'])
    expect([...model.stateDict().keys()]).toEqual(['encoder.weight', 'decoder.weight', 'decoder.bias'])
  })
  test('load from the state dict of a tied model, and stay tied', async () => {
    const [from, into] = [new LanguageModel(), new LanguageModel()]
    into.loadStateDict(from.stateDict())
    expect(into.decoder.weight).toBe(into.encoder.weight)
    expect(await into.decoder.weight.data()).toEqual(await from.encoder.weight.data())
  })
  test.each([
    ['SGD with momentum', (model: nn.Module) => new SGD(model.parameters(), { lr: 0.5, momentum: 0.9 })],
    ['Adam', (model: nn.Module) => new Adam(model.parameters(), { lr: 0.01 })],
  ])('are updated once a step by %s, compiled as eager', async (_, optimizerOf) => {
    const train = async (compiled: boolean): Promise<ArrayLike<number>> => {
      manualSeed(1)
      const model = new LanguageModel()
      const optimizer = optimizerOf(model)
      const criterion = new nn.CrossEntropyLoss()
      const update = (words: Tensor, next: Tensor): Tensor => {
        optimizer.zeroGrad()
        const loss = criterion(model(words), next)
        loss.backward()
        optimizer.step()
        return loss
      }
      const step = compiled ? compile(update) : update
      for (let i = 0; i < 5; i++) step(randint(0, 7, [6]), randint(0, 7, [6]))
      expect(optimizer.paramGroups[0]?.params.length).toBe(2)
      expect(model.decoder.weight).toBe(model.encoder.weight)
      return model.decoder.weight.data()
    }
    const [eager, compiled] = [await train(false), await train(true)]
    expect(Array.from(compiled)).toEqual(Array.from(eager, (value) => expect.closeTo(value, 5)))
  })
  test('have the gradient of both uses', async () => {
    manualSeed(2)
    const tied = new LanguageModel()
    const apart = new LanguageModel()
    apart.loadStateDict(tied.stateDict())
    apart.decoder.weight = new nn.Parameter(apart.encoder.weight.detach().clone())
    const words = randint(0, 7, [6])
    for (const model of [tied, apart]) model(words).square().sum().backward()
    const both = apart.encoder.weight.grad!.add(apart.decoder.weight.grad!)
    expect(await tied.encoder.weight.grad!.allclose(both)).toBe(true)
  })
})
