/** `compile(fn)`: the whole training step as one program. */
import type { Program } from '../contract/contract.ts'
import { describe } from '../signature/describe.ts'
import { boolean, fn as fnKind, string } from '../signature/kind.ts'
import { optional, signature, type OptionsOf } from '../signature/signature.ts'
import { OptionError, StateError } from '../contract/errors.ts'
import { currentTracer } from '../engine/tracer.ts'
import { Ahead } from './ahead.ts'
import { Conditions } from './conditions.ts'
import { difference } from './difference.ts'
import type { Compiled, CompileEvent } from './compiled.ts'
import { explain, type Explanation } from './explain.ts'
import { lowered } from './lowered.ts'
import { tell } from './log.ts'
import { LIVE } from './number-operand.ts'
import { Plan } from './plan.ts'
import type { Profile } from './profile.ts'
import type { Recording } from './recording.ts'
import { Rehearsals } from './rehearsals.ts'
import { flatStructure, operandsOf, type Structure } from './structure.ts'
import { assertSynchronous, trace, type Operands } from './trace.ts'

declare const performance: { now(): number }

const rows = {
  /** Shown in messages. Default: the function's name. */
  name: optional(string),
  /** Keep the gradients that an optimizer used up, so that `parameter.grad` can be read after the step. Default false. */
  gradients: optional(boolean, false),
  /**
   * Record again now and then (runs 2, 3, 4, 6, 8, 12, ...) and compare, so that what nobody can see, like a variable outside
   * that changed, is found. Default true.
   */
  check: optional(boolean, true),
  /**
   * What else the step depends on, asked at every call: `() => [config.beta, epoch > 3]`. Other values (by Object.is) make
   * another program, and former values find the former one again. Default: nothing.
   */
  guards: optional(fnKind<() => readonly unknown[]>()),
  /** Called when a program is made. Default: nothing; `logPrograms()` writes a line for every compiled function. */
  onCompile: optional(fnKind<(event: CompileEvent) => void>()),
}
export interface CompileOptions extends OptionsOf<typeof rows> {}
export const COMPILE = /* @__PURE__ */ signature('compile', { fn: fnKind() }, rows)

/** A function keeps so many programs prepared; the oldest go first. */
const KEPT = 64
/** A function that calls itself may be so often within itself; beyond, it would never end. */
const DEEPEST = 256

interface Prepared {
  readonly plan: Plan
  /** The object that it was called on. */
  readonly receiver: unknown
  readonly rehearsals: Rehearsals
}

/**
 * Records what `fn` does the first time it is called with operands of some types, and from then on runs the recording as
 * one prepared program: forward, backward and the optimizer's update. `fn` itself runs only while recording.
 *
 * Operands may be tensors (what `fn` writes in place to them, and the gradients of leaves, are theirs), numbers (live: they
 * differ from call to call without a new program, so they can be operands of tensor operations but not of JavaScript's),
 * other plain values, functions and modules (each makes a program of its own), and lists and plain objects of these. What the
 * function is called on is its `this`, and has programs of its own. Tensors that `fn` reads from outside are read anew at every call, and what it assigns to them is written back. Results are
 * new tensors without history (views have elements of their own), numbers among the operands as they are in this call, and
 * constants.
 *
 * Before every run everything that JavaScript can see is compared with what was recorded: operands and how they are equal,
 * the fields of all modules that ran (numbers, text, functions, modules, tensors, lists and plain objects of these), their hooks
 * and mode, what requires gradients, devices, and `guards`. What is another makes another program. What cannot be seen (a
 * variable outside, a private field, the clock) is found by recording again at runs 2, 3, 4, 6, 8, 12, 16, ..., and refused.
 *
 * Errors: OptionError for operands and results of other kinds, and for a function that is asynchronous; StateError when a
 * value is read inside, or when a second recording differs from the first. A call that fails (an index out of range, no memory)
 * takes back what it counted and gives back what it allocated: parameters, optimizer state and schedules are as before. As in an
 * eager step, random numbers are drawn, and what was written before the operation that failed (running statistics) is written.
 *
 * @example
 * ```ts
 * import { compile, randn, type Tensor } from '@glissade/core'
 * import * as F from '@glissade/core/functional'
 * import * as nn from '@glissade/core/nn'
 * import * as optim from '@glissade/core/optim'
 *
 * const model = new nn.Linear(4, 1)
 * const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
 * const step = compile((x: Tensor, y: Tensor) => {
 *   optimizer.zeroGrad()
 *   const loss = F.mseLoss(model(x), y)
 *   loss.backward()
 *   optimizer.step()
 *   return loss
 * })
 * const [x, y] = [randn([8, 4]), randn([8, 1])]
 * const first = await step(x, y).item()
 * for (let i = 0; i < 20; i++) step(x, y)
 * console.log((await step(x, y).item()) < first) // true
 * console.log(step.programs.length) // 1
 * ```
 */
