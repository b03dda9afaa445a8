/** Layers of the library for sequences and images, between [batch, in] and [batch, out], and what may happen to each between calls. */
import type { Built, Draft, Row } from './draft.ts'
import { layer, parameters } from './modules.ts'

/** A module of the library whose results are lists: hooks of `layer` would not fit. */
function inner(draft: Draft, expression: string): string {
  const name = draft.define('inner', expression)
  if (draft.random.chance(0.25)) draft.may('change', `${name}.eval()`, `${name}.train()`)
  return name
}
/** A module of a user around one of the library: how it is called on `h`. */
function around(draft: Draft, child: string, forward: readonly string[], out: number): Built {
  const type = draft.name('Around')
  draft.setup.push(
    [
      `class ${type} extends nn.Module {`,
      `  inner = ${child}`,
      '  forward(h) {',
      ...forward.map((line) => `    ${line}`),
      '  }',
      '}',
    ].join('\n'),
  )
  return layer(draft, `new ${type}()`, out)
}

/** The batch after each other, as a sequence of two steps. */
export const recurrent: Row = (draft, width) => {
  const { random } = draft
  const type = random.choose(['RNN', 'GRU', 'LSTM'])
  const [hidden, layers, isTwoWay] = [random.integer(1, 3), random.integer(1, 2), random.chance(0.3)]
  const name = inner(
    draft,
    `new nn.${type}(${width}, ${hidden}, { numLayers: ${layers}, bidirectional: ${isTwoWay}, dropout: ${layers === 1 ? '0' : draft.probability()} })`,
  )
  parameters(draft, name, { weight_ih_l0: `${hidden * { RNN: 1, GRU: 3, LSTM: 4 }[type]!}, ${width}` })
  draft.may('change', `${name}.dropout = ${draft.probability()}`, `${name}.batchFirst = !${name}.batchFirst`)
  if (type === 'RNN') draft.may('change', `${name}.nonlinearity = 'relu'`, `${name}.nonlinearity = 'tanh'`)
  const states = layers * (isTwoWay ? 2 : 1)
  const state = draft.define('state', `randn([${states}, 1, ${hidden}])`)
  const started = `${state}.expand([${states}, steps.shape[this.inner.batchFirst ? 0 : 1], ${hidden}])`
  const initial = random.choose(['', '', `, ${type === 'LSTM' ? `[${started}, ${started}.mul(2)]` : started}`])
  if (initial !== '') draft.may('change', `${state}.mul_(0.5)`)
  return around(
    draft,
    name,
    [
      'const steps = stack([h, h.mul(0.5)])',
      `const [all, last] = this.inner(steps${initial})`,
      random.chance(0.5)
        ? 'return all.select(0, -1)'
        : `return all.select(0, 0).add(${type === 'LSTM' ? 'last[0]' : 'last'}.sum())`,
    ],
    hidden * (isTwoWay ? 2 : 1),
  )
}

/** Heads that divide the width. */
const heads = (draft: Draft, width: number): number => draft.random.choose([1, width])

/** The rows of a batch look at each other. */
export const attention: Row = (draft, width) => {
  const name = inner(
    draft,
    `new nn.MultiheadAttention(${width}, ${heads(draft, width)}, { dropout: ${draft.probability()}, addZeroAttn: ${draft.random.chance(0.3)} })`,
  )
  parameters(draft, name, { in_proj_weight: `${3 * width}, ${width}`, in_proj_bias: `${3 * width}` })
  draft.may(
    'change',
    `${name}.dropout = ${draft.probability()}`,
    `${name}.addZeroAttn = !${name}.addZeroAttn`,
    `${name}.batchFirst = !${name}.batchFirst`,
  )
  const options = draft.random.choose(['', ', { needWeights: false }', ', { averageAttnWeights: false }'])
  return around(
    draft,
    name,
    [
      'const rows = h.unsqueeze(1)',
      `const [y, weights] = this.inner(rows, rows.tanh(), rows${options})`,
      'const out = y.squeeze(1)',
      'return weights == null ? out : out.mul(weights.mean())',
    ],
    width,
  )
}
export const encoder: Row = (draft, width) => {
  const encoding = layer(
    draft,
    `new nn.TransformerEncoderLayer(${width}, ${heads(draft, width)}, { dimFeedforward: 3, dropout: ${draft.probability()}, normFirst: ${draft.random.chance(0.5)} })`,
    0,
  ).name
  parameters(draft, `${encoding}.linear1`, { weight: `3, ${width}` })
  draft.modules.push(encoding)
  const first = draft.define('first', `${encoding}.norm1`)
  draft.may(
    'change',
    `${encoding}.normFirst = !${encoding}.normFirst`,
    `${encoding}.activation = F.${draft.activation()}`,
    `${encoding}.dropout1.p = ${draft.probability()}`,
    `${encoding}.self_attn.dropout = ${draft.probability()}`,
    `${encoding}.norm1 = new nn.Identity()`,
    `${encoding}.norm1 = ${first}`,
    `${encoding}.norm2.eval()`,
  )
  if (draft.random.chance(0.4))
    return around(
      draft,
      `new nn.TransformerEncoder(${encoding}, 2, { norm: new nn.LayerNorm(${width}) })`,
      ['return this.inner(h.unsqueeze(1)).squeeze(1)'],
      width,
    )
  return around(draft, encoding, ['return this.inner(h.unsqueeze(1)).squeeze(1)'], width)
}

/** A row as an image of height 1. */
export const image: Row = (draft, width) => {
  const { random } = draft
  const channels = random.integer(1, 2)
  const conv = layer(draft, `new nn.Conv2d(1, ${channels}, [1, 3], { padding: [0, 1] })`, 0).name
  parameters(draft, conv, { weight: `${channels}, 1, 1, 3`, bias: `${channels}` })
  draft.may(
    'change',
    ...['reflect', 'replicate', 'circular', 'zeros'].map((mode) => `${conv}.paddingMode = '${mode}'`),
    `${conv}.padding = [0, 2]; ${conv}.dilation = [1, 2]`,
    `${conv}.padding = [0, 1]; ${conv}.dilation = [1, 1]`,
  )
  const size = random.integer(1, 3)
  const [pool, other] = random.shuffle([
    `AdaptiveAvgPool2d([1, ${size}])`,
    `AdaptiveMaxPool2d([1, ${size}])`,
    `Upsample({ size: [1, ${size}], mode: 'bilinear' })`,
    `Upsample({ size: [1, ${size}] })`,
  ]) as [string, string]
  const pools = [pool, other].map((text) => layer(draft, `new nn.${text}`, 0).name)
  const drop = layer(draft, `new nn.Dropout2d(${draft.probability()})`, 0).name
  draft.may('change', `${drop}.p = ${draft.probability()}`)
  const whole = layer(
    draft,
    `new nn.Sequential(new nn.Unflatten(1, [1, 1, ${width}]), ${conv}, new nn.BatchNorm2d(${channels}, { eps: 0.1 }), ${drop}, new nn.MaxPool2d([1, 2], { stride: 1 }), ${pools[0]!}, new nn.Flatten())`,
    channels * size,
  )
  draft.may('change', `${whole.name}[5] = ${pools[1]!}`, `${whole.name}[5] = ${pools[0]!}`)
  return whole
}
