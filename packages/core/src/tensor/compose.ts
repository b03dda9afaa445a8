/**
 * Operations written in tensor code: `compose(name, fn)` traces `fn` once per signature, so that eager execution runs it
 * as one program and its backward as another. Operations whose speed matters most are written in primitives (`Op`).
 */
import type { HostArray } from '../backend/dtype.ts'
import { StateError } from '../backend/errors.ts'
import type { Builder, Sym } from '../ir/builder.ts'
import type { Type } from '../ir/type.ts'
import type { Device } from './device.ts'
import { noGrad } from './grad-node.ts'
import { Op, type Attrs, type Entry, type OpOptions } from './op.ts'
import { Tensor } from './tensor.ts'
import { tracing, type Scalar, type Tracer } from './tracer.ts'
import { Value } from './value.ts'

/** While a pure function is traced there is no device: it runs on its operands', whichever that is. */
const NO_DEVICE = null as unknown as Device

class SymTracer implements Tracer {
  readonly #name: string
  readonly #builder: Builder
  constructor(name: string, builder: Builder) {
    this.#name = name
    this.#builder = builder
  }
  touch(): void {}
  run(entry: Entry, args: readonly Value[], numbers: readonly Scalar[]): Value[] {
    const operands = args.map((value) => {
      if (value.sym?.builder !== this.#builder) throw this.#impure('a tensor that is not among its operands')
      return value.sym
    })
    const constants = numbers.map((number, i) => this.#builder.fill(entry.program.scalars[i]!, [], typeof number === 'number' ? number : number.read()))
    return this.#builder.inline(entry.program, [...operands, ...constants]).map((sym) => symbolic(sym))
  }
  draw(): Value {
    throw this.#impure('random numbers')
  }
  constant(type: Type, _: Device, elements: HostArray): Value {
    return symbolic(this.#builder.data(type.dtype, type.shape, [...elements]))
  }
  #impure(what: string): StateError {
    return new StateError(this.#name, `a composed operation is a pure function of its operands, but it uses ${what}; pass it in`)
  }
}

const symbolic = (sym: Sym): Value => new Value(sym.type, NO_DEVICE, null, 0, sym)

/**
 * An operation from tensor code. `fn` is called once per signature, with its operands (numbers arrive as 0-d tensors) and
 * attributes; it must be pure.
 */
export function compose<A extends Attrs>(
  name: string, fn: (args: readonly Tensor[], attrs: A) => Tensor | readonly Tensor[], options: OpOptions = {},
): Op<A> {
  return new Op<A>(name, (args, attrs, builder) => {
    const results = tracing(new SymTracer(name, builder), () => noGrad(() => fn(args.map((arg) => new Tensor(symbolic(arg))), attrs)))
    return (Array.isArray(results) ? (results as readonly Tensor[]) : [results as Tensor]).map((result) => result.value.sym!)
  }, options)
}
