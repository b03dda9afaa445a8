/** What is passed to a step besides `x`, and what the step does with it. */
import type { Draft } from './draft.ts'

/** A kind of operand; `width` is that of `x`: [batch, width]. */
type OperandKind = (draft: Draft, width: number) => void

const live = (draft: Draft, use: (name: string) => string): void => {
  const name = draft.operand('n', () => draft.number())
  draft.before.push(use(name))
  if (draft.random.chance(0.4)) draft.results.push(name)
}
/** JavaScript's own operations on a number operand: refused, or found when the step is recorded with another number. */
const branching =
  (use: (name: string) => string): OperandKind =>
  (draft) => {
    draft.foundLate('JavaScript on a number operand')
    live(draft, use)
  }
/** A tensor that stays, so that what is written into it is seen. */
const kept = (draft: Draft, width: number, rows = 3): string => draft.define('kept', `randn([${rows}, ${width}])`)

/** Views of tensors that the step writes, which may be refused as operands: in few programs. */
function atTimes(draft: Draft, views: readonly string[]): readonly string[] {
  if (draft.random.chance(0.8)) return []
  draft.refusable('views of what the step writes')
  return views
}

export const operandKinds: Readonly<Record<string, OperandKind>> = {
  'a number in tensor arithmetic': (draft) =>
    live(
      draft,
      draft.random.choose([
        (n) => `x = x.mul(${n})`,
        (n) => `x = x.add(${n}).sub(0.5)`,
        (n) => `x = x.clamp({ max: ${n} })`,
        (n) => `x = x.maximum(${n})`,
        (n) => `x = where(x.gt(${n}), x, 0.1)`,
        (n) => `x = x.add(full([1], ${n}))`,
        (n) => `x = x.lerp(x.tanh(), ${n})`,
        (n) => `x = x.maskedFill(x.lt(0), ${n})`,
        (n) => `x = x.abs().add(0.1).pow(${n})`,
        (n) => `x = x.sub(x.tanh(), { alpha: ${n} })`,
        (n) => `x = x.addcmul(x, x.tanh(), { value: ${n} })`,
        (n) => `x = x.clone().fill_(${n}).add(x)`,
        (n) => `x = x.div(${n})`,
        (n) => `x = x.rsub(${n})`,
        (n) => `x = x.add(x.gt(${n}))`,
        (n) => `x = x.add(x.detach().int().add(${n}).float())`,
        (n) => `x = x.mul(x.detach().gt(0).mul(${n}))`,
        (n) => `x = x.add(ones([1]).copy_(${n}))`,
      ]),
    ),
  'a number in the result': (draft) => {
    const name = draft.operand('n', () => draft.random.choose(['0', '-0', '2', '0.5', 'NaN', 'Infinity', '7']))
    draft.results.push(draft.random.choose([name, `{ deep: [${name}] }`, `[${name}, ${name}]`]))
  },
  text(draft) {
    const name = draft.operand('mode', () => `'${draft.activation()}'`)
    draft.before.push(`x = F[${name}](x)`)
    draft.results.push(name)
  },
  flag(draft) {
    const name = draft.operand('flag', () => String(draft.random.chance(0.5)))
    draft.before.push(`if (${name}) x = x.mul(2)`)
  },
  'nothing or something'(draft) {
    const name = draft.operand('maybe', () => draft.random.choose(['null', 'undefined', "'a'", 'false', '1n']))
    draft.before.push(`x = x.mul(${name} === null ? 2 : ${name} === undefined ? 3 : ${name} ? 4 : 5)`)
  },
  'null or a number'(draft) {
    draft.foundLate('a branch on a number operand')
    const name = draft.operand('maybe', () => draft.random.choose(['null', '2', '3']))
    draft.before.push(`if (${name} !== null) x = x.mul(${name})`)
  },
  'null or a tensor'(draft, width) {
    const tensor = kept(draft, width, 1)
    const name = draft.operand('maybe', () => draft.random.choose(['null', tensor]))
    draft.before.push(`if (${name}) x = x.mul(${name})`)
  },
  'a plain object'(draft, width) {
    const tensor = kept(draft, width, 1)
    const name = draft.operand(
      'options',
      () => `{ gain: ${draft.number()}, kind: '${draft.activation()}', shift: ${tensor} }`,
    )
    draft.before.push(`x = F[${name}.kind](x.mul(${name}.gain)).add(${name}.shift)`)
    if (draft.random.chance(0.3)) draft.results.push(name)
  },
  'an object that stays and is changed'(draft) {
    const object = draft.define('settings', `{ gain: ${draft.number()}, list: [1, ${draft.number()}], name: 'a' }`)
    const name = draft.operand('options', () => object)
    draft.before.push(`x = x.mul(${name}.gain).add(${name}.list[1])`, `if (${name}.name === 'a') x = x.sub(1)`)
    draft.may(
      'change',
      `${object}.gain = ${draft.number()}`,
      `${object}.list[1] = ${draft.number()}`,
      `${object}.name = 'b'`,
    )
  },
  'an object whose keys differ'(draft) {
    const name = draft.operand('keys', () =>
      draft.random.choose([
        '{ a: 2, b: 3 }',
        '{ b: 3, a: 2 }',
        '{ a: 2 }',
        '{ a: 2, b: undefined }',
        '{}',
        '[]',
        '{ a: null }',
      ]),
    )
    draft.before.push(
      `x = x.mul(Object.keys(${name}).join('').length + ('b' in ${name} ? 1 : 2))`,
      `if (Object.keys(${name})[0] === 'a') x = x.tanh()`,
    )
  },
  'a parameter that the step trains'(draft, width) {
    draft.refusable('gradients to an operand')
    const part = draft.define('given', `new nn.Linear(${width}, ${width})`)
    draft.modules.push(part)
    const name = draft.operand('weight', () =>
      draft.random.choose([`${part}.weight`, `${part}.weight.detach()`, `${part}.weight.select(0, 0)`]),
    )
    draft.before.push(`x = x.add(${name}.sum())`)
    if (draft.random.chance(0.5)) draft.before.push(`x = ${part}(x)`)
  },
  'a list of tensors and numbers'(draft, width) {
    const tensor = kept(draft, width, 1)
    const name = draft.operand('list', () =>
      draft.random.choose([`[${tensor}, 2]`, `[${tensor}, ${draft.number()}, ${tensor}]`, '[3]']),
    )
    draft.before.push(`for (const part of ${name}) x = x.mul(part)`)
  },
  'a function'(draft) {
    const [first, second] = [draft.define('act', '(h) => h.mul(2)'), draft.define('act', '(h) => h.tanh()')]
    const name = draft.operand('act', () => draft.random.choose([first, second]))
    draft.before.push(`x = ${name}(x)`)
  },
  'a module'(draft, width) {
    const modules = [0, 1].map(() => draft.define('given', `new nn.Linear(${width}, ${width})`))
    draft.modules.push(...modules)
    const name = draft.operand('given', () => draft.random.choose(modules))
    draft.before.push(`x = ${name}(x)`)
    draft.may('change', `${modules[0]!}.eval()`)
    draft.may('doubtful', `${modules[0]!}.weight = ${modules[1]!}.weight`)
  },
  'a module that does not run'(draft) {
    const modules = [2, 3].map((gain) =>
      draft.define('settings', `Object.assign(new nn.Identity(), { gain: ${gain}, list: [1] })`),
    )
    const name = draft.operand('settings', () => draft.random.choose(modules))
    draft.before.push(`x = x.mul(${name}.gain).add(${name}.list[0])`)
    draft.may('change', `${modules[0]!}.gain = ${draft.number()}`, `${modules[1]!}.list[0] = ${draft.number()}`)
  },
  'tensors that may be the same'(draft, width) {
    const [first, second] = [kept(draft, width, 1), kept(draft, width, 1)]
    const views = atTimes(draft, [`${first}.detach()`])
    const [a, b] = [
      draft.operand('a', () => draft.random.choose([first, second])),
      draft.operand('b', () => draft.random.choose([first, second, ...views])),
    ]
    draft.before.push(
      ...draft.random.choose([
        [`${a}.mul_(0.5)`, `x = x.add(${b})`],
        [`x = ${a} === ${b} ? x.mul(2) : x`],
        [`x = x.add(${a}).mul(${b})`, `${b}.add_(${a})`],
        [`const set = new Set([${a}, ${b}])`, 'x = x.mul(set.size)'],
      ]),
    )
  },
  'a tensor that the step knows already'(draft, width) {
    const [outside, spare] = [kept(draft, width, 1), kept(draft, width, 1)]
    const views = atTimes(draft, [`${outside}.detach()`, `${outside}.view([1, ${width}])`])
    const name = draft.operand('given', () => draft.random.choose([outside, spare, ...views]))
    draft.before.push(
      ...draft.random.choose([
        [`x = x.add(${outside})`, `${name}.mul_(0.5)`, `x = x.sub(${outside})`],
        [`${outside}.add_(1)`, `x = x.mul(${name})`],
      ]),
    )
  },
  'a tensor that is written'(draft, width) {
    const held = kept(draft, width, 2)
    const name = draft.operand('into', () => held)
    draft.before.push(
      draft.random.choose([
        `${name}.mul_(0.5)`,
        `${name}.copy_(x.narrow(0, 0, 2).detach())`,
        `${name}.select(0, 1).add_(1)`,
        `${name}.view([-1]).narrow(0, 0, 2).zero_()`,
        `${name}.transpose(0, 1).mul_(2)`,
        `${name}.assign(${name}.add(1))`,
        `noGrad(() => ${name}.clamp_({ min: 0 }))`,
        `${name}.detach().add_(1)`,
        `${name}.normal_()`,
      ]),
    )
    draft.before.push(`x = x.add(${name}.narrow(0, 0, 1))`)
    if (draft.random.chance(0.3)) draft.results.push(name)
  },
  'a tensor that requires gradients'(draft, width) {
    const held = draft.define('leaf', `randn([1, ${width}]).requiresGrad_()`)
    const name = draft.operand('leaf', () => held)
    draft.before.push(`x = x.add(${name})`)
    draft.may('change', `${held}.requiresGrad = false`, `${held}.requiresGrad = true`, `${held}.grad = null`)
  },
  'requiresGrad of an operand'(draft, width) {
    const held = draft.define('asked', `randn([1, ${width}])`)
    const name = draft.operand('asked', () => held)
    draft.before.push(`x = ${name}.requiresGrad ? x.mul(2) : x.mul(3)`)
    draft.may('change', `${held}.requiresGrad = true`, `${held}.requiresGrad = false`)
  },
  'another dtype'(draft, width) {
    const dtypes = draft.random.shuffle(['int32', 'uint8', 'bool', 'float32']).slice(0, 2)
    const name = draft.operand('ids', () => `ones([1, ${width}], { dtype: '${draft.random.choose(dtypes)}' })`)
    draft.before.push(`x = x.mul(${name})`)
    draft.before.push(`if (${name}.dtype === 'int32') x = x.add(1)`)
  },
  'another shape'(draft, width) {
    const name = draft.operand('any', () =>
      draft.random.choose([`randn([${width}])`, `randn([1, ${width}])`, 'randn([1, 1])', 'randn([])']),
    )
    draft.before.push(`x = x.mul(${name}).add(${name}.shape.length)`)
  },
  'double precision'(draft, width) {
    draft.refusable('float64')
    const name = draft.operand('wide', () =>
      draft.random.choose([
        `ones([1, ${width}])`,
        `ones([1, ${width}], { dtype: '${draft.random.choose(['float64', 'float32'])}' })`,
      ]),
    )
    draft.before.push(`x = x.mul(${name}).float()`)
  },
  'a tensor elsewhere'(draft, width) {
    draft.refusable('an operand on another device')
    const name = draft.operand(
      'far',
      () => `ones([1, ${width}]${draft.random.chance(0.3) ? ', { device: other }' : ''})`,
    )
    draft.before.push(
      draft.random.choose([
        `x = x.mul(${name})`,
        `x = x.mul(${name}.to(here))`,
        `x = ${name}.device === here ? x : x.mul(2)`,
      ]),
    )
  },
  indices(draft, width) {
    const name = draft.operand('ids', (batch) => `randint(0, 3, [${batch}])`)
    const table = draft.define('embedding', `new nn.Embedding(3, ${width})`)
    draft.modules.push(table)
    draft.before.push(`x = x.add(${table}(${name}))`)
    draft.may('change', `${table}.weight.requiresGrad = false`)
    draft.may('doubtful', `${table}.weight = new nn.Parameter(ones([3, ${width}]))`)
  },
}

