/** Modules within modules end somewhere: what names or prints all of them would go on for ever otherwise. */
import { StateError } from '../contract/errors.ts'
import type { AnyModule } from './module.ts'

/** Throws StateError where a module is a part of itself, as with `child.parent = this`. */
export function assertFinite(operation: string, whole: AnyModule): void {
  const above: AnyModule[] = []
  const done = new Set<AnyModule>()
  const walk = (module: AnyModule, path: readonly string[]): void => {
    if (above.includes(module))
      throw new StateError(
        operation,
        `the field ${path.join('.')} of ${whole.constructor.name} is a module that it is a part of; ` +
          'keep it in a list (this.parents = [parent]), which is not looked into',
      )
    if (done.has(module)) return
    above.push(module)
    for (const [name, child] of module.namedChildren()) walk(child, [...path, name])
    above.pop()
    done.add(module)
  }
  walk(whole, [])
}
