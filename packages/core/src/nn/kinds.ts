/** Kinds of argument that only modules have, and what their `forward` takes. */
import { any, either, kind, natural, type Kind } from '../signature/kind.ts'
import { signature } from '../signature/signature.ts'
import { tensor } from '../engine/kinds.ts'
import { isModule, Module, type AnyModule } from './module.ts'

/** A class where an instance belongs, a function where its module does. */
const instead = (value: unknown): string | null => {
  if (Array.isArray(value)) return 'modules are passed one by one: ...modules'
  if (typeof value !== 'function') return null
  return (value as { prototype?: { glissadeModule?: unknown } }).prototype?.glissadeModule === true
    ? `make one: new ${value.name}()`
    : 'functions are called in the forward of a class of your own'
}
export function module<M extends AnyModule = Module>(): Kind<M> {
  return kind('a module', isModule, instead)
}

/** Every layer is some objects on the host, which no budget of memory counts. */
const MAX_LAYERS = 2 ** 16
/** How often a layer is repeated. */
export const layers = (least: 0 | 1): Kind<number> =>
  kind(
    `an integer from ${least} to ${MAX_LAYERS}`,
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= MAX_LAYERS,
  )

/** The last dimensions: their sizes, or the size of the last one. */
export const normalizedShape: Kind<number | readonly number[]> = /* @__PURE__ */ either(
  natural,
  kind<readonly number[]>(
    'a list of sizes',
    (value) => Array.isArray(value) && value.length > 0 && value.every(natural.accepts),
  ),
)
/** What a `forward` takes; it is read in the module's name: `UNARY.read(arguments, this.constructor.name)`. */
export const UNARY = /* @__PURE__ */ signature('forward', { input: tensor })
/** One argument, of a kind that others look at. */
export const PASSED_ON = /* @__PURE__ */ signature('forward', { input: /* @__PURE__ */ any() })

const NOTHING = /* @__PURE__ */ signature('Module')
/** A module that is made without arguments. */
export abstract class Plain extends Module {
  constructor() {
    super()
    NOTHING.read(arguments, new.target.name)
  }
}
