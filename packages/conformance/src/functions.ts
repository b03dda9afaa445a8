/** Functions of core that are composites, or stand on some: how they are called, as data. */
import { tensor, type Tensor } from '@glissade/core'
import * as F from '@glissade/core/functional'
import { elementsFor, numel, type Program, type Shape } from '@glissade/core/backend'
import type { CompositeCall } from './composite-calls/call.ts'
import { compositeProgram } from './composite-calls/program.ts'
import { recurrent } from './composite-calls/recurrent.ts'
import { between, integers, listed, operand, type Fill, type OperandSpec } from './generators/sample.ts'
import { recorded, type Recording } from './recording.ts'

export interface Call {
  readonly operands: readonly OperandSpec[]
  /** A function of core; or the program itself, where no function makes it alone. */
  readonly run: ((...tensors: Tensor[]) => Tensor) | { readonly program: () => Program }
  /** Told apart from other calls of the same shapes. */
  readonly what?: string
  /** Without kinks, so that the gradient has one too. */
  readonly smooth?: true
  /** Elements far apart for which it must stay finite. */
  readonly far?: Fill
}

const USUAL = between(-3, 3)
const f32 = (shape: Shape, fill: Fill = USUAL): OperandSpec => operand('float32', shape, fill)
const targets = (shape: Shape, count: number, least = 0): OperandSpec =>
  operand('int32', shape, integers(least, count - 1))
const classes = (size: number, count: number): OperandSpec => targets([size], count)
const call = (operands: readonly OperandSpec[], run: Call['run'], rest: Omit<Call, 'operands' | 'run'> = {}): Call => ({
  operands,
  run,
  ...rest,
})

// ---- Activations ----------------------------------------------------------------------------------------------------

/** Far enough to overflow an exponential that is not shifted; and short of that, where nothing shifts. */
const FAR: Fill = listed(-90, 95, 3, -1, 100, 0.5, -100)
const NEARER: Fill = listed(-80, 85, 3, -1, 70, 0.5, -85)
const ROWS: readonly Shape[] = [[5], [3, 7], [2, 3, 4], [4, 70]]
const alongAxes = (run: (x: Tensor, dim: number) => Tensor): Call[] =>
  ROWS.flatMap((shape) =>
    shape.map((_, dim) =>
      call([f32(shape)], (x) => run(x, dim), {
        smooth: true,
        far: FAR,
        ...(shape.length > 1 ? { what: `axis ${dim}` } : {}),
      }),
    ),
  )
const activation = (run: (x: Tensor) => Tensor, shapes: readonly Shape[] = [[7], [3, 5]]): Call[] =>
  shapes.map((shape) => call([f32(shape)], (x) => run(x), { far: NEARER }))
const smooth = (calls: readonly Call[]): Call[] => calls.map((one) => ({ ...one, smooth: true }))

// ---- Norms ----------------------------------------------------------------------------------------------------------

const norms: { readonly [name: string]: readonly Call[] } = {
  layerNorm: [
    call([f32([3, 7])], (x) => F.layerNorm(x, [7]), { smooth: true }),
    call([f32([2, 3, 5]), f32([5]), f32([5])], (x, weight, bias) => F.layerNorm(x, [5], { weight, bias }), {
      smooth: true,
    }),
    call([f32([2, 3, 5]), f32([3, 5]), f32([3, 5])], (x, weight, bias) => F.layerNorm(x, [3, 5], { weight, bias })),
    call([f32([4, 33]), f32([33])], (x, weight) => F.layerNorm(x, [33], { weight })),
  ],
  batchNorm: [
    call([f32([6, 3])], (x) => F.batchNorm(x, null, null, { training: true }), { smooth: true }),
    call(
      [f32([4, 3, 5]), f32([3]), f32([3])],
      (x, weight, bias) => F.batchNorm(x, null, null, { training: true, weight, bias }),
      { smooth: true },
    ),
    call([f32([2, 3, 3, 5]), f32([3]), f32([3])], (x, weight, bias) =>
      F.batchNorm(x, null, null, { training: true, weight, bias }),
    ),
    call(
      [f32([4, 3, 5]), f32([3]), f32([3], between(0.5, 2))],
      (x, average, variance) => F.batchNorm(x, average, variance),
      { what: 'evaluating' },
    ),
  ],
  groupNorm: [
    call([f32([2, 4, 5]), f32([4]), f32([4])], (x, weight, bias) => F.groupNorm(x, 2, { weight, bias }), {
      smooth: true,
    }),
  ],
  instanceNorm: [call([f32([2, 3, 7])], (x) => F.instanceNorm(x), { smooth: true })],
  rmsNorm: [
    call([f32([3, 7])], (x) => F.rmsNorm(x, [7]), { smooth: true }),
    call([f32([2, 3, 5]), f32([5])], (x, weight) => F.rmsNorm(x, [5], { weight: weight })),
  ],
}

