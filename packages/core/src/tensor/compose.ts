/**
 * Operations of the user's own, written in tensor code: traced once per signature, so that eager execution runs each as
 * one program and its backward as another; a name makes it a composite that a backend may run by itself.
 */
import type { Elements } from '../contract/dtype.ts'
import { OptionError, StateError } from '../contract/errors.ts'
import { programKey, type Builder, type Sym } from '../ir/builder.ts'
import { bodyOf, type CompositeDefinition, type PackageName, type Trace } from '../ir/composite.ts'
import type { Type } from '../ir/type.ts'
import { describe } from '../signature/describe.ts'
import { boolean, fn as fnKind, list, object, string } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import type { Device } from '../engine/device.ts'
import { apply, type Arg } from '../engine/door.ts'
import { noGrad } from '../engine/grad-node.ts'
import { operand, tensor, tensors } from '../engine/kinds.ts'
import { Composite, Op, type Attrs, type Entry } from '../engine/op.ts'
import { Tensor } from './tensor.ts'
import { tracing, type Scalar, type Tracer } from '../engine/tracer.ts'
import { Value } from '../engine/value.ts'

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
    const constants = numbers.map((number, i) =>
      this.#builder.fill(entry.program.scalars[i]!, [], typeof number === 'number' ? number : number.read()),
    )
    return this.#builder.inline(entry.program, [...operands, ...constants]).map(symbolic)
  }
  draw(): Value {
    throw this.#impure('random numbers')
  }
  constant(type: Type, _: Device, elements: Elements): Value {
    return symbolic(this.#builder.data(type.dtype, type.shape, [...elements]))
  }
  #impure(what: string): StateError {
    return new StateError(
      this.#name,
      `a composed operation is a pure function of its operands, but it uses ${what}; pass it in`,
    )
  }
}

const symbolic = (sym: Sym): Value => new Value(sym.type, NO_DEVICE, null, 0, sym)

const composeOptions = {
  /**
   * Keep it as one node under its name, `package/name`, with its definition as the body: a backend that lists the name in
   * `capabilities.runs` runs it by itself, and all others run the body. Default false: its nodes are written out.
   */
  composite: optional(boolean, false),
}
export interface ComposeOptions extends OptionsOf<typeof composeOptions> {}
export const COMPOSE = /* @__PURE__ */ signature('compose', { name: string, fn: fnKind() }, composeOptions)

/** The first definition of every composite of users. */
const firsts = new Map<string, CompositeDefinition>()
function assertName(name: string): asserts name is PackageName {
  if (!/^[^/\s]+(\/[^/\s]+)+$/.test(name))
    throw new OptionError(
      'compose',
      `a composite is named 'package/name': bare names are this library's, and backends have kernels for them (got '${name}')`,
    )
}

/** Backends choose kernels by the name alone, so a second definition (a copy, a reloaded module, a closure) must mean the first. */
const asFirst =
  <A extends Attrs>(name: string, first: CompositeDefinition, trace: Trace<A>): Trace<A> =>
  (args, attrs, builder) => {
    const own = bodyOf({ name, trace, gradient: null }, args, attrs)
    let same = false
    try {
      same = programKey(bodyOf(first, args, attrs as never)) === programKey(own)
    } catch {
      // The first does not take these operands or attributes.
    }
    if (!same)
      throw new OptionError(
        'compose',
        `'${name}' is another composite already: for (${args.map(({ type }) => String(type)).join(', ')}) it was defined otherwise ` +
          'before, and backends choose kernels by the name; what a closure holds belongs among the operands or attributes; of two ' +
          'versions of a package install one; after a hot reload load the page again; or name this one otherwise',
      )
    return builder.inline(own, args)
  }

function compositeOf<A extends Attrs>(name: string, trace: Trace<A>): Op<A> {
  assertName(name)
  const first = firsts.get(name)
  const composite = new Composite<PackageName, A>(name, first === undefined ? trace : asFirst(name, first, trace))
  if (first === undefined) firsts.set(name, composite)
  return composite
}

/**
 * An operation from tensor code. `fn` is called once per signature, with its operands (numbers arrive as 0-d tensors)
 * and attributes (plain values that select the program); it must be pure. Gradients follow from its definition.
 * @returns a function of the operands and attributes that gives the results of `fn`
 * Errors: OptionError where a composite has a bare name, or that of another; StateError where `fn` uses tensors that are not
 * operands, or random numbers.
 */
export function compose<A extends Attrs = Attrs, R extends Tensor | readonly Tensor[] = Tensor>(
  name: string,
  fn: (operands: readonly Tensor[], attributes: A) => R,
  options?: ComposeOptions,
): (operands: readonly (Tensor | number)[], attributes?: A) => R
export function compose<A extends Attrs, R extends Tensor | readonly Tensor[]>(
  name: string,
  fn: (operands: readonly Tensor[], attributes: A) => R,
): (operands: readonly (Tensor | number)[], attributes?: A) => R {
  const { composite } = COMPOSE.read(arguments)
  const takes = signature(name, { operands: list(operand), attributes: optional(object<A>()) })
  let single: boolean | null = null
  const trace: Trace<A> = (args, attrs, builder) => {
    const results: R = tracing(new SymTracer(name, builder), () =>
      noGrad(() =>
        fn(
          args.map((arg) => new Tensor(symbolic(arg))),
          attrs,
        ),
      ),
    )
    const one = !Array.isArray(results)
    if (!(one ? tensor.accepts(results) : tensors.accepts(results)))
      throw new OptionError(name, `the function must give a tensor or a list of tensors (got ${describe(results)})`)
    if (one !== (single ??= one))
      throw new OptionError(
        name,
        'the function must always give a tensor, or always a list (got now one, now the other)',
      )
    return (one ? [results as Tensor] : (results as readonly Tensor[])).map((result) => result.value.sym!)
  }
  const op = composite ? compositeOf(name, trace) : new Op<A>(name, trace)
  return function (operands, attributes = {} as A) {
    takes.read(arguments)
    const results = apply(op, attributes, operands as readonly Arg[])
    return (single === true ? results[0] : results) as R
  }
}
