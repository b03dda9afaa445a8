/** Writes the body of one function: locals, statements and structured control flow. */
import { add, i32, lessThan, NONE, op, type Code } from './code.ts'
import type { Result, ValueType } from './instructions.ts'
import type { ConstantPool } from './pool.ts'

export interface Local<T extends ValueType = ValueType> extends Code<T> {
  readonly op: 'local.get'
  readonly immediate: number
}

type Words<N extends number, T extends readonly 'i32'[] = []> = T['length'] extends N ? T : Words<N, [...T, 'i32']>
/** Types of `count` parameters that are addresses or counts. */
export const words = <N extends number>(count: N): Words<N> =>
  Array.from({ length: count }, () => 'i32') as Words<number> as Words<N>

/** A function as others call it. */
export interface Callee {
  readonly name: string
  readonly params: readonly ValueType[]
  readonly result: Result
  readonly index: number
}

export class FunctionWriter implements Callee {
  readonly name: string
  readonly params: readonly ValueType[]
  readonly result: Result
  readonly index: number
  /** Constants of the module. */
  readonly pool: ConstantPool
  /** Whether a product and a sum may be rounded at once. */
  readonly relaxed: boolean
  /** Whether it is to serve other sizes too. */
  readonly isGeneric: boolean
  /** Types of the locals after the parameters. */
  readonly locals: ValueType[] = []
  readonly body: Code[] = []
  /** Where statements go: the body, or that of a block being written. */
  #into: Code[] = this.body
  #spare = new Map<ValueType, Local[]>()

  constructor(
    name: string,
    params: readonly ValueType[],
    result: Result,
    index: number,
    {
      pool,
      relaxed,
      isGeneric,
    }: { readonly pool: ConstantPool; readonly relaxed: boolean; readonly isGeneric: boolean },
  ) {
    this.isGeneric = isGeneric
    this.pool = pool
    this.relaxed = relaxed
    this.name = name
    this.params = params
    this.result = result
    this.index = index
  }

  param<T extends ValueType>(index: number, type: T): Local<T> {
    if (this.params[index] !== type)
      throw new Error(`parameter ${index} of ${this.name} is ${this.params[index]}, not ${type}`)
    return { type, op: 'local.get', args: NONE, immediate: index }
  }
  local<T extends ValueType>(type: T): Local<T> {
    const spare = this.#spare.get(type)?.pop()
    return spare === undefined ? this.fresh(type) : (spare as Local<T>)
  }
  /** One that nothing else has used. */
  fresh<T extends ValueType>(type: T): Local<T> {
    this.locals.push(type)
    return { type, op: 'local.get', args: NONE, immediate: this.params.length + this.locals.length - 1 }
  }
  /** These locals may be given out again. */
  free(...locals: readonly Local[]): void {
    locals.forEach((local) => {
      const spare = this.#spare.get(local.type)
      if (spare === undefined) this.#spare.set(local.type, [local])
      else spare.push(local)
    })
  }

  emit(code: Code<'void'>): void {
    this.#into.push(code)
  }
  /** A statement of what only its effect is wanted of. */
  drop(value: Code<ValueType>): void {
    this.emit({ type: 'void', op: 'drop', args: [value] })
  }
  set<T extends ValueType>(local: Local<T>, value: Code<T>): void {
    this.emit({ type: 'void', op: 'local.set', args: [value], immediate: local.immediate })
  }
  tee<T extends ValueType>(local: Local<T>, value: Code<T>): Code<T> {
    return { type: local.type, op: 'local.tee', args: [value], immediate: local.immediate }
  }
  /** A new local with this value. */
  let<T extends ValueType>(value: Code<T>): Local<T> {
    const local = this.local(value.type)
    this.set(local, value)
    return local
  }
  /** What a call gives; as a statement when it gives nothing. */
  call<T extends Result>(callee: Callee & { readonly result: T }, ...args: readonly Code[]): Code<T> {
    return { type: callee.result, op: 'call', args, immediate: callee.index }
  }
  /** a b + c of four float32. Relaxed, the engine decides whether the product is rounded before the sum. */
  multiplyAdd(a: Code<'v128'>, b: Code<'v128'>, c: Code<'v128'>): Code<'v128'> {
    return this.relaxed ? op('f32x4.relaxed_madd', a, b, c) : op('f32x4.add', c, op('f32x4.mul', a, b))
  }
  /** c - a b of four float32, likewise. */
  subtractProduct(c: Code<'v128'>, a: Code<'v128'>, b: Code<'v128'>): Code<'v128'> {
    return this.relaxed ? op('f32x4.relaxed_nmadd', a, b, c) : op('f32x4.sub', c, op('f32x4.mul', a, b))
  }
  return(value?: Code): void {
    this.emit({ type: 'void', op: 'return', args: value === undefined ? NONE : [value] })
  }

  #inside(write: () => void): Code[] {
    const outer = this.#into
    const body: Code[] = []
    this.#into = body
    write()
    this.#into = outer
    return body
  }
  block(write: () => void): void {
    this.emit({ type: 'void', op: 'block', args: NONE, body: this.#inside(write) })
  }
  /** Runs at least once; `write` ends by giving the condition to go on. */
  loop(write: () => Code<'i32'>): void {
    const body = this.#inside(() => {
      const condition = write()
      this.branchIf(0, condition)
    })
    this.emit({ type: 'void', op: 'loop', args: NONE, body })
  }
  if(condition: Code<'i32'>, then: () => void, otherwise?: () => void): void {
    this.emit({
      type: 'void',
      op: 'if',
      args: [condition],
      body: this.#inside(then),
      ...(otherwise === undefined ? {} : { otherwise: this.#inside(otherwise) }),
    })
  }
  /** Leaves `depth` blocks, or starts the loop there again. */
  branchIf(depth: number, condition: Code<'i32'>): void {
    this.emit({ type: 'void', op: 'br_if', args: [condition], immediate: depth })
  }

  /** `write(i)` for i = from, from + step, ... below `end`; numbers are compared without sign. */
  for(from: number | Code<'i32'>, end: number | Code<'i32'>, step: number, write: (i: Local<'i32'>) => void): void {
    const known = typeof from === 'number' && typeof end === 'number'
    if (known && from >= end) return
    const i = this.let(typeof from === 'number' ? i32(from) : from)
    if (known && from + step >= end) {
      write(i)
      return this.free(i)
    }
    const run = (): void =>
      this.loop(() => {
        write(i)
        return lessThan(this.tee(i, add(i, step)), end)
      })
    if (known) run()
    else this.if(lessThan(i, end), run)
    this.free(i)
  }
  /** `write()` `count` times. */
  repeat(count: number | Code<'i32'>, write: () => void): void {
    if (count === 1) return write()
    if (typeof count === 'number' && count <= 0) return
    const left = this.let(typeof count === 'number' ? i32(count) : count)
    const run = (): void =>
      this.loop(() => {
        write()
        return this.tee(left, op('i32.sub', left, i32(1)))
      })
    if (typeof count === 'number') run()
    else this.if(left, run)
    this.free(left)
  }
}
