/** What a compiled function is. */
import type { Program } from '../contract/contract.ts'
import type { Explanation } from './explain.ts'
import type { Profile } from './profile.ts'

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
  /**
   * Records and prepares what a call with these operands would run, so that the call itself need not wait: devices may compile
   * for seconds. Resolves when the program is ready, and rejects with what the call would throw while it is recorded or prepared.
   * Nothing is run and no state changes, neither tensors nor generators nor counters. A step whose first call makes state that it
   * computes itself (SGD with dampening) has another program from the second call on, which is prepared then.
   *
   * @example
   * ```ts
   * import { compile, randn, type Tensor } from '@glissade/core'
   *
   * const step = compile((x: Tensor) => x.mul(2).sum())
   * await step.prepare(randn([8, 4])) // while the page still loads
   * console.log(step.programs.length) // 0: the first call makes it
   * ```
   */
  prepare(...args: A): Promise<void>
  /**
   * What each kernel of such a call takes: its nodes, their modules, its share, and FLOP/s. It runs a few times with the operands and
   * the state of now, and drops the results: no state changes. Once the function has run some steps, engines have compiled what they
   * run. Rejects with what the call would throw, and with UnsupportedError where the backend cannot tell.
   *
   * @example
   * ```ts
   * import { compile, randn, type Tensor } from '@glissade/core'
   *
   * const step = compile((x: Tensor) => x.matmul(x).sum())
   * const profile = await step.profile(randn([64, 64]))
   * console.log(String(profile)) // a table, the slowest kernel first
   * console.log(profile.kernels.length > 0) // true
   * ```
   */
  profile(...args: A): Promise<Profile>
}
