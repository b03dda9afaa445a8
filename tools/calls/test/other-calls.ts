/** A good call of every function of the other entries: core, optim, data, checkpoint and the backends. */
import * as checkpoint from '@glissade/checkpoint'
import { loadRun, saveRun } from '@glissade/checkpoint/run'
import * as core from '@glissade/core'
import * as data from '@glissade/core/data'
import * as optim from '@glissade/core/optim'
import { cpu } from '@glissade/cpu'
import { wasm } from '@glissade/wasm'
import type { Call } from './call.ts'
import { constructorCalls, functionCalls, methodCalls, type CallRows } from './rows.ts'
import { generator, index, leaf, linear, mask, p, parameter, sgd, square, v, w, x } from './values.ts'

const twice = ([a]: readonly core.Tensor[]): core.Tensor => a!.mul(2)
const MADE = { dtype: 'float64', requiresGrad: true } as const
const ops: CallRows = {
  abs: () => [x()],
  exp: () => [x()],
  log: () => [x()],
  sqrt: () => [x()],
  sin: () => [x()],
  cos: () => [x()],
  tanh: () => [x()],
  sigmoid: () => [x()],
  relu: () => [x()],
  add: () => [x(), 2],
  sub: () => [2, x()],
  mul: () => [x(), x()],
  div: () => [x(), p()],
  pow: () => [x(), 2],
  remainder: () => [x(), 2],
  maximum: () => [x(), p()],
  minimum: () => [x(), p()],
  matmul: () => [square(), square()],
  outer: () => [v(), w()],
  where: () => [mask(), x(), 0],
  cat: () => [[x(), p()], { dim: 1 }],
  stack: () => [[x(), p()], { dim: 1 }],
  hstack: () => [[x(), p()]],
  vstack: () => [[x(), p()]],
  einsum: () => ['ij,jk->ik', square(), square()],
  tensordot: () => [square(), square(), { dims: 1 }],
  broadcastTensors: () => [x(), v()],
  meshgrid: () => [[v(), w()], { indexing: 'xy' }],
  allclose: () => [x(), p(), { rtol: 1, atol: 1, equalNan: true }],
  isTensor: () => [x()],
  tensor: [
    () => [
      [
        [1, 2],
        [3, 4],
      ],
      MADE,
    ],
    () => [new Float32Array(6), { shape: [2, 3] }],
  ],
  zeros: () => [[2, 3], MADE],
  ones: () => [[2, 3], MADE],
  empty: () => [[2, 3], MADE],
  full: () => [[2, 3], 5, MADE],
  zerosLike: () => [x(), MADE],
  onesLike: () => [x(), MADE],
  emptyLike: () => [x(), MADE],
  fullLike: () => [x(), 5, MADE],
  arange: () => [0, 5, 2, MADE],
  linspace: () => [0, 5, 3, MADE],
  logspace: () => [0, 5, 3, { base: 2, ...MADE }],
  eye: () => [2, 3, MADE],
  rand: () => [[2, 3], { ...MADE, generator: generator() }],
  randn: () => [[2, 3], { ...MADE, generator: generator() }],
  randLike: () => [x(), MADE],
  randnLike: () => [x(), MADE],
  randint: () => [0, 5, [2, 3], { generator: generator() }],
  randintLike: () => [x(), 0, 5],
  randperm: () => [5, { generator: generator() }],
  normal: () => [0, 1, [2, 3], { generator: generator() }],
  bernoulli: () => [p(), { generator: generator() }],
  multinomial: () => [v(), 2, { replacement: true, generator: generator() }],
  slice: () => [0, 2, 1],
  grad: () => {
    const input = leaf()
    return [input.square().sum(), [input], { retainGraph: true, createGraph: true, allowUnused: true }]
  },
  jacobian: () => [(a: core.Tensor) => a.square(), v()],
  hessian: () => [(a: core.Tensor) => a.square().sum(), v()],
  vjp: () => [(a: core.Tensor) => a.square(), v(), w()],
  jvp: () => [(a: core.Tensor) => a.square(), v(), w()],
  vhp: () => [(a: core.Tensor) => a.square().sum(), v(), w()],
  hvp: () => [(a: core.Tensor) => a.square().sum(), v(), w()],
  gradcheck: () => [(a: core.Tensor) => a.square(), [core.tensor([1, 2], MADE)], { eps: 1e-6, atol: 1e-4 }],
  gradgradcheck: () => [(a: core.Tensor) => a.square(), [core.tensor([1, 2], MADE)], { eps: 1e-6, atol: 1e-4 }],
  noGrad: () => [() => 1],
  enableGrad: () => [() => 1],
  isGradEnabled: () => [],
  scope: () => [() => x()],
  keep: () => [x()],
  compile: () => [(a: core.Tensor) => a.mul(2), { name: 'step', gradients: true, check: false, onCompile: () => {} }],
  compose: () => ['calls/twice', twice, { composite: true }],
  customFunction: () => [
    'double',
    { forward: (_: unknown, a: core.Tensor) => a.mul(2), backward: (_: unknown, g: core.Tensor) => g.mul(2) },
  ],
  detectAnomaly: () => [() => 1],
  isAnomalyEnabled: () => [],
  setDetectAnomaly: () => [false],
  setDefaultDevice: () => [core.getDefaultDevice()],
  firstAvailable: () => [[() => core.getDefaultDevice()]],
  getDefaultDevice: () => [],
  finfo: () => ['float16'],
  iinfo: () => ['uint8'],
  setMemoryBudget: () => [2 ** 28],
  memory: () => [],
  leakReport: () => [],
  trackAllocations: () => [false],
  logPrograms: () => [null],
  manualSeed: () => [1],
  isGlissadeError: () => [new Error('a'), 'ShapeError'],
}
const ofGenerator: CallRows = {
  manualSeed: () => [1],
  initialSeed: () => [],
  seed: () => [],
  getState: () => [],
  setState: () => [generator().getState()],
  uint32: () => [],
  int64: () => [],
  randperm: () => [5],
}

