/** A program from a seed. */
import { Random } from '../../../src/ir/random-program/random.ts'
import { Draft } from './draft.ts'
import { linear } from './modules.ts'
import { chain } from './nest.ts'
import { operandKinds, refusedOperands } from './operands.ts'
import { effects, habits, refusedHabits } from './outside.ts'
import { losses, optimizer, pieces, schedule, update, wholesale } from './training.ts'

const OPERANDS = Object.values(operandKinds)
const HABITS = Object.values(habits)
const REFUSED = [Object.values(refusedOperands), [...Object.values(refusedHabits), ...Object.values(effects)]] as const
/** Of programs with something that is refused: they end early. */
const TRICKY = 0.03

export function generate(seed: number): string {
  const random = new Random(seed)
  const draft = new Draft(random)
  const width = random.integer(2, 4)
  const trains = random.chance(0.8)
  const model = chain(draft, width, random.integer(0, 2), random.integer(1, 3))
  // Whatever came before, there is something to train.
  if (trains) model.push(linear(draft, model.at(-1)!.out, () => []))
  const { out } = model.at(-1)!
  for (const kind of some(random, OPERANDS)) kind(draft, width)
  for (const habit of some(random, HABITS)) habit(draft, out)
  if (random.chance(TRICKY)) random.choose(REFUSED[0])(draft, width)
  if (random.chance(TRICKY)) random.choose(REFUSED[1])(draft, out)

  const body = ['let h = x', ...model.map(({ name }) => `h = ${name}(h)`), ...draft.between]
  const [loss, target] = random.choose(losses)
  const y = trains ? draft.operand('y', (batch) => target(batch, out)) : ''
  if (trains) {
    draft.setup.push(
      `const modules = [${[...new Set(draft.modules)].join(', ')}]`,
      'const parameters = modules.flatMap((part) => part.parameters())',
    )
    const { name, hasTensor } = optimizer(draft, 'parameters')
    if (!hasTensor && random.chance(0.3)) schedule(draft, name)
    body.push(...update(draft, { name, hasTensor, loss: loss.replaceAll(/\by\b/g, y), parameters: 'parameters' }))
    wholesale(draft, 'parameters')
    const forward = model.map((part) => `h = ${part.name}(h)`)
    if (random.chance(0.25)) pieces(draft, { name, forward, parameters: 'parameters', width })
    if (random.chance(0.15)) {
      const second = optimizer(draft, 'parameters.slice(0, 2)')
      body.push(`${second.name}.step()`)
    }
  }
  body.push(...draft.after)
  return programOf(seed, draft, { width, trains, body })
}

/** None, one or two of a list. */
const some = <T>(random: Random, list: readonly T[]): T[] =>
  random.shuffle(list).slice(0, random.choose([0, 0, 1, 1, 2]))

