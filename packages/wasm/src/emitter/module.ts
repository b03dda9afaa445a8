/** A WebAssembly module being written: functions over one imported memory. */
import type { OwnBytes } from '@glissade/core/backend'
import { encode } from './encode.ts'
import { FunctionWriter, type Callee, type Local } from './function.ts'
import type { Result, ValueType } from './instructions.ts'
import { lift } from './lift.ts'
import { ConstantPool } from './pool.ts'

/** A function that comes with the instance. */
export interface ImportedFunction extends Callee {
  readonly imported: true
}

export class ModuleWriter {
  readonly imports: ImportedFunction[]
  readonly functions: FunctionWriter[] = []
  readonly exports: Callee[] = []
  readonly sharedMemory: boolean
  readonly pool: ConstantPool
  readonly relaxed: boolean
  readonly isGeneric: boolean
  /** `look(phase)` of the first of several threads, which waits for the phase to pass; null where there is one thread. */
  readonly look: (ImportedFunction & { readonly result: 'void' }) | null
  #named = new Map<string, Callee>()
  #unwritten: (() => void)[] = []

  /**
   * @param options.pool its constants; default a pool of its own at address 0
   * @param options.sharedMemory whether other threads see its memory; default false
   * @param options.relaxed whether it may use relaxed SIMD; default false
   * @param options.isGeneric whether it is to serve other sizes too; default false
   */
  constructor({
    pool = new ConstantPool(0),
    sharedMemory = false,
    relaxed = false,
    isGeneric = false,
  }: { pool?: ConstantPool; sharedMemory?: boolean; relaxed?: boolean; isGeneric?: boolean } = {}) {
    this.isGeneric = isGeneric
    this.pool = pool
    this.sharedMemory = sharedMemory
    this.look = sharedMemory ? { name: 'look', params: ['i32'], result: 'void', index: 0, imported: true } : null
    this.imports = this.look === null ? [] : [this.look]
    this.relaxed = relaxed
  }

  function<R extends Result>(
    name: string,
    params: readonly ValueType[],
    result: R,
  ): FunctionWriter & { readonly result: R } {
    const writer = new FunctionWriter(name, params, result, this.imports.length + this.functions.length, this)
    this.functions.push(writer)
    return writer as FunctionWriter & { readonly result: R }
  }
  /** The function of this name, which is the same in every module; written once, when the module is. */
  once<const P extends readonly ValueType[], R extends Result>(
    name: string,
    params: P,
    result: R,
    write: (f: FunctionWriter, ...params: { readonly [I in keyof P]: Local<P[I]> }) => void,
  ): Callee & { readonly result: R } {
    const known = this.#named.get(name)
    if (known !== undefined) return known as Callee & { readonly result: R }
    const writer = this.function(name, params, result)
    this.#named.set(name, writer)
    const locals = params.map((type, i) => writer.param(i, type))
    this.#unwritten.push(() => write(writer, ...(locals as { [I in keyof P]: Local<P[I]> })))
    return writer
  }
  export(callee: Callee): void {
    this.exports.push(callee)
  }

  /** Writes the functions that were only asked for so far. */
  complete(): this {
    for (let write = this.#unwritten.shift(); write !== undefined; write = this.#unwritten.shift()) write()
    return this
  }
  /** The module in the binary format. */
  bytes(): OwnBytes {
    return encode(this.complete())
  }
  /**
   * Takes the sizes out of the functions that are its own.
   * @param slot where their address is found when the module runs
   * @returns them, and what the module is without them, as a key
   */
  lift(slot: number): { readonly sizes: number[]; readonly key: string } {
    const sizes: number[] = []
    const key = this.functions.map((f) => (this.#named.has(f.name) ? f.name : lift(f, slot, sizes))).join('\n')
    return { sizes, key }
  }
}
