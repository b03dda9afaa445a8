/** TensorFlow.js, plain JavaScript or WebAssembly backend, with its own momentum optimizer. */
export async function tfjs(work, { backend }) {
  const tf = await import('@tensorflow/tfjs')
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm')
  tf.env().set('PROD', true)
  await tf.setBackend(backend)
  await tf.ready()
  const weights = work.weights.map((layer) => tf.variable(tf.tensor2d(layer.weight, [layer.out, layer.in]).transpose()))
  const biases = work.weights.map((layer) => tf.variable(tf.tensor1d(layer.bias)))
  const optimizer = tf.train.momentum(work.lr, work.momentum)
  const classes = work.sizes.at(-1)
  const batches = work.batches.map(({ x, y }) => [
    tf.tensor2d(x, [work.batch, work.sizes[0]]),
    work.kind === 'regression'
      ? tf.tensor2d(y, [work.batch, 1])
      : tf.oneHot(tf.tensor1d(y, 'int32'), classes).toFloat(),
  ])
  const step = (index) => {
    const [x, y] = batches[index % batches.length]
    return optimizer.minimize(() => {
      let h = x
      weights.forEach((w, l) => {
        h = h.matMul(w).add(biases[l])
        if (l < weights.length - 1) h = h.relu()
      })
      return work.kind === 'regression' ? h.sub(y).square().mean() : tf.losses.softmaxCrossEntropy(y, h)
    }, true)
  }
  return {
    step: (i) => step(i),
    read: async (loss) => {
      const [value] = await loss.data()
      loss.dispose()
      return value
    },
    drop: (loss) => loss.dispose(),
  }
}