// ---- Losses ---------------------------------------------------------------------------------------------------------

const pair = (shape: Shape = [4, 7]): OperandSpec[] => [f32(shape), f32(shape)]
const probabilities = between(0.05, 0.95)
const losses: { readonly [name: string]: readonly Call[] } = {
  crossEntropy: [
    call([f32([5, 7]), classes(5, 7)], (x, target) => F.crossEntropy(x, target), { smooth: true }),
    call(
      [f32([5, 7]), classes(5, 7)],
      (x, target) => F.crossEntropy(x, target, { labelSmoothing: 0.1, reduction: 'sum' }),
      { what: 'smoothed' },
    ),
    call([f32([2, 3, 2, 5]), targets([2, 2, 5], 3)], (x, target) => F.crossEntropy(x, target), { smooth: true }),
    call(
      [f32([2, 3, 5]), targets([2, 5], 3, -1), f32([3], between(0.5, 2))],
      (x, target, weight) => F.crossEntropy(x, target, { weight, ignoreIndex: -1, labelSmoothing: 0.1 }),
      { what: 'weighed, some ignored' },
    ),
    call([f32([4]), targets([], 4)], (x, target) => F.crossEntropy(x, target), { smooth: true }),
    call([f32([3, 4]), f32([3, 4], probabilities)], (x, target) => F.crossEntropy(x, target)),
  ],
  nllLoss: [
    call([f32([5, 7]), classes(5, 7)], (x, target) => F.nllLoss(x, target), { smooth: true }),
    call([f32([2, 3, 2, 2]), targets([2, 2, 2], 3)], (x, target) => F.nllLoss(x, target, { reduction: 'none' })),
  ],
  multiMarginLoss: [
    call([f32([5, 7]), classes(5, 7), f32([7], between(0.5, 2))], (x, target, weight) =>
      F.multiMarginLoss(x, target, { p: 2, weight }),
    ),
  ],
  mseLoss: [
    call(pair(), (x, y) => F.mseLoss(x, y), { smooth: true }),
    call(pair([3, 5]), (x, y) => F.mseLoss(x, y, { reduction: 'none' })),
  ],
  l1Loss: [call(pair(), (x, y) => F.l1Loss(x, y))],
  huberLoss: [call(pair(), (x, y) => F.huberLoss(x, y))],
  smoothL1Loss: [call(pair(), (x, y) => F.smoothL1Loss(x, y))],
  binaryCrossEntropyWithLogits: [
    call([f32([4, 7]), f32([4, 7], probabilities)], (x, y) => F.binaryCrossEntropyWithLogits(x, y)),
  ],
  binaryCrossEntropy: [
    call([f32([4, 7], probabilities), f32([4, 7], probabilities)], (x, y) => F.binaryCrossEntropy(x, y)),
  ],
  klDiv: [call([f32([4, 7]), f32([4, 7], probabilities)], (x, y) => F.klDiv(x, y))],
  cosineSimilarity: [call(pair(), (x, y) => F.cosineSimilarity(x, y), { smooth: true })],
}

// ---- Pools ----------------------------------------------------------------------------------------------------------

/** Of few different numbers, so that greatest ones stand twice in a window. */
const TIES: Fill = listed(3, -1, 3, 0.5, -2, 3, 0.5)
/** Values and places in one, weighed so that none hides the other. */
const withIndices = ([values, indices]: readonly [Tensor, Tensor]): Tensor => values.mul(100).add(indices)
const pools: { readonly [name: string]: readonly Call[] } = {
  maxPool: [
    call([f32([2, 3, 19])], (x) => withIndices(F.maxPool1dWithIndices(x, 2)), { smooth: true }),
    call([f32([2, 3, 20], TIES)], (x) => withIndices(F.maxPool1dWithIndices(x, 3, { stride: 1, padding: 1 }))),
    call([f32([2, 3, 8, 21])], (x) => withIndices(F.maxPool2dWithIndices(x, 2))),
    call([f32([1, 2, 7, 9], TIES)], (x) => withIndices(F.maxPool2dWithIndices(x, 3, { stride: 2, padding: 1 }))),
    call([f32([3, 9, 13])], (x) => F.maxPool2d(x, [2, 3], { stride: [3, 1], dilation: [2, 3] }), {
      what: 'apart',
      smooth: true,
    }),
    call([f32([2, 5, 6])], (x) => F.maxPool2d(x, 3, { stride: 2, padding: 1, ceilMode: true }), {
      what: 'hanging over',
      smooth: true,
    }),
    call([f32([2, 3, 4, 5, 11])], (x) => withIndices(F.maxPool3dWithIndices(x, 2))),
  ],
  avgPool: [
    call([f32([2, 3, 8, 21])], (x) => F.avgPool2d(x, 2), { smooth: true }),
    call([f32([1, 2, 7, 9])], (x) => F.avgPool2d(x, 3, { stride: 2, padding: 1, countIncludePad: false })),
  ],
}

