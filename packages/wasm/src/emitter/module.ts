/** A WebAssembly module being written: functions over one imported memory. */
import { encode } from './encode.ts'
import { FunctionWriter, type Callee } from './function.ts'
import type { Result, ValueType } from './instructions.ts'
import { ConstantPool } from './pool.ts'

/** A function that comes with the instance. */
export interface ImportedFunction extends Callee {
  readonly imported: true
}

export class ModuleWriter {
  readonly imports: ImportedFunction[] = []
  readonly functions: FunctionWriter[] = []
  readonly exports: Callee[] = []
  readonly sharedMemory: boolean
  readonly pool: ConstantPool
  readonly relaxed: boolean
  #named = new Map<string, Callee>()

  /**
   * @param options.pool its constants; default a pool of its own at address 0
   * @param options.sharedMemory whether other threads see its memory; default false
   * @param options.relaxed whether it may use relaxed SIMD; default false
   */
  constructor({
    pool = new ConstantPool(0),
    sharedMemory = false,
    relaxed = false,
  }: { pool?: ConstantPool; sharedMemory?: boolean; relaxed?: boolean } = {}) {
    this.pool = pool
    this.sharedMemory = sharedMemory
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
  /** The function of this name, written when first asked for. */
  once<R extends Result>(
    name: string,
    params: readonly ValueType[],
    result: R,
    write: (f: FunctionWriter) => void,
  ): Callee & { readonly result: R } {
    const known = this.#named.get(name)
    if (known !== undefined) return known as Callee & { readonly result: R }
    const writer = this.function(name, params, result)
    this.#named.set(name, writer)
    write(writer)
    return writer
  }
  export(callee: Callee): void {
    this.exports.push(callee)
  }

  /** The module in the binary format. */
  bytes(): Uint8Array<ArrayBuffer> {
    return encode(this)
  }
}
