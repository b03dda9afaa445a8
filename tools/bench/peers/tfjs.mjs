/** TensorFlow.js on its plain JavaScript, WebAssembly or WebGPU backend, with its own momentum optimizer. */
import * as tf from '@tensorflow/tfjs'
import { sampled } from '../works.mjs'
import { installGpu } from './gpu.mjs'

/** The wasm backend has no Conv2DBackpropFilter: a convolution is nine shifted copies side by side and one product. */
function convByProduct(x, filter) {
  const [height, width, inputs, outputs] = filter.shape
  const [n, h, w] = [x.shape[0], x.shape[1] - height + 1, x.shape[2] - width + 1]
  const shifted = Array.from({ length: height * width }, (_, k) =>
    x.slice([0, Math.floor(k / width), k % width, 0], [n, h, w, inputs]),
  )
  const rows = tf.concat(shifted, 3).reshape([n * h * w, height * width * inputs])
  return rows.matMul(filter.reshape([height * width * inputs, outputs])).reshape([n, h, w, outputs])
}
/** Nor has it UnsortedSegmentSum, the gradient of gather: an embedding is a product with one-hot rows. */
const embedByProduct = (ids, table) => tf.oneHot(ids.flatten(), table.shape[0]).toFloat().matMul(table)

const WORKAROUNDS = {
  conv: 'no Conv2DBackpropFilter: convolutions as slices and matMul',
  embedding: 'no UnsortedSegmentSum: embedding as oneHot and matMul',
}
const native = {
  conv: (x, filter) => tf.conv2d(x, filter, 1, 'valid'),
  embed: (ids, table) => table.gather(ids.flatten()),
}
const byProduct = { conv: convByProduct, embed: embedByProduct }

/** `p(name)`: the layer's parameter. Weights lie as PyTorch's, transposed once at the start: [in, out] and [h, w, in, out]. */
const layersWith = ({ conv, embed }) => {
  const dense = (x, weight, bias) => {
    const y = x.reshape([-1, weight.shape[0]]).matMul(weight).add(bias)
    return y.reshape([...x.shape.slice(0, -1), weight.shape[1]])
  }
  const norm = (x, weight, bias) => {
    const centred = x.sub(x.mean(-1, true))
    return centred.mul(centred.square().mean(-1, true).add(1e-5).rsqrt()).mul(weight).add(bias)
  }
  // gelu(x) = x (1 + erf(x / sqrt 2)) / 2
  const gelu = (x) => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1))
  return {
    linear: (x, p) => dense(x, p('weight'), p('bias')),
    conv: (x, p) => conv(x, p('weight')).add(p('bias')),
    relu: (x) => x.relu(),
    maxPool: (x) => tf.maxPool(x, 2, 2, 'valid'),
    flatten: (x) => x.transpose([0, 3, 1, 2]).reshape([x.shape[0], -1]),
    norm: (x, p) => norm(x, p('weight'), p('bias')),
    embedding: (ids, p, { width, length }) =>
      embed(ids, p('token.weight')).reshape([-1, length, width]).add(p('position.weight')),
    block: (x, p, { heads }) => {
      const [n, length, width] = x.shape
      const size = width / heads
      const qkv = dense(norm(x, p('norm1.weight'), p('norm1.bias')), p('qkv.weight'), p('qkv.bias'))
      const [q, k, v] = tf.split(qkv, 3, 2).map((part) =>
        part
          .reshape([n, length, heads, size])
          .transpose([0, 2, 1, 3])
          .reshape([n * heads, length, size]),
      )
      const future = tf.linalg
        .bandPart(tf.ones([length, length]), -1, 0)
        .sub(1)
        .mul(1e9)
      const weights = q
        .matMul(k, false, true)
        .mul(size ** -0.5)
        .add(future)
        .softmax()
      const mixed = weights
        .matMul(v)
        .reshape([n, heads, length, size])
        .transpose([0, 2, 1, 3])
        .reshape([n, length, width])
      const y = x.add(dense(mixed, p('out.weight'), p('out.bias')))
      const inner = gelu(dense(norm(y, p('norm2.weight'), p('norm2.bias')), p('up.weight'), p('up.bias')))
      return y.add(dense(inner, p('down.weight'), p('down.bias')))
    },
  }
}

