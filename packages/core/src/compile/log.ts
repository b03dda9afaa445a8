/** What is told of the programs of compiled functions as they are made. */
import type { Program } from '../contract/contract.ts'
import { layout } from '../lower/layout.ts'
import { fn } from '../signature/kind.ts'
import { optional, signature } from '../signature/signature.ts'

/** Receives one line of text. */
export type LogHandler = (line: string) => void

/** `console` is no part of the language; where there is none, lines are dropped. */
const consoleLine =
  (level: 'debug' | 'warn'): LogHandler =>
  (line) =>
    (globalThis as unknown as { console?: Record<string, LogHandler> }).console?.[level]?.(line)

export const LOG_PROGRAMS = /* @__PURE__ */ signature('logPrograms', { to: optional(fn<LogHandler>(), null) })

let handler: LogHandler | null = null

/**
 * From now on every program that a compiled function makes is told, in one line: its number, why the ones before would not do,
 * how many kernels it has, and how long it took to record and to prepare. Made programs cost time; a line in every step means
 * that something changes from call to call that should not.
 * @param to receives the lines; default `console.debug`; null stops them
 */
export function logPrograms(to: LogHandler | null = consoleLine('debug')): void {
  LOG_PROGRAMS.read(arguments)
  handler = to
}

export interface Made {
  readonly name: string
  /** Its number, from 1. */
  readonly count: number
  readonly why: string
  readonly program: Program
  readonly recorded: number
  readonly prepared: number
}

/** Beyond this many programs of one function something changes from call to call that should not. */
const MANY = 16

/** @internal */
export function tell({ name, count, why, program, recorded, prepared }: Made): void {
  if (handler !== null) {
    const kernels = layout(program).silent.filter((is) => !is).length
    handler(
      `${name}: program ${count}, ${why}; ${kernels} kernel${kernels === 1 ? '' : 's'}, recorded in ${recorded.toFixed(1)} ms, prepared in ${prepared.toFixed(1)} ms`,
    )
  }
  if (count === MANY)
    consoleLine('warn')(
      `${name}: ${MANY} programs were made, the last because ${why}; pass what changes as numbers or tensors, and keep shapes few`,
    )
}
