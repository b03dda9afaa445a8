/** Trains the network that `--model` names on the digits. */
import { compile, manualSeed, noGrad, randperm, scope, tensor, type Tensor } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import * as optim from '@glissade/core/optim'
import { writeSafetensors } from '@glissade/checkpoint'
import type { Point } from '../loss-curve.ts'
import { PIXELS, select, type Digits } from './digits.ts'
import { LEARNING_RATES, type Model } from './learning-rates.ts'
import type { TrainDigits } from './run.ts'

const TRAIN = 8000
const CLASSES = 10
const SIDE = 28

const models: { readonly [M in Model]: () => nn.Module } = {
  mlp: () => new nn.Sequential(new nn.Linear(PIXELS, 128), new nn.ReLU(), new nn.Linear(128, CLASSES)),
  cnn: () =>
    new nn.Sequential(
      new nn.Unflatten(1, [1, SIDE, SIDE]),
      new nn.Conv2d(1, 16, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(16, 32, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(32 * (SIDE / 4) ** 2, 128),
      new nn.ReLU(),
      new nn.Linear(128, CLASSES),
    ),
}

const places = async (n: number): Promise<ArrayLike<number>> => await randperm(n).data()

function batchOf(digits: Digits): { images: Tensor; labels: Tensor } {
  return {
    images: tensor(digits.images, { shape: [digits.count, PIXELS] }),
    labels: tensor(Int32Array.from(digits.labels)),
  }
}

interface Score {
  readonly loss: number
  readonly accuracy: number
}

/** Mean loss and share of right answers over all test digits. */
async function test(model: nn.Module, criterion: nn.CrossEntropyLoss, digits: Digits): Promise<Score> {
  model.eval()
  const score = await scope(async () => {
    const { images, labels } = batchOf(digits)
    const { loss, right } = noGrad(() => {
      const logits = model(images)
      return { loss: criterion(logits, labels), right: logits.argmax({ dim: 1 }).eq(labels).to('float32').mean() }
    })
    return { loss: await loss.item(), accuracy: await right.item() }
  })
  model.train()
  return score
}

export const trainDigits: TrainDigits = async (digits, options, showProgress) => {
  manualSeed(options.seed)
  const split = await places(digits.count)
  const train = select(digits, Array.prototype.slice.call(split, 0, TRAIN) as number[])
  const held = select(digits, Array.prototype.slice.call(split, TRAIN) as number[])
  const model = models[options.model]()
  const criterion = new nn.CrossEntropyLoss()
  const optimizer = new optim.SGD(model.parameters(), {
    lr: options.lr ?? LEARNING_RATES[options.model],
    momentum: options.momentum,
  })

  // The whole training step becomes one program; the last, smaller batch of an epoch makes a second one.
  const step = compile((images: Tensor, labels: Tensor) => {
    optimizer.zeroGrad()
    const loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss
  })

  const batches = Math.ceil(train.count / options.batchSize)
  const progress = showProgress({ epochs: options.epochs, batchesPerEpoch: batches })
  const losses: Point[] = []
  const testLosses: Point[] = []
  let score: Score = { loss: NaN, accuracy: 0 }
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const order = await places(train.count)
    for (let batch = 1; batch <= batches; batch++) {
      const from = (batch - 1) * options.batchSize
      const digitsOfBatch = select(train, Array.prototype.slice.call(order, from, from + options.batchSize) as number[])
      const loss = await scope(async () => {
        const { images, labels } = batchOf(digitsOfBatch)
        return await step(images, labels).item()
      })
      losses.push([(epoch - 1) * batches + batch, loss])
      progress.batch({ epoch, batch, loss, samples: digitsOfBatch.count })
    }
    score = await test(model, criterion, held)
    testLosses.push([epoch * batches, score.loss])
    progress.endEpoch(`test accuracy ${(score.accuracy * 100).toFixed(2)} %`)
  }
  return {
    losses,
    testLosses,
    accuracy: score.accuracy,
    trainCount: train.count,
    testCount: held.count,
    weights: await safetensors(model),
  }
}

async function safetensors(model: nn.Module): Promise<Uint8Array> {
  const tensors = new Map()
  for (const [name, value] of model.stateDict())
    tensors.set(name, { dtype: value.dtype, shape: value.shape, data: await value.data() })
  return writeSafetensors(tensors, { format: 'pt' })
}
