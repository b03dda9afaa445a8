/** The work that is compared: sizes, data and first weights, the same for every peer. */

/** A small generator, so that every peer gets the same numbers in every process. */
function uniform(seed) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export const BATCHES = 4

function classifier(sizes, batch) {
  const next = uniform(7)
  const weights = sizes.slice(1).map((out, i) => {
    const bound = 1 / Math.sqrt(sizes[i])
    const fill = (n) => Float32Array.from({ length: n }, () => (2 * next() - 1) * bound)
    return { weight: fill(out * sizes[i]), bias: fill(out), in: sizes[i], out }
  })
  const batches = Array.from({ length: BATCHES }, () => ({
    x: Float32Array.from({ length: batch * sizes[0] }, () => next()),
    y: Int32Array.from({ length: batch }, () => Math.floor(next() * sizes.at(-1))),
  }))
  return { kind: 'classifier', sizes, batch, weights, batches, lr: 0.01, momentum: 0.9 }
}

function regression(sizes, batch) {
  const work = classifier(sizes, batch)
  const next = uniform(11)
  return {
    ...work,
    kind: 'regression',
    batches: work.batches.map(({ x }) => ({ x, y: Float32Array.from({ length: batch }, () => next()) })),
  }
}

export const works = {
  seed: () => regression([10, 5, 1], 2),
  mlp: () => classifier([784, 128, 10], 64),
  wide: () => classifier([1024, 1024, 1024, 10], 256),
}
