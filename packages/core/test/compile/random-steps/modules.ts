/** Modules of the library, nested at random, and what may happen to each between calls. All take [batch, in] to [batch, out]. */
import type { Built, Draft, Nest, Row } from './draft.ts'

/** What may happen to every module. */
function common(draft: Draft, name: string): void {
  const { random } = draft
  if (random.chance(0.25)) draft.may('change', `${name}.eval()`, `${name}.train()`)
  if (random.chance(0.25)) {
    const hook = draft.variable('hook', 'null')
    draft.may(
      'change',
      `${hook} ??= ${name}.registerForwardHook((_module, _args, h) => h.mul(${draft.number()}))`,
      `${hook} ??= ${name}.registerForwardPreHook((_module, [h]) => [h.add(${draft.number()})])`,
      `${hook}?.remove(); ${hook} = null`,
    )
  }
  if (random.chance(0.1)) draft.may('change', `${name}.forward = (h) => h`, `delete ${name}.forward`)
}
export function layer(draft: Draft, expression: string, out: number): Built {
  const name = draft.define('m', expression)
  common(draft, name)
  return { name, out }
}
/** Parameters are replaced by new and by older ones, frozen, written, hooked, and lose or get gradients. */
export function parameters(draft: Draft, name: string, shapes: Readonly<Record<string, string>>): void {
  const { random } = draft
  draft.modules.push(name)
  for (const [field, shape] of Object.entries(shapes)) {
    const path = `${name}.${field}`
    if (random.chance(0.05)) {
      const older = draft.define('older', `new nn.Parameter(randn([${shape}]))`)
      const first = draft.define('first', path)
      draft.may('doubtful', `${path} = ${older}`, `${path} = ${first}`, `${path} = new nn.Parameter(randn([${shape}]))`)
    }
    if (random.chance(0.3)) draft.may('change', `${path}.requiresGrad = false`, `${path}.requiresGrad = true`)
    if (random.chance(0.2))
      draft.may(
        'change',
        `noGrad(() => ${path}.mul_(0.5))`,
        `noGrad(() => ${path}.copy_(randn([${shape}])))`,
        `noGrad(() => ${path}.select(0, 0).fill_(${draft.number()}))`,
        `nn.init.ones_(${path})`,
      )
    if (random.chance(0.15)) draft.may('change', `${path}.grad = null`, `${path}.grad = ones([${shape}])`)
    if (random.chance(0.15)) {
      const hook = draft.variable('gradHook', 'null')
      draft.may(
        'change',
        `if (${path}.requiresGrad) ${hook} ??= ${path}.registerHook((g) => g.mul(${draft.number()}))`,
        `${hook}?.remove(); ${hook} = null`,
      )
    }
  }
}
const size = (draft: Draft): number => draft.random.integer(2, 5)

