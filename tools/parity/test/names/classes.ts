/** In which class every name of PyTorch falls: reached here, another name of one that is, missing, or out of scope. */
import { DIFFERENCES } from './differences.ts'
import { FAMILIES, IN_PLACE, OF_KIND, SECTION, type Family } from './families.ts'
import { HERE, OWNERS, type Owner } from './here.ts'

export interface Pytorch {
  readonly torch: string
  readonly places: Readonly<Record<string, Place>>
  readonly aliases: Readonly<Record<string, string>>
}
interface Place {
  readonly underscored: number
  /** Names by what they are. */
  readonly names: Readonly<Record<string, readonly string[]>>
}
/** Where a name is reached: its name here, and whose it is. */
export interface Reached {
  readonly name: string
  readonly owners: readonly Owner[]
  /** What differs, where something does. */
  readonly note?: string
}
export type Class =
  | { readonly reached: Reached }
  | { readonly alias: string }
  | { readonly family: Family }
  /** None: a fault of the tables. */
  | { readonly none: true }

/** `masked_fill_` is maskedFill_; classes keep their names. */
export const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z0-9])/gu, (_, letter: string) => letter.toUpperCase())

/** Who may have what is of a kind: a dtype is a string, a property is nothing to import, a class is no method. */
function mayHave(kind: string, owner: Owner): boolean {
  if (kind === 'dtype' || owner === 'dtype') return kind === 'dtype' && owner === 'dtype'
  if (kind === 'property') return HERE[owner].member !== undefined
  return kind.startsWith('function') || HERE[owner].member === undefined
}

export const pathOf = (place: string, name: string): string => `${place}.${name}`

function reachedAs(place: string, name: string, kind: string): Reached | null {
  const difference = DIFFERENCES[pathOf(place, name)]
  const said = difference?.[0] ?? camelCase(name)
  // `x.expand` is the method alone; `expand` is wherever the place has it.
  const [owner, own] = said.includes('.') ? (said.split('.') as [Owner, string]) : [null, said]
  const asked = owner === null ? OWNERS[place]!.filter((one) => mayHave(kind, one)) : [owner]
  const owners = asked.filter((one) => HERE[one].names.has(own))
  if (owners.length === 0) return null
  return { name: own, owners, ...(difference === undefined ? {} : { note: difference[1] }) }
}

/** The class of every name, by place. */
export function classify({ places, aliases }: Pytorch): ReadonlyMap<string, ReadonlyMap<string, Class>> {
  const kinds = new Map(
    Object.entries(places).flatMap(([place, { names }]) =>
      Object.entries(names).flatMap(([kind, list]) => list.map((name) => [pathOf(place, name), kind] as const)),
    ),
  )
  const known = new Map<string, Class>()
  function classOf(path: string): Class {
    const earlier = known.get(path)
    if (earlier !== undefined) return earlier
    const found = look(path)
    known.set(path, found)
    return found
  }
  function look(path: string): Class {
    const at = path.lastIndexOf('.')
    const [place, name] = [path.slice(0, at), path.slice(at + 1)]
    const kind = kinds.get(path)!
    if (path in places && kind === 'module') return { family: SECTION }
    const target = aliases[path]
    // A class stands in several modules, of which one is its home.
    const reached =
      kind === 'module' || kind === 'import' || (kind === 'class' && target !== undefined)
        ? null
        : reachedAs(place, name, kind)
    if (reached !== null) return { reached }
    if (target !== undefined) {
      const other = classOf(target)
      return 'reached' in other ? { alias: target } : other
    }
    const family = FAMILIES.find(({ names }) => names?.[place]?.split(' ').includes(name) === true)
    if (family !== undefined) return { family }
    // The form that changes its tensor is of the family of its function, and a method of that of its function.
    if (name.endsWith('_') && kinds.has(path.slice(0, -1))) {
      const other = classOf(path.slice(0, -1))
      return 'family' in other ? other : { family: IN_PLACE }
    }
    if (place === 'torch.Tensor' && kinds.has(`torch.${name}`)) return classOf(`torch.${name}`)
    const ofKind = OF_KIND[kind]
    return ofKind === undefined ? { none: true } : { family: ofKind }
  }
  return new Map(
    Object.entries(places).map(([place, { names }]) => [
      place,
      new Map(
        Object.values(names)
          .flat()
          .sort()
          .map((name) => [name, classOf(pathOf(place, name))]),
      ),
    ]),
  )
}
