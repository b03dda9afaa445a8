/**
 * As much Python as the fixtures hold: expressions with literals, lambdas, calls by position and name, and assignments.
 * Dicts become Maps, tuples frozen arrays, sets Sets. What names mean is the caller's.
 */

/** What a name that can be called gets: arguments by position, and by name. */
export type Callable = (args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>) => unknown
/** Names, and what attributes of values mean. */
export interface World {
  readonly names: Map<string, unknown>
  readonly attribute: (value: unknown, name: string) => unknown
}

/** PyTorch's name in camelCase: `weight_decay` is weightDecay, `T_max` is tMax, `T_0` is t0. */
export function camelCase(name: string): string {
  const joined = name.replaceAll(/_([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase())
  return name.startsWith('_') ? name : joined.charAt(0).toLowerCase() + joined.slice(1)
}
/** Names in camelCase, and Maps as objects. */
export const camelCased = (
  record: Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown>,
): Record<string, unknown> =>
  Object.fromEntries(
    (record instanceof Map ? [...record] : Object.entries(record)).map(([key, value]) => [
      camelCase(String(key)),
      value,
    ]),
  )

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|([A-Za-z_]\w*)|('[^']*'|"[^"]*")|(\*\*|\/\/|==|!=|<=|>=|[-+*/%()[\]{},.:=<>]))/giy

function tokensOf(source: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < source.trimEnd().length) {
    const from = TOKEN.lastIndex
    const match = TOKEN.exec(source)
    if (match === null) throw new Error(`python: cannot read ${JSON.stringify(source.slice(from))}`)
    tokens.push(match[0].trim())
  }
  return tokens
}

type Binary = (a: number, b: number) => unknown
const modulo: Binary = (a, b) => a - b * Math.floor(a / b)
/** From loosest to tightest. */
const LEVELS: readonly Readonly<Record<string, Binary>>[] = [
  {
    '==': (a, b) => a === b,
    '!=': (a, b) => a !== b,
    '<': (a, b) => a < b,
    '<=': (a, b) => a <= b,
    '>': (a, b) => a > b,
    '>=': (a, b) => a >= b,
  },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => a / b, '//': (a, b) => Math.floor(a / b), '%': modulo },
]
const CONSTANTS = new Map<string, unknown>([
  ['None', null],
  ['True', true],
  ['False', false],
])

class Reader {
  readonly #tokens: readonly string[]
  readonly #world: World
  #at = 0
  constructor(tokens: readonly string[], world: World) {
    this.#tokens = tokens
    this.#world = world
  }
  get done(): boolean {
    return this.#at >= this.#tokens.length
  }
  #peek(): string | undefined {
    return this.#tokens[this.#at]
  }
  #accept(token: string): boolean {
    if (this.#peek() !== token) return false
    this.#at++
    return true
  }
  #expect(token: string): void {
    if (!this.#accept(token))
      throw new Error(`python: ${token} expected before ${this.#tokens.slice(this.#at).join(' ')}`)
  }

  expression(): unknown {
    if (this.#peek() === 'lambda') return this.#lambda()
    const value = this.#binary(0)
    if (!this.#accept('if')) return value
    const condition = this.#binary(0)
    this.#expect('else')
    const other = this.expression()
    return condition === true ? value : other
  }
  /** The body is read again at every call, with the arguments as names. */
  #lambda(): unknown {
    this.#expect('lambda')
    const parameters: string[] = []
    while (!this.#accept(':')) if (!this.#accept(',')) parameters.push(this.#tokens[this.#at++]!)
    const start = this.#at
    let depth = 0
    while (!this.done && !(depth === 0 && [',', ')', ']', '}'].includes(this.#peek()!))) {
      const token = this.#tokens[this.#at++]!
      depth += '([{'.includes(token) ? 1 : ')]}'.includes(token) ? -1 : 0
    }
    const body = this.#tokens.slice(start, this.#at)
    return (...args: unknown[]) => {
      const names = new Map([...this.#world.names, ...parameters.map((name, i): [string, unknown] => [name, args[i]])])
      return new Reader(body, { ...this.#world, names }).expression()
    }
  }
  #binary(level: number): unknown {
    const operators = LEVELS[level]
    if (operators === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    for (let token = this.#peek(); token !== undefined && Object.hasOwn(operators, token); token = this.#peek()) {
      this.#at++
      left = operators[token]!(left as number, this.#binary(level + 1) as number)
    }
    return left
  }
  #unary(): unknown {
    if (this.#accept('-')) return -(this.#unary() as number)
    const base = this.#postfix()
    return this.#accept('**') ? (base as number) ** (this.#unary() as number) : base
  }
  #postfix(): unknown {
    let value = this.#atom()
    for (;;) {
      if (this.#accept('.')) value = this.#world.attribute(value, this.#tokens[this.#at++]!)
      else if (this.#accept('[')) {
        const key = this.expression()
        this.#expect(']')
        value =
          value instanceof Map
            ? value.get(key)
            : Array.isArray(value)
              ? value.at(key as number)
              : this.#world.attribute(value, String(key))
      } else if (this.#accept('(')) value = this.#call(value as Callable)
      else return value
    }
  }
  #call(callee: Callable): unknown {
    const args: unknown[] = []
    const kwargs: Record<string, unknown> = {}
    while (!this.#accept(')')) {
      if (this.#tokens[this.#at + 1] === '=') {
        const name = this.#tokens[this.#at]!
        this.#at += 2
        kwargs[name] = this.expression()
      } else args.push(this.expression())
      this.#accept(',')
    }
    return callee(args, kwargs)
  }
  #list(end: string): { items: unknown[]; comma: boolean } {
    const items: unknown[] = []
    let comma = false
    while (!this.#accept(end)) {
      items.push(this.expression())
      comma = this.#accept(',')
    }
    return { items, comma }
  }
  #atom(): unknown {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new Error('python: the expression ends too early')
    if (/^[\d.]/.test(token)) return Number(token)
    if (/^['"]/.test(token)) return token.slice(1, -1)
    if (token === '[') return this.#list(']').items
    if (token === '(') {
      const { items, comma } = this.#list(')')
      return items.length === 1 && !comma ? items[0] : Object.freeze(items)
    }
    if (token === '{') return this.#braces()
    if (CONSTANTS.has(token)) return CONSTANTS.get(token)
    if (this.#world.names.has(token)) return this.#world.names.get(token)
    throw new Error(`python: ${token} is not known here`)
  }
  #braces(): Map<unknown, unknown> | Set<unknown> {
    const entries: [unknown, unknown][] = []
    const members: unknown[] = []
    while (!this.#accept('}')) {
      const key = this.expression()
      if (this.#accept(':')) entries.push([key, this.expression()])
      else members.push(key)
      this.#accept(',')
    }
    return members.length > 0 ? new Set(members) : new Map(entries)
  }
}

/** The value of an expression. */
export function evaluate(source: string, world: World): unknown {
  const reader = new Reader(tokensOf(source), world)
  const value = reader.expression()
  if (!reader.done) throw new Error(`python: more than an expression in ${JSON.stringify(source)}`)
  return value
}

/** Only literals and lambdas. */
export const literal = (source: string): unknown =>
  evaluate(source, {
    names: new Map(),
    attribute: (_, name) => {
      throw new Error(`python: no attribute ${name} of a literal`)
    },
  })
