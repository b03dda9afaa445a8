/** What is compared: every work as data, which each peer carries out in its own words. */

/** `products`: multiplications of one example, forward. */
const linear = (inputs, outputs, rows = 1) => ({ kind: 'linear', inputs, outputs, products: rows * inputs * outputs })
const conv = (inputs, outputs, size) => ({ kind: 'conv', inputs, outputs, products: 9 * inputs * outputs * size ** 2 })
const embedding = (vocabulary, width, length) => ({ kind: 'embedding', vocabulary, width, length, products: 0 })
/** Pre-norm, causal attention, GELU: projections are 12 width^2 per token, scores and their use 2 length width. */
const block = (width, heads, length) => ({
  kind: 'block',
  width,
  heads,
  products: length * (12 * width ** 2 + 2 * length * width),
})
const norm = (width) => ({ kind: 'norm', width, products: 0 })
const [relu, maxPool, flatten] = ['relu', 'maxPool', 'flatten'].map((kind) => ({ kind, products: 0 }))

/** Forward, loss, backward and SGD with momentum; the first layer needs no gradient of its input. */
const training = (title, { input, layers, loss, classes = 0, targets = [input[0]] }) => ({
  title,
  kind: 'training',
  unit: 'step',
  input,
  layers,
  loss,
  classes,
  targets,
  lr: 0.01,
  momentum: 0.9,
  flops: layers.reduce((sum, { products }, i) => sum + 2 * input[0] * products * (i === 0 ? 2 : 3), 0),
})
const MILLION = 1_000_000

/** Only where it is named: too much for a processor. */
const asked = (work) => ({ ...work, isAsked: true })
const sgemm = (size) => ({ title: `sgemm ${size}`, kind: 'sgemm', unit: 'product', size, flops: 2 * size ** 3 })
const chain = (millions) => ({
  title: `((x + y) z + x) y over ${millions} M elements`,
  kind: 'chain',
  unit: 'chain',
  size: millions * MILLION,
  bytes: 16 * millions * MILLION,
})

export const works = {
  sgemm: sgemm(512),
  sgemm1024: asked(sgemm(1024)),
  sgemm2048: asked(sgemm(2048)),
  sgemm4096: asked(sgemm(4096)),
  seed: training('seed program, 10-5-1, batch 2 (W1)', {
    input: [2, 10],
    layers: [linear(10, 5), relu, linear(5, 1)],
    loss: 'meanSquare',
    targets: [2, 1],
  }),
  mlp: training('MLP 784-128-10, batch 64 (W2)', {
    input: [64, 784],
    layers: [linear(784, 128), relu, linear(128, 10)],
    loss: 'crossEntropy',
    classes: 10,
  }),
  wide: training('MLP 1024-1024-1024-10, batch 256 (W3)', {
    input: [256, 1024],
    layers: [linear(1024, 1024), relu, linear(1024, 1024), relu, linear(1024, 10)],
    loss: 'crossEntropy',
    classes: 10,
  }),
  cnn: training('CNN on 28 x 28, batch 32 (W4)', {
    input: [32, 1, 28, 28],
    layers: [
      conv(1, 16, 26),
      relu,
      maxPool,
      conv(16, 32, 11),
      relu,
      maxPool,
      flatten,
      linear(800, 128),
      relu,
      linear(128, 10),
    ],
    loss: 'crossEntropy',
    classes: 10,
  }),
  transformer: training('transformer d 128, 4 heads, 2 layers, length 64, batch 8 (W5)', {
    input: [8, 64],
    layers: [embedding(256, 128, 64), block(128, 4, 64), block(128, 4, 64), norm(128), linear(128, 256, 64)],
    loss: 'crossEntropy',
    classes: 256,
    targets: [8 * 64],
  }),
  sgd: {
    title: 'SGD with momentum, 1 M parameters in 20 tensors',
    kind: 'sgd',
    unit: 'update',
    tensors: 20,
    size: MILLION / 20,
    lr: 0.01,
    momentum: 0.9,
    // Reads p, g and v; writes p and v.
    bytes: 20 * MILLION,
  },
  chain: chain(1),
  chain32: asked(chain(32)),
  softmax: {
    title: 'softmax 512 x 1024',
    kind: 'softmax',
    unit: 'softmax',
    rows: 512,
    columns: 1024,
    bytes: 8 * 512 * 1024,
  },
}

/** Batches that take turns, so that nothing can be computed once and kept. */
export const BATCHES = 4
/** So many first steps (or runs) are compared between peers. */
export const CHECKED = 10
/** Of a result that is not one number, so many elements evenly spread are compared. */
export const SAMPLES = 10

/** The places of a result of `size` numbers that are compared. */
export const sampled = (values) =>
  Array.from({ length: SAMPLES }, (_, i) => values[Math.floor((i * (values.length - 1)) / (SAMPLES - 1))])
