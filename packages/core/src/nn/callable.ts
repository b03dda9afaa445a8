/** What makes a module a function, without code that is generated: a closure whose prototype is the class. */
import { structureChanged } from '../engine/tracer.ts'
import { signature } from '../signature/signature.ts'

export const NEW_MODULE = /* @__PURE__ */ signature('Module')

/** Makes every instance a function that runs `run`. Fields of subclasses, private ones too, lie on that function. */
export abstract class Callable {
  constructor() {
    NEW_MODULE.read(arguments, new.target.name)
    const self = ((...args: readonly unknown[]) => self.run(args)) as unknown as this
    structureChanged()
    // A function's own name and length would hide fields of those names.
    delete (self as { name?: string }).name
    delete (self as { length?: number }).length
    Object.setPrototypeOf(self, new.target.prototype)
    // oxlint-disable-next-line no-constructor-return -- the module is the function
    return self
  }
  /** @internal */
  abstract run(args: readonly unknown[]): unknown
}

// A field that is not there yet is looked for on the prototypes before it is made. At their end somebody listens, so that
// recorded functions hear of new fields without counting them at every call.
Object.setPrototypeOf(
  Callable.prototype,
  new Proxy(Object.prototype, {
    set(target, name, value, module) {
      structureChanged()
      return Reflect.set(target, name, value, module)
    },
  }),
)
