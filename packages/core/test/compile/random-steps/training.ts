/** Losses, optimizers, schedules, and what is done to gradients between `backward` and `step`. */
import type { Draft } from './draft.ts'

const classes = (batch: number, width: number): string => `randint(0, ${width}, [${batch}])`
const numbers = (batch: number, width: number): string => `randn([${batch}, ${width}])`
const likely = (batch: number, width: number): string => `rand([${batch}, ${width}])`

type Target = (batch: number, width: number) => string
/** The loss of `h` and the target `y`, a number. */
export const losses: readonly (readonly [text: string, target: Target])[] = [
  ['F.mseLoss(h, y)', numbers],
  ['F.l1Loss(h, y)', numbers],
  ['F.smoothL1Loss(h, y)', numbers],
  ['F.huberLoss(h, y, { delta: 0.5 })', numbers],
  ['F.crossEntropy(h, y)', classes],
  ['F.crossEntropy(h, y, { labelSmoothing: 0.1 })', classes],
  ['F.nllLoss(F.logSoftmax(h, { dim: 1 }), y)', classes],
  ['F.binaryCrossEntropyWithLogits(h, y)', likely],
  ['F.klDiv(F.logSoftmax(h, { dim: 1 }), F.softmax(y, { dim: 1 }), { reduction: "batchmean" })', likely],
  ['h.sub(y).pow(2).mean()', numbers],
  ['h.mul(y).tanh().sum()', numbers],
]

/** `eps` is large, so that gradients that are nothing but rounding are not blown up. */
const OPTIMIZERS: readonly string[] = [
  'SGD(#, { lr: 0.05 })',
  'SGD(#, { lr: tensor(0.05), momentum: 0.5 })',
  'SGD(#, { lr: 0.05, momentum: 0.9 })',
  'SGD(#, { lr: 0.05, momentum: 0.5, nesterov: true, weightDecay: 0.01 })',
  'SGD(#, { lr: 0.05, momentum: 0.5, dampening: 0.3 })',
  'Adam(#, { lr: 0.02, eps: 0.1 })',
  'Adam(#, { lr: 0.02, eps: 0.1, amsgrad: true })',
  'AdamW(#, { lr: 0.02, eps: 0.1, weightDecay: 0.1 })',
  'RMSprop(#, { lr: 0.02, eps: 0.1, momentum: 0.5 })',
  'RMSprop(#, { lr: 0.02, eps: 0.1, centered: true })',
  'Adagrad(#, { lr: 0.05, eps: 0.1 })',
]
const SCHEDULERS: readonly string[] = [
  'StepLR(#, { stepSize: 2, gamma: 0.5 })',
  'ExponentialLR(#, { gamma: 0.8 })',
  'CosineAnnealingLR(#, { tMax: 5 })',
  'LambdaLR(#, { lrLambda: (epoch) => 1 / (epoch + 1) })',
  'LinearLR(#, { totalIters: 4 })',
  'MultiStepLR(#, { milestones: [1, 3] })',
]

interface Trainer {
  readonly name: string
  /** Its learning rate is a tensor, which nothing schedules. */
  readonly hasTensor: boolean
}

