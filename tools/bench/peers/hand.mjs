/** Loops over typed arrays, written by hand for fully connected networks: what plain JavaScript can do without blocking or threads. */
import { CannotError } from '../peers.mjs'

export async function start({ work, named, batches }) {
  const linear = (work.layers ?? []).flatMap(({ kind }, i) => (kind === 'linear' ? [i] : []))
  if (linear.length === 0 || work.layers.some(({ kind }) => kind !== 'linear' && kind !== 'relu'))
    throw new CannotError('not written for this work')
  const { lr, momentum } = work
  const [batch] = work.input
  const depth = linear.length
  const sizes = [work.layers[0].inputs, ...linear.map((i) => work.layers[i].outputs)]
  const w = linear.map((i) => named.get(`${i}.weight`).data)
  const b = linear.map((i) => named.get(`${i}.bias`).data)
  const gw = w.map((x) => new Float32Array(x.length))
  const gb = b.map((x) => new Float32Array(x.length))
  const vw = w.map((x) => new Float32Array(x.length))
  const vb = b.map((x) => new Float32Array(x.length))
  const act = sizes.map((n) => new Float32Array(n * batch))
  const grad = sizes.map((n) => new Float32Array(n * batch))
  const forward = (l, x, relu) => {
    const [m, n, y] = [sizes[l], sizes[l + 1], act[l + 1]]
    for (let i = 0; i < batch; i++)
      for (let j = 0; j < n; j++) {
        let sum = b[l][j]
        for (let k = 0; k < m; k++) sum += x[i * m + k] * w[l][j * m + k]
        y[i * n + j] = relu && sum < 0 ? 0 : sum
      }
  }
  const backward = (l, x, needsInput) => {
    const [m, n, g, gx] = [sizes[l], sizes[l + 1], grad[l + 1], grad[l]]
    gw[l].fill(0)
    gb[l].fill(0)
    if (needsInput) gx.fill(0)
    for (let i = 0; i < batch; i++)
      for (let j = 0; j < n; j++) {
        const d = g[i * n + j]
        gb[l][j] += d
        if (d === 0) continue
        for (let k = 0; k < m; k++) gw[l][j * m + k] += d * x[i * m + k]
        if (needsInput) for (let k = 0; k < m; k++) gx[i * m + k] += d * w[l][j * m + k]
      }
    if (needsInput) for (let i = 0; i < gx.length; i++) if (x[i] <= 0) gx[i] = 0
  }
  const update = (p, g, v) => {
    for (let i = 0; i < p.length; i++) {
      v[i] = momentum * v[i] + g[i]
      p[i] -= lr * v[i]
    }
  }
  const step = (index) => {
    const [x, y] = batches[index % batches.length].map(({ data }) => data)
    for (let l = 0; l < depth; l++) forward(l, l === 0 ? x : act[l], l < depth - 1)
    const [out, g, n] = [act[depth], grad[depth], sizes[depth]]
    let loss = 0
    if (work.loss === 'meanSquare')
      for (let i = 0; i < batch; i++) {
        const d = out[i] - y[i]
        loss += (d * d) / batch
        g[i] = (2 * d) / batch
      }
    else
      for (let i = 0; i < batch; i++) {
        let max = -Infinity
        for (let j = 0; j < n; j++) max = Math.max(max, out[i * n + j])
        let sum = 0
        for (let j = 0; j < n; j++) sum += g[i * n + j] = Math.exp(out[i * n + j] - max)
        for (let j = 0; j < n; j++) g[i * n + j] = (g[i * n + j] / sum - (j === y[i] ? 1 : 0)) / batch
        loss += (Math.log(sum) - out[i * n + y[i]] + max) / batch
      }
    for (let l = depth - 1; l >= 0; l--) backward(l, l === 0 ? x : act[l], l > 0)
    for (let l = 0; l < depth; l++) {
      update(w[l], gw[l], vw[l])
      update(b[l], gb[l], vb[l])
    }
    return loss
  }
  return {
    async run(first, count) {
      let loss = 0
      for (let i = first; i < first + count; i++) loss = step(i)
      return [loss]
    },
  }
}
