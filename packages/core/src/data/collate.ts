/** From items to a batch: every place of the items becomes one tensor. Host data is put together on the host. */
import type { DType, Shape } from '../contract/contract.ts'
import type { Elements } from '../contract/dtype.ts'
import { DTypeError, OptionError, ShapeError } from '../contract/errors.ts'
import { any, list } from '../signature/kind.ts'
import { signature } from '../signature/signature.ts'
import { tensor } from '../tensor/creation.ts'
import { isTensor, stack } from '../tensor/functions.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Elements in host memory with a shape: an image, say. `dtype` defaults to the array's own. */
export interface HostItem {
  readonly shape: Shape
  readonly data: Elements
  readonly dtype?: DType
}

/** What a batch of such items is. */
export type Collated<T> = T extends Tensor | Elements | HostItem | number | boolean | bigint
  ? Tensor
  : T extends string
    ? string[]
    : T extends readonly unknown[]
      ? { -readonly [K in keyof T]: Collated<T[K]> }
      : T extends object
        ? { -readonly [K in keyof T]: Collated<T[K]> }
        : T[]

/** A kind of items, recognised by the first one, and how a list of them becomes one value. */
interface Kind<T> {
  readonly name: string
  readonly is: (item: unknown) => boolean
  readonly join: (items: readonly T[]) => unknown
}
const kind = <T>(
  name: string,
  is: (item: unknown) => boolean,
  join: (items: readonly T[]) => unknown,
): Kind<unknown> => ({ name, is, join: join as Kind<unknown>['join'] })

const isHostItem = (item: unknown): boolean =>
  typeof item === 'object' &&
  item !== null &&
  ArrayBuffer.isView((item as Partial<HostItem>).data) &&
  Array.isArray((item as Partial<HostItem>).shape)

function isPlain(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return false
  const prototype: unknown = Object.getPrototypeOf(item)
  return prototype === Object.prototype || prototype === null
}

/** The arrays one after the other; they must be of one class and length. */
function joined(items: readonly HostItem[]): Elements {
  const [{ data: first, shape }] = items as [HostItem]
  const all = new (first.constructor as new (length: number) => Elements)(first.length * items.length)
  items.forEach(({ data, shape: own }, i) => {
    if (data.constructor !== first.constructor)
      throw new DTypeError(
        'collate',
        [data.constructor.name, first.constructor.name],
        `item ${i} of the batch has another element type than item 0`,
      )
    if (own.length !== shape.length || own.some((size, axis) => size !== shape[axis]))
      throw new ShapeError(
        'collate',
        [own, shape],
        `item ${i} of the batch has another shape than item 0; crop or pad the items, or pass collate`,
      )
    all.set(data, i * first.length)
  })
  return all
}

function joinHost(items: readonly HostItem[]): Tensor {
  const [{ shape, dtype }] = items as [HostItem]
  return tensor(joined(items), { shape: [items.length, ...shape], ...(dtype === undefined ? {} : { dtype }) })
}

function toInt32(item: bigint, i: number): number {
  if (BigInt.asIntN(32, item) !== item)
    throw new DTypeError('collate', ['bigint'], `item ${i} of the batch, ${item}, is no int32`)
  return Number(item)
}

function joinTuples(items: readonly (readonly unknown[])[]): unknown[] {
  const { length } = items[0]!
  const uneven = items.findIndex((item) => item.length !== length)
  if (uneven >= 0)
    throw new OptionError(
      'collate',
      `each element in list of batch should be of equal size (got ${length} in item 0 and ${items[uneven]!.length} in item ${uneven})`,
    )
  return Array.from({ length }, (_, at) => collate(items.map((item) => item[at])))
}

function joinRecords(items: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(items[0]!).map((key) => {
      const lacking = items.findIndex((item) => !Object.hasOwn(item, key))
      if (lacking >= 0)
        throw new OptionError('collate', `item ${lacking} of the batch has no '${key}', which item 0 has`)
      return [key, collate(items.map((item) => item[key]))]
    }),
  )
}

const typeIs =
  (type: string) =>
  (item: unknown): boolean =>
    typeof item === type

const KINDS: readonly Kind<unknown>[] = [
  kind<Tensor>('a tensor', isTensor, (items) => stack(items)),
  kind<Elements>(
    'a typed array',
    (item) => ArrayBuffer.isView(item),
    (items) => joinHost(items.map((data) => ({ data, shape: [data.length] }))),
  ),
  kind<HostItem>('host data with a shape', isHostItem, joinHost),
  kind<number>('a number', typeIs('number'), (items) => tensor(Float32Array.from(items))),
  kind<boolean>('a boolean', typeIs('boolean'), (items) => tensor(Uint8Array.from(items, Number), { dtype: 'bool' })),
  kind<bigint>('a bigint', typeIs('bigint'), (items) => tensor(Int32Array.from(items.map(toInt32)))),
  kind<string>('a string', typeIs('string'), (items) => [...items]),
  kind<readonly unknown[]>('an array', Array.isArray, joinTuples),
  kind<Record<string, unknown>>('a record', isPlain, joinRecords),
]

export const COLLATE = /* @__PURE__ */ signature('collate', { items: list(any()) })

const nameOf = (item: unknown): string =>
  KINDS.find(({ is }) => is(item))?.name ??
  (item === null || typeof item !== 'object' ? String(item) : (item.constructor?.name ?? 'an object'))

/**
 * The batch of these items, of which there is at least one: tensors are stacked; typed arrays and host data with a shape
 * become one tensor of their element type; numbers float32, bigints int32 and booleans bool tensors of one axis; strings
 * stay a list; arrays and plain objects become one array or object of batches. Nothing is read from a device.
 * Errors: OptionError, ShapeError and DTypeError where items differ in kind, shape or element type.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.default_collate
 */
export function collate<T>(items: readonly T[]): Collated<T> {
  COLLATE.read(arguments)
  if (items.length === 0) throw new OptionError('collate', 'a batch needs at least one item')
  const found = KINDS.find(({ is }) => is(items[0]))
  if (found === undefined)
    throw new OptionError(
      'collate',
      `a batch is made of tensors, typed arrays, numbers, strings, arrays or plain objects; found ${nameOf(items[0])}. Pass collate to make batches of other things`,
    )
  const odd = items.findIndex((item) => !found.is(item))
  if (odd >= 0)
    throw new OptionError('collate', `item ${odd} of the batch is ${nameOf(items[odd])}, item 0 ${found.name}`)
  return found.join(items) as Collated<T>
}
