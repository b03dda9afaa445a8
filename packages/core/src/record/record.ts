/** `record(fn, operands)`: what a function does, as a program with names. Nothing is computed, and nothing changes. */
import { isPlain } from '../compile/plain.ts'
import { operandsOf } from '../compile/structure.ts'
import { assertSynchronous, trace } from '../compile/trace.ts'
import type { TensorType } from '../contract/contract.ts'
import { defaultDevice, deviceOf, type Device } from '../engine/device.ts'
import { Handle } from '../engine/handle.ts'
import { Value } from '../engine/value.ts'
import { Builder } from '../ir/builder.ts'
import { Type } from '../ir/type.ts'
import { isModule, type AnyModule } from '../nn/module.ts'
import { boolean, device, dtype, fn as fnKind, kind, list, string, type Kind } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { Tensor } from '../tensor/tensor.ts'
import { Names, stateOf } from './names.ts'
import type { Recorded } from './recorded.ts'

const modules: Kind<AnyModule | Readonly<Record<string, AnyModule>>> = /* @__PURE__ */ kind(
  'a module, or modules by name',
  (value) => isModule(value) || (isPlain(value) && Object.values(value).every(isModule)),
)

const rows = {
  /** Names of the operands, in order. Default: `operand 0`, ... */
  names: optional(list(string), []),
  /**
   * Whose parameters and buffers are named, and the paths of whose modules are origins: a model, or several by name, which is put
   * before their keys. Default: modules that `fn` calls.
   */
  modules: optional(modules, null),
  /**
   * Keep every operation (`linear`, `conv2d`, `sum`, the update of a parameter) as one node with its attributes, and its program
   * as the body; `operationOf` (`@glissade/core/ir`) gives the name. Default false: only composites are kept.
   */
  operations: optional(boolean, false),
  /** Give the gradients that an optimizer used up as outputs. Default false. */
  gradients: optional(boolean, false),
  /** Where operands that are given as types are. Default: where the module `fn` has its parameters, or the default device. */
  device: optional(device),
}
export interface RecordOptions extends OptionsOf<typeof rows> {}
export const RECORD = /* @__PURE__ */ signature(
  'record',
  { fn: fnKind(), operands: list(/* @__PURE__ */ kind('an operand', () => true)) },
  rows,
)

/** An operand, or instead of a tensor its type. */
export type RecordOperand<T> = T extends Handle
  ? T | TensorType
  : T extends (...args: never[]) => unknown
    ? T
    : T extends readonly unknown[]
      ? { readonly [K in keyof T]: RecordOperand<T[K]> }
      : T extends object
        ? { readonly [K in keyof T]: RecordOperand<T[K]> }
        : T

/**
 * Runs `fn` once on operands that have no elements, and gives what it does as a program, as it is written: not lowered, with the
 * paths of modules as origins, and with names for all that goes in and comes out. Exporters and tools read programs from here;
 * `compile` records in the same way.
 *
 * Operands are what a compiled function takes, where a tensor may be given by its type, `{ dtype, shape }`. Nothing is computed, and
 * what `fn` changes (parameters, state of optimizers, counts, generators) is as it was before.
 * @param operands of one call, in order
 * Errors: those of `compile`; StateError where two models have keys in common and are not named.
 *
 * @example
 * ```ts
 * import { operationOf } from '@glissade/core/ir'
 * import * as nn from '@glissade/core/nn'
 * import { record } from '@glissade/core/record'
 *
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU())
 * const recorded = record(model, [{ dtype: 'float32', shape: [2, 4] }], { names: ['x'], operations: true })
 * console.log(recorded.inputs.map(({ name }) => name).join(' ')) // x 0.weight 0.bias
 * console.log(recorded.program.nodes.map((node) => `${operationOf(node)} in ${node.origin}`).join(', ')) // linear in 0, relu in 1
 * console.log(recorded.outputs[0]?.name) // result
 * ```
 */
export function record<A extends readonly unknown[]>(
  fn: (...args: A) => unknown,
  operands: { readonly [K in keyof A]: RecordOperand<A[K]> },
  options?: RecordOptions,
): Recorded
export function record(fn: (...args: never[]) => unknown, given: readonly unknown[]): Recorded {
  const options = RECORD.read(arguments)
  assertSynchronous('record', fn)
  const models = modelsOf(options.modules ?? null)
  const named = new Map<object, string>(
    models.flatMap(([prefix, model]) => model.namedModules(prefix).map(([path, module]) => [module, path] as const)),
  )
  const at = options.device === undefined ? deviceFor(fn) : deviceOf(options.device)
  const types = new Set<Handle>()
  const operands = operandsOf(
    'record',
    given.map((operand) => withTensors(operand, at, types)),
  )
  const recording = trace('record', fn, undefined, operands, {
    gradients: options.gradients,
    modules: new Set(),
    operations: options.operations,
    types,
    named,
  })
  try {
    const others = [...recording.models]
      .filter((module) => !named.has(module))
      .map((module): readonly [string, AnyModule] => ['', module as AnyModule])
    return new Names('record', recording, operands, [...models, ...others], options.names).recorded()
  } finally {
    recording.revert()
  }
}

function modelsOf(given: AnyModule | Readonly<Record<string, AnyModule>> | null): (readonly [string, AnyModule])[] {
  if (given === null) return []
  if (isModule(given)) return [['', given]]
  return Object.entries(given).map(([name, model]) => [name, model])
}

function deviceFor(fn: unknown): Device {
  const [first] = isModule(fn) ? stateOf(fn, '') : []
  return first === undefined ? defaultDevice() : deviceOf(first.tensor.device)
}

const isType = (value: unknown): value is TensorType =>
  value instanceof Type ||
  (isPlain(value) &&
    Object.keys(value).toSorted().join() === 'dtype,shape' &&
    dtype.accepts(value['dtype']) &&
    Array.isArray(value['shape']))

/** An operand with a tensor in the place of every type. */
function withTensors(operand: unknown, at: Device, types: Set<Handle>): unknown {
  if (isType(operand)) {
    // A value of a program that is never finished: who keeps the tensor is refused as with any value of a recording.
    const sym = new Builder().input(operand)
    const tensor = new Tensor(new Value(sym.type, at, null, 0, sym))
    types.add(tensor)
    return tensor
  }
  if (Array.isArray(operand)) return operand.map((part) => withTensors(part, at, types))
  if (isPlain(operand))
    return Object.fromEntries(Object.entries(operand).map(([key, part]) => [key, withTensors(part, at, types)]))
  return operand
}
