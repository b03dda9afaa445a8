/** Glissade through its public surface: compiled steps, or eager with `compiled: false`. */
import { setFlagsFromString } from 'node:v8'
import { compile, scope, setDefaultDevice, tensor } from '../../../packages/core/dist/index.js'
import { scaledDotProductAttention, softmax } from '../../../packages/core/dist/functional/index.js'
import * as nn from '../../../packages/core/dist/nn/index.js'
import * as optim from '../../../packages/core/dist/optim/index.js'
import { CannotError } from '../peers.mjs'
import { sampled } from '../works.mjs'
import { installGpu } from './gpu.mjs'

class Embedding extends nn.Module {
  constructor({ vocabulary, width, length }) {
    super()
    this.token = new nn.Embedding(vocabulary, width)
    this.position = new nn.Embedding(length, width)
  }
  forward(ids) {
    return this.token(ids).add(this.position.weight)
  }
}
class Block extends nn.Module {
  constructor({ width, heads }) {
    super()
    this.heads = heads
    this.norm1 = new nn.LayerNorm(width)
    this.qkv = new nn.Linear(width, 3 * width)
    this.out = new nn.Linear(width, width)
    this.norm2 = new nn.LayerNorm(width)
    this.up = new nn.Linear(width, 4 * width)
    this.gelu = new nn.GELU()
    this.down = new nn.Linear(4 * width, width)
  }
  forward(x) {
    const [n, length, width] = x.shape
    const heads = this.qkv(this.norm1(x)).reshape([n, length, 3, this.heads, width / this.heads])
    const [q, k, v] = heads.permute(2, 0, 3, 1, 4).unbind(0)
    const mixed = scaledDotProductAttention(q, k, v, { isCausal: true })
    const y = x.add(this.out(mixed.permute(0, 2, 1, 3).reshape([n, length, width])))
    return y.add(this.down(this.gelu(this.up(this.norm2(y)))))
  }
}

const layers = {
  linear: ({ inputs, outputs }) => new nn.Linear(inputs, outputs),
  conv: ({ inputs, outputs }) => new nn.Conv2d(inputs, outputs, 3),
  relu: () => new nn.ReLU(),
  maxPool: () => new nn.MaxPool2d(2),
  flatten: () => new nn.Flatten(),
  norm: ({ width }) => new nn.LayerNorm(width),
  embedding: (layer) => new Embedding(layer),
  block: (layer) => new Block(layer),
}
export const modelOf = (work) => new nn.Sequential(...work.layers.map((layer) => layers[layer.kind](layer)))

const made = ({ data, shape }) => tensor(data, { shape })

function operands({ tensors }) {
  const resident = tensors.map(made)
  return () => resident
}

/** Each gives a step and what to look at after it: a step's result, or tensors that it changes. */
const steps = {
  training: ({ work, tensors, batches }) => {
    const model = modelOf(work)
    model.loadStateDict(new Map(tensors.map((values) => [values.name, made(values)])))
    const criterion = work.loss === 'meanSquare' ? new nn.MSELoss() : new nn.CrossEntropyLoss()
    const optimizer = new optim.SGD(model.parameters(), { lr: work.lr, momentum: work.momentum })
    const pairs = batches.map((pair) => pair.map(made))
    return {
      args: (i) => pairs[i % pairs.length],
      step: (x, y) => {
        optimizer.zeroGrad()
        const output = model(x)
        const loss = criterion(work.classes > 0 ? output.reshape([-1, work.classes]) : output, y)
        loss.backward()
        optimizer.step()
        return loss
      },
    }
  },
  sgd: ({ work, named }) => {
    const numbers = Array.from({ length: work.tensors }, (_, i) => i)
    const parameters = numbers.map((i) => new nn.Parameter(made(named.get(`p${i}`))))
    const gradients = numbers.map((i) => made(named.get(`g${i}`)))
    const optimizer = new optim.SGD(parameters, { lr: work.lr, momentum: work.momentum })
    return {
      args: () => gradients,
      step: (...grads) => {
        for (const i of numbers) parameters[i].grad = grads[i]
        optimizer.step()
      },
      watched: parameters.at(-1),
    }
  },
  sgemm: (data) => ({ args: operands(data), step: (a, b) => a.matmul(b) }),
  chain: (data) => ({ args: operands(data), step: (x, y, z) => x.add(y).mul(z).add(x).mul(y) }),
  softmax: (data) => ({ args: operands(data), step: (x) => softmax(x, { dim: 1 }) }),
}

/** Losses of so many steps share a scope; results that fill memory have one each. */
const STEPS_PER_SCOPE = 256

export async function start(data, { backend: name, compiled, threads, relaxedSimd = false }) {
  // Node 20 has it behind a flag of V8; later ones have it always, and no such flag.
  if (relaxedSimd && process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')
  const gpu = name === 'webgpu' ? await installGpu() : null
  const module = await import(`../../../packages/${name}/dist/index.js`)
  // A backend refuses the options that it does not have.
  const options = {
    ...(gpu === null ? {} : { gpu: gpu.gpu }),
    ...(relaxedSimd ? { relaxedSimd } : {}),
    ...(threads === undefined ? {} : { threads }),
  }
  const backend = await module[name](options)
  if (relaxedSimd && !backend.relaxedSimd) throw new CannotError('no relaxed SIMD in this engine or build')
  let prepare = 0
  const timed = {
    prepare(program) {
      const before = performance.now()
      const executable = backend.prepare(program)
      prepare += performance.now() - before
      return executable
    },
  }
  setDefaultDevice(Object.assign(Object.create(backend), timed))
  const { work } = data
  const small = work.kind === 'training'
  const { args, step: plain, watched } = steps[work.kind](data)
  let begin = 0
  let ready = null
  const step = compiled
    ? compile(plain, { onCompile: () => (ready ??= { record: performance.now() - begin - prepare, prepare }) })
    : plain
  const perScope = small ? STEPS_PER_SCOPE : 1
  return {
    async run(first, count, reads) {
      if (ready === null) {
        prepare = 0
        begin = performance.now()
      }
      const last = first + count - 1
      for (let i = first; i < last; i += perScope)
        scope(() => {
          for (let k = i; k < Math.min(last, i + perScope); k++) step(...args(k))
        })
      const numbers = await scope(async () => {
        const result = step(...args(last))
        if (small) return [await result.item()]
        return reads ? sampled(await (watched ?? result).data()) : []
      })
      await backend.settle()
      return numbers
    },
    report: () => ({ ...ready, ...(gpu === null ? {} : { note: gpu.name }) }),
  }
}