function variableOf({ name, data, shape }) {
  const value = tf.tensor(data, shape)
  const table = name.includes('token.') || name.includes('position.')
  if (shape.length === 4) return tf.variable(value.transpose([2, 3, 1, 0]))
  return tf.variable(shape.length === 2 && !table ? value.transpose() : value)
}

const made = ({ data, shape, dtype }) => tf.tensor(data, shape, dtype)

const steps = {
  training: ({ work, tensors, batches }, wasm) => {
    const layers = layersWith(wasm ? byProduct : native)
    const variables = new Map(tensors.map((values) => [values.name, variableOf(values)]))
    const optimizer = tf.train.momentum(work.lr, work.momentum)
    const pairs = batches.map(([x, y]) => [
      x.shape.length === 4 ? made(x).transpose([0, 2, 3, 1]) : made(x),
      work.classes > 0 ? tf.oneHot(made(y), work.classes).toFloat() : made(y),
    ])
    return (i) => {
      const [x, y] = pairs[i % pairs.length]
      return optimizer.minimize(() => {
        const output = work.layers.reduce(
          (h, layer, l) => layers[layer.kind](h, (name) => variables.get(`${l}.${name}`), layer),
          x,
        )
        if (work.classes === 0) return output.sub(y).square().mean()
        return tf.losses.softmaxCrossEntropy(y, output.reshape([-1, work.classes]))
      }, true)
    }
  },
  sgd: ({ work, named }) => {
    const names = Array.from({ length: work.tensors }, (_, i) => i)
    const optimizer = tf.train.momentum(work.lr, work.momentum)
    const variables = names.map((i) => tf.variable(made(named.get(`p${i}`)), true, `p${i}`))
    const gradients = Object.fromEntries(names.map((i) => [`p${i}`, made(named.get(`g${i}`))]))
    return () => {
      optimizer.applyGradients(gradients)
      return variables.at(-1)
    }
  },
  sgemm: ({ named }) => {
    const [a, b] = ['a', 'b'].map((name) => made(named.get(name)))
    return () => a.matMul(b)
  },
  chain: ({ named }) => {
    const [x, y, z] = ['a', 'b', 'c'].map((name) => made(named.get(name)))
    return () => tf.tidy(() => x.add(y).mul(z).add(x).mul(y))
  },
  softmax: ({ named }) => {
    const x = made(named.get('a'))
    return () => x.softmax()
  },
}

export async function start(data, { backend }) {
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm')
  const gpu = backend === 'webgpu' ? await installGpu() : null
  if (backend === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu')
  tf.env().set('PROD', true)
  await tf.setBackend(backend)
  await tf.ready()
  const step = steps[data.work.kind](data, backend === 'wasm')
  const kept = data.work.kind === 'sgd'
  const kinds = (data.work.layers ?? []).map(({ kind }) => kind)
  const notes = backend === 'wasm' ? Object.keys(WORKAROUNDS).filter((kind) => kinds.includes(kind)) : []
  return {
    async run(first, count, reads) {
      let result
      for (let i = first; i < first + count; i++) {
        if (result !== undefined && !kept) result.dispose()
        result = step(i)
      }
      // cpu and wasm are done when they return; a loss is read all the same, as in training, and webgpu is done with its last result.
      const values = reads || gpu !== null || data.work.kind === 'training' ? await result.data() : []
      if (!kept) result.dispose()
      return values.length > 1 ? sampled(values) : [...values]
    },
    report: () => ({
      note: [...(gpu === null ? [] : [gpu.name]), ...notes.map((kind) => WORKAROUNDS[kind])].join('; '),
    }),
  }
}
