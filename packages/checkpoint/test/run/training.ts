/**
 * A small training with everything that a run depends on: dropout, batch norm, a shuffled loader, an optimizer with
 * state, and a schedule. Used by tests in this process, in killed ones, and in a browser.
 */
import { manualSeed, randn, type Tensor } from '@glissade/core'
import { DataLoader, TensorDataset } from '@glissade/core/data'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import type { LoadedRun, Run } from '../../src/run.ts'

export interface Training extends Run {
  readonly model: nn.Sequential
  readonly optimizer: optim.AnyOptimizer
  readonly scheduler: optim.lrScheduler.Scheduler & { step(metric?: number): void }
  readonly loader: DataLoader<readonly [Tensor, Tensor]>
}

const { lrScheduler } = optim
type Setup = (model: nn.Sequential) => Pick<Training, 'optimizer' | 'scheduler'>

const BATCHES = 4

/** Optimizers and schedules, by name. */
export const setups: Readonly<Record<string, Setup>> = {
  'SGD with momentum, in steps': (model) => {
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9, weightDecay: 1e-3, nesterov: true })
    return { optimizer, scheduler: new lrScheduler.StepLR(optimizer, { stepSize: 3, gamma: 0.5 }) }
  },
  'Adam, along a cosine': (model) => {
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01, amsgrad: true })
    return { optimizer, scheduler: new lrScheduler.CosineAnnealingLR(optimizer, { tMax: 9 }) }
  },
  'AdamW with two groups, in one cycle': (model) => {
    const weights = model.parameters().filter(({ shape }) => shape.length > 1)
    const others = model.parameters().filter(({ shape }) => shape.length === 1)
    const optimizer = new optim.AdamW(
      [
        { params: weights, weightDecay: 0.1 },
        { params: others, lr: 0.003 },
      ],
      { lr: 0.01 },
    )
    return { optimizer, scheduler: new lrScheduler.OneCycleLR(optimizer, { maxLr: [0.02, 0.01], totalSteps: 1000 }) }
  },
  'RMSprop, a warm-up and then a decay': (model) => {
    const optimizer = new optim.RMSprop(model.parameters(), { lr: 0.002, momentum: 0.5, centered: true })
    const parts = [new lrScheduler.LinearLR(optimizer), new lrScheduler.ExponentialLR(optimizer, { gamma: 0.9 })]
    return { optimizer, scheduler: new lrScheduler.SequentialLR(optimizer, { schedulers: parts, milestones: [4] }) }
  },
  'Adagrad, on a plateau': (model) => {
    const optimizer = new optim.Adagrad(model.parameters(), { lr: 0.1, lrDecay: 0.01 })
    return { optimizer, scheduler: new lrScheduler.ReduceLROnPlateau(optimizer, { patience: 1 }) }
  },
}

/** The parts of a training, as every process makes them; `seed` is what a resumed one need not share. */
export function makeTraining(setup: string, seed = 0): Training {
  manualSeed(7)
  const data = new TensorDataset(randn([4 * BATCHES - 1, 3]), randn([4 * BATCHES - 1, 2]))
  manualSeed(seed)
  const model = new nn.Sequential(
    new nn.Linear(3, 6),
    new nn.BatchNorm1d(6),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.3 }),
    new nn.Linear(6, 2),
  )
  const loader = new DataLoader(data, { batchSize: 4, shuffle: true })
  return { model, loader, ...setups[setup]!(model) }
}

/** Trains on, step by step, until `visit` gives true after a step. */
export async function train(
  { model, optimizer, scheduler, loader }: Training,
  { step: done }: Pick<LoadedRun, 'step'>,
  visit: (step: number, loss: number) => boolean | Promise<boolean>,
): Promise<void> {
  const criterion = new nn.MSELoss()
  for (let step = done; ;) {
    for await (const [x, y] of loader) {
      optimizer.zeroGrad()
      const loss = criterion(model(x), y)
      loss.backward()
      optimizer.step()
      const value = await loss.item()
      if (scheduler instanceof lrScheduler.ReduceLROnPlateau) scheduler.step(value)
      else scheduler.step()
      if (await visit(++step, value)) return
    }
  }
}

/** Every bit of the model, as text. */
export async function weightsOf({ model }: { readonly model: Pick<Training['model'], 'stateDict'> }): Promise<string> {
  const parts = await Promise.all(
    [...model.stateDict()].map(async ([key, value]) => {
      const { buffer, byteOffset, byteLength } = await value.data()
      return `${key} ${Array.from(new Uint8Array(buffer, byteOffset, byteLength), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
    }),
  )
  return parts.join('\n')
}
