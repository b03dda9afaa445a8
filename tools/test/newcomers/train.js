/** What a newcomer writes first: trains a small network on digits, saves it, loads it into another, and tries both on other digits. */
import { compile, manualSeed, noGrad, setDefaultDevice, tensor } from '@glissade/core'
import { CrossEntropyLoss, Linear, ReLU, Sequential } from '@glissade/core/nn'
import { SGD } from '@glissade/core/optim'
import { load, save } from '@glissade/checkpoint'
import { cpu } from '@glissade/cpu'
import { wasm } from '@glissade/wasm'

const PIXELS = 784
const TRAINED = 1000
const BATCH = 50

const makeModel = () => new Sequential(new Linear(PIXELS, 32), new ReLU(), new Linear(32, 10))

/** @param {Uint8Array} bytes of every digit its label, then its pixels */
function digitsOf(bytes) {
  const rows = Array.from({ length: bytes.length / (PIXELS + 1) }, (_, i) =>
    bytes.subarray(i * (PIXELS + 1), (i + 1) * (PIXELS + 1)),
  )
  return (from, to) => {
    const some = rows.slice(from, to)
    const images = Float32Array.from(some.flatMap((row) => Array.from(row.subarray(1), (ink) => ink / 255)))
    return [tensor(images, { shape: [some.length, PIXELS] }), tensor(Int32Array.from(some, ([label]) => label))]
  }
}

async function accuracyOf(model, digits) {
  const [images, labels] = digits(TRAINED)
  const right = noGrad(() => model(images).argmax({ dim: 1 }).eq(labels).to('float32').mean())
  return await right.item()
}

async function trainOn(backend, bytes) {
  setDefaultDevice(backend)
  manualSeed(1)
  const digits = digitsOf(bytes)
  const model = makeModel()
  const criterion = new CrossEntropyLoss()
  const optimizer = new SGD(model.parameters(), { lr: 0.03, momentum: 0.9 })
  const step = compile((images, labels) => {
    optimizer.zeroGrad()
    const loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss
  })
  for (let epoch = 0; epoch < 6; epoch++)
    for (let from = 0; from < TRAINED; from += BATCH) await step(...digits(from, from + BATCH)).item()
  const weights = await save(model)
  const copy = makeModel()
  copy.loadStateDict(await load(weights))
  const accuracies = [await accuracyOf(model, digits), await accuracyOf(copy, digits)]
  return { backend: backend.name, threads: backend.threads ?? 1, accuracies, weights }
}

export const train = async (bytes) => [await trainOn(cpu(), bytes), await trainOn(await wasm({ threads: 2 }), bytes)]
