/** What the functions of the library take, from the signatures that stand beside them. */
import { readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { Signature } from '../../../../packages/core/src/signature/signature.ts'

export type Owner = 'Tensor' | 'core' | 'functional' | 'nn' | 'optim' | 'lrScheduler' | 'init' | 'data'
/** Places by name, of which the last may take any number, and options by name. */
export interface Takes {
  readonly places: readonly string[]
  readonly rest: boolean
  /** Whether it may be called with options alone. */
  readonly bare: boolean
  readonly option: (name: string) => boolean
  /** Whether null is a value of its own, and not as good as nothing. */
  readonly takesNull: (name: string) => boolean
}
/** A file's functions belong to the first of these that it is in. */
const OWNERS: readonly (readonly [path: string, owner: Owner])[] = [
  ['tensor/methods/', 'Tensor'],
  ['tensor/tensor.ts', 'Tensor'],
  ['tensor/', 'core'],
  ['engine/', 'core'],
  ['functional/', 'functional'],
  ['nn/init.ts', 'init'],
  ['nn/', 'nn'],
  ['optim/schedulers/', 'lrScheduler'],
  ['optim/', 'optim'],
  ['data/', 'data'],
]
const source = join(import.meta.dirname, '../../../../packages/core/src')

/** A signature, or a table of them by name. */
const signaturesIn = (value: unknown): Signature[] =>
  value instanceof Signature
    ? [value]
    : typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
      ? Object.values(value).filter((one) => one instanceof Signature)
      : []

/** Every signature, by owner and name; overloads have several. */
const found = new Map<string, Signature[]>()
for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' }).sort()) {
  const owner = OWNERS.find(([start]) => path.split(sep).join('/').startsWith(start))?.[1]
  if (owner === undefined || !path.endsWith('.ts') || path.endsWith('.test.ts')) continue
  const module = (await import(join(source, path))) as object
  for (const signature of Object.values(module).flatMap(signaturesIn)) {
    const key = `${owner}.${signature.name}`
    const others = found.get(key) ?? []
    if (!others.includes(signature)) found.set(key, [...others, signature])
  }
}
export const signaturesOf = (owner: Owner, name: string): readonly Signature[] => found.get(`${owner}.${name}`) ?? []
export const allSignatures: ReadonlyMap<string, readonly Signature[]> = found

/** A default of null makes null a value as well, but then it says nothing. */
function acceptsNull(row: object | undefined): boolean {
  const kind = row !== undefined && 'kind' in row ? row.kind : row
  return (kind as { readonly accepts?: (value: unknown) => boolean } | undefined)?.accepts?.(null) === true
}
const NOTHING: Takes = { places: [], rest: false, bare: true, option: () => false, takesNull: () => false }
export function takesOf(owner: Owner, name: string): Takes {
  const overloads = signaturesOf(owner, name)
  if (overloads.length === 0) {
    if (owner !== 'core' && owner !== 'functional') return NOTHING
    // A function beside a method takes the tensor first, and no options.
    const { places, rest } = takesOf('Tensor', name)
    return { ...NOTHING, places: ['input', ...places], rest }
  }
  const longest = overloads.reduce((a, b) =>
    Object.keys(b.parameters).length > Object.keys(a.parameters).length ? b : a,
  )
  const rows = Object.values(longest.parameters)
  return {
    places: Object.keys(longest.parameters),
    rest: rows.some((row) => 'rest' in row),
    bare: overloads.some(({ parameters }) => Object.keys(parameters).length === 0),
    option: (option) => overloads.some(({ options }) => options !== null && Object.hasOwn(options, option)),
    takesNull: (option) => overloads.some(({ options }) => acceptsNull(options?.[option])),
  }
}
