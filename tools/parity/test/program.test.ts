/** program.json: 100 updates of the seed program, for several seeds and options. */
import { manualSeed, randn, setDefaultDevice, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { beforeAll, describe, expect, test } from 'vitest'
import { golden, type GoldenTensor } from '../../../packages/core/test/golden.ts'
import { backends } from './backends.ts'
import { MODES, modes } from './modes.ts'
import { expectClose, expectTensor } from './tensors.ts'

interface Case {
  readonly id: string
  readonly seed: number
  readonly sizes: { readonly i: number; readonly h: number; readonly o: number; readonly b: number }
  readonly opt: {
    readonly lr: number
    readonly momentum?: number
    readonly weight_decay?: number
    readonly nesterov?: boolean
  }
  readonly initial: Record<string, GoldenTensor>
  readonly x: GoldenTensor
  readonly target: GoldenTensor
  readonly losses: readonly number[]
  readonly grads1: Record<string, GoldenTensor>
  readonly after: Record<string, Record<string, GoldenTensor>>
  readonly printed_4f_first5: readonly string[]
}

const EXACT = { rtol: 0, atol: 0 }
const CLOSE = { rtol: 1e-5, atol: 1e-6 }

describe.each(Object.entries(backends))('%s', (_, create) => {
  beforeAll(async () => setDefaultDevice(await create()))

  describe.each(MODES)('%s', (mode) => {
    test.each(golden<Case>('program').cases)(
      "$id has PyTorch's initial values, losses, gradients and parameters",
      async (fixture) => {
        const { i, h, o, b } = fixture.sizes
        const { lr, momentum = 0, weight_decay: weightDecay = 0, nesterov = false } = fixture.opt
        manualSeed(fixture.seed)
        const model = new nn.Sequential(new nn.Linear(i, h), new nn.ReLU(), new nn.Linear(h, o))
        const optimizer = new optim.SGD(model.parameters(), { lr, momentum, weightDecay, nesterov })
        const criterion = new nn.MSELoss()
        const x = randn([b, i])
        const target = randn([b, o])
        for (const [name, value] of model.stateDict()) await expectTensor(value, fixture.initial[name]!, EXACT, name)
        await expectTensor(x, fixture.x, EXACT, 'x')
        await expectTensor(target, fixture.target, EXACT, 'target')

        const train = modes[mode]((input: Tensor, wanted: Tensor) => {
          optimizer.zeroGrad()
          const loss = criterion(model(input), wanted)
          loss.backward()
          optimizer.step()
          return loss
        })
        const losses: number[] = []
        for (let step = 1; step <= fixture.losses.length; step++) {
          const loss = train(x, target)
          if (step === 1)
            for (const [name, parameter] of model.namedParameters())
              await expectTensor(parameter.grad, fixture.grads1[name]!, CLOSE, `gradient of ${name}`)
          losses.push(await loss.item())
          for (const [name, value] of Object.entries(fixture.after[step] ?? {}))
            await expectTensor(model.stateDict().get(name)!, value, CLOSE, `${name} after ${step}`)
        }
        expectClose(losses, fixture.losses, CLOSE, 'losses')
        expect(losses.slice(0, 5).map((loss) => loss.toFixed(4))).toEqual(fixture.printed_4f_first5)
      },
    )
  })
})