/** An optimizer over the parameters of all modules, and what may happen to it between calls. */
export function optimizer(draft: Draft, parameters: string): Trainer {
  const { random } = draft
  const text = random.choose(OPTIMIZERS)
  const list = `[...new Set(${parameters})]`
  const groups = random.chance(0.2) ? `[{ params: ${list}.slice(0, 1), lr: 0.1 }, { params: ${list}.slice(1) }]` : list
  const name = draft.define('optimizer', `new optim.${text.replace('#', groups)}`)
  const group = `${name}.paramGroups[0]`
  const hasTensor = text.includes('tensor')
  draft.may('change', `${group}.weightDecay = 0.1`)
  if (hasTensor) draft.may('change', `${group}.lr.fill_?.(0.01)`, `${group}.lr = tensor(0.1)`)
  else draft.may('change', `${group}.lr = 0.01`, `${group}.lr *= 0.5`)
  if (random.chance(0.3)) draft.may('change', `${group}.momentum = 0.5`, `${group}.momentum = 0`)
  if (random.chance(0.2)) draft.may('change', `${group}.maximize = !${group}.maximize`)
  if (random.chance(0.2)) draft.may('change', `${group}.betas = [0.5, 0.9]`, `${group}.eps = 0.2`)
  if (random.chance(0.2)) {
    const added = draft.define('added', 'new nn.Parameter(ones([2]))')
    draft.may(
      'change',
      `if (${name}.paramGroups.length < 3) ${name}.addParamGroup({ params: [${added}], lr: 0.5 })`,
      `${added}.grad = ones([2])`,
    )
  }
  if (random.chance(0.2)) draft.may('change', `${group}.params.pop()`, `${group}.params.reverse()`)
  if (random.chance(0.1))
    draft.may(
      'change',
      `${group}.nesterov = !${group}.nesterov`,
      `${group}.amsgrad = !${group}.amsgrad`,
      `${group}.centered = !${group}.centered`,
    )
  if (random.chance(0.2)) {
    const saved = draft.name('saved')
    draft.setup.push(`let ${saved} = ${name}.stateDict()`)
    draft.may('change', `${saved} = ${name}.stateDict()`, `${name}.loadStateDict(${saved})`)
  }
  if (random.chance(0.2)) draft.may('change', `${name}.step()`, `${name}.zeroGrad()`)
  if (random.chance(0.1)) draft.may('change', `${name}.state.clear()`)
  if (random.chance(0.15)) {
    const hook = draft.variable('hook', 'null')
    draft.may(
      'doubtful',
      `${hook} ??= ${name}.registerStepPreHook((o) => { o.paramGroups[0].lr = 0.03 })`,
      `${hook}?.remove(); ${hook} = null`,
    )
  }
  return { name, hasTensor }
}

/** Statements from the loss to the update. */
export function update(
  draft: Draft,
  { name, hasTensor, loss, parameters }: Trainer & { readonly loss: string; readonly parameters: string },
): string[] {
  const { random } = draft
  const zero = random.choose([
    `${name}.zeroGrad()`,
    `${name}.zeroGrad()`,
    `${name}.zeroGrad({ setToNone: false })`,
    `for (const p of ${parameters}) p.grad = null`,
    'for (const part of modules) part.zeroGrad()',
    '',
  ])
  const backward = random.choose([
    ['loss.backward()'],
    ['loss.backward()'],
    ['loss.backward({ retainGraph: true })', 'loss.mul(0.5).backward()'],
    ['loss.div(2).backward()', 'h.detach().sum()'],
    [
      `const wanted = ${parameters}.filter((p) => p.requiresGrad)`,
      'grad(loss, wanted, { allowUnused: true }).forEach((g, i) => { wanted[i].grad = g })',
    ],
  ])
  const clip = random.choose([
    '',
    '',
    `const norm = nn.utils.clipGradNorm_(${parameters}, 0.5)`,
    `nn.utils.clipGradValue_(${parameters}, 0.1)`,
    `for (const p of ${parameters}) if (p.grad !== null) p.grad.mul_(0.5)`,
    `for (const p of ${parameters}) if (p.grad !== null) p.grad = p.grad.mul(2)`,
    `noGrad(() => ${parameters}.forEach((p) => p.grad?.add_(p.mul(0.01))))`,
  ])
  if (!hasTensor && random.chance(0.03)) {
    draft.refusable('a number operand as an option')
    const rate = draft.operand('lr', () => random.choose(['0.01', '0.05', '0.1']))
    draft.before.push(`${name}.paramGroups[0].lr = ${rate}`)
  }
  if (random.chance(0.02)) {
    draft.foundLate('a number of the optimizer as a plain number')
    draft.results.push(`${name}.paramGroups[0].lr`)
  }
  if (!hasTensor && random.chance(0.02)) {
    draft.foundLate('a rate that the step changes')
    draft.after.push(`${name}.paramGroups[0].lr *= 0.9`)
  }
  if (random.chance(0.06)) draft.calls.push(`${name}.step()`)
  if (clip.includes('norm =') && random.chance(0.5)) draft.results.push('norm')
  const statements = [`const loss = ${loss}`, ...backward, clip, `${name}.step()`].filter((line) => line !== '')
  if (zero === '') draft.may('change', `${name}.zeroGrad()`)
  const closure = random.chance(0.1) && backward.length === 1 && clip === ''
  if (closure)
    return [
      `const loss = ${name}.step(() => {`,
      `  ${name}.zeroGrad()`,
      `  const loss = ${loss}`,
      '  loss.backward()',
      '  return loss',
      '})',
    ]
  return zero === '' ? statements : random.chance(0.8) ? [zero, ...statements] : [...statements, zero]
}