// ---- Attention ------------------------------------------------------------------------------------------------------

const attended = (lengths: readonly [number, number], features: number, values: number): OperandSpec[] => [
  f32([2, lengths[0], features]),
  f32([2, lengths[1], features]),
  f32([2, lengths[1], values]),
]
const attention: readonly Call[] = [
  call(attended([3, 5], 4, 6), (q, k, v) => F.scaledDotProductAttention(q, k, v), { smooth: true }),
  call(attended([5, 5], 3, 3), (q, k, v) => F.scaledDotProductAttention(q, k, v, { isCausal: true }), {
    what: 'causal',
    smooth: true,
  }),
  call(
    [...attended([3, 5], 4, 2), f32([3, 5])],
    (q, k, v, attnMask) => F.scaledDotProductAttention(q, k, v, { attnMask }),
    { smooth: true },
  ),
  call(
    [...attended([3, 5], 4, 2), operand('bool', [2, 1, 5], listed(1, 0, 1))],
    (q, k, v, attnMask) => F.scaledDotProductAttention(q, k, v, { attnMask }),
    { smooth: true, what: 'bool mask' },
  ),
  call([f32([2, 3, 3, 4]), f32([1, 5, 4]), f32([3, 5, 2])], (q, k, v) => F.scaledDotProductAttention(q, k, v), {
    what: 'keys of all heads and batches',
  }),
]

// ---- Recurrences ----------------------------------------------------------------------------------------------------

/** Layers by the composites that they make. What is kept for the gradient has none of its own. */
const layers = (name: 'rnn' | 'lstm' | 'gru', results: number): Call[] =>
  (recurrent[name] as readonly CompositeCall[])
    .filter(({ operands: [gates] }) => gates!.type.dtype === 'float32')
    .map((one) => {
      const program = (): Program => {
        const { outputs, donated, ...rest } = compositeProgram(name, one)
        return { ...rest, outputs: outputs.slice(0, results), donated: donated.slice(0, results) }
      }
      const { operands, what } = one
      return { operands, what, run: { program }, ...(what === 'relu' ? {} : { smooth: true }) }
    })

export const functions: { readonly [name: string]: readonly Call[] } = {
  softmax: alongAxes((x, dim) => F.softmax(x, { dim })),
  logSoftmax: alongAxes((x, dim) => F.logSoftmax(x, { dim })),
  sigmoid: smooth(activation((x) => F.sigmoid(x), [[], [7], [3, 5], [0]])),
  gelu: smooth(activation((x) => F.gelu(x))),
  silu: smooth(activation((x) => F.silu(x))),
  logSigmoid: activation((x) => F.logSigmoid(x)),
  mish: smooth(activation((x) => F.mish(x))),
  ...norms,
  ...losses,
  ...pools,
  attention,
  rnn: layers('rnn', 2),
  lstm: layers('lstm', 3),
  gru: layers('gru', 2),
}

/** The one program of the call, composites kept, and its numbers. */
export function recordingOf({ operands, run }: Call): Recording {
  if (typeof run !== 'function') return { program: run.program(), scalars: [] }
  const [recording] = recorded((device) => {
    const tensors = operands.map(({ type: { dtype, shape } }) => {
      return tensor(elementsFor(dtype, numel(shape)), { device, dtype, shape })
    })
    run(...tensors)
  })
  if (recording === undefined) throw new Error('core prepared nothing for this call')
  const [got, wanted] = [recording.program.inputs, operands.map(({ type }) => type)].map((types) =>
    types.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(),
  )
  if (got !== wanted) throw new Error(`core's program takes ${got}, the call gives ${wanted}`)
  return recording
}
