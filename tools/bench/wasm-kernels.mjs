/**
 * Rates of single programs on the wasm backend: products in all four transpositions, softmax, an elementwise chain and
 * SGD with momentum. `node tools/bench/wasm-kernels.mjs` after `tsc -b packages/wasm`; the best of many short rounds, since the
 * machine is shared.
 */
import { fuse } from '../../packages/core/dist/backend/index.js'
import { Builder } from '../../packages/core/dist/ir/builder.js'
import { typeOf } from '../../packages/core/dist/ir/type.js'
import { wasm } from '../../packages/wasm/dist/index.js'

const backend = await wasm()
const ROUNDS = 20
const SECONDS = 0.05

function programOf(write) {
  const builder = new Builder()
  return fuse(builder.finish(write(builder)))
}

/** Calls per second, warm. */
async function rate(program, scalars = []) {
  const executable = backend.prepare(program)
  const types = [
    ...program.inputs,
    ...program.scalars.map((dtype) => typeOf(dtype, [])),
    ...program.nodes.flatMap((node) => node.types),
  ]
  const slice = (type) => {
    const full = typeOf(type.dtype, type.shape)
    const made = { storage: backend.allocate(full.byteLength), byteOffset: 0, type: full }
    backend.write(
      made,
      new Uint8Array(Float32Array.from({ length: full.size }, (_, i) => ((i * 37) % 101) / 101 - 0.5).buffer),
    )
    return made
  }
  const inputs = program.inputs.map(slice)
  const outputs = program.outputs.map((value, i) =>
    program.donated[i] === null ? slice(types[value]) : inputs[program.donated[i]],
  )
  const numbers = Float64Array.from(scalars)
  const rounds = []
  for (let round = -4; round < ROUNDS; round++) {
    let count = 0
    const start = performance.now()
    let now = start
    while (now < start + SECONDS * 1000) {
      for (let i = 0; i < 4; i++) executable.run(inputs, outputs, numbers)
      count += 4
      now = performance.now()
    }
    if (round >= 0) rounds.push((count * 1000) / (now - start))
    await new Promise((resolve) => setTimeout(resolve))
  }
  for (const { storage } of new Set([...inputs, ...outputs])) backend.release(storage)
  executable.release()
  return Math.max(...rounds)
}

async function dot(m, k, n, transposeA, transposeB, batch = []) {
  const a = typeOf('float32', [...batch, ...(transposeA ? [k, m] : [m, k])])
  const b = typeOf('float32', [...batch, ...(transposeB ? [n, k] : [k, n])])
  const calls = await rate(programOf((builder) => [builder.input(a).dot(builder.input(b), transposeA, transposeB)]))
  const flops = 2 * m * n * k * batch.reduce((x, y) => x * y, 1)
  console.log(
    `dot ${batch.length ? `${batch}x` : ''}${m}x${k}x${n}${transposeA ? ' a^T' : ''}${transposeB ? ' b^T' : ''}: ${((calls * flops) / 1e9).toFixed(1)} GFLOP/s, ${calls.toFixed(0)} calls/s`,
  )
}

const only = process.argv[2]
if (only === undefined || only === 'dot') {
  for (const [ta, tb] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])
    await dot(512, 512, 512, ta, tb)
  await dot(256, 256, 256, false, false)
  await dot(1024, 1024, 1024, false, false)
  await dot(64, 784, 128, false, true)
  await dot(128, 64, 784, true, false)
  await dot(64, 128, 10, false, true)
  await dot(256, 1024, 1024, false, true)
  await dot(64, 64, 64, false, true, [32])
  await dot(64, 32, 64, false, true, [32])
  await dot(2, 10, 5, false, true)
  await dot(16, 16, 16, false, false)
}
if (only === undefined || only === 'softmax') {
  const type = typeOf('float32', [512, 1024])
  const softmax = programOf((builder) => {
    const x = builder.input(type)
    const e = x.sub(x.max([1]).restore([1], x.shape)).exp()
    return [e.div(e.sum([1]).restore([1], x.shape))]
  })
  console.log(`softmax 512 x 1024: ${(await rate(softmax)).toFixed(0)} calls/s`)
}
if (only === undefined || only === 'chain') {
  const type = typeOf('float32', [1000000])
  const chain = programOf((builder) => {
    const [x, y, z] = [builder.input(type), builder.input(type), builder.input(type)]
    return [x.add(y).mul(z).add(x).mul(y)]
  })
  const calls = await rate(chain)
  console.log(`chain of 4 over 1 M: ${calls.toFixed(0)} calls/s, ${((calls * 16e6) / 1e9).toFixed(0)} GB/s`)
  const sum = await rate(programOf((builder) => [builder.input(type).sum([0])]))
  console.log(`sum of 1 M: ${sum.toFixed(0)} calls/s, ${((sum * 4e6) / 1e9).toFixed(0)} GB/s`)
}
if (only === undefined || only === 'sgd') {
  const type = typeOf('float32', [50000])
  const sgd = (() => {
    const builder = new Builder()
    const lr = builder.scalar('float32')
    const outputs = []
    for (let i = 0; i < 20; i++) {
      const [p, g, v] = [builder.input(type), builder.input(type), builder.input(type)]
      const velocity = v.mul(0.9).add(g)
      outputs.push(p.sub(velocity.mul(lr)), velocity)
    }
    return fuse(
      builder.finish(
        outputs,
        outputs.map((_, i) => 3 * (i >> 1) + (i % 2 === 0 ? 0 : 2)),
      ),
    )
  })()
  const calls = await rate(sgd, [0.01])
  console.log(`SGD with momentum, 1 M in 20: ${calls.toFixed(0)} steps/s, ${((calls * 20e6) / 1e9).toFixed(0)} GB/s`)
}
