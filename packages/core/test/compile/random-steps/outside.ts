/** What a step reads from outside and does besides training: variables, tensors, random numbers, writes. */
import type { Draft } from './draft.ts'

/** Writes statements between the model and the loss, on `h`: [batch, width]. */
type Habit = (draft: Draft, width: number) => void

export const habits: Readonly<Record<string, Habit>> = {
  'a variable'(draft) {
    const name = draft.variable('outside', draft.number())
    draft.between.push(
      draft.random.choose([
        `h = h.mul(${name})`,
        `if (${name} > 0.6) h = h.tanh()`,
        `h = h.add(${name} * 2)`,
        `h = h.add(tensor([${name}]))`,
      ]),
    )
    draft.may('unseen', `${name} = ${draft.number()}`, `${name} = ${draft.number()}`)
  },
  'a variable that the guards name'(draft) {
    const name = draft.variable('outside', draft.number())
    draft.guards.push(name)
    draft.between.push(draft.random.choose([`h = h.mul(${name})`, `if (${name} > 0.6) h = h.tanh()`]))
    draft.may('change', `${name} = ${draft.number()}`, `${name} = ${draft.number()}`)
  },
  'a part of an object that the guards name'(draft, width) {
    const name = draft.define(
      'config',
      `{ gain: ${draft.number()}, kind: 'tanh', list: [1, 2], part: new nn.Linear(${width}, ${width}) }`,
    )
    draft.modules.push(`${name}.part`)
    draft.guards.push(`${name}.gain`, `${name}.kind`, `${name}.list[0]`, `${name}.part`)
    draft.between.push(`h = ${name}.part(F[${name}.kind](h).mul(${name}.gain * ${name}.list[0]))`)
    draft.may(
      'change',
      `${name}.gain = ${draft.number()}`,
      `${name}.kind = '${draft.activation()}'`,
      `${name}.list[0] = 3`,
      `${name}.part = new nn.Linear(${width}, ${width})`,
    )
  },
  'an object'(draft) {
    const name = draft.define('config', `{ gain: ${draft.number()}, on: true }`)
    draft.between.push(`if (${name}.on) h = h.mul(${name}.gain)`)
    draft.may('unseen', `${name}.gain = ${draft.number()}`, `${name}.on = !${name}.on`)
  },
  'an instance with modules'(draft, width) {
    const name = draft.define('agent', `new (class Agent { net = new nn.Linear(${width}, ${width}); gamma = 0.5 })()`)
    draft.modules.push(`${name}.net`)
    draft.between.push(`h = ${name}.net(h).mul(${name}.gamma)`)
    draft.may('unseen', `${name}.gamma = ${draft.number()}`, `${name}.net = new nn.Linear(${width}, ${width})`)
    draft.may('doubtful', `${name}.net.weight = new nn.Parameter(eye(${width}))`)
  },
  'modules in a list'(draft, width) {
    const modules = [0, 1, 2].map(() => draft.define('part', `new nn.Linear(${width}, ${width})`))
    draft.modules.push(...modules)
    const name = draft.define('list', `[${modules[0]!}, ${modules[1]!}]`)
    draft.between.push(`for (const part of ${name}) h = part(h)`)
    draft.may(
      'unseen',
      `${name}.push(${modules[2]!})`,
      `${name}.pop()`,
      `${name}.reverse()`,
      `${name}[0] = ${modules[2]!}`,
    )
    draft.may('change', `${modules[0]!}.weight.requiresGrad = false`)
    draft.may('doubtful', `${modules[1]!}.weight = ${modules[2]!}.weight`)
  },
  'a tensor'(draft, width) {
    const name = draft.define('bank', draft.row(width))
    draft.between.push(`h = h.mul(${name})`)
    draft.may(
      'change',
      `${name}.mul_(0.5)`,
      `${name}.select(0, 0).fill_(2)`,
      `${name}.requiresGrad = true`,
      `${name}.requiresGrad = false`,
    )
  },
  'a tensor that is replaced'(draft, width) {
    const name = draft.variable('bank', draft.row(width))
    draft.between.push(`h = h.mul(${name})`)
    draft.may('unseen', `${name} = ${draft.row(width)}`)
  },
  'a tensor that is written'(draft, width) {
    const name = draft.define('bank', `zeros([${width}])`)
    draft.between.push(
      draft.random.choose([
        `noGrad(() => ${name}.mul_(0.9).add_(h.mean({ dim: 0 })))`,
        `${name}.add_(1)`,
        `${name}.narrow(0, 0, 1).add_(1)`,
        `${name}.copy_(h.detach().mean({ dim: 0 }))`,
        `${name}.detach().add_(0.5)`,
        `${name}.view([1, ${width}]).select(1, 0).mul_(0.5).add_(1)`,
      ]),
      `h = h.add(${name})`,
    )
    draft.may('change', `${name}.zero_()`)
  },
  'a view of a tensor'(draft, width) {
    const base = draft.define('base', `randn([3, ${width}])`)
    const view = draft.define(
      'view',
      draft.random.choose([`${base}.select(0, 1)`, `${base}.narrow(0, 1, 1)`, `${base}.transpose(0, 1).select(1, 2)`]),
    )
    draft.between.push(`h = h.add(${view})`)
    if (draft.random.chance(0.5))
      draft.between.push(
        draft.random.choose([`${base}.mul_(0.5)`, `${view}.add_(0.1)`, `${base}.select(0, 1).sub_(0.2)`]),
        `h = h.sub(${base}.select(0, 1))`,
      )
    draft.may('change', `${base}.add_(1)`, `${view}.mul_(0.5)`)
  },
  'a write into what was made'(draft) {
    draft.between.push(
      'const made = h.detach().clone()',
      draft.random.choose(['made.narrow(0, 0, 1).zero_()', 'made.add_(1)', 'made.select(1, 0).fill_(3)']),
      'h = h.add(made)',
    )
  },
  'a branch on a shape'(draft) {
    draft.between.push('if (h.shape[0] > 3) h = h.mul(2)', 'h = h.div(h.numel())')
  },
  'a branch on requiresGrad'(draft, width) {
    const name = draft.define('asked', draft.row(width))
    draft.between.push(`h = ${name}.requiresGrad ? h.mul(2) : h.add(${name})`)
    draft.may('change', `${name}.requiresGrad = true`, `${name}.requiresGrad = false`)
  },
  'a branch on a gradient'(draft, width) {
    const name = draft.define('leaf', `${draft.row(width)}.requiresGrad_()`)
    draft.between.push(`h = ${name}.grad === null ? h.add(${name}) : h.add(${name}.grad)`)
    draft.may('change', `${name}.grad = null`, `${name}.grad = ones([${width}])`)
  },
  'random numbers'(draft) {
    draft.between.push(
      draft.random.choose([
        'h = h.add(randn(h.shape))',
        'h = h.mul(rand([1]))',
        'h = F.dropout(h, { p: 0.5 })',
        'h = h.add(randnLike(h))',
        'h = h.mul(bernoulli(full([1, h.shape[1]], 0.5)))',
        'h = h.indexSelect(0, randperm(h.shape[0]))',
        'h = h.add(randint(0, 3, [1]))',
      ]),
    )
    draft.may('change', `manualSeed(${draft.random.integer(0, 99)})`, 'randn([3])')
  },
  'a generator of its own'(draft, width) {
    const name = draft.define('generator', `new Generator(${draft.random.integer(0, 99)})`)
    draft.between.push(
      draft.random.choose([
        `h = h.add(randn([${width}], { generator: ${name} }))`,
        `h = F.dropout(h, { p: 0.25, generator: ${name} })`,
      ]),
    )
    draft.may('change', `${name}.manualSeed(3)`, `${name}.uint32()`)
  },
  'a mode of recording'(draft) {
    draft.between.push(
      draft.random.choose([
        'h = h.add(noGrad(() => h.mul(2)))',
        'h = h.add(h.detach())',
        'h = isGradEnabled() ? h.mul(2) : h',
        'h = noGrad(() => enableGrad(() => h.mul(2)))',
      ]),
    )
  },
  'double precision'(draft) {
    draft.between.push(
      draft.random.choose([
        'h = h.double().mul(2).float()',
        "h = h.add(ones([1], { dtype: 'float64' })).float()",
        "h = F.softmax(h, { dim: 1, dtype: 'float64' }).float()",
        "h = h.add(arange(1, 2, 1, { dtype: 'float64' })).float()",
        "h = h.add(eye(1, 1, { dtype: 'float64' })).float()",
        "h = h.add(zerosLike(h, { dtype: 'float64' })).float()",
        "h = h.add(tensor([1.5], { dtype: 'float64' })).float()",
        "h = h.add(rand([1], { dtype: 'float64' })).float()",
      ]),
    )
  },
  'whole numbers and truth'(draft) {
    draft.between.push(
      draft.random.choose([
        'h = h.mul(h.gt(0))',
        'h = h.add(h.detach().mul(4).int())',
        'h = h.mul(h.detach().abs().byte().bool())',
        'h = h.gather(1, h.argmax({ dim: 1, keepdim: true }).expand(h.shape))',
      ]),
    )
  },
  'an attempt'(draft) {
    draft.between.push('try { h = h.double().mul(2).float() } catch { h = h.mul(3) }')
  },
  'a function of its own'(draft) {
    const name = draft.name('custom')
    draft.setup.push(
      `const ${name} = customFunction('${name}', { forward: (context, a) => { context.saveForBackward(a); return a.mul(a) }, backward: ({ savedTensors: [a] }, g) => g.mul(a).mul(2) })`,
    )
    draft.between.push(`h = ${name}(h.tanh())`)
  },
  'a hook on what was made'(draft) {
    draft.between.push(`if (h.requiresGrad) h.registerHook((g) => g.mul(${draft.number()}))`)
  },
  'a gradient that is kept'(draft) {
    const [middle, pull] = [draft.name('middle'), draft.name('pull')]
    draft.between.push('if (h.requiresGrad) h.retainGrad()', `const ${middle} = h`, 'h = h.mul(2)')
    draft.after.push(`const ${pull} = ${middle}.grad === null ? 0 : ${middle}.grad.detach()`)
    draft.results.push(pull)
  },
  'a module called by function'(draft, width) {
    const part = draft.define('part', `new nn.Linear(${width}, ${width})`)
    draft.modules.push(part)
    const given = draft.define('given', `eye(${width})`)
    draft.between.push(`h = nn.functionalCall(${part}, { weight: ${given} }, [h])`)
    draft.may('change', `${given}.mul_(0.5)`)
  },
  'a gradient inside'(draft) {
    draft.between.push(
      draft.random
        .choose([
          [
            'const probe = h.detach().clone().requiresGrad_()',
            'probe.pow(2).sum().backward()',
            'h = h.add(probe.grad.mul(0.1))',
          ],
          [
            'const probe = h.detach().requiresGrad_()',
            'const [pull] = grad(probe.tanh().sum(), [probe])',
            'h = h.sub(pull)',
          ],
        ])
        .join('; '),
    )
  },
  'a part that is frozen for a while'(draft, width) {
    const part = draft.define('part', `new nn.Linear(${width}, ${width})`)
    draft.modules.push(part)
    draft.between.push(`${part}.requiresGrad_(false)`, `h = ${part}(h)`)
    if (draft.random.chance(0.7)) draft.after.push(`${part}.requiresGrad_(true)`)
    draft.may('change', `${part}.requiresGrad_(true)`)
  },
  'a mode that is switched inside'(draft, width) {
    const part = draft.define('part', `new nn.Sequential(new nn.Linear(${width}, ${width}), new nn.Dropout(0.5))`)
    draft.modules.push(part)
    draft.between.push(`${part}.${draft.random.choose(['eval', 'train'])}()`, `h = ${part}(h)`)
    if (draft.random.chance(0.5)) draft.between.push(`${part}.${draft.random.choose(['eval', 'train'])}()`)
    draft.may('change', `${part}.eval()`, `${part}.train()`)
  },
  'a method that is not forward'(draft, width) {
    const name = draft.name('part')
    draft.setup.push(
      `class Coder extends nn.Module {\n  inner = new nn.Linear(${width}, ${width})\n  gain = ${draft.number()}\n  encode(h) {\n    return this.inner(h).mul(this.gain)\n  }\n}`,
      `const ${name} = new Coder()`,
    )
    draft.watched.push(name)
    draft.modules.push(name)
    draft.between.push(`h = ${name}.encode(h)`)
    draft.may('unseen', `${name}.gain = ${draft.number()}`, `${name}.inner = new nn.Linear(${width}, ${width})`)
    draft.may('change', `${name}.inner.eval()`)
    draft.may('doubtful', `${name}.inner.weight = new nn.Parameter(eye(${width}))`)
  },
  'a field that is read from outside'(draft) {
    const name = draft.name('part')
    draft.setup.push(
      `class Scaled extends nn.Module {\n  gain = ${draft.number()}\n  forward(h) {\n    return h.tanh()\n  }\n}`,
      `const ${name} = new Scaled()`,
    )
    draft.watched.push(name)
    draft.between.push(`h = ${name}(h).mul(${name}.gain)`)
    draft.results.push(`${name}.gain`)
    draft.may('change', `${name}.gain = ${draft.number()}`)
  },
  'a class that is patched'(draft) {
    const name = draft.name('part')
    draft.setup.push(
      `class Patched extends nn.Module {\n  forward(h) {\n    return h.tanh()\n  }\n}`,
      `const ${name} = new Patched()`,
    )
    draft.between.push(`h = ${name}(h)`)
    draft.may('unseen', `Patched.prototype.forward = (h) => h.mul(${draft.number()})`)
  },
  'a device that is not named'(draft) {
    draft.refusable('a tensor on another device')
    draft.between.push('h = ones([1]).device === here ? h.mul(2) : h')
    draft.may('change', 'setDefaultDevice(other)', 'setDefaultDevice(here)')
  },
  'a device by name'(draft) {
    draft.between.push('h = h.device === here ? h.mul(2) : h')
  },
  'a compiled function'(draft) {
    const name = draft.name('inner')
    // Results have no history, so it belongs into compiled steps only.
    draft.isCalledEagerly = false
    draft.setup.push(`const ${name} = compile((h) => h.mul(2).tanh())`)
    draft.between.push(`h = ${name}(h)`)
    draft.may('change', `${name}(ones([2, 2]))`)
  },
  'a graph of its own'(draft, width) {
    const leaf = draft.define('leaf', `${draft.row(width)}.requiresGrad_()`)
    draft.between.push(
      draft.random.choose([
        `const [slope] = grad(${leaf}.pow(3).sum(), [${leaf}])`,
        `const [slope] = grad(${leaf}.tanh().sum(), [${leaf}], { createGraph: true })`,
      ]),
      'h = h.add(slope)',
    )
    draft.may('change', `noGrad(() => ${leaf}.add_(0.1))`, `${leaf}.requiresGrad = false`)
  },
}

