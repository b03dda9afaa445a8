/**
 * Training steps of the wasm backend against its own matrix product, and loops against loops written by hand, in one process,
 * interleaved, by processor time: ratios hold on a machine that is shared. `node tools/bench/wasm-ratios.mjs` after
 * `tsc -b packages/wasm`.
 */
import { fuse } from '../../packages/core/dist/backend/index.js'
import { Builder } from '../../packages/core/dist/ir/builder.js'
import { typeOf } from '../../packages/core/dist/ir/type.js'
import { at, f32, i32, lane, op } from '../../packages/wasm/dist/emitter/code.js'
import { ModuleWriter } from '../../packages/wasm/dist/emitter/module.js'
import { wasm } from '../../packages/wasm/dist/index.js'
import { glissade } from './peers/glissade.mjs'
import { works } from './works.mjs'

const ROUNDS = Number(process.argv[2] ?? 30)
/** Milliseconds of one measurement. */
const SHARE = 60
const memory = new WebAssembly.Memory({ initial: 1 })

/** Multiplications and additions of vectors that never leave the registers. */
function registers() {
  const module = new ModuleWriter()
  const f = module.function('peak', ['i32'], 'f32')
  const n = f.param(0, 'i32')
  const sums = Array.from({ length: 8 }, () => f.local('v128'))
  const factors = Array.from({ length: 3 }, () => f.local('v128'))
  f.loop(() => {
    for (const [i, sum] of sums.entries()) f.set(sum, op('f32x4.add', sum, op('f32x4.mul', factors[2], factors[i & 1])))
    return f.tee(n, op('i32.sub', n, i32(1)))
  })
  f.return(
    lane(
      'f32x4.extract_lane',
      0,
      sums.reduce((a, b) => op('f32x4.add', a, b)),
    ),
  )
  module.export(f)
  const { peak } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env: { memory } }).exports
  return { run: () => peak(50000), flops: 50000 * 64 }
}

async function sgemm(size) {
  const backend = await wasm()
  const type = typeOf('float32', [size, size])
  const builder = new Builder()
  const program = fuse(builder.finish([builder.input(type).dot(builder.input(type))]))
  const executable = backend.prepare(program)
  const slices = Array.from({ length: 3 }, () => ({ storage: backend.allocate(type.byteLength), byteOffset: 0, type }))
  for (const slice of slices) backend.write(slice, new Uint8Array(new Float32Array(type.size).fill(0.5).buffer))
  const none = new Float64Array()
  return { run: () => executable.run(slices.slice(0, 2), slices.slice(2), none), flops: 2 * size ** 3 }
}

const MEGA = 2 ** 20
/** Loops as one would write them: pointers into one memory, a vector a turn. */
function byHand(arrays, write) {
  const room = new WebAssembly.Memory({ initial: 1 + Math.ceil((arrays * 4 * MEGA) / 65536) })
  const module = new ModuleWriter()
  const f = module.function('run', ['f32'], 'void')
  write(
    f,
    Array.from({ length: arrays }, (_, i) => 4 * MEGA * i),
  )
  module.export(f)
  const { run } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env: { memory: room } }).exports
  return { run: () => run(0.01), flops: 0 }
}
const load = (address, offset) => at('v128.load', offset, address)
const store = (address, offset, value) => at('v128.store', offset, address, value)
const chainByHand = () =>
  byHand(4, (f, [x, y, z, out]) =>
    f.for(0, 4 * MEGA, 16, (i) => {
      const [a, b, c] = [x, y, z].map((start) => f.let(load(i, start)))
      f.emit(store(i, out, op('f32x4.mul', op('f32x4.add', op('f32x4.mul', op('f32x4.add', a, b), c), a), b)))
    }),
  )
const sgdByHand = () =>
  byHand(3, (f, [p, g, v]) => {
    const rate = f.let(op('f32x4.splat', f.param(0, 'f32')))
    const momentum = f.let(op('f32x4.splat', f32(0.9)))
    f.for(0, 4 * MEGA, 16, (i) => {
      const velocity = f.let(op('f32x4.add', op('f32x4.mul', load(i, v), momentum), load(i, g)))
      f.emit(store(i, v, velocity))
      f.emit(store(i, p, op('f32x4.sub', load(i, p), op('f32x4.mul', velocity, rate))))
    })
  })

