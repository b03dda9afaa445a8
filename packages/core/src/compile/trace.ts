/** Runs a function once, with a recorder in the place of a device. */
import { OptionError, StateError } from '../contract/errors.ts'
import { Handle } from '../engine/handle.ts'
import { tracing } from '../engine/tracer.ts'
import { defaultGenerator } from '../random/default-generator.ts'
import type { Generator } from '../random/generator.ts'
import { forsake, isPromise } from '../signature/promise.ts'
import { overlap } from './conditions.ts'
import { isModule } from './fields.ts'
import { Recorder } from './recorder.ts'
import type { Recording } from './recording.ts'
import { operandName, operandsOf, resultsOf, type Structure } from './structure.ts'

export interface Operands {
  readonly structure: Structure
  readonly leaves: readonly unknown[]
}

export interface TraceOptions {
  /** Keep gradients that an optimizer used up. */
  readonly gradients: boolean
  /** Modules of earlier recordings; those of this one are added. */
  readonly modules: Set<object>
  /** With the numbers themselves in the place of live ones, as eager code sees them. */
  readonly plain?: boolean
  /** The recording that it is to be compared with. */
  readonly like?: Recording
  /** Keep operations as nodes. */
  readonly operations?: boolean
  /** Operands that have no elements and stand for their types. */
  readonly types?: ReadonlySet<Handle>
  /** Modules that the user named, and those in them, with their paths. */
  readonly named?: ReadonlyMap<object, string>
}

const NO_TYPES: ReadonlySet<Handle> = new Set()

/**
 * What `fn` does, recorded. State on the host is as the function left it (`revert` takes that back), tensors are as before.
 * @param name of the function, for errors @param receiver its `this`
 */
export function trace(
  name: string,
  fn: (...args: never[]) => unknown,
  receiver: unknown,
  { structure, leaves }: Operands,
  { gradients, modules, plain = false, like, types = NO_TYPES, ...rest }: TraceOptions,
): Recording {
  const numbers = (like?.events ?? []).flatMap((event) => (event.kind === 'numbers' ? [event.source] : []))
  const recorder = new Recorder({ name, gradients, modules, numbers, ...rest })
  try {
    const given = leaves.map((leaf, i) => {
      if (leaf instanceof Handle) recorder.operand(leaf, i, types.has(leaf))
      return typeof leaf === 'number' && !plain ? recorder.number(i, leaf) : leaf
    })
    const args = structure.rebuild(given) as unknown[]
    const generators = new Set([defaultGenerator, ...generatorsOf(like)])
    const positions = [...generators].map(({ position }) => position)
    const recording = tracing(recorder, () => {
      for (const value of [receiver, ...leaves]) if (isModule(value)) recorder.module(value)
      const result: unknown = Reflect.apply(fn, receiver, args)
      assertNoPromise(name, result)
      assertUnchanged(name, args, given, structure)
      return recorder.finish(resultsOf(name, result))
    })
    if ([...generators].some(({ position }, i) => position !== positions[i]))
      throw new StateError(
        name,
        'the function seeds a generator, or draws from it on the host, which a replay would not do; do it outside',
      )
    for (const module of recording.fields.modules) modules.add(module)
    assertApart(name, recording, structure, leaves)
    return recording
  } catch (error) {
    recorder.restore()
    recorder.revert()
    throw error
  }
}

const generatorsOf = (recording: Recording | undefined): Generator[] =>
  (recording?.events ?? []).flatMap((event) => (event.kind === 'draw' ? [event.generator] : []))

const ADVICE = 'a replay would not wait for anything; make the waiting part a function of its own, around this one'

/** @param operation that the function was given to */
export function assertSynchronous(operation: string, fn: (...args: never[]) => unknown): void {
  const [, kind = ''] =
    /^\[object (Async|Generator|AsyncGenerator)Function\]$/.exec(Object.prototype.toString.call(fn)) ?? []
  if (kind !== '')
    throw new OptionError(
      operation,
      `${fn.name || 'the function'} is ${kind === 'Generator' ? 'a generator' : 'asynchronous'}: ${ADVICE}`,
    )
}
function assertNoPromise(name: string, result: unknown): void {
  if (!isPromise(result)) return
  forsake(result)
  throw new OptionError(name, `the function returns a promise: ${ADVICE}`)
}
/** Lists and objects among the operands are copies in here: what is changed in them would be lost. */
function assertUnchanged(
  name: string,
  args: readonly unknown[],
  given: readonly unknown[],
  structure: Structure,
): void {
  const now = operandsOf(name, args)
  const at = now.leaves.findIndex((leaf, i) => !Object.is(leaf, given[i]))
  if (at < 0 && now.structure.equals(structure)) return
  throw new OptionError(
    name,
    `the function changes a list or an object among its operands${at < 0 ? '' : ` (${operandName(now.structure, at)})`}; return what is new instead`,
  )
}
/** An operand that is a view stands for itself, which goes only where nothing is written that it is a view of. */
function assertApart(name: string, recording: Recording, structure: Structure, leaves: readonly unknown[]): void {
  for (const [i, leaf] of leaves.entries()) {
    if (!(leaf instanceof Handle) || leaf.root === leaf) continue
    const what = overlap(recording, leaves, leaf, i)
    if (what !== null)
      throw new StateError(
        name,
        `${operandName(structure, i)} is a view of ${what}, and the function writes to one of them; pass it as x.clone()`,
      )
  }
}
