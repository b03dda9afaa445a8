/**
 * Anything can be assigned to the fields of a module. Nobody looks at them while all goes well: where an engine's error comes
 * out of a module, its fields are held to their kinds, and the wrong one is named instead.
 */
import { isGlissadeError, OptionError, StateError } from '../contract/errors.ts'
import { describe } from '../signature/describe.ts'
import type { Kind } from '../signature/kind.ts'
import type { AnyModule } from './module.ts'

/** Kinds of fields, by name. */
export type FieldKinds = Readonly<Record<string, Kind<unknown>>>

/** The error to throw for one that came out of `forward`. */
export function fieldError(module: AnyModule, error: unknown): unknown {
  if (!(error instanceof TypeError)) return error
  const fields = module as unknown as Readonly<Record<string, unknown>>
  for (const [name, { accepts, wanted, hint }] of Object.entries(module.fieldKinds)) {
    const value = fields[name]
    if (accepts(value)) continue
    const help = hint?.(value) ?? null
    return Object.assign(
      new OptionError(
        module.constructor.name,
        `${name} must be ${wanted} (got ${describe(value)})${help === null ? '' : `; ${help}`}`,
      ),
      { cause: error },
    )
  }
  return error
}

/** The text of a module's own fields. Errors: StateError where there is none. */
export function textOf(module: AnyModule): string {
  try {
    return module.extraRepr()
  } catch (error) {
    if (isGlissadeError(error)) throw error
    const told = new StateError(`${module.constructor.name}.extraRepr`, `a field cannot be printed: ${String(error)}`)
    throw Object.assign(told, { cause: error })
  }
}
