/** cnn.json: convolution, batch norm, pooling and a linear layer, trained for ten steps. */
import { manualSeed, randint, randn, setDefaultDevice, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { beforeAll, describe, expect, test } from 'vitest'
import { golden, type GoldenTensor } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import { MODES, modes } from './modes.ts'
import { expectClose, expectTensor } from './tensors.ts'

interface Case {
  readonly id: string
  readonly cfg: Record<'seed' | 'n' | 'c' | 'hw' | 'co' | 'k' | 'classes' | 'lr' | 'momentum' | 'wd' | 'steps', number>
  readonly initial: Readonly<Record<string, GoldenTensor>>
  readonly x: GoldenTensor
  readonly y: GoldenTensor
  readonly logits_step1: GoldenTensor
  readonly grads_step1: Readonly<Record<string, GoldenTensor>>
  readonly running_stats_after_first_forward: Readonly<Record<string, GoldenTensor>>
  readonly losses: readonly number[]
  readonly final: Readonly<Record<string, GoldenTensor>>
  readonly eval_logits: GoldenTensor
}

const EXACT = { rtol: 0, atol: 0 }
const CLOSE = { rtol: 1e-4, atol: 1e-5 }

async function expectState(
  model: nn.Module,
  wanted: Readonly<Record<string, GoldenTensor>>,
  tolerance: typeof CLOSE,
  when: string,
): Promise<void> {
  const state = model.stateDict()
  for (const [key, value] of Object.entries(wanted))
    await expectTensor(state.get(key)!, value, tolerance, `${key} ${when}`)
}

describe.each(Object.entries(backends))('%s', (_, create) => {
  describe.each(MODES)('%s', (mode) => {
    beforeAll(async () => setDefaultDevice(await create()))

    test.each(golden<Case>('cnn').cases)(
      "$id has PyTorch's initial values, gradients, statistics, losses and final state",
      async (fixture) => {
        const { seed, n, c, hw, co, k, classes, lr, momentum, wd, steps } = fixture.cfg
        manualSeed(seed)
        const model = new nn.Sequential(
          new nn.Conv2d(c, co, k, { padding: (k - 1) / 2 }),
          new nn.BatchNorm2d(co),
          new nn.ReLU(),
          new nn.MaxPool2d(2),
          new nn.Flatten(),
          new nn.Linear((co * hw * hw) / 4, classes),
        )
        expect([...model.stateDict().keys()]).toEqual(Object.keys(fixture.initial))
        await expectState(model, fixture.initial, EXACT, 'at the start')
        const x = randn([n, c, hw, hw])
        const y = randint(0, classes, [n])
        await expectTensor(x, fixture.x, EXACT, 'x')
        await expectTensor(y, fixture.y, EXACT, 'y')

        const optimizer = new optim.SGD(model.parameters(), { lr, momentum, weightDecay: wd })
        const criterion = new nn.CrossEntropyLoss()
        const train = modes[mode]((input: Tensor, target: Tensor) => {
          optimizer.zeroGrad()
          const logits = model(input)
          const loss = criterion(logits, target)
          loss.backward()
          optimizer.step()
          return { logits, loss }
        })
        const losses: number[] = []
        for (let step = 1; step <= steps; step++) {
          const { logits, loss } = train(x, y)
          if (step === 1) {
            await expectTensor(logits, fixture.logits_step1, CLOSE, 'logits')
            await expectState(model, fixture.running_stats_after_first_forward, CLOSE, 'after the first forward')
            for (const [name, parameter] of model.namedParameters())
              await expectTensor(parameter.grad, fixture.grads_step1[name]!, CLOSE, `gradient of ${name}`)
          }
          losses.push(await loss.item())
        }
        expectClose(losses, fixture.losses, CLOSE, 'losses')
        await expectState(model, fixture.final, CLOSE, 'at the end')
        await expectTensor(model.eval()(x), fixture.eval_logits, CLOSE, 'logits in evaluation')
      },
    )
  })
})