function programOf(
  seed: number,
  draft: Draft,
  { width, trains, body }: { readonly width: number; readonly trains: boolean; readonly body: readonly string[] },
): string {
  const { random } = draft
  const first = { name: 'x', value: (batch: number) => `randn([${batch}, ${width}])` }
  const operands = [first, ...draft.operands]
  const [parameters, call] = arranged(random, operands)
  const results = [...(trains ? ['loss', 'h'] : ['h']), ...draft.results]
  const result = random.choose([
    results[0]!,
    `[${results.join(', ')}]`,
    `{ ${results.map((name, i) => `r${i}: ${name}`).join(', ')}, more: ['text', 1, null, { deep: h.detach() }] }`,
    `[h.transpose(0, 1), ${results.join(', ')}]`,
    `[${results.join(', ')}, { again: [h, ${results[0]!}] }]`,
    trains ? 'undefined' : 'h.mean()',
    `[${results[0]!}, h.shape, h.shape[0], h.dtype]`,
  ])
  const hosts = random.chance(0.1) ? called(draft) : ['']
  const keepsGradients = random.chance(0.95)
  // Where gradients are used up, an eager call in between is refused half way.
  draft.isCalledEagerly &&= keepsGradients
  const options = [
    ...(keepsGradients ? ['gradients: true'] : []),
    ...(random.chance(0.2) ? ["name: 'my step'"] : []),
    ...(draft.guards.length > 0 ? [`guards: () => [${draft.guards.join(', ')}]`] : []),
  ]
  return [
    `// seed ${seed}`,
    'manualSeed(1)',
    ...draft.setup,
    `function body(${parameters}) {`,
    ...[...draft.before, ...body, `return ${result}`].map((line) => `  ${line}`),
    '}',
    `const step = compile(${random.chance(0.1) && !trains ? `function (...args) { return noGrad(() => body.call(this, ...args)) }` : 'body'}, { ${options.join(', ')} })`,
    ...hosts.filter((host) => host !== '').map((host) => `Object.assign(${host}, { step, body })`),
    ...new Set(draft.watched.map((name) => `watch(() => ({ ${name} }))`)),
    ...events(draft, trains, (name, batch) => {
      const host = random.choose(hosts)
      return `${host}${host === '' ? '' : '.'}${name}(${call(batch)})`
    }),
  ].join('\n')
}

/** Objects that the step is called on, and what it reads of them. */
function called(draft: Draft): string[] {
  const hosts = [2, 3].map((gain) => draft.define('host', `{ gain: ${gain} }`))
  draft.before.push('x = x.mul(this.gain)')
  draft.may('unseen', `${hosts[0]!}.gain = ${draft.number()}`)
  return hosts
}

interface Named {
  readonly name: string
  readonly value: (batch: number) => string
}
/** The step's parameters, and what a call passes. */
function arranged(random: Random, operands: readonly Named[]): [parameters: string, call: (batch: number) => string] {
  const names = operands.map(({ name }) => name).join(', ')
  const values = (batch: number): string => operands.map(({ value }) => value(batch)).join(', ')
  const shape = random.choose(['flat', 'flat', 'flat', 'list', 'object', 'mixed'])
  if (shape === 'list') return [`[${names}]`, (batch) => `[${values(batch)}]`]
  if (shape === 'object')
    return [
      `{ ${names} }`,
      (batch) => `{ ${operands.map(({ name, value }) => `${name}: ${value(batch)}`).join(', ')} }`,
    ]
  if (shape === 'mixed' && operands.length > 1) {
    const [head, ...rest] = operands
    return [
      `${head!.name}, { inner: [${rest.map(({ name }) => name).join(', ')}] }`,
      (batch) => `${head!.value(batch)}, { inner: [${rest.map(({ value }) => value(batch)).join(', ')}] }`,
    ]
  }
  return [names, values]
}

/** Calls, and changes between them. The first calls often have none, so that there is something to replay. */
function events(draft: Draft, trains: boolean, callOf: (name: string, batch: number) => string): string[] {
  const { random, changes } = draft
  const batches = random.chance(0.7) ? [3] : [2, 3, 4]
  const lines: string[] = []
  const calls = random.integer(4, 9)
  const quiet = random.choose([0, 1, 2, 3, 5])
  for (let i = 0; i < calls; i++) {
    const call = callOf(draft.isCalledEagerly && random.chance(0.05) ? 'body' : 'step', random.choose(batches))
    // Training is refused without gradients, which ends the pair.
    const mode = !trains || i === calls - 1 ? 'noGrad' : 'enableGrad'
    const around = random.chance(0.1) ? random.choose(['scope', mode]) : null
    lines.push(`call(() => ${around === null ? call : `${around}(() => ${call})`})`)
    if (draft.calls.length > 0 && random.chance(0.3)) lines.push(`call(() => ${random.choose(draft.calls)})`)
    if (changes.length === 0 || i < quiet) continue
    while (random.chance(0.45)) {
      const { kind, text: change } = random.choose(changes)
      lines.push(`${kind}(() => { ${change} })`)
    }
  }
  return lines
}
