/**
 * A backend as unlike a plain one as a device is: late, in pieces, aligned, poisoned. The fast part of the kit runs on it every time, and
 * whole networks train on it as they do on cpu.
 */
import { compile, manualSeed, randn, scope, setDefaultDevice, type Tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { numel, type Backend } from '@glissade/core/backend'
import { describe, expect, test } from 'vitest'
import { cpu } from '../../cpu/src/index.ts'
import { run } from '../src/index.ts'
import { arenaBackend } from './arena-backend.ts'
import { queued } from './queued-backend.ts'

const LONG = 600_000
/** Cases of larger values, and of what it does not have. */
const EXCUSED = /^needs a storage of \d+ bytes$|profile/
const MEGABYTE = 2 ** 20

const late = async (): Promise<Backend> => queued(arenaBackend())

/** The whole takes minutes: `ARENA_WHOLE=1 npx vitest run test/arena.test.ts`. */
const isWhole = process.env['ARENA_WHOLE'] !== undefined

test(
  'the kit',
  async () => {
    const report = await run({ create: late, ...(isWhole ? {} : { fast: true }) })
    const wrong = report.results.filter(({ status }) => status !== 'pass' && status !== 'excused')
    expect(wrong).toEqual([])
    const reasons = report.results.flatMap(({ status, detail }) => (status === 'excused' ? [detail] : []))
    expect(reasons.filter((reason) => !EXCUSED.test(reason))).toEqual([])
    expect(report.badges).toEqual(isWhole ? ['runs', 'trains', 'exact SGD', 'fused'] : ['runs'])
  },
  LONG,
)

const BATCH = 8
const STEPS = 4
interface Network {
  readonly make: () => nn.Sequential
  readonly input: readonly number[]
  /** Whether its parameters are more than one storage holds. */
  readonly isWide?: true
}
const networks: Readonly<Record<string, Network>> = {
  'MLP 784-128-10': {
    make: () => new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10)),
    input: [BATCH, 784],
  },
  'CNN of two convolutions': {
    make: () =>
      new nn.Sequential(
        new nn.Conv2d(1, 8, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(8, 16, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(16 * 7 * 7, 10),
      ),
    input: [BATCH, 1, 28, 28],
  },
  'MLP 784-256-256-10, of 1.1 MB': {
    make: () =>
      new nn.Sequential(
        new nn.Linear(784, 256),
        new nn.ReLU(),
        new nn.Linear(256, 256),
        new nn.ReLU(),
        new nn.Linear(256, 10),
      ),
    input: [BATCH, 784],
    isWide: true,
  },
}
const optimizers = {
  'SGD with momentum': (parameters: Tensor[]) => new optim.SGD(parameters, { lr: 0.05, momentum: 0.9 }),
  AdamW: (parameters: Tensor[]) => new optim.AdamW(parameters, { lr: 0.002 }),
}

interface Trained {
  readonly losses: readonly number[]
  readonly weights: readonly Float32Array[]
  /** Rows that the last compiled step updates: operands of one axis, larger than any vector of the network. */
  readonly rows: number
}
async function train(
  backend: Backend,
  { make, input }: Network,
  optimizerOf: (parameters: Tensor[]) => { zeroGrad(): void; step(): unknown },
  isCompiled: boolean,
): Promise<Trained> {
  setDefaultDevice(backend)
  manualSeed(7)
  const model = make()
  const parameters = [...model.parameters()]
  const optimizer = optimizerOf(parameters)
  const step = (x: Tensor, target: Tensor): Tensor => {
    optimizer.zeroGrad()
    const loss = F.crossEntropy(model(x), target)
    loss.backward()
    optimizer.step()
    return loss
  }
  const compiled = compile(step)
  const losses: number[] = []
  for (let i = 0; i < STEPS; i++) {
    const x = randn(input)
    const target = randn([BATCH, 10]).argmax({ dim: 1 })
    losses.push(await (isCompiled ? compiled(x, target) : scope(() => step(x, target))).item())
  }
  const weights = await Promise.all(parameters.map(async (weight) => (await weight.data()) as Float32Array))
  const rows = compiled.programs.at(-1)?.inputs.filter(({ shape }) => shape.length === 1 && shape[0]! > 256) ?? []
  return { losses, weights, rows: rows.length }
}

const EPSILON = 2 ** -23
const close = (got: ArrayLike<number>, want: ArrayLike<number>, what: string): void => {
  for (let i = 0; i < want.length; i++)
    expect(Math.abs(got[i]! - want[i]!), `${what}[${i}]: ${got[i]} and ${want[i]}`).toBeLessThanOrEqual(
      // A few hundred sums of rounded products, over four steps.
      512 * EPSILON * (0.05 + Math.abs(want[i]!)),
    )
}
describe.each(Object.keys(networks))('%s', (network) => {
  describe.each(Object.keys(optimizers))('%s', (optimizer) => {
    test.each(['eager', 'compiled'])(
      '%s, as on cpu',
      async (mode) => {
        const of = [networks[network]!, optimizers[optimizer as 'AdamW'], mode === 'compiled'] as const
        const device = await late()
        const [got, want] = [await train(device, ...of), await train(cpu(), ...of)]
        close(got.losses, want.losses, 'loss')
        got.weights.forEach((weight, i) => close(weight, want.weights[i]!, `parameter ${i}`))
        expect(got.losses.at(-1)).toBeLessThan(3)
        if (mode === 'compiled' && networks[network]!.isWide) expect(got.rows).toBeGreaterThan(want.rows)
      },
      LONG,
    )
  })
})
test('the wide network is wider than a storage', () => {
  setDefaultDevice(cpu())
  const bytes = (network: string): number =>
    [...networks[network]!.make().parameters()].reduce((sum, { shape }) => sum + 4 * numel(shape), 0)
  for (const [name, { isWide }] of Object.entries(networks)) expect(bytes(name) > MEGABYTE).toBe(isWide === true)
})
