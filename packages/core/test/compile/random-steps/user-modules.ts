/** Modules that a user writes: fields of every kind, a `forward` that depends on them, and what may happen to them. */
import type { Built, Draft, Nest, Row } from './draft.ts'

interface Field {
  /** Lines of the class. */
  readonly fields: readonly string[]
  /** Statements of `forward`, on `h`: [batch, width]. */
  readonly forward: readonly string[]
}
/** A kind of field. `self` is the instance between calls. */
type FieldKind = (draft: Draft, self: string, width: number, nest: Nest) => Field

/** Between given widths, as often as wanted: children that can take each other's place. */
const alike = (draft: Draft, width: number, count: number): string[] =>
  Array.from({ length: count }, () => draft.spare(width, width))

const kinds: Readonly<Record<string, FieldKind>> = {
  number(draft, self) {
    draft.may('change', `${self}.scale = ${draft.number()}`, `${self}.scale += 0.5`, `${self}.scale = -0`)
    return { fields: [`scale = ${draft.number()}`], forward: ['h = h.mul(this.scale)'] }
  },
  'a number that is none'(draft, self) {
    draft.may('change', `${self}.limit = ${draft.number()}`, `${self}.limit = NaN`)
    return { fields: ['limit = NaN'], forward: ['if (this.limit > 0.3) h = h.clamp({ max: this.limit })'] }
  },
  bigint(draft, self) {
    draft.may('change', `${self}.order = 3n`, `${self}.order = 2n`)
    return { fields: ['order = 2n'], forward: ['h = h.div(Number(this.order))'] }
  },
  flag(draft, self) {
    draft.may('change', `${self}.on = !${self}.on`)
    return {
      fields: [`on = ${draft.random.chance(0.5)}`],
      forward: [`if (this.on) h = h.${draft.activation()}()`.replace(/h\.(\w+)\(\)/, 'F.$1(h)')],
    }
  },
  text(draft, self) {
    const [first, second] = [draft.activation(), draft.activation()]
    draft.may('change', `${self}.kind = '${second}'`, `${self}.kind = '${first}'`)
    return { fields: [`kind = '${first}'`], forward: ['h = F[this.kind](h)'] }
  },
  nothing(draft, self, width) {
    const shift = draft.define('shift', draft.row(width))
    draft.may('change', `${self}.shift = ${shift}`, `${self}.shift = null`, `${self}.shift = ${draft.number()}`)
    return { fields: ['shift = null'], forward: ['if (this.shift !== null) h = h.add(this.shift)'] }
  },
  absent(draft, self) {
    draft.may('change', `${self}.extra = ${draft.number()}`, `delete ${self}.extra`, `${self}.extra = undefined`)
    return { fields: [], forward: ['if (this.extra) h = h.mul(this.extra)', "if ('extra' in this) h = h.sub(1)"] }
  },
  callable(draft, self) {
    draft.may('change', `${self}.act = F.${draft.activation()}`, `${self}.act = (h) => h.mul(${draft.number()})`)
    return { fields: [`act = F.${draft.activation()}`], forward: ['h = this.act(h)'] }
  },
  'a callable with a variable outside'(draft) {
    const gain = draft.variable('gain', draft.number())
    draft.may('unseen', `${gain} = ${draft.number()}`)
    return { fields: [`act = (h) => h.mul(${gain})`], forward: ['h = this.act(h)'] }
  },
  'list of numbers'(draft, self) {
    draft.may(
      'change',
      `${self}.rates[0] = ${draft.number()}`,
      `${self}.rates.push(${draft.number()})`,
      `${self}.rates.pop()`,
      `${self}.rates = [${draft.number()}]`,
      `${self}.rates.reverse()`,
    )
    return {
      fields: [`rates = [${draft.number()}, ${draft.number()}]`],
      forward: ['for (const rate of this.rates) h = h.mul(rate ?? 1).sub(0.1)'],
    }
  },
  'list with holes'(draft, self) {
    draft.may(
      'change',
      `${self}.sparse[1] = undefined`,
      `${self}.sparse[1] = ${draft.number()}`,
      `delete ${self}.sparse[1]`,
      `${self}.sparse.more = ${draft.number()}`,
    )
    return {
      fields: ['sparse = [2, , 3]'],
      forward: ['this.sparse.forEach((rate) => { h = h.mul(rate ?? 0.5) })', 'h = h.add(this.sparse.more ?? 1)'],
    }
  },
  'list of functions'(draft, self) {
    draft.may('change', `${self}.acts.reverse()`, `${self}.acts[0] = F.${draft.activation()}`)
    return { fields: [`acts = [F.${draft.activation()}, F.${draft.activation()}]`], forward: ['h = this.acts[0](h)'] }
  },
  'nested object'(draft, self) {
    draft.may(
      'change',
      `${self}.options.inner.gain = ${draft.number()}`,
      `${self}.options.inner.flags[1] = !${self}.options.inner.flags[1]`,
      `${self}.options = { inner: { gain: ${draft.number()}, flags: [false, true] } }`,
      `${self}.options.inner.extra = ${draft.number()}`,
      `${self}.options.name = 'b'`,
    )
    return {
      fields: [
        `options = { inner: { gain: ${draft.number()}, flags: [true, ${draft.random.chance(0.5)}] }, name: 'a' }`,
      ],
      forward: [
        'const { inner, name } = this.options',
        "h = h.mul(inner.gain).add(name === 'a' ? 0 : 1)",
        'if (inner.flags.every(Boolean)) h = h.tanh()',
        'for (const key of Object.keys(inner)) h = h.add(key.length * 0.01)',
      ],
    }
  },
  'object that has itself'(draft, self) {
    draft.may('change', `${self}.knot.gain = ${draft.number()}`)
    return {
      fields: [
        `knot = Object.assign([], { gain: ${draft.number()} })`,
        'ring = { knot: this.knot, list: [] }',
        'tied = this.ring.list.push(this.ring)',
      ],
      forward: ['h = h.mul(this.ring.list[0].knot.gain)'],
    }
  },
  'typed array'(draft, self) {
    draft.may('unseen', `${self}.table[0] = ${draft.number()}`)
    return { fields: [`table = new Float32Array([${draft.number()}, 2])`], forward: ['h = h.mul(this.table[0])'] }
  },
  map(draft, self) {
    draft.may('unseen', `${self}.map.set('gain', ${draft.number()})`)
    return { fields: [`map = new Map([['gain', ${draft.number()}]])`], forward: ["h = h.mul(this.map.get('gain'))"] }
  },
  instance(draft, self) {
    draft.may('unseen', `${self}.settings.gain = ${draft.number()}`)
    return {
      fields: [`settings = new (class Settings { gain = ${draft.number()} })()`],
      forward: ['h = h.mul(this.settings.gain)'],
    }
  },
  hidden(draft, self) {
    draft.may('unseen', `${self}.setGain(${draft.number()})`)
    return {
      fields: [`#gain = ${draft.number()}`, 'setGain(gain) { this.#gain = gain }'],
      forward: ['h = h.mul(this.#gain)'],
    }
  },
  accessor(draft, self) {
    draft.may('change', `${self}.half = ${draft.number()}`)
    return {
      fields: [
        `_half = ${draft.number()}`,
        'get half() { return this._half / 2 }',
        'set half(value) { this._half = value }',
      ],
      forward: ['h = h.add(this.half)'],
    }
  },
  static(draft, self) {
    draft.may('unseen', `${self}.constructor.gain = ${draft.number()}`)
    return { fields: [`static gain = ${draft.number()}`], forward: ['h = h.mul(this.constructor.gain)'] }
  },
  mode(draft, self) {
    draft.may('change', `${self}.eval()`, `${self}.train()`)
    return { fields: [], forward: [`if (this.training) h = h.add(randn(h.shape).mul(0.1))`, 'else h = h.mul(2)'] }
  },
  counter(draft) {
    draft.foundLate('a module that counts its own calls')
    return { fields: ['calls = 0'], forward: ['h = h.add(++this.calls * 0.1)'] }
  },
  tensor(draft, self, width) {
    draft.may(
      'change',
      `${self}.mask = ${draft.row(width)}`,
      `${self}.mask.mul_?.(0.5)`,
      `${self}.mask = ${self}.mask.clone?.() ?? 2`,
      `${self}.mask = ${draft.number()}`,
    )
    return { fields: [`mask = ${draft.row(width)}`], forward: ['h = h.mul(this.mask)'] }
  },
  'list of tensors'(draft, self, width) {
    draft.may('change', `${self}.bank[0] = ${draft.row(width)}`, `${self}.bank.reverse()`, `${self}.bank[1].add_(1)`)
    return { fields: [`bank = [${draft.row(width)}, ${draft.row(width)}]`], forward: ['h = h.add(this.bank[0])'] }
  },
  buffer(draft, self, width) {
    draft.may(
      'change',
      `${self}.mean = ${draft.row(width)}`,
      `${self}.mean.add_(0.5)`,
      `${self}.registerBuffer('mean', ${draft.row(width)})`,
    )
    return {
      fields: [`made = this.registerBuffer('mean', ${draft.row(width)})`],
      forward: [
        'if (this.training) noGrad(() => this.mean.mul_(0.9).add_(h.mean({ dim: 0 }).detach().mul(0.1)))',
        'h = h.sub(this.mean)',
      ],
    }
  },
  parameter(draft, self, width) {
    const older = draft.define('older', `new nn.Parameter(${draft.row(width)})`)
    draft.may('doubtful', `${self}.gain = ${older}`, `${self}.gain = new nn.Parameter(${draft.row(width)})`)
    draft.may('change', `${self}.gain.requiresGrad = false`, `${self}.gain.requiresGrad = true`)
    return { fields: [`gain = new nn.Parameter(${draft.row(width)})`], forward: ['h = h.mul(this.gain)'] }
  },
  'list of modules'(draft, self, width) {
    const [first, second, third] = alike(draft, width, 3)
    draft.may(
      'change',
      `${self}.parts.push(${third})`,
      `${self}.parts.pop()`,
      `${self}.parts.reverse()`,
      `${self}.parts[0] = ${third}`,
      `${self}.parts.splice(0, 1, ${second}, ${first})`,
      `${self}.parts = [${second}]`,
    )
    return {
      fields: [`parts = [${first}, ${second}, new nn.Tanh()]`],
      forward: ['for (const part of this.parts) h = part?.(h) ?? h'],
    }
  },
  'modules by name'(draft, self, width) {
    const [first, second, third] = alike(draft, width, 3)
    draft.may(
      'change',
      `${self}.which = 'b'`,
      `${self}.which = 'a'`,
      `${self}.heads.a = ${third}`,
      `[${self}.heads.a, ${self}.heads.b] = [${self}.heads.b, ${self}.heads.a]`,
    )
    return {
      fields: [`heads = { a: ${first}, b: ${second} }`, "which = 'a'"],
      forward: ['h = this.heads[this.which](h)'],
    }
  },
  'one child under two names'(draft, self, width) {
    const [first, second] = alike(draft, width, 2)
    draft.may(
      'change',
      `${self}.head = ${self}.right`,
      `${self}.head = ${self}.left`,
      `[${self}.left, ${self}.right] = [${self}.right, ${self}.left]`,
    )
    draft.may('doubtful', `${self}.left.weight = ${self}.right.weight`)
    return {
      fields: [`left = ${first}`, `right = ${second}`, 'head = this.left'],
      forward: ['h = this.head(h).add(this.left(h))'],
    }
  },
  'module list'(draft, self, width) {
    const [first, second, third] = alike(draft, width, 3)
    draft.may(
      'change',
      `${self}.layers.append(${third})`,
      `${self}.layers.set(0, ${third})`,
      `${self}.layers[0] = ${second}`,
      `${self}.layers.insert(0, ${second})`,
      `delete ${self}.layers[${self}.layers.length - 1]`,
    )
    return {
      fields: [`layers = new nn.ModuleList([${first}, ${second}])`],
      forward: ['for (const part of this.layers) h = F.tanh(part(h))', 'h = h.div(this.layers.length + 1)'],
    }
  },
  'module dictionary'(draft, self, width) {
    const [first, second, third] = alike(draft, width, 3)
    draft.may(
      'change',
      `${self}.dict.set('a', ${third})`,
      `${self}.dict.a = ${second}`,
      `${self}.key = 'b'`,
      `${self}.dict.update({ c: ${third} }); ${self}.key = 'c'`,
    )
    return {
      fields: [`dict = new nn.ModuleDict({ a: ${first}, b: ${second} })`, "key = 'a'"],
      forward: ['h = this.dict.get(this.key)(h)', 'h = h.mul(this.dict.keys().length)'],
    }
  },
  'a child of another module'(draft, self, width) {
    const [first, second] = alike(draft, width, 2)
    const list = draft.define('list', `[${first}]`)
    draft.may('unseen', `${list}[0] = ${second}`)
    return { fields: [], forward: [`h = ${list}[0](h)`] }
  },
  residual(draft, self, width, nest) {
    const [inner] = nest(width, 1) as [Built]
    const back = draft.spare(inner.out, width)
    draft.may('change', `${self}.skip = !${self}.skip`)
    return {
      fields: [`inner = ${inner.name}`, `back = ${back}`, 'skip = true'],
      forward: ['const block = this.back(this.inner(h))', 'h = this.skip ? h.add(block) : block'],
    }
  },
  'dropout of its own'(draft, self) {
    draft.may('change', `${self}.p = ${draft.probability()}`)
    return {
      fields: [`p = ${draft.probability()}`],
      forward: ['h = F.dropout(h, { p: this.p, training: this.training })'],
    }
  },
}
const NAMES = Object.keys(kinds)

export const userModule: Row = (draft, width, nest): Built => {
  const name = draft.name('m')
  const chosen = draft.random.shuffle(NAMES).slice(0, draft.random.integer(1, 3))
  const fields = chosen.map((kind) => kinds[kind]!(draft, name, width, nest))
  const type = draft.name('Part')
  draft.setup.push(
    [
      `class ${type} extends nn.Module {`,
      ...fields.flatMap((field) => field.fields.map((line) => `  ${line}`)),
      '  forward(h) {',
      ...fields.flatMap((field) => field.forward.map((line) => `    ${line}`)),
      '    return h',
      '  }',
      '}',
    ].join('\n'),
    `const ${name} = new ${type}()`,
  )
  draft.watched.push(name)
  draft.modules.push(name)
  return { name, out: width }
}