export function compile<A extends readonly unknown[], R>(fn: (...args: A) => R, given?: CompileOptions): Compiled<A, R>
export function compile<A extends readonly unknown[], R>(fn: (...args: A) => R): Compiled<A, R> {
  const options = COMPILE.read(arguments)
  assertSynchronous('compile', fn)
  const name = options.name ?? (fn.name === '' ? 'compiled function' : fn.name)
  const prepared: Prepared[] = []
  const programs: Program[] = []
  /** Why the program of the call before was not kept. */
  let last = ''
  const ahead = new Ahead()
  /** Modules of all recordings. */
  const modules = new Set<object>()
  /** How many calls of it are running within a recording. */
  let within = 0
  /** What the function was called on last: its `this`. */
  let receiver: unknown

  const record = (
    operands: Operands,
    how: { rehearsal?: boolean; plain?: boolean; like?: Recording } = {},
  ): Recording => {
    const recording = trace(name, fn, receiver, operands, { ...how, gradients: options.gradients, modules })
    if (how.rehearsal === true) recording.revert()
    return recording
  }
  /** The first recording: where numbers are operands, with a look at what they do as plain numbers. */
  const recordFirst = (operands: Operands, rehearsal = false): Recording => {
    if (!options.check || !operands.leaves.some((leaf) => typeof leaf === 'number'))
      return record(operands, { rehearsal })
    const plain = record(operands, { rehearsal: true, plain: true })
    let recording: Recording
    try {
      recording = record(operands, { rehearsal })
    } catch (error) {
      // As plain numbers they would have done.
      if (error instanceof Error && !error.message.includes(LIVE)) error.message += `; ${LIVE}`
      throw error
    }
    try {
      compare(name, recording, plain, operands.leaves)
    } catch (error) {
      if (!rehearsal) recording.revert()
      throw error
    }
    return recording
  }

  /** Whether a plan that holds may run; throws where the function is no longer what was recorded. */
  const stands = ({ plan, rehearsals }: Prepared, structure: Structure, leaves: readonly unknown[]): boolean => {
    const { conditions } = plan
    const isUnsure = conditions.isUnsure(leaves)
    const isDue = options.check && rehearsals.isDue(plan.runs + 1, leaves)
    if (!isUnsure && !isDue) return true
    const again = record({ structure, leaves }, { rehearsal: true, plain: true, like: conditions.recording })
    if (!conditions.settle(leaves, again)) return false
    if (isDue) {
      compare(name, conditions.recording, again, leaves)
      rehearsals.done(plan.runs + 1, leaves)
    }
    return true
  }
  /** Why no program holds; of several the latest is asked. */
  const reason = (structure: Structure, leaves: readonly unknown[], guarded: readonly unknown[]): string => {
    const latest = prepared.at(-1)
    if (latest !== undefined && latest.receiver !== receiver) return 'it is called on another object'
    if (latest !== undefined)
      return latest.plan.conditions.broken(structure, leaves, guarded) ?? 'two programs take turns'
    return programs.length === 0 ? 'the first call' : last
  }
  const keep = (made: Prepared): void => {
    prepared.push(made)
    if (prepared.length > KEPT) prepared.shift()!.plan.release()
  }

  /** The program that a call would run; a call also looks whether it is due to be recorded again. */
  const standing = (structure: Structure, leaves: readonly unknown[], guarded: readonly unknown[]): Plan | undefined =>
    prepared.find((made) => made.receiver === receiver && made.plan.conditions.hold(structure, leaves, guarded))?.plan

  function call(this: unknown, ...args: A): R {
    const tracer = currentTracer()
    if (tracer !== null) {
      guardsOf(name, options.guards).forEach((_, i) =>
        tracer.guard?.(`guard ${i} of ${name}`, () => guardsOf(name, options.guards)[i]),
      )
      if (within === DEEPEST) throw new StateError(name, `it calls itself, and was within itself ${DEEPEST} times`)
      within++
      try {
        return Reflect.apply(fn, this, args)
      } finally {
        within--
      }
    }
    // oxlint-disable-next-line no-this-alias -- recordings are made later, by functions that have none
    receiver = this
    const flat = flatStructure(args)
    const apart = flat === null ? operandsOf(name, args) : null
    const structure = apart?.structure ?? flat!
    const leaves = apart?.leaves ?? args
    const guarded = options.guards === undefined ? NOTHING : guardsOf(name, options.guards)
    for (let i = 0; i < prepared.length; i++) {
      const { plan, receiver: known } = prepared[i]!
      if (
        known === receiver &&
        plan.conditions.hold(structure, leaves, guarded) &&
        stands(prepared[i]!, structure, leaves)
      )
        return plan.run(leaves) as R
    }
    for (const { plan } of prepared) assertSameParameters(name, plan.conditions.recording)
    const why = reason(structure, leaves, guarded)
    const start = performance.now()
    const recording = recordFirst({ structure, leaves })
    const recorded = performance.now()
    let plan: Plan | null = null
    try {
      plan = new Plan(name, new Conditions(structure, leaves, guarded, recording), (...program) =>
        ahead.take(name, ...program),
      )
      programs.push(plan.program)
      const { program } = plan
      tell({
        name,
        count: programs.length,
        why,
        program,
        recorded: recorded - start,
        prepared: performance.now() - recorded,
      })
      options.onCompile?.({ name, programs: programs.length, program, why })
      const results = plan.run(leaves, true) as R
      // A replay would not change fields as the function did. What it put back shows in the next recording, which begins with
      // a look at the modules of this one.
      const { fields, once } = recording
      const changed = fields.change()
      if (once || changed !== null) {
        last = once ? 'the call before made state, which this one reads' : `the call before changed it: ${changed!}`
        plan.release()
      } else keep({ plan, receiver, rehearsals: new Rehearsals(leaves) })
      return results
    } catch (error) {
      // With the state that the recording made, the plan is void.
      recording.revert()
      plan?.release()
      throw error
    }
  }
  const explained = (...args: A): Explanation => {
    const { structure, leaves } = operandsOf(name, args)
    const guarded = guardsOf(name, options.guards)
    const isMade = standing(structure, leaves, guarded) !== undefined
    const why = isMade ? null : reason(structure, leaves, guarded)
    const recording = recordFirst({ structure, leaves }, true)
    const plan = new Plan(name, new Conditions(structure, leaves, guarded, recording))
    return explain(name, recording.device.backend.name, why, recording.program, plan.program, plan.release())
  }
  const prepare = async (...args: A): Promise<void> => {
    const { structure, leaves } = operandsOf(name, args)
    const known = standing(structure, leaves, guardsOf(name, options.guards))
    if (known !== undefined) return known.ready
    const recording = recordFirst({ structure, leaves }, true)
    return ahead.prepare(name, recording.device, lowered(name, recording).program)
  }
  const profile = async (...args: A): Promise<Profile> => {
    const { structure, leaves } = operandsOf(name, args)
    const guarded = guardsOf(name, options.guards)
    const known = standing(structure, leaves, guarded)
    if (known !== undefined) return known.profile(leaves)
    const recording = recordFirst({ structure, leaves })
    let plan: Plan | null = null
    try {
      plan = new Plan(name, new Conditions(structure, leaves, guarded, recording))
      // Not awaited: the runs are issued, and what the recording made of state goes before anybody else sees it.
      return plan.profile(leaves, true)
    } finally {
      recording.revert()
      plan?.release()
    }
  }
  return Object.defineProperties(call, {
    programs: { get: () => programs },
    explain: { value: explained },
    prepare: { value: prepare },
    profile: { value: profile },
  }) as Compiled<A, R>
}

const NOTHING: readonly unknown[] = []
function guardsOf(name: string, guards: CompileOptions['guards']): readonly unknown[] {
  if (guards === undefined) return NOTHING
  const values: unknown = guards()
  if (!Array.isArray(values)) throw new OptionError(name, `guards must give a list of values (got ${describe(values)})`)
  return values as readonly unknown[]
}

function assertSameParameters(name: string, { fields }: Recording): void {
  const field = fields.replacedParameter()
  if (field === null) return
  throw new StateError(
    name,
    `${field} is another parameter than the one that was recorded, which optimizers made before would go on with; ` +
      'copy values into that one (noGrad(() => p.copy_(values))), or compile the function again',
  )
}
function compare(name: string, recording: Recording, again: Recording, leaves: readonly unknown[]): void {
  const found = difference(recording, again, leaves)
  if (found === null) return
  throw new StateError(
    name,
    'two recordings of the function differ, so a replay would be wrong. A number or a choice from outside was frozen into the ' +
      'program, or a number operand was used in a choice; pass what changes as an operand (numbers in tensor operations, flags as ' +
      'booleans or strings), or list it in compile(fn, { guards: () => [...] }).' +
      `\n  first:  ${found.before}\n  second: ${found.after}`,
  )
}
