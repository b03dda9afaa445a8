/** State of an optimizer: recorded steps hear of entries that are made, replaced or dropped, so they need not look at every call. */
import { structureChanged } from '../engine/tracer.ts'

export class StateMap<K, V> extends Map<K, V> {
  override set(key: K, value: V): this {
    structureChanged()
    return super.set(key, value)
  }
  override delete(key: K): boolean {
    structureChanged()
    return super.delete(key)
  }
  override clear(): void {
    structureChanged()
    super.clear()
  }
}