/** Those of which a recording can make nothing, or nothing for long. */
export const refusedOperands: Readonly<Record<string, OperandKind>> = {
  'a choice by which tensor it is'(draft, width) {
    draft.foundLate('a choice by which tensor an operand is')
    const [outside, spare] = [kept(draft, width, 1), kept(draft, width, 1)]
    const name = draft.operand('given', () => draft.random.choose([outside, spare]))
    draft.before.push(`x = ${name} === ${outside} ? x.tanh() : x.add(${name})`)
  },
  'a view that is written'(draft, width) {
    draft.refusable('views of what the step writes')
    const base = draft.define('base', `randn([4, ${width}])`)
    const view = draft.define(
      'view',
      draft.random.choose([`${base}.narrow(0, 1, 2)`, `${base}.select(0, 2)`, `${base}.detach()`]),
    )
    const name = draft.operand('view', () => draft.random.choose([view, base]))
    draft.before.push(`${name}.mul_(0.5)`, `x = x.add(${base}.narrow(0, 2, 1))`)
    draft.may('change', `${base}.add_(1)`, `${view}.add_(1)`)
  },
  'a branch on a number': (draft, width) =>
    branching(
      draft.random.choose([
        (n: string) => `if (${n} === 2) x = x.tanh()`,
        (n: string) => `if (${n}) x = x.tanh()`,
        (n: string) => `x = ${n} ? x.mul(2) : x`,
        (n: string) => `if (typeof ${n} === 'number') x = x.mul(3)`,
        (n: string) => `if (typeof ${n} !== 'object') x = x.mul(3)`,
        (n: string) => `switch (${n}) { case 2: x = x.mul(2); break; case 0: x = x.tanh() }`,
        (n: string) => `x = x.mul([0.5, 2].includes(${n}) ? 2 : 3)`,
        (n: string) => `x = x.mul([0.5, 2].indexOf(${n}) + 1.5)`,
        (n: string) => `x = x.mul(Number.isInteger(${n}) ? 2 : 3)`,
        (n: string) => `x = x.mul(Object.is(${n}, 2) ? 2 : 3)`,
        (n: string) => `x = x.mul(JSON.stringify({ n: ${n} }).length)`,
        (n: string) => `x = x.mul(new Map([[2, 3]]).get(${n}) ?? 1)`,
        (n: string) => `if (!${n}) x = x.tanh()`,
        (n: string) => `x = x.mul((${n} && 2) || 3)`,
        (n: string) => `x = x.mul(${n}.constructor === Number ? 2 : 3)`,
        (n: string) => `x = x.mul(Number.isFinite(${n}) ? 2 : 3)`,
        (n: string) => `if (${n} instanceof Object) x = x.tanh()`,
        (n: string) => `x = x.mul({ [${n}]: 4 }['2'] ?? 1)`,
      ]),
    )(draft, width),
  'a tensor with history'(draft, width) {
    draft.refusable('gradients to an operand')
    const held = draft.define('leaf', `randn([1, ${width}]).requiresGrad_()`)
    const name = draft.operand('made', () => `${held}.mul(2)`)
    draft.before.push(`x = x.add(${name})`)
  },
  'a number in JavaScript arithmetic': (draft) => {
    draft.refusable('JavaScript arithmetic on a number operand')
    live(
      draft,
      draft.random.choose([
        (n) => `x = x.mul(${n} * 2)`,
        (n) => `x = x.mul(Math.max(${n}, 1))`,
        (n) => `x = x.mul(-${n})`,
        (n) => `if (${n} > 0.5) x = x.tanh()`,
        (n) => `if (${n} == 2) x = x.tanh()`,
        (n) => 'x = x.mul(`${' + n + '}`.length)',
        (n) => `x = x.mul([1, 2, 3, 4][${n}] ?? 5)`,
        (n) => `x = x.mul(Number(${n}))`,
        (n) => `x = x.mul(parseFloat(${n}))`,
      ]),
    )
  },
  'a number as an option': (draft) => {
    draft.refusable('a number operand as an option')
    draft.foundLate('a number operand as an option')
    live(
      draft,
      draft.random.choose([
        (n) => `x = F.dropout(x, { p: ${n} })`,
        (n) => `x = F.leakyRelu(x, { negativeSlope: ${n} })`,
        (n) => `x = F.elu(x, { alpha: ${n} })`,
        (n) => `x = x.sum({ dim: ${n}, keepdim: true })`,
        (n) => `x = x.repeat([1, ${n}]).narrow(1, 0, 1)`,
        (n) => `x = x.add(tensor([${n}]))`,
        (n) => `x = x.add(tensor(${n}))`,
        (n) => `x = x.mul(arange(${n}).sum().add(1))`,
      ]),
    )
  },
  'a typed array, a map, a set, an instance'(draft) {
    draft.refusable('an operand that is no plain value')
    const [value, use, ...changes] = draft.random.choose([
      [`new Float32Array([${draft.number()}])`, '[0]', '[0] = 3'],
      [`new Map([['gain', ${draft.number()}]])`, ".get('gain')", ".set('gain', 3)"],
      [`new Set([1, 2])`, '.size', '.add(5)'],
      [`new (class Settings { gain = ${draft.number()} })()`, '.gain', '.gain = 3'],
      [`Object.create({ gain: ${draft.number()} })`, '.gain', '.gain = 3'],
      [`new Date(1)`, '.getTime()', '.setTime(3)'],
      [`new Uint8Array([2])`, '[0]', '.fill(3)'],
      [`(() => { const knot = { gain: 2 }; knot.self = knot; return knot })()`, '.self.gain', '.gain = 3'],
      [`{ deep: [new Map([[1, 2]])] }`, '.deep[0].get(1)', '.deep[0].set(1, 3)'],
    ])
    const held = draft.define('held', value)
    const name = draft.operand('held', () => held)
    draft.before.push(`x = x.mul(${name}${use})`)
    for (const change of changes) draft.may('change', `${held}${change}`)
  },
  'a plain operand that is written'(draft) {
    draft.refusable('a plain operand that is written')
    const object = draft.define('notes', '{ count: 0, list: [] }')
    const name = draft.operand('notes', () => object)
    draft.before.push(
      draft.random.choose([
        `${name}.count = 3`,
        `${name}.list.push('a')`,
        `${name}.shape = x.shape[0]`,
        `delete ${name}.count`,
      ]),
    )
  },
  'a typed array as a tensor'(draft, width) {
    draft.refusable('an operand that is no plain value')
    const held = draft.define('held', `new Float32Array(${width}).fill(2)`)
    const name = draft.operand('held', () => held)
    draft.before.push(`x = x.mul(tensor(${name}))`)
    draft.may('change', `${held}.fill(3)`, `${held}[0] = 5`)
  },
}