/** What a step does to the host. */
export const effects: Readonly<Record<string, Habit>> = {
  'a seed inside'(draft) {
    draft.refusable('a seed inside a step')
    draft.between.push('manualSeed(5)', 'h = h.add(randn(h.shape))')
  },
  'a generator that is seeded inside'(draft) {
    draft.refusable('a seed inside a step')
    const name = draft.define('generator', 'new Generator(3)')
    draft.between.push(`${name}.manualSeed(7)`, `h = h.add(randn([1], { generator: ${name} }))`)
  },
  'a number drawn on the host'(draft) {
    draft.foundLate('a number drawn on the host')
    draft.between.push('h = h.mul((defaultGenerator.uint32() % 7) + 1)')
  },
  'a field that keeps what was made'(draft) {
    draft.refusable('a tensor that is let out')
    const name = draft.name('part')
    draft.setup.push(
      `class Keeping extends nn.Module {\n  last = null\n  forward(h) {\n    this.last = h.detach()\n    return h.tanh()\n  }\n}`,
      `const ${name} = new Keeping()`,
    )
    draft.watched.push(name)
    draft.between.push(`h = ${name}(h)`)
  },
  'a state from call to call'(draft) {
    draft.refusable('a tensor that is let out')
    const name = draft.name('part')
    draft.setup.push(
      `class Recurring extends nn.Module {\n  last = null\n  forward(h) {\n    const next = this.last === null ? h : h.add(this.last.mean())\n    this.last = next.detach()\n    return next\n  }\n}`,
      `const ${name} = new Recurring()`,
    )
    draft.watched.push(name)
    draft.between.push(`h = ${name}(h)`)
  },
}

/** Those that a recording refuses, at once or when it is repeated. */
export const refusedHabits: Readonly<Record<string, Habit>> = {
  'a counter that matters'(draft) {
    draft.foundLate('a counter outside')
    const name = draft.variable('count', '0')
    draft.between.push(`h = h.add(${name}++ * 0.1)`)
  },
  'a value that is read'(draft) {
    draft.refusable('a value that is read')
    draft.between.push(
      draft.random.choose([
        'h = h.mul(h.detach().sum().itemSync())',
        'if (h.detach().dataSync()[0] > 0) h = h.mul(2)',
        'h = h.mul(h.detach().toArraySync().length)',
      ]),
    )
  },
  'a list outside that is filled'(draft) {
    // What is in the list is beyond a recording; what the step makes of it is not.
    draft.foundLate('a list that the step fills')
    const name = draft.name('log')
    draft.setup.push(`const ${name} = []`)
    draft.between.push(`${name}.push(1)`, `h = h.mul(${name}.length)`)
  },
}