/** The step in pieces, each compiled by itself, and the model by itself. */
export function pieces(
  draft: Draft,
  {
    name,
    forward,
    parameters,
    width,
  }: {
    readonly name: string
    readonly forward: readonly string[]
    readonly parameters: string
    readonly width: number
  },
): void {
  const [look, clip, apply] = [draft.name('look'), draft.name('clip'), draft.name('apply')]
  draft.setup.push(
    `const ${look} = compile((x) => noGrad(() => { ${['let h = x', ...forward, 'return h'].join('; ')} }))`,
    `const ${clip} = compile(() => nn.utils.clipGradNorm_(${parameters}, 0.5), { gradients: true })`,
    `const ${apply} = compile(() => { ${name}.step() }, { gradients: true })`,
  )
  draft.calls.push(`${look}(randn([3, ${width}]))`, `${look}(randn([3, ${width}]))`, `${clip}()`, `${apply}()`)
}

/** What may happen to all modules at once. */
export function wholesale(draft: Draft, parameters: string): void {
  const { random } = draft
  const all = draft.modules
  const name = random.choose(all)
  if (random.chance(0.3)) {
    const saved = draft.name('state')
    draft.setup.push(`const ${saved} = ${name}.stateDict()`)
    draft.may('change', `${name}.loadStateDict(${saved})`)
  }
  if (random.chance(0.2))
    draft.may(
      'change',
      `for (const p of ${parameters}) p.requiresGrad = false`,
      `for (const p of ${parameters}) p.requiresGrad = true`,
    )
  if (random.chance(0.2))
    draft.may(
      'change',
      `for (const part of modules) part.eval()`,
      `for (const part of modules) part.train()`,
      `for (const part of modules) part.zeroGrad()`,
    )
  if (random.chance(0.05))
    draft.may('doubtful', `for (const part of modules) part.to(other)`, `for (const part of modules) part.to(here)`)
  if (random.chance(0.1))
    draft.may(
      'doubtful',
      `for (const part of modules) part.to('float64')`,
      `for (const part of modules) part.to('float32')`,
    )
  if (random.chance(0.1)) draft.may('change', `manualSeed(${random.integer(0, 99)})`)
  if (random.chance(0.04)) draft.may('doubtful', 'setDefaultDevice(other)', 'setDefaultDevice(here)')
  if (random.chance(0.1))
    draft.may(
      'change',
      `nn.utils.vectorToParameters(nn.utils.parametersToVector(${parameters}).mul(0.5), ${parameters})`,
    )
}

/** A scheduler inside the step or outside. */
export function schedule(draft: Draft, name: string): void {
  const scheduler = draft.define(
    'scheduler',
    `new optim.lrScheduler.${draft.random.choose(SCHEDULERS).replace('#', name)}`,
  )
  if (draft.random.chance(0.4)) draft.after.push(`${scheduler}.step()`)
  draft.may('change', `${scheduler}.step()`)
}
