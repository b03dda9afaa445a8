/** jax-js on its WebAssembly or WebGPU backend, the whole training step in `jit`. Its arrays are owned: `ref` keeps one for another use. */
import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { sampled } from '../works.mjs'
import { installGpu } from './gpu.mjs'

/** Unawaited steps pile up, at a cost that grows with their number; a wait each step would cost as well. */
const STEPS_PER_WAIT = 4

const dense = (x, weight, bias) => np.matmul(x, np.transpose(weight)).add(bias)
const norm = (x, weight, bias) => {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }))
  const variance = np.mean(centred.ref.mul(centred.ref), -1, { keepdims: true })
  return centred
    .div(np.sqrt(variance.add(1e-5)))
    .mul(weight)
    .add(bias)
}

/** `p(name)`: the layer's parameter, owned by who asks. */
const layers = {
  linear: (x, p) => dense(x, p('weight'), p('bias')),
  conv: (x, p) => lax.conv(x, p('weight'), [1, 1], 'VALID').add(p('bias').reshape([1, -1, 1, 1])),
  relu: (x) => nn.relu(x),
  maxPool: (x) => lax.reduceWindow(x, np.max, [2, 2], [2, 2]),
  flatten: (x) => x.reshape([x.shape[0], -1]),
  norm: (x, p) => norm(x, p('weight'), p('bias')),
  embedding: (ids, p) => np.take(p('token.weight'), ids, 0).add(p('position.weight')),
  block: (x, p, { heads }) => {
    const [n, length, width] = x.shape
    const qkv = dense(norm(x.ref, p('norm1.weight'), p('norm1.bias')), p('qkv.weight'), p('qkv.bias'))
    const [q, k, v] = np
      .split(qkv, 3, 2)
      .map((part) => np.transpose(part.reshape([n, length, heads, width / heads]), [0, 2, 1, 3]))
    // nn.dotProductAttention needs iterator helpers, which Node 20 lacks.
    const scores = np.matmul(q, np.matrixTranspose(k)).mul((width / heads) ** -0.5)
    const past = np.tril(np.ones([length, length])).astype(np.bool)
    const weights = nn.softmax(np.where(past, scores, -1e9), -1)
    const mixed = np.transpose(np.matmul(weights, v), [0, 2, 1, 3]).reshape([n, length, width])
    const y = x.add(dense(mixed, p('out.weight'), p('out.bias')))
    const inner = dense(norm(y.ref, p('norm2.weight'), p('norm2.bias')), p('up.weight'), p('up.bias'))
    return y.add(dense(nn.gelu(inner, { approximate: false }), p('down.weight'), p('down.bias')))
  },
}
const losses = {
  meanSquare: (output, y) => np.mean(np.square(output.sub(y))),
  crossEntropy: (output, y, classes) => {
    const logits = output.reshape([-1, classes])
    const [rows] = logits.shape
    return np.sum(nn.logSoftmax(logits, -1).mul(y)).mul(-1 / rows)
  },
}

const made = ({ data, shape, dtype }) => np.array(data, { shape, dtype })
/** v = momentum v + g, p = p - lr v */
const updated = ({ lr, momentum }, p, v, g) => {
  const velocity = v.mul(momentum).add(g)
  return [p.sub(velocity.ref.mul(lr)), velocity]
}

/** Each gives a step; its result is owned by the caller. */
const steps = {
  training: ({ work, tensors, batches }) => {
    const keys = tensors.map(({ name }) => name)
    const lossOf = (weights, x, y) => {
      const named = new Map(keys.map((key, i) => [key, weights[i]]))
      const output = work.layers.reduce(
        (h, layer, l) => layers[layer.kind](h, (name) => named.get(`${l}.${name}`).ref, layer),
        x,
      )
      const loss = losses[work.loss](output, y, work.classes)
      tree.dispose(weights)
      return loss
    }
    const update = jit((weights, velocity, x, y) => {
      const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(weights), x, y)
      const pairs = weights.map((p, i) => updated(work, p, velocity[i], gradients[i]))
      return [loss, pairs.map(([p]) => p), pairs.map(([, v]) => v)]
    })
    let weights = tensors.map(made)
    let velocity = tensors.map(({ shape }) => np.zeros(shape))
    const pairs = batches.map(([x, y]) => [made(x), work.classes > 0 ? nn.oneHot(made(y), work.classes) : made(y)])
    return (i) => {
      const [x, y] = pairs[i % pairs.length]
      const [loss, ...state] = update(weights, velocity, x.ref, y.ref)
      ;[weights, velocity] = state
      return loss
    }
  },
  sgd: ({ work, named }) => {
    const numbers = Array.from({ length: work.tensors }, (_, i) => i)
    const gradients = numbers.map((i) => made(named.get(`g${i}`)))
    let parameters = numbers.map((i) => made(named.get(`p${i}`)))
    let velocity = numbers.map(() => np.zeros([work.size]))
    const update = jit((ps, vs, gs) => {
      const pairs = ps.map((p, i) => updated(work, p, vs[i], gs[i]))
      return [pairs.map(([p]) => p), pairs.map(([, v]) => v)]
    })
    return () => {
      ;[parameters, velocity] = update(parameters, velocity, tree.ref(gradients))
      return parameters.at(-1).ref
    }
  },
  sgemm: ({ named }) => calls(named, ['a', 'b'], (a, b) => np.matmul(a, b)),
  chain: ({ named }) => calls(named, ['a', 'b', 'c'], (x, y, z) => x.ref.add(y.ref).mul(z).add(x).mul(y)),
  softmax: ({ named }) => calls(named, ['a'], (x) => nn.softmax(x, -1)),
}
function calls(named, names, fn) {
  const operands = names.map((name) => made(named.get(name)))
  const compiled = jit(fn)
  return () => compiled(...operands.map((x) => x.ref))
}

export async function start(data, { backend }) {
  const gpu = backend === 'webgpu' ? await installGpu() : null
  await init(backend)
  defaultDevice(backend)
  const step = steps[data.work.kind](data)
  return {
    async run(first, count, reads) {
      let numbers = []
      for (let i = first; i < first + count; i += STEPS_PER_WAIT) {
        const results = []
        for (let k = i; k < Math.min(first + count, i + STEPS_PER_WAIT); k++) results.push(step(k))
        // A result that nobody waits for is never computed.
        await blockUntilReady(results)
        const last = results.pop()
        for (const result of results) result.dispose()
        if (!reads && data.work.kind !== 'training') last.dispose()
        else {
          const values = await last.data()
          numbers = values.length > 1 ? sampled(values) : [...values]
        }
      }
      return numbers
    },
    report: () => (gpu === null ? {} : { note: gpu.name }),
  }
}