export const linear: Row = (draft, width) => {
  const out = size(draft)
  const bias = draft.random.choose(['trained', 'trained', 'trained', 'at times', 'none'])
  const built = layer(draft, `new nn.Linear(${width}, ${out}${bias === 'none' ? ', { bias: false }' : ''})`, out)
  parameters(draft, built.name, { weight: `${out}, ${width}`, ...(bias === 'trained' ? { bias: `${out}` } : {}) })
  if (bias === 'at times') {
    const first = draft.define('first', `${built.name}.bias`)
    draft.may('doubtful', `${built.name}.bias = null`, `${built.name}.bias = ${first}`)
  }
  return built
}
/** Constructors, and options that are fields. */
const ACTIVATIONS: readonly (readonly [text: string, field?: string, ...values: string[]])[] = [
  ['nn.ReLU()'],
  ['nn.Tanh()'],
  ['nn.Sigmoid()'],
  ['nn.GELU()'],
  ['nn.SiLU()'],
  ['nn.LeakyReLU(0.1)', 'negativeSlope'],
  ['nn.ELU()', 'alpha'],
  ['nn.CELU()', 'alpha'],
  ['nn.Softshrink()', 'lambda'],
  ['nn.Softplus()', 'beta'],
  ['nn.Softmax({ dim: 1 })', 'dim', '0', '-1'],
]
const activation: Row = (draft, width) => {
  const [text, field, value = '0.5', other = '1.5'] = draft.random.choose(ACTIVATIONS)
  const built = layer(draft, `new ${text}`, width)
  if (field !== undefined) draft.may('change', `${built.name}.${field} = ${value}`, `${built.name}.${field} = ${other}`)
  return built
}
const dropout: Row = (draft, width) => {
  const built = layer(
    draft,
    `new nn.${draft.random.choose(['Dropout', 'Dropout', 'AlphaDropout'])}(${draft.probability()})`,
    width,
  )
  draft.may('change', `${built.name}.p = ${draft.probability()}`, `${built.name}.p = ${draft.probability()}`)
  return built
}
const batchNorm: Row = (draft, width) => {
  const built = layer(draft, `new nn.BatchNorm1d(${width}, { eps: 0.1 })`, width)
  parameters(draft, built.name, { weight: `${width}`, bias: `${width}` })
  const { name } = built
  draft.may(
    'change',
    `${name}.momentum = 0.5`,
    `${name}.momentum = null`,
    `${name}.eps = 0.5`,
    `noGrad(() => ${name}.running_mean.add_(1))`,
    `${name}.running_var = ones([${width}])`,
  )
  return built
}
const layerNorm: Row = (draft, width) => {
  const built = layer(draft, `new nn.LayerNorm(${width}, { eps: 0.1 })`, width)
  parameters(draft, built.name, { weight: `${width}`, bias: `${width}` })
  draft.may('change', `${built.name}.eps = 0.5`)
  return built
}
const convolution: Row = (draft, width) => {
  const channels = draft.random.integer(1, 2)
  const conv = layer(draft, `new nn.Conv1d(1, ${channels}, 3, { padding: 1 })`, width)
  parameters(draft, conv.name, { weight: `${channels}, 1, 3` })
  return layer(
    draft,
    `new nn.Sequential(new nn.Unflatten(1, [1, ${width}]), ${conv.name}, new nn.Flatten())`,
    width * channels,
  )
}

const sequential = (draft: Draft, width: number, nest: Nest): Built => {
  const parts = nest(width, draft.random.integer(1, 3))
  const built = layer(draft, `new nn.Sequential(${parts.map(({ name }) => name).join(', ')})`, parts.at(-1)!.out)
  const { name, out } = built
  const at = draft.random.integer(0, parts.length - 1)
  const spare = draft.spare(at === 0 ? width : parts[at - 1]!.out, parts[at]!.out)
  draft.may(
    'change',
    `${name}[${at}] = ${spare}`,
    `${name}.set(${at}, ${spare})`,
    `${name}[${at}] = ${parts[at]!.name}`,
  )
  if (draft.random.chance(0.4))
    draft.may('change', `${name}.append(new nn.Tanh())`, `${name}.insert(0, new nn.Softsign())`)
  if (draft.random.chance(0.2))
    draft.may('change', `delete ${name}[${parts.length}]`, `${name}.append(${draft.spare(out, out)})`)
  return built
}
/** The same child twice: tied. */
const twice: Row = (draft, width) => {
  const part = layer(draft, `new nn.Linear(${width}, ${width})`, width)
  parameters(draft, part.name, { weight: `${width}, ${width}` })
  const second = layer(draft, `new nn.Linear(${width}, ${width})`, width)
  draft.modules.push(second.name)
  if (draft.random.chance(0.5)) draft.setup.push(`${second.name}.weight = ${part.name}.weight`)
  draft.may(
    'doubtful',
    `${second.name}.weight = ${part.name}.weight`,
    `${second.name}.weight = new nn.Parameter(${part.name}.weight.detach().clone())`,
    `[${part.name}.weight, ${second.name}.weight] = [${second.name}.weight, ${part.name}.weight]`,
    `[${part.name}.bias, ${second.name}.bias] = [${second.name}.bias, ${part.name}.bias]`,
  )
  const whole = layer(draft, `new nn.Sequential(${part.name}, ${second.name}, ${part.name})`, width)
  draft.may('change', `[${whole.name}[0], ${whole.name}[1]] = [${whole.name}[1], ${whole.name}[0]]`)
  return whole
}

export const leaves: readonly Row[] = [
  linear,
  linear,
  linear,
  activation,
  activation,
  dropout,
  batchNorm,
  layerNorm,
  convolution,
  twice,
]
export const containers: readonly Row[] = [sequential]
