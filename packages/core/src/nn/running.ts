/** Which modules are running, so that errors and programs can say where in the model something happened. */
import type { GlissadeError } from '../contract/errors.ts'
import { locateWith } from '../engine/anomaly.ts'
import type { AnyModule } from './module.ts'

/** Modules whose forward is running, outermost first. */
export const running: AnyModule[] = []

/** Names from the outermost running module to the innermost: `encoder.layers.0`. */
export function currentPath(): string {
  const names: string[] = []
  for (let i = 1; i < running.length; i++) {
    const name = running[i - 1]!.namedChildren().find(([, child]) => child === running[i])?.[0]
    names.push(name ?? running[i]!.constructor.name)
  }
  return names.join('.')
}
locateWith(currentPath)

/** The error, whose message says where in the model it happened; once, at the innermost module. */
export function located(error: unknown): unknown {
  if (!(error instanceof Error) || 'modulePath' in error) return error
  const path = currentPath()
  const { name } = running.at(-1)!.constructor
  Object.defineProperty(error, 'modulePath', { value: path })
  if (path !== '') error.message += ` [in ${path}: ${name}]`
  else if ((error as Partial<GlissadeError>).operation !== name) error.message += ` [in ${name}]`
  return error
}
