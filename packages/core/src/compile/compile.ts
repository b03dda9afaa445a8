/** `compile(fn)`: the whole training step as one program. */
import type { Program } from '../backend/contract.ts'
import { StateError } from '../backend/errors.ts'
import { print } from '../ir/print.ts'
import { defaultDevice, type Device } from '../tensor/device.ts'
import { Handle } from '../tensor/handle.ts'
import { currentTracer, LiveNumber, tracing } from '../tensor/tracer.ts'
import { explain, type Explanation } from './explain.ts'
import { tell } from './log.ts'
import { Plan } from './plan.ts'
import { Recorder, type Recording } from './recorder.ts'
import { operandsOf, structureOf, type Structure } from './structure.ts'

declare const performance: { now(): number }

export interface CompileOptions {
  /** Shown in messages; default the function's name. */
  readonly name?: string
  /** Keep the gradients that an optimizer used up, so that `parameter.grad` can be read after the step. Default false. */
  readonly gradients?: boolean
  /** Trace a second time and compare, so that a number frozen into the program is found. Default true. */
  readonly check?: boolean
  /** Called when a program is made. Default: nothing; `logPrograms()` writes a line for every compiled function. */
  readonly onCompile?: (event: CompileEvent) => void
}

export interface CompileEvent {
  readonly name: string
  /** How many programs the function has made, with this one. */
  readonly programs: number
  readonly program: Program
  /** Why the programs before would not do. */
  readonly why: string
}

export interface Compiled<A extends readonly unknown[], R> {
  (...args: A): R
  /** The programs made so far, in the order they were made. */
  readonly programs: readonly Program[]
  /**
   * What a call with these operands would run: kernels, FLOPs, bytes, planned memory, and where each kernel came from.
   * Nothing is run and no state changes; throws what the call would throw while it is recorded or prepared.
   */
  explain(...args: A): Explanation
}

/**
 * Records what `fn` does the first time it is called with operands of some types, and from then on runs the recording as
 * one prepared program: forward, backward and the optimizer's update. `fn` itself runs only while recording.
 *
 * Operands may be tensors, numbers (live: they differ from call to call without a new program, so they can be operands
 * of tensor operations but not of JavaScript's), other plain values (structural: each makes a program of its own), and
 * arrays and plain objects of these. Tensors that `fn` reads from outside are read anew at every call, and what it
 * assigns to them is written back. Results are new tensors without history.
 *
 * Errors: StateError when a value is read inside, or when a second recording differs from the first. A call that fails
 * (an index out of range, no memory) takes back what it counted and gives back what it allocated: parameters, optimizer
 * state and schedules are as before. As in an eager step, random numbers are drawn, and what was written before the
 * operation that failed (running statistics) is written.
 */
export function compile<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  const name = options.name ?? (fn.name === '' ? 'compiled function' : fn.name)
  const plans: Plan[] = []
  const programs: Program[] = []

  const record = (
    structure: Structure,
    leaves: readonly unknown[],
    rehearsal = false,
  ): { recording: Recording; result: Structure } => {
    const recorder = new Recorder(deviceOf(leaves), { gradients: options.gradients ?? false, rehearsal })
    try {
      let index = 0
      const args = structure.rebuild(
        leaves.map((leaf, i) => {
          if (leaf instanceof Handle) return recorder.argument(leaf.type, index++)
          return typeof leaf === 'number' ? numberArgument(() => [current[i] as number]) : leaf
        }),
      ) as A
      const { structure: result, leaves: results } = structureOf(tracing(recorder, () => fn(...args)))
      const handles = results.filter((leaf): leaf is Handle => leaf instanceof Handle)
      const recording = tracing(recorder, () => recorder.finish(handles))
      if (rehearsal) recorder.revert()
      return { recording, result: result.withConstants(results) }
    } catch (error) {
      recorder.restore()
      recorder.revert()
      throw error
    }
  }
  /** The operands of the running call, which live numbers read. */
  let current: readonly unknown[] = []

  /** Why no program holds; of several the latest is asked. */
  const reason = (structure: Structure, leaves: readonly unknown[]): string => {
    const latest = plans.at(-1)
    if (latest !== undefined) return latest.conditions.broken(structure, leaves) ?? 'two programs take turns'
    return programs.length === 0 ? 'the first call' : 'the call before made state, which this one reads'
  }

  const call = (...args: A): R => {
    if (currentTracer() !== null) return fn(...args)
    const { structure, leaves } = operandsOf(args)
    current = leaves
    for (const plan of plans) {
      if (!plan.conditions.hold(structure, leaves, plan.runs)) continue
      if (plan.runs === 1 && options.check !== false) compare(name, plan, record(structure, leaves, true).recording)
      return plan.run(leaves) as R
    }
    const why = reason(structure, leaves)
    const start = performance.now()
    const { recording, result } = record(structure, leaves)
    const recorded = performance.now()
    let plan: Plan | null = null
    try {
      plan = new Plan(name, deviceOf(leaves), structure, leaves, recording, result)
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
      if (!recording.once) plans.push(plan)
      return results
    } catch (error) {
      // With the state that the recording made, the plan is void.
      recording.revert()
      plan?.release()
      throw error
    }
  }
  const explained = (...args: A): Explanation => {
    const { structure, leaves } = operandsOf(args)
    current = leaves
    const { recording, result } = record(structure, leaves, true)
    const device = deviceOf(leaves)
    const plan = new Plan(name, device, structure, leaves, recording, result)
    return explain(name, device.backend.name, recording.program, plan.program, plan.release())
  }
  return Object.defineProperties(call, {
    programs: { get: () => programs },
    explain: { value: explained },
  }) as Compiled<A, R>
}

function deviceOf(leaves: readonly unknown[]): Device {
  for (const leaf of leaves) if (leaf instanceof Handle) return leaf.value.device
  return defaultDevice()
}

/** A live number in the place of a number operand; arithmetic on it would freeze it. */
function numberArgument(read: () => readonly number[]): LiveNumber {
  return Object.defineProperty(new LiveNumber({ read }, 0), Symbol.toPrimitive, {
    value: () => {
      throw new StateError(
        'compile',
        'a number operand is live: use it in tensor operations (x.mul(k)); JavaScript arithmetic would freeze its value. Pass a string, or compute it outside',
      )
    },
  })
}

/** The first node in which two recordings differ. */
function compare(name: string, plan: Plan, again: Recording): void {
  const [before, after] = [print(plan.recorded).split('\n'), print(again.program).split('\n')]
  const at = before.findIndex((line, i) => line !== after[i])
  if (at < 0 && before.length === after.length) return
  throw new StateError(
    name,
    'two recordings of the function differ, so a replay would be wrong. A number or a choice was frozen into the program; ' +
      `pass it as an operand, or make tensors of it.\n  first:  ${before[at]?.trim() ?? '(end)'}\n  second: ${after[at]?.trim() ?? '(end)'}`,
  )
}