const optimizers: CallRows = {
  SGD: () => [
    [parameter()],
    { lr: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0.1, nesterov: true, maximize: true },
  ],
  Adam: () => [
    [parameter()],
    { lr: 0.1, betas: [0.9, 0.99], eps: 1e-6, weightDecay: 0.1, amsgrad: true, maximize: true },
  ],
  AdamW: () => [
    [parameter()],
    { lr: 0.1, betas: [0.9, 0.99], eps: 1e-6, weightDecay: 0.1, amsgrad: true, maximize: true },
  ],
  Adagrad: () => [[parameter()], { lr: 0.1, lrDecay: 0.1, weightDecay: 0.1, initialAccumulatorValue: 1, eps: 1e-6 }],
  RMSprop: () => [[parameter()], { lr: 0.1, alpha: 0.9, eps: 1e-6, weightDecay: 0.1, momentum: 0.9, centered: true }],
  AveragedModel: () => [linear(), { avgFn: optim.getEmaAvgFn(0.9), useBuffers: true }],
}
const optimFunctions: CallRows = {
  getEmaAvgFn: () => [0.9],
  getSwaAvgFn: () => [],
  isOptimizer: () => [sgd()],
  onWarning: () => [() => {}],
  registerOptimizerStepPreHook: () => [() => {}],
  registerOptimizerStepPostHook: () => [() => {}],
}
const ofOptimizer: CallRows = {
  step: () => [() => 1],
  zeroGrad: () => [{ setToNone: false }],
  addParamGroup: () => [{ params: [parameter()], lr: 1 }],
  stateDict: () => [],
  loadStateDict: () => [sgd().stateDict()],
  clone: () => [],
  registerStepPreHook: () => [() => {}],
  registerStepPostHook: () => [() => {}],
  registerStateDictPreHook: () => [() => {}, { prepend: true }],
  registerStateDictPostHook: () => [() => {}, { prepend: true }],
  registerLoadStateDictPreHook: () => [() => {}, { prepend: true }],
  registerLoadStateDictPostHook: () => [() => {}, { prepend: true }],
  toString: () => [],
}
const schedulers: CallRows = {
  StepLR: () => [sgd(), { stepSize: 2, gamma: 0.5, lastEpoch: -1 }],
  MultiStepLR: () => [sgd(), { milestones: [1, 2], gamma: 0.5 }],
  ConstantLR: () => [sgd(), { factor: 0.5, totalIters: 3 }],
  LinearLR: () => [sgd(), { startFactor: 0.5, endFactor: 1, totalIters: 3 }],
  ExponentialLR: () => [sgd(), { gamma: 0.5 }],
  CosineAnnealingLR: () => [sgd(), { tMax: 3, etaMin: 0.1 }],
  CosineAnnealingWarmRestarts: () => [sgd(), { t0: 3, tMult: 2, etaMin: 0.1 }],
  PolynomialLR: () => [sgd(), { totalIters: 3, power: 2 }],
  LambdaLR: () => [sgd(), { lrLambda: () => 0.5 }],
  MultiplicativeLR: () => [sgd(), { lrLambda: () => 0.5 }],
  SWALR: () => [sgd(), { swaLr: 0.5, annealEpochs: 3, annealStrategy: 'linear' }],
  CyclicLR: () => [
    sgd(),
    { baseLr: 0.1, maxLr: 0.2, stepSizeUp: 3, stepSizeDown: 2, mode: 'triangular2', cycleMomentum: true },
  ],
  OneCycleLR: () => [sgd(), { maxLr: 0.2, totalSteps: 10, pctStart: 0.5, annealStrategy: 'linear', threePhase: true }],
  ReduceLROnPlateau: () => [
    sgd(),
    { mode: 'max', factor: 0.5, patience: 1, threshold: 0.1, thresholdMode: 'abs', cooldown: 1, minLr: 0.1, eps: 1e-6 },
  ],
  SequentialLR: () => {
    const of = sgd()
    const { ConstantLR, ExponentialLR } = optim.lrScheduler
    return [of, { schedulers: [new ConstantLR(of), new ExponentialLR(of, { gamma: 0.5 })], milestones: [2] }]
  },
  ChainedScheduler: () => {
    const of = sgd()
    const { ConstantLR, ExponentialLR } = optim.lrScheduler
    return [[new ConstantLR(of), new ExponentialLR(of, { gamma: 0.5 })], { optimizer: of }]
  },
}

