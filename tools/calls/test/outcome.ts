/** What came of a call. Only a result and an error of the library that names the function are in order. */
import { isCheckpointError } from '@glissade/checkpoint'
import { isGlissadeError, type GlissadeError } from '@glissade/core'
import { DataError } from '@glissade/core/data'
import type { Call } from './call.ts'

/** Longer than any of these calls takes on a busy machine: it ran a loop over what it should have refused. */
const LONGEST_MS = 10_000

interface Removable {
  remove(): void
}

const letters = (text: string): string => text.replaceAll(/[^a-zA-Z0-9]/g, '').toLowerCase()

/** What calls modules: what one of these refuses, it says in its own name. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  Sequential: ['linear'],
  functionalCall: ['linear'],
  TransformerEncoder: ['multiheadattention', 'layernorm'],
  TransformerEncoderLayer: ['multiheadattention', 'linear', 'dropout', 'layernorm'],
}

/** Whether an error says what was called: its operation is the function, `Class.method`, or it ends with `[in Class]`. */
function names(error: GlissadeError, { name }: Call): boolean {
  const [said, called] = [letters(error.operation), letters(name)]
  return (
    said.includes(called) ||
    called.includes(said) ||
    error.message.includes(`[in ${name}]`) ||
    (PARTS[name]?.some((part) => said.startsWith(part)) ?? false)
  )
}

/** null where all is well, else what is wrong. Errors must name the call, if there is one. */
export async function outcome(call: Call | null, done: () => unknown): Promise<string | null> {
  const start = performance.now()
  let wrong: string | null = null
  try {
    const result = await done()
    // A hook that was registered would run in the calls after this one.
    ;(result as Partial<Removable> | null | undefined)?.remove?.()
  } catch (error) {
    if (isGlissadeError(error)) {
      if (call !== null && !names(error, call)) wrong = `does not say what was called: ${error.message.slice(0, 120)}`
    } else if (!isCheckpointError(error) && !(error instanceof DataError))
      wrong = `${String(error).slice(0, 140)}${error instanceof Error ? ` ${place(error)}` : ''}`
  }
  const took = performance.now() - start
  return took > LONGEST_MS ? `took ${Math.round(took / 1000)} s` : wrong
}

/** Where in the sources it was thrown. */
const place = ({ stack = '' }: Error): string =>
  stack
    .split('\n')
    .map((line) => /(packages\/\w+\/src\/[^:)]+:\d+)/.exec(line)?.[1])
    .find((found) => found !== undefined) ?? ''
