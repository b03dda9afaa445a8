/** A program while it is being written: its statements, and what may happen to its parts between calls. */
import type { Random } from '../../../src/ir/random-program/random.ts'

/** What a change is to a compiled step. */
export type ChangeKind =
  /** The next call takes it into account. */
  | 'change'
  /** The next call takes it into account or is refused. */
  | 'doubtful'
  /** JavaScript cannot see it: it is found when the step is recorded again. */
  | 'unseen'

export interface Change {
  readonly kind: ChangeKind
  /** A statement. */
  readonly text: string
}

/** An operand of the step. */
export interface Operand {
  readonly name: string
  /** What one call passes; `batch` is the size of that call's batch. */
  readonly value: (batch: number) => string
}

/** A module under its name in the program: from [batch, width] to [batch, out]. */
export interface Built {
  readonly name: string
  readonly out: number
}
/** `count` modules one after the other, the first of them from [batch, width]. */
export type Nest = (width: number, count: number) => Built[]
/** A kind of module. */
export type Row = (draft: Draft, width: number, nest: Nest) => Built

const NUMBERS = ['0.5', '2', '-1', '0.25', '3', '1.5', '0', '1']
const ACTIVATIONS = ['relu', 'sigmoid', 'tanh', 'silu', 'softsign', 'elu', 'gelu', 'mish', 'hardtanh']

export class Draft {
  readonly random: Random
  /** Before the step. */
  readonly setup: string[] = []
  /** Statements of the step between its operands and the model, on `x`: [batch, width]. */
  readonly before: string[] = []
  /** Between the model and the loss, on `h`: [batch, width]. */
  readonly between: string[] = []
  /** After the update. */
  readonly after: string[] = []
  readonly operands: Operand[] = []
  readonly results: string[] = []
  readonly changes: Change[] = []
  /** What the step is said to depend on: expressions. */
  readonly guards: string[] = []
  /** Other calls that may stand between those of the step. */
  readonly calls: string[] = []
  /** Names of what is looked at after every call. */
  readonly watched: string[] = []
  /** Modules with parameters, so that there is something to train. */
  readonly modules: string[] = []
  /** Whether the function of the step is at times called by itself. */
  isCalledEagerly = true
  #names = 0

  constructor(random: Random) {
    this.random = random
  }
  name(prefix: string): string {
    return `${prefix}${++this.#names}`
  }
  /** A constant of the program, looked at after every call. */
  define(prefix: string, expression: string): string {
    const name = this.name(prefix)
    this.setup.push(`const ${name} = ${expression}`)
    this.watched.push(name)
    return name
  }
  /** A variable of the program. */
  variable(prefix: string, expression: string): string {
    const name = this.name(prefix)
    this.setup.push(`let ${name} = ${expression}`)
    this.watched.push(name)
    return name
  }
  /** A module between given widths, for another's place. */
  spare(width: number, out: number): string {
    const name = this.define('spare', `new nn.Linear(${width}, ${out})`)
    this.modules.push(name)
    return name
  }
  may(kind: ChangeKind, ...texts: readonly string[]): void {
    for (const text of texts) this.changes.push({ kind, text })
  }
  refusable(reason: string): void {
    this.setup.push(`mayRefuse('${reason}')`)
  }
  /** What JavaScript cannot see differs from the first call on. */
  foundLate(reason: string): void {
    this.setup.push(`foundLate('${reason}')`)
  }
  operand(prefix: string, value: (batch: number) => string): string {
    const name = this.name(prefix)
    this.operands.push({ name, value })
    return name
  }

  number(): string {
    return this.random.choose(NUMBERS)
  }
  probability(): string {
    return this.random.choose(['0', '0.25', '0.5', '0.75', '1'])
  }
  activation(): string {
    return this.random.choose(ACTIVATIONS)
  }
  /** A constant tensor that broadcasts to [batch, width]. */
  row(width: number): string {
    return `randn([${width}])`
  }
}