/** A program over float32 inputs of these shapes; `donated` as in programs. */
async function single(shapes, write, donated) {
  const backend = await wasm()
  const builder = new Builder()
  const inputs = shapes.map((shape) => builder.input(typeOf('float32', shape)))
  const program = fuse(builder.finish(write(builder, ...inputs), donated))
  const executable = backend.prepare(program)
  const types = [
    ...program.inputs,
    ...program.scalars.map(() => typeOf('float32', [])),
    ...program.nodes.flatMap((node) => node.types),
  ]
  const slice = (type) => ({
    storage: backend.allocate(typeOf(type.dtype, type.shape).byteLength),
    byteOffset: 0,
    type,
  })
  const args = program.inputs.map(slice)
  const results = program.outputs.map((value, i) =>
    program.donated[i] === null ? slice(types[value]) : args[program.donated[i]],
  )
  const numbers = Float64Array.of(0.01)
  return { run: () => executable.run(args, results, numbers), flops: 0 }
}
const chain = () => single([[MEGA], [MEGA], [MEGA]], (_, x, y, z) => [x.add(y).mul(z).add(x).mul(y)])
const parameters = Array.from({ length: 16 }, () => [MEGA / 16])
const sgd = () =>
  single(
    parameters.flatMap((shape) => [shape, shape, shape]),
    (builder, ...rest) => {
      const rate = builder.scalar('float32')
      return rest.flatMap((_, i) => {
        if (i % 3 !== 0) return []
        const [p, g, v] = rest.slice(i, i + 3)
        const velocity = v.mul(0.9).add(g)
        return [p.sub(velocity.mul(rate)), velocity]
      })
    },
    parameters.flatMap((_, i) => [3 * i, 3 * i + 2]),
  )
const softmax = () =>
  single([[512, 1024]], (_, x) => {
    const e = x.sub(x.max([1]).restore([1], x.shape)).exp()
    return [e.div(e.sum([1]).restore([1], x.shape))]
  })

async function training(name) {
  const work = works[name]()
  const { step } = await glissade(work, { backend: 'wasm', compiled: true })
  let i = 0
  const products = work.sizes.slice(1).reduce((sum, out, k) => sum + (k === 0 ? 2 : 3) * out * work.sizes[k], 0)
  return { run: () => void step(i++), flops: 2 * work.batch * products }
}

const contenders = {
  registers: registers(),
  'sgemm 512': await sgemm(512),
  'sgemm 256': await sgemm(256),
  mlp: await training('mlp'),
  wide: await training('wide'),
  seed: await training('seed'),
  'chain by hand': chainByHand(),
  chain: await chain(),
  'sgd by hand': sgdByHand(),
  'sgd of 16': await sgd(),
  softmax: await softmax(),
}
const best = Object.fromEntries(Object.keys(contenders).map((name) => [name, 0]))
for (let round = 0; round < ROUNDS; round++)
  for (const [name, { run }] of Object.entries(contenders)) {
    run()
    const from = process.cpuUsage()
    const start = performance.now()
    let count = 0
    do {
      run()
      count++
    } while (performance.now() - start < SHARE)
    const { user, system } = process.cpuUsage(from)
    if (round > 3) best[name] = Math.max(best[name], (count * 1e6) / (user + system))
    await new Promise((resolve) => setTimeout(resolve))
  }
const base = best['sgemm 512'] * contenders['sgemm 512'].flops
for (const [name, { flops }] of Object.entries(contenders))
  console.log(
    `${name.padEnd(14)} ${best[name].toFixed(0).padStart(8)} runs/s  ${((best[name] * flops) / 1e9).toFixed(1).padStart(6)} GFLOP/s  ${((best[name] * flops) / base).toFixed(2)} of sgemm 512`,
  )