const rows = () => new data.TensorDataset(x())
const datasets: CallRows = {
  TensorDataset: () => [x(), index(0, 1)],
  ConcatDataset: () => [[rows(), rows()]],
  Subset: () => [rows(), [1, 0]],
  ShardDataset: () => [[1, 2], (shard: number) => [shard], { prefetch: 2 }],
  SequentialSampler: () => [rows()],
  RandomSampler: () => [rows(), { replacement: true, numSamples: 3, generator: generator() }],
  SubsetRandomSampler: () => [[1, 0], { generator: generator() }],
  WeightedRandomSampler: () => [[0.5, 0.5], 2, { replacement: false, generator: generator() }],
  BatchSampler: () => [[0, 1, 2], { batchSize: 2, dropLast: true }],
  DistributedSampler: () => [rows(), { numReplicas: 2, rank: 0, shuffle: true, seed: 1, dropLast: true }],
  DataLoader: () => [
    rows(),
    {
      batchSize: 2,
      shuffle: true,
      dropLast: true,
      collate: (items: unknown) => items,
      generator: generator(),
      prefetch: 1,
    },
  ],
}
const dataFunctions: CallRows = {
  collate: () => [[x(), p()]],
  randomSplit: () => [rows(), [1, 1], { generator: generator() }],
}

const host = () => ({ dtype: 'float32' as const, shape: [2], data: new Float32Array(2) })
const files: CallRows = {
  readSafetensors: () => [checkpoint.writeSafetensors({ a: host() })],
  writeSafetensors: () => [{ a: host() }, { b: 'c' }],
  readPt: () => [checkpoint.writePt({ a: host() }), { maxExtraBytes: 100_000 }],
  writePt: () => [{ a: host() }],
  stateDictOf: () => [new Map([['a', host()]])],
  load: () => [checkpoint.writePt({ a: host() }), { maxExtraBytes: 100_000, unreadable: 'keep' as const }],
  save: () => [{ a: host() }, { format: 'safetensors' as const, metadata: { b: 'c' } }],
  isUnreadable: () => [null],
  isHostTensor: () => [host()],
  isCheckpointError: () => [new Error('a')],
}
const kept = new Map<string, Uint8Array<ArrayBuffer>>()
/** An instance, so that its methods are not taken for options. */
class MemoryStore {
  read(name: string) {
    return Promise.resolve(kept.get(name)!)
  }
  write(name: string, bytes: Uint8Array) {
    kept.set(name, bytes.slice())
    return Promise.resolve()
  }
  list() {
    return Promise.resolve([...kept.keys()])
  }
  remove() {
    return Promise.resolve()
  }
}
const store = () => new MemoryStore()
const parts = () => {
  const model = linear()
  return { model, optimizer: new optim.SGD(model.parameters()) }
}
/** Saves the run that `loadRun` loads. */
export const prepareRun = (): Promise<void> => saveRun(store(), 'run', parts())
const runs: CallRows = {
  saveRun: () => [store(), 'other', { ...parts(), step: 1, extra: { a: 1 } }],
  loadRun: () => [store(), 'run', parts()],
}
const backends: CallRows = {
  cpu: () => [{ source: false }],
  wasm: () => [{ memoryBytes: 2 ** 24, threads: 1, relaxedSimd: false }],
}

export const otherCalls: readonly Call[] = [
  ...functionCalls('core', core, ops),
  ...constructorCalls('core', core, { Generator: () => [1] }),
  ...methodCalls('Generator', generator, ofGenerator),
  ...constructorCalls('optim', optim, optimizers),
  ...functionCalls('optim', optim, optimFunctions),
  ...methodCalls('Optimizer', sgd, ofOptimizer),
  ...constructorCalls('lrScheduler', optim.lrScheduler, schedulers),
  ...constructorCalls('data', data, datasets),
  ...functionCalls('data', data, dataFunctions),
  ...functionCalls('checkpoint', checkpoint, files),
  ...functionCalls('checkpoint/run', { saveRun, loadRun }, runs),
  ...functionCalls('backends', { cpu, wasm }, backends),
]
